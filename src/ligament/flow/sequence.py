"""The table of contents: read, plan, approve, execute, record, until nothing more is to be done."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ligament.core.approvals import ApprovedPlan, Standing, approve_plan
from ligament.core.facts import Facts, Surroundings
from ligament.core.holds import HoldCode
from ligament.core.intents import CLINIC, Subject, SubjectKind, subject_from_key
from ligament.core.plans import Action, ActionKind, Outcome, Plan, State
from ligament.core.rules.model import Rulebook
from ligament.flow.execute import Tally, World, execute, recover
from ligament.flow.plan import make_plan
from ligament.flow.read import (
    EVERYTHING,
    Hint,
    chart_is_old,
    read_books,
    read_chart,
    read_hinted,
    read_practice,
    read_reference,
    reference_is_old,
    selection_of,
)

MAX_PASSES = 8
_MANY = 1000
_MONEY = {ActionKind.PAY, ActionKind.PAY_FIRST, ActionKind.ALLOCATE, ActionKind.UNPAY}
_MAPPING = {HoldCode.UNMAPPED_ACCOUNT, HoldCode.UNMAPPED_ITEM, HoldCode.UNMAPPED_TAX, HoldCode.UNMAPPED_TRACKING}

_WITHOUT_CHART = {
    ActionKind.LINK_CONTACT,
    ActionKind.CREATE_CONTACT,
    ActionKind.UPDATE_CONTACT,
    ActionKind.UPDATE_PARTY,
    ActionKind.ARCHIVE_CONTACT,
    ActionKind.LINK_DOCUMENT,
}
"""Actions that name no account, tax or tracking: one changed contact costs no reading of the chart."""


@dataclass(slots=True, kw_only=True)
class Cycle:
    """What one cycle did: the outcome of every record looked at, what was written, and what waits for approval."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    tallies: list[Tally] = field(default_factory=list)
    waiting: tuple[Action, ...] = ()
    recovered: int = 0
    rows_read: int = 0
    planned: dict[str, Action] = field(default_factory=dict)
    settled: bool = True
    chart_read: bool = False
    reference_read: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """How a cycle is run: `standing` holds approvals, `everything` plans all records again.

    With `hints` only what they name is read, instead of all that changed on both sides; with `leave_books` only the
    practice is read, and what is kept of the books counts.
    """

    rulebook: Rulebook
    around: Surroundings
    standing: Standing = Standing()
    everything: bool = False
    rulebook_mark: str = ""
    hints: tuple[Hint, ...] | None = None
    leave_books: bool = False


def run_cycle(orders: Orders, world: World, cycle: Cycle) -> None:
    """Run one cycle, noting in `cycle` how far it came; raises the five port errors, what was done stays kept."""
    cycle.recovered = _recover(world)
    changed = _read(orders, world, cycle)
    for _ in range(MAX_PASSES):
        facts, plan = _plan(orders, world, changed)
        if _wants_reference(facts, plan, world, cycle):
            read_reference(world.practice, world.memory, world.clock)
            cycle.reference_read = True
            facts, plan = _plan(orders, world, changed)
        approved = approve_plan(plan, orders.rulebook.approval, _standing(orders, cycle))
        if _wants_chart(approved, world, cycle) and not facts.settings.native_link_on:
            # Before anything is written, accounts, taxes and tracking are checked: they may have been archived.
            read_chart(world.books, world.memory, world.clock)
            cycle.chart_read = True
            facts, plan = _plan(orders, world, changed)
            approved = approve_plan(plan, orders.rulebook.approval, _standing(orders, cycle))
        _note(plan, cycle)
        world.memory.keep_outcomes(world.run_id, plan, considered(facts))
        cycle.waiting = approved.waiting
        if not approved.approved:
            break
        tally = execute(approved, facts, world)
        cycle.tallies.append(tally)
        if not _moved(tally):
            break
        changed |= {action.subject for action in approved.approved}
    _last_look(orders, world, changed, cycle)


def _wants_reference(facts: Facts, plan: Plan, world: World, cycle: Cycle) -> bool:
    """Say whether places and people are read again: old ones before documents are written, and unknown ones at once."""
    documents = {ActionKind.CREATE_DOCUMENT, ActionKind.UPDATE_DOCUMENT}
    writes = any(action.kind in documents for action in plan.actions)
    if cycle.reference_read or not writes:
        return False
    unknown = any(
        (invoice.location_id and invoice.location_id not in facts.locations)
        or (invoice.practitioner_id and invoice.practitioner_id not in facts.practitioners)
        for invoice in facts.invoices.values()
    )
    return unknown or reference_is_old(world.memory, world.clock.now())


def _standing(orders: Orders, cycle: Cycle) -> Standing:
    changed = sum(1 for tally in cycle.tallies for effect in tally.effects if effect.action.existing)
    return replace(orders.standing, changed_before=changed)


def _moved(tally: Tally) -> bool:
    return bool(tally.done or tally.refused or tally.dropped)


def _read(orders: Orders, world: World, cycle: Cycle) -> set[Subject]:
    if orders.hints is not None:
        hinted = read_hinted(world.books, world.memory, orders.hints, world.tell)
        cycle.rows_read = hinted.rows
        return hinted.changed
    practice = read_practice(world.practice, world.memory, orders.rulebook, world.clock, world.tell)
    if orders.leave_books:
        cycle.rows_read = practice.rows
        return practice.changed
    books = read_books(world.books, world.memory, world.clock, world.tell)
    cycle.rows_read = practice.rows + books.rows
    return practice.changed | books.changed


def _plan(orders: Orders, world: World, changed: set[Subject]) -> tuple[Facts, Plan]:
    """Plan what changed and what still waits."""
    everything = orders.everything
    selection = EVERYTHING if everything else selection_of(changed | set(world.memory.pending()))
    facts = world.memory.gather(selection)
    return facts, make_plan(facts, orders.rulebook, orders.around)


def _recover(world: World) -> int:
    """Settle what an earlier run left open, on the facts of the records it is about."""
    left = world.memory.unfinished_intents()
    if not left:
        return 0
    subjects = {action.subject for intent in left for action in intent.actions}
    return recover(world.memory.gather(selection_of(subjects)), world)


def _wants_chart(approved: ApprovedPlan, world: World, cycle: Cycle) -> bool:
    """Say whether the chart is read now: before writing, when it is old, sooner when a hold waits for it."""
    if cycle.chart_read:
        return False
    if any(action.kind not in _WITHOUT_CHART for action in approved.approved):
        return True
    unmapped = any(hold.code in _MAPPING for hold in approved.plan.holds)
    return chart_is_old(world.memory, world.clock.now(), waited_for=unmapped)


def _absorb_echoes(world: World, cycle: Cycle) -> set[Subject]:
    """After many payments, read the books once more: what we changed comes back, and the next quiet run stays quiet."""
    money = sum(count for tally in cycle.tallies for (kind, _), count in tally.done.items() if kind in _MONEY)
    if money < _MANY:
        return set()
    return read_books(world.books, world.memory, world.clock, world.tell).changed


def considered(facts: Facts) -> frozenset[Subject]:
    """Return the records that a plan over these facts decided about."""
    invoices = (Subject(kind=SubjectKind.INVOICE, id=held) for held in facts.invoices)
    visits = (Subject(kind=SubjectKind.VISIT, id=held) for held in facts.visits)
    parties = (subject_from_key(key) for key in facts.parties)
    locations = (Subject(kind=SubjectKind.LOCATION, id=held) for held in facts.locations)
    return frozenset((*invoices, *visits, *parties, *locations, CLINIC))


def _note(plan: Plan, cycle: Cycle) -> None:
    """Keep how each record ended: the first pass decides what was planned, later ones what came of it."""
    done = {effect.action.subject.key for tally in cycle.tallies for effect in tally.effects if not effect.refused}
    for outcome in plan.outcomes:
        key = outcome.subject.key
        before = cycle.outcomes.get(key)
        came_to_nothing = outcome.state is State.HELD and key not in done
        if before is None or before.state is not State.PLANNED or came_to_nothing:
            cycle.outcomes[key] = outcome
    for action in plan.actions:
        cycle.planned.setdefault(action.key, action)


def _last_look(orders: Orders, world: World, changed: set[Subject], cycle: Cycle) -> None:
    """After the last pass, keep the outcomes as they are now."""
    changed |= _absorb_echoes(world, cycle)
    facts, plan = _plan(orders, world, changed)
    approved = approve_plan(plan, orders.rulebook.approval, _standing(orders, cycle))
    world.memory.keep_outcomes(world.run_id, plan, considered(facts))
    _note(plan, cycle)
    cycle.waiting = approved.waiting
    cycle.settled = not approved.approved
