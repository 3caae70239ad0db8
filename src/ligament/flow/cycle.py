"""The table of contents: read, plan, approve, execute, record, until nothing more is to be done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from ligament.core.approvals import ApprovalState, ApprovedPlan, approve_plan
from ligament.core.facts import PlanContext
from ligament.core.groups import uses_groups
from ligament.core.holds import HoldCode
from ligament.core.intents import Subject
from ligament.core.notes import BOTH_READ_NOTE
from ligament.core.periods import iso_instant
from ligament.core.plans import Action, ActionKind, Outcome, State
from ligament.core.rules.model import Rulebook
from ligament.flow.context import RunContext
from ligament.flow.execute.execute import Tally, execute, recover
from ligament.flow.plan.survey import PORTION, Part, Planner, Survey, approvals, survey, surveyed
from ligament.flow.read.bank_matched import held_as_reconciled, read_again, read_reconciled
from ligament.flow.read.changed_by import ask_who
from ligament.flow.read.own_money import recall_money
from ligament.flow.read.read import (
    EVERYTHING,
    Hint,
    Span,
    chart_is_old,
    read_books,
    read_chart,
    read_documents,
    read_hinted,
    read_practice,
    read_reference,
    reference_is_old,
    selection_of,
)
from ligament.ports.memory import Selection

MAX_PASSES = 8
_MANY = 1000
_CREDIT = {ActionKind.ALLOCATE, ActionKind.DEALLOCATE}
_MONEY = _CREDIT | {ActionKind.PAY, ActionKind.PAY_FIRST, ActionKind.UNPAY}
_MAPPING = {
    HoldCode.UNMAPPED_ACCOUNT, HoldCode.UNMAPPED_ITEM, HoldCode.UNMAPPED_TAX, HoldCode.UNMAPPED_TRACKING,
    HoldCode.UNMAPPED_GROUP,
}  # fmt: skip

_WITHOUT_CHART = {
    ActionKind.LINK_CONTACT,
    ActionKind.CREATE_CONTACT,
    ActionKind.UPDATE_CONTACT,
    ActionKind.UPDATE_PARTY,
    ActionKind.ARCHIVE_CONTACT,
    ActionKind.LINK_DOCUMENT,
    ActionKind.FORGET_PAYMENT,
}
"""Actions that name no account, tax or tracking: one changed contact costs no reading of the chart."""


@dataclass(slots=True, kw_only=True)
class CycleResult:
    """What one cycle did: the outcome of every record looked at, what was written, and what waits for approval.

    `planned` gives the kind of every payment and allocation that was planned, `done` the keys of the records for which
    something was written; `changed_before` counts the records changed that the books already had; `matched` are the
    records of which was asked whether the bank still has their payment.
    """

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    tallies: list[Tally] = field(default_factory=list)
    waiting: tuple[Action, ...] = ()
    recovered: int = 0
    planned: dict[str, str] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    changed_before: int = 0
    settled: bool = True
    chart_read: bool = False
    reference_read: bool = False
    matched: set[Subject] = field(default_factory=set)

    def count(self, tally: Tally) -> None:
        """Count what was written; what exactly it was is in the store by now, and is not held any longer."""
        self.tallies.append(tally)
        self.done |= {effect.action.subject.key for effect in tally.effects if not effect.refused}
        self.changed_before += sum(1 for effect in tally.effects if effect.action.existing)
        tally.effects.clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleOptions:
    """How a cycle is run: `standing` holds approvals, `everything` plans all records again.

    With `hints` only what they name is read, instead of all that changed on both sides; with `leave_books` only the
    practice and what hints name is read, and what is kept of the books counts; `brief` leaves out what rarely moves in
    the practice. `portion` is how many records are planned at once.
    """

    rulebook: Rulebook
    around: PlanContext
    standing: ApprovalState = ApprovalState()
    everything: bool = False
    rulebook_mark: str = ""
    hints: tuple[Hint, ...] | None = None
    leave_books: bool = False
    brief: bool = False
    portion: int = PORTION


def run_cycle(orders: CycleOptions, world: RunContext, cycle: CycleResult) -> None:
    """Run one cycle, noting in `cycle` how far it came; raises the five port errors, what was done stays kept."""
    cycle.recovered = _recover(world)
    changed = _read(orders, world)
    for _ in range(MAX_PASSES):
        found = _surveyed(orders, world, changed, cycle)
        _keep(found, world, cycle)
        tried, moved = _carry_out(found, orders, world, cycle, changed)
        if not moved:
            break
    echoes = _absorb_echoes(world, cycle)
    if tried or echoes:
        found = _last_look(orders, world, changed | echoes, cycle)
    ask_who(found.holds.values(), world.books, world.memory)


def _surveyed(orders: CycleOptions, world: RunContext, changed: set[Subject], cycle: CycleResult) -> Survey:
    """Survey what changed and what still waits, from the start again when something had to be read first."""
    found = None
    while found is None:
        selection = _selection(orders, world, changed)
        found = survey(_planner(orders, world), selection, lambda part: _read_before(part, orders, world, cycle))
    return found


def _planner(orders: CycleOptions, world: RunContext) -> Planner:
    return Planner(memory=world.memory, rulebook=orders.rulebook, around=orders.around, size=orders.portion)


def _selection(orders: CycleOptions, world: RunContext, changed: set[Subject]) -> Selection:
    return EVERYTHING if orders.everything else selection_of(changed | set(world.memory.pending()))


def _read_before(part: Part, orders: CycleOptions, world: RunContext, cycle: CycleResult) -> bool:
    """Read again what a plan leans on, before anything is written; says whether that was needed."""
    if _wants_reference(part, world, cycle):
        read_reference(world.practice, world.memory, world.clock)
        cycle.reference_read = True
        return True
    if _asks_the_bank(part, world, cycle):
        return True
    if cycle.chart_read or part.facts.settings.native_link_on:
        return False
    groups = uses_groups(orders.rulebook)
    unread = groups and part.facts.chart.groups is None
    approved = approve_plan(part.plan, orders.rulebook.approval, _standing(orders, cycle))
    if not _wants_chart(approved, world, unread=unread):
        return False
    # Before anything is written, accounts, taxes and tracking are checked: they may have been archived.
    read_chart(world.books, world.memory, world.clock, groups=groups)
    cycle.chart_read = True
    return True


def _asks_the_bank(part: Part, world: RunContext, cycle: CycleResult) -> bool:
    """Ask of a payment that waits from now on whether it is still reconciled; says whether one no longer is."""
    fresh = held_as_reconciled(part.plan.holds) - cycle.matched
    if not fresh:
        return False
    cycle.matched |= fresh
    return read_again(fresh - held_as_reconciled(world.memory.open_holds()), world.books, world.memory)


def _carry_out(
    found: Survey, orders: CycleOptions, world: RunContext, cycle: CycleResult, changed: set[Subject]
) -> tuple[bool, bool]:
    """Do what is approved, portion by portion.

    Returns whether there was anything, and whether anything came of it, so that a further pass is worth it.
    """
    waiting: dict[str, Action] = {}
    cycle.waiting, tried, moved = (), False, False
    for facts, approved in approvals(_planner(orders, world), found, _standing(orders, cycle)):
        waiting.update((action.key, action) for action in approved.waiting)
        cycle.waiting = tuple(waiting.values())
        if approved.approved:
            tally = Tally()
            try:
                execute(approved, facts, world, tally)
            finally:
                # Where the day's calls are used up half-way, what was posted until then counts all the same.
                cycle.count(tally)
            tried, moved = True, moved or bool(tally.done or tally.refused or tally.dropped)
            changed |= {action.subject for action in approved.approved}
    return tried, moved


def _wants_reference(part: Part, world: RunContext, cycle: CycleResult) -> bool:
    """Say whether places and people are read again: old ones before documents are written, and unknown ones at once."""
    documents = {ActionKind.CREATE_DOCUMENT, ActionKind.UPDATE_DOCUMENT}
    facts = part.facts
    writes = any(action.kind in documents for action in part.plan.actions)
    if cycle.reference_read or not writes:
        return False
    unknown = any(
        (invoice.location_id and invoice.location_id not in facts.locations)
        or (invoice.practitioner_id and invoice.practitioner_id not in facts.practitioners)
        for invoice in facts.invoices.values()
    )
    return unknown or reference_is_old(world.memory, world.clock.now())


def _standing(orders: CycleOptions, cycle: CycleResult) -> ApprovalState:
    return replace(orders.standing, changed_before=cycle.changed_before)


def _read(orders: CycleOptions, world: RunContext) -> set[Subject]:
    """Read what the orders say; everything as long as both sides were never read to their end.

    Who is in the books already is only known then: a plan made sooner could make them a second time.
    """
    read_once = bool(world.memory.note(BOTH_READ_NOTE))
    named = (orders.hints or ()) if read_once else ()
    hinted = read_hinted(world.books, world.memory, world.clock, named, world.tell)
    if orders.hints is not None and not orders.leave_books and read_once:
        return hinted.changed
    usual = Span.THOROUGH if orders.everything else Span.USUAL
    span = Span.BRIEF if orders.brief else usual
    practice = read_practice(world.practice, world.memory, orders.rulebook, world.clock, world.tell, span)
    if orders.leave_books and read_once:
        return practice.changed | hinted.changed
    books = read_books(world.books, world.memory, world.clock, world.tell)
    read_reconciled(world.books, world.memory, world.clock)
    if not read_once:
        recall_money(world.books, world.memory, orders.rulebook)
        world.memory.keep_note(BOTH_READ_NOTE, iso_instant(world.clock.now()))
    return practice.changed | books.changed


def _recover(world: RunContext) -> int:
    """Settle what an earlier run left open, on the facts of the records it is about."""
    left = world.memory.unfinished_intents()
    if not left:
        return 0
    subjects = {action.subject for intent in left for action in intent.actions}
    return recover(world.memory.gather(selection_of(subjects)), world)


def _wants_chart(approved: ApprovedPlan, world: RunContext, *, unread: bool) -> bool:
    """Say whether the chart is read now: before writing, when it is old, sooner when a hold waits for it.

    `unread` says that contact groups are wanted and were never read.
    """
    if unread or any(action.kind not in _WITHOUT_CHART for action in approved.approved):
        return True
    unmapped = any(hold.code in _MAPPING for hold in approved.plan.holds)
    return chart_is_old(world.memory, world.clock.now(), waited_for=unmapped)


def _absorb_echoes(world: RunContext, cycle: CycleResult) -> set[Subject]:
    """After many payments, read their documents once more: what we changed comes back, and the next run stays quiet.

    Answers about payments do not tell when their invoices changed; those about contacts and documents do.
    """
    money = Counter[ActionKind]()
    for tally in cycle.tallies:
        for (kind, _), count in tally.done.items():
            money[kind] += count if kind in _MONEY else 0
    if money.total() < _MANY:
        return set()
    streams = {"invoices"} | ({"credit_notes"} if any(money[kind] for kind in _CREDIT) else set())
    return read_documents(world.books, world.memory, world.clock, frozenset(streams), world.tell).changed


def _keep(found: Survey, world: RunContext, cycle: CycleResult) -> None:
    """Keep how each record ended: the first pass decides what was planned, later ones what came of it."""
    for key, outcome in found.outcomes.items():
        before = cycle.outcomes.get(key)
        came_to_nothing = outcome.state is State.HELD and key not in cycle.done
        if before is None or before.state is not State.PLANNED or came_to_nothing:
            cycle.outcomes[key] = outcome
    for key, word in found.money.items():
        cycle.planned.setdefault(key, word)
    world.memory.keep_outcomes(world.run_id, found.as_plan(), found.considered())


def _last_look(orders: CycleOptions, world: RunContext, changed: set[Subject], cycle: CycleResult) -> Survey:
    """After the last pass, keep the outcomes as they are now."""
    found = surveyed(_planner(orders, world), _selection(orders, world, changed))
    _keep(found, world, cycle)
    waiting: dict[str, Action] = {}
    cycle.settled = True
    for _, approved in approvals(_planner(orders, world), found, _standing(orders, cycle)):
        waiting.update((action.key, action) for action in approved.waiting)
        cycle.settled = cycle.settled and not approved.approved
    cycle.waiting = tuple(waiting.values())
    return found
