"""Reading for a comparison: what changed, what no time of change tells of, and the plan that follows from both."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from ligament.app.cycle_options import cycle_options, first_connection
from ligament.core.periods import iso_instant, local_date, local_moment
from ligament.flow.plan.survey import Planner, approvals, surveyed
from ligament.flow.read.read import (
    EVERYTHING,
    Span,
    chart_is_old,
    read_books,
    read_chart,
    read_practice,
    selection_of,
)
from ligament.flow.reconcile.sweep import Sweeping, Swept, sweep
from ligament.ports.errors import TryLater
from ligament.ports.memory import Selection
from ligament.store.queries.months import KeptMonths
from ligament.wiring.clinic import Clinic


def bring_up_to_date(
    clinic: Clinic,
    run_id: Any,  # noqa: ANN401 - a RunId
    start_on: date,
    *,
    full: bool,
) -> tuple[Swept, frozenset[str]]:
    """Read both sides and plan what changed, so that holds are those of now; returns what waits for approval too."""
    book, store = clinic.settings.rulebook, clinic.store
    orders = cycle_options(clinic, full=False)
    first_connection(clinic)
    swept = _read(clinic, start_on, full=full)
    selection: Selection = selection_of(set(store.pending()))
    if orders.everything:
        selection = EVERYTHING
    planner = Planner(memory=store, rulebook=book, around=clinic.surroundings())
    found = surveyed(planner, selection)
    store.keep_outcomes(run_id, found.as_plan(), found.considered())
    waiting = (action for _, approved in approvals(planner, found, orders.standing) for action in approved.waiting)
    return swept, frozenset(action.subject.id for action in waiting)


def _read(clinic: Clinic, start_on: date, *, full: bool) -> Swept:
    """Read what changed and what is due; when the day's calls run out, what was read before is compared."""
    book, store, tell = clinic.settings.rulebook, clinic.store, clinic.outside.tell
    try:
        read_practice(clinic.practice(), store, book, clinic.clock, tell, Span.WITH_VISITS)
        read_books(clinic.books(), store, clinic.clock, tell)
        if chart_is_old(store, clinic.clock.now(), waited_for=True):
            read_chart(clinic.books(), store, clinic.clock)
        return _swept(clinic, start_on, full=full)
    except TryLater as trouble:
        if trouble.limit != "day" or store.gather(Selection()).organisation is None:
            raise
        return Swept(parked=trouble.sentence, parked_s=trouble.wait_s)


def _swept(clinic: Clinic, start_on: date, *, full: bool) -> Swept:
    """Count and list what no time of change tells of."""
    organisation = clinic.store.gather(Selection()).organisation
    zone = clinic.settings.rulebook.clinic.time_zone
    return sweep(
        Sweeping(
            practice=clinic.practice(),
            books=clinic.books(),
            memory=clinic.store,
            months=lambda: KeptMonths(database=clinic.database, clinic=clinic.settings.name),
            now=clinic.clock.now(),
            today=local_date(clinic.clock.now(), zone),
            start_on=start_on,
            locked_to=organisation.locks.last_locked_day() if organisation is not None else None,
            full=full,
            title=clinic.practice_manifest.title,
            tell=clinic.outside.tell,
        )
    )


def swept_document(swept: Swept, now: datetime, zone: str) -> dict[str, Any]:
    """Return how many months were counted and listed; where the day's limit cut it, how far and when it goes on.

    `zone` is the clinic's, for the sentence.
    """
    told: dict[str, Any] = {
        "swept": {"months": swept.months, "counted": swept.counted, "listed": swept.listed, "left": swept.left}
    }
    if swept.parked:
        until = now + timedelta(seconds=swept.parked_s)
        told["parked_s"], told["parked_until"] = swept.parked_s, iso_instant(until)
        when = f"at {local_moment(until, zone)}" if swept.parked_s else "when the allowance is back"
        told["parked"] = (
            f"{swept.parked} {swept.listed} of {swept.listed + swept.left} months were read again; what is left "
            f"follows {when}. Until then it is compared as it was read last."
        )
    return told
