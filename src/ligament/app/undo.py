"""Undo: what one run posted is taken back, by a person's word, and waits until somebody wants it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ligament.app.approvals import approval_state, asked_rows, plan_name
from ligament.app.cut_short import cut_undo, keep_undo, told_until_it_ends
from ligament.app.cycle_options import PATIENCE_MS
from ligament.app.documents import Document, action_document, by_kind
from ligament.app.journal_archive import archived_sentence
from ligament.app.reconcile import reconcile
from ligament.app.results import DONE, WAITS, Result
from ligament.app.run_ends import told_by_its_run
from ligament.app.safety.after_restore import settle
from ligament.app.undo_reading import Written, undo_facts, undos_of, written_by
from ligament.core.approvals import ApprovalState, ApprovedPlan, approval_mark, approve_plan
from ligament.core.holds import HoldCode
from ligament.core.ids import RunId
from ligament.core.intents import Subject
from ligament.core.links import Decision, DecisionKind
from ligament.core.notes import RECONCILE_DUE_NOTE, undos_note
from ligament.core.plans import Action, ActionKind, Plan, in_order, kind_word
from ligament.core.undos import UndoFacts, UndoPlan, counted
from ligament.flow.execute.execute import execute, recover
from ligament.flow.plan.survey import Planner, plan_and_scope
from ligament.flow.plan.undoing import plan_undo
from ligament.flow.read.read import selection_of
from ligament.ports.errors import PortError, TryLater
from ligament.store.journal.journal import Note
from ligament.wiring.ambient import random_hex
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.exclusive import alone_for

UNDO = "undo"
_MOST_PASSES = 8


def undo(clinic: Clinic, wanted: str, *, dry_run: bool = False, patience_ms: int = PATIENCE_MS) -> Result:
    """Take back what a run posted, as far as the books let go of it; asking for it counts as that person's approval.

    With `dry_run` it tells the same and writes nothing. Raises ConfigurationError for a run that is none, AnotherRun
    while another run has the clinic for longer than `patience_ms`, the port errors when a system cannot be reached;
    what was done until then is kept, and the same command goes on. It ends with a comparison; where that cannot be made
    now, the next run by schedule makes it.
    """
    told = _undone(clinic, wanted, patience_ms, dry_run=dry_run)
    if told.document["run_id"] is not None and not told.document.get("parked"):
        with suppress(PortError):
            if not reconcile(clinic).document.get("parked"):
                clinic.store.keep_note(RECONCILE_DUE_NOTE, "")
    return told


def _undone(clinic: Clinic, wanted: str, patience_ms: int, *, dry_run: bool) -> Result:
    run_id = _known(clinic, wanted)
    with alone_for(clinic, patience_ms):
        settle(clinic)
        if not dry_run:
            _recover(clinic)
        written = written_by(clinic, run_id)
        if not written.writes:
            keep_undo(clinic, run_id, "")
            return _nothing(clinic, written)
        facts = undo_facts(clinic, clinic.books_to_read() if dry_run else clinic.books(), written)
        plan = plan_undo(facts)
        if not plan.actions:
            keep_undo(clinic, run_id, "")
            sentence = "That run was undone already." if written.taken else "Nothing of that run can be taken back."
            return _told(clinic, written, plan, sentence=sentence)
        if dry_run:
            return _told(clinic, written, plan, planned=plan.actions)
        approved = _approved(clinic, plan)
        if approved.waiting:
            return _waits(clinic, written, plan, approved.waiting)
        return _carried_out(clinic, written, facts, plan)


def _known(clinic: Clinic, wanted: str) -> RunId:
    run = clinic.runs.one(RunId(wanted))
    if run is None:
        raise ConfigurationError((f'There is no run "{wanted}"; `ligament runs` lists them.',))
    if run.kind == UNDO:
        sentence = "is an undo itself: `ligament holds` lists what it took back, and how it is posted again."
        raise ConfigurationError((f"{wanted} {sentence}",))
    return run.id


def _nothing(clinic: Clinic, written: Written) -> Result:
    """Say why nothing can be undone of a run of which the journal here tells no write."""
    run = clinic.runs.one(written.run_id)
    left = archived_sentence(clinic, run.started_at) if run is not None else ""
    if not left:
        return _told(clinic, written, UndoPlan(), sentence="That run wrote nothing, so there is nothing to undo.")
    told = _told(clinic, written, UndoPlan(), sentence=f"That run can no longer be undone. {left}")
    return replace(told, code=WAITS)


def _recover(clinic: Clinic) -> None:
    """Settle what was cut off, so that the journal tells all that was written."""
    left = clinic.store.unfinished_intents()
    if left:
        subjects = {action.subject for intent in left for action in intent.actions}
        recover(clinic.store.gather(selection_of(subjects)), clinic.world(RunId(left[0].run_id)))


# --- approval ---------------------------------------------------------------------------------------------------------


def _approved(clinic: Clinic, plan: UndoPlan) -> ApprovedPlan:
    """Keep what is asked with this person's yes to it, and return what may run by that."""
    rows = asked_rows(plan.actions)
    marks = [approval_mark(action) for action in plan.actions]
    clinic.approvals.keep(plan_name(plan.actions), rows, undoing=True)
    clinic.approvals.approve(marks, clinic.outside.actor)
    return _sorted(clinic, plan.actions, approval_state(clinic))


def _sorted(clinic: Clinic, actions: Sequence[Action], standing: ApprovalState) -> ApprovedPlan:
    # A plan of takings has its own order: what was put back of people comes first, contacts go last.
    rules = clinic.settings.rulebook.approval
    everything = replace(standing, asked=frozenset(approval_mark(action) for action in actions))
    return approve_plan(Plan(actions=in_order(actions)), rules, everything)


# --- carrying it out --------------------------------------------------------------------------------------------------


def _carried_out(clinic: Clinic, written: Written, facts: UndoFacts, plan: UndoPlan) -> Result:
    run_id = clinic.runs.start(UNDO, random_hex(3))
    clinic.store.keep_note(undos_note(written.run_id), " ".join([*undos_of(clinic, written.run_id), run_id]))
    wanted = {action.subject: None for action in plan.actions}
    _keep_undone(clinic, wanted, written.run_id)
    # Where this is cut off, the next run lists them.
    clinic.store.look_again(wanted)
    standing, parked, parked_s = approval_state(clinic), "", 0
    with told_until_it_ends(clinic, written.run_id), told_by_its_run(clinic, run_id):
        try:
            for _ in range(_MOST_PASSES):
                moved = _one_pass(clinic, plan, facts, standing, run_id)
                written = written_by(clinic, written.run_id)
                facts = undo_facts(clinic, clinic.books(), written)
                plan = plan_undo(facts)
                if not plan.actions or not moved:
                    break
        except TryLater as trouble:
            if trouble.limit != "day":
                raise
            parked, parked_s = trouble.sentence, trouble.wait_s
            written = written_by(clinic, written.run_id)
    keep_undo(clinic, written.run_id, parked, parked_s)
    clinic.approvals.keep("", (), undoing=True)
    if not parked and not plan.actions:
        # What turned out to stay after all goes on as before.
        whole = {taken.subject for taken in written.taken}
        stays = {subject: None for subject in wanted if subject not in whole}
        _keep_undone(clinic, stays, written.run_id, DecisionKind.APPROVED)
    _list_holds(clinic, run_id, written.subjects)
    clinic.store.keep_note(RECONCILE_DUE_NOTE, UNDO)
    told = _told(clinic, written, plan, run_id=run_id, parked=parked)
    summary = {key: told.document[key] for key in ("undone_run", "taken_back", "restored", "calls")}
    clinic.runs.finish(
        run_id, {**summary, "left": len(told.document["left"]), **({"parked": parked} if parked else {})}
    )
    return told


def _one_pass(clinic: Clinic, plan: UndoPlan, facts: UndoFacts, standing: ApprovalState, run_id: RunId) -> bool:
    """Take back what can be taken back now; says whether anything came of it.

    A contact waits until all else of this pass is done: a document that changed under our hands, as one does when its
    payment is taken off, is taken back in the next pass, and must not stand on an archived contact until then. Nor
    must one that the books did not let go.
    """
    others = [action for action in plan.actions if action.kind is not ActionKind.ARCHIVE_CONTACT]
    tally = execute(_sorted(clinic, others, standing), facts.facts, clinic.world(run_id))
    if tally.dropped:
        return True
    refused = (effect.action.void for effect in tally.effects if effect.refused)
    kept = {found.contact_id for void in refused if void is not None and (found := facts.document(void.document.id))}
    contacts = [
        action
        for action in plan.actions
        if action.kind is ActionKind.ARCHIVE_CONTACT and action.contact and action.contact.write.id not in kept
    ]
    archived = execute(_sorted(clinic, contacts, standing), facts.facts, clinic.world(run_id))
    return bool(tally.done or archived.done or archived.dropped)


def _keep_undone(
    clinic: Clinic, subjects: dict[Subject, None], run_id: RunId, decision: DecisionKind = DecisionKind.UNDONE
) -> None:
    """Keep that these wait until somebody wants them again, before anything is taken back."""
    for subject in subjects:
        clinic.store.decide(
            Decision(
                subject=subject,
                code=HoldCode.UNDONE.value,
                decision=decision,
                fingerprint="",
                by=clinic.outside.actor,
                reason=str(run_id),
                at=clinic.clock.now(),
            )
        )


def _list_holds(clinic: Clinic, run_id: RunId, subjects: set[Subject]) -> None:
    """Plan the records again, so that what was undone is listed at once."""
    planner = Planner(memory=clinic.store, rulebook=clinic.settings.rulebook, around=clinic.surroundings())
    plan, considered = plan_and_scope(planner, selection_of(subjects))
    clinic.store.keep_outcomes(run_id, plan, considered)


# --- an undo that nobody goes on with ---------------------------------------------------------------------------------


def give_up(clinic: Clinic, wanted: str, patience_ms: int = PATIENCE_MS) -> Result:
    """End an undo that was cut off where it is: what it took back waits as ever, the rest goes on as before.

    The journal says who ended it. Raises ConfigurationError where no undo of that run was cut off, AnotherRun while
    another run has the clinic for longer than `patience_ms`, and the port errors where a call that was cut off has to
    be looked up and cannot be.
    """
    run_id = _known(clinic, wanted)
    with alone_for(clinic, patience_ms):
        settle(clinic)
        if cut_undo(clinic, run_id) is None:
            raise ConfigurationError((f"No undo of {run_id} was cut off, so there is nothing to give up.",))
        _recover(clinic)
        written = written_by(clinic, run_id)
        decided = clinic.store.gather(selection_of(written.subjects)).decisions
        left = {
            subject: None
            for subject in written.subjects - {taken.subject for taken in written.taken}
            if (held := decided.get(f"{subject.key}|{HoldCode.UNDONE.value}")) and held.decision is DecisionKind.UNDONE
        }
        _keep_undone(clinic, left, run_id, DecisionKind.APPROVED)
        clinic.approvals.keep("", (), undoing=True)
        with clinic.journal.writing() as writing:
            public = {"decision": "undo given up", "run": run_id}
            writing.add(Note(kind="decision", public=public, actor=clinic.outside.actor))
        clinic.store.look_again(written.subjects)
        keep_undo(clinic, run_id, "")
    sentence = "The undo is given up: what it took back waits, and what it did not take back goes on as before."
    return _told(clinic, written, UndoPlan(), sentence=sentence)


# --- what it tells ----------------------------------------------------------------------------------------------------


def _told(  # noqa: PLR0913 - each argument is one thing told
    clinic: Clinic,
    written: Written,
    plan: UndoPlan,
    *,
    run_id: RunId | None = None,
    planned: Sequence[Action] = (),
    sentence: str = "",
    parked: str = "",
) -> Result:
    kinds: Counter[tuple[ActionKind, str]] = Counter((taken.kind, taken_word(taken)) for taken in written.taken)
    kinds.update((action.kind, kind_word(action)) for action in planned)
    document: Document = {
        "run_id": run_id,
        "undone_run": written.run_id,
        "taken_back": by_kind(counted(kinds, restoring=False)),
        "restored": by_kind(counted(kinds, restoring=True)),
        "left": [
            {
                "kind": left.kind,
                "number": left.number,
                "books_id": left.books_id,
                "reason": left.reason.value,
                "sentence": left.sentence,
            }
            for left in plan.left
        ],
        "calls": clinic.meter.as_dict(),
    }
    if planned:
        document["actions"] = [action_document(action) for action in planned]
    if sentence:
        document["sentence"] = sentence
    if parked:
        document["parked"] = parked
    return Result(document=document, code=WAITS if plan.left or parked or (run_id and plan.actions) else DONE)


def taken_word(taken: Any) -> str:  # noqa: ANN401 - a RunWrite, which has the steps of an action
    """Return under which kind of record something taken back is counted."""
    if taken.deallocation is not None:
        return "allocations"
    if taken.unpayment is not None:
        return "payments"
    kind = taken.void.document.kind if taken.void is not None else taken.after.kind if taken.after is not None else None
    return "contacts" if kind is None else f"{kind.value}s"


def _waits(clinic: Clinic, written: Written, plan: UndoPlan, waiting: Sequence[Action]) -> Result:
    told = _told(clinic, written, plan)
    sentence = (
        "An undo needs a second person here. Your approval is kept: when somebody else has approved it too, "
        "run the same command again."
    )
    document = {
        **told.document,
        "plan": plan_name(plan.actions),
        "waiting": [action_document(action) for action in waiting],
        "sentence": sentence,
    }
    return Result(document=document, code=WAITS)
