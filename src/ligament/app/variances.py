"""Variances: list them, look at one, say what is known about it, and have it mended."""

from __future__ import annotations

from collections.abc import Sequence

from ligament.app.approvals import keep_asked, plan_name
from ligament.app.comparison_documents import in_order, variance_document
from ligament.app.cycle_options import PATIENCE_MS, cycle_options
from ligament.app.documents import Document, action_document
from ligament.app.mending import ask_to_mend
from ligament.app.results import DONE, WAITS, Result
from ligament.app.who_changed import who_changed
from ligament.core.approvals import approve_plan
from ligament.core.intents import Subject, subject_from_key
from ligament.core.money import two_places
from ligament.core.periods import iso_instant
from ligament.core.plans import Action
from ligament.core.variances import KeptVariance, VarianceState
from ligament.flow.plan.survey import Planner, whole_plan
from ligament.flow.read.read import selection_of
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.exclusive import alone_for


def list_variances(clinic: Clinic) -> Result:
    """Tell every variance that still stands, what needs somebody first."""
    kept = in_order(clinic.variances.kept())
    known = who_changed(clinic)
    document = {"variances": [variance_document(clinic, held, known=known) for held in kept]}
    return Result(document=document, code=WAITS if any(held.counts() for held in kept) else DONE)


def show_variance(clinic: Clinic, wanted: str) -> Result:
    """Tell one variance with its history; raises ConfigurationError where there is none of that id."""
    held = found(clinic, wanted)
    document = variance_document(clinic, held)
    document |= {
        "noted_at": iso_instant(held.noted_at) if held.noted_at is not None else None,
        "noted_amount": two_places(held.noted_amount) if held.noted_amount is not None else None,
        "gone_at": iso_instant(held.gone_at) if held.gone_at is not None else None,
        "history": clinic.queries.journal(subject=held.variance.subject, limit=20),
    }
    return Result(document={"variance": document}, code=WAITS if held.counts() else DONE)


def acknowledge(clinic: Clinic, wanted: str, note: str) -> Result:
    """Keep what a person knows about a variance; it counts no more while its amount stays."""
    if not note.strip():
        raise ConfigurationError(("--note: say in a few words why this difference is all right.",))
    held = clinic.variances.acknowledge(found(clinic, wanted), note.strip(), clinic.outside.actor)
    return Result(document={"variance": variance_document(clinic, held)})


# --- mending ----------------------------------------------------------------------------------------------------------


def fix(
    clinic: Clinic, wanted: Sequence[str] = (), *, everything: bool = False, patience_ms: int = PATIENCE_MS
) -> Result:
    """Plan what mends variances: policy says what asks, `approve` says yes, and the next run does it.

    `everything` takes all that can be mended and nobody knows about. Raises ConfigurationError for an unknown variance,
    and for one that cannot be mended here; AnotherRun while another run has the clinic for longer than `patience_ms`.
    """
    if everything == bool(wanted):
        raise ConfigurationError(("Name the variances to mend, or say --all.",))
    chosen = _mendable(clinic) if everything else [_to_mend(clinic, name) for name in wanted]
    with alone_for(clinic, patience_ms):
        subjects = {subject_from_key(held.variance.subject) for held in chosen}
        ask_to_mend(clinic, chosen, by=clinic.outside.actor)
        actions, waiting = _planned(clinic, subjects)
    document: Document = {
        "plan": plan_name(waiting),
        "fixing": [held.variance.id for held in chosen],
        "actions": [action_document(action) for action in actions],
        "waiting": [action_document(action) for action in waiting],
    }
    return Result(document=document, code=WAITS if waiting else DONE)


def _mendable(clinic: Clinic) -> list[KeptVariance]:
    known = {VarianceState.KNOWN, VarianceState.GONE}
    return [held for held in clinic.variances.kept() if held.variance.fix is not None and held.state not in known]


def _to_mend(clinic: Clinic, wanted: str) -> KeptVariance:
    held = found(clinic, wanted)
    if held.state is VarianceState.GONE:
        raise ConfigurationError((f"{wanted} is gone already: there is nothing to mend.",))
    if held.variance.fix is None:
        hold = f" It is a hold: `ligament holds show {held.variance.hold}`." if held.variance.hold else ""
        raise ConfigurationError((f"{wanted} cannot be mended from here. {held.variance.sentence}{hold}",))
    return held


def _planned(clinic: Clinic, subjects: set[Subject]) -> tuple[list[Action], list[Action]]:
    """Plan everything that waits with what is to be mended, and keep what asks; returns what mends, and what asks."""
    if not subjects:
        # Before the first comparison, when nothing can be mended, not even the organisation is known to plan for.
        return [], []
    planner = Planner(memory=clinic.store, rulebook=clinic.settings.rulebook, around=clinic.surroundings())
    plan = whole_plan(planner, selection_of(subjects | set(clinic.store.pending())))
    orders = cycle_options(clinic, full=False)
    waiting = approve_plan(plan, orders.rulebook.approval, orders.standing).waiting
    keep_asked(clinic, waiting)
    return [a for a in plan.actions if a.heals], [a for a in waiting if a.heals]


def found(clinic: Clinic, wanted: str) -> KeptVariance:
    """Return the variance of that id; raises ConfigurationError where there is none."""
    held = clinic.variances.one(wanted)
    if held is None:
        raise ConfigurationError((f'There is no variance "{wanted}"; `ligament variances` lists them.',))
    return held
