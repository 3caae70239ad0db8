"""Planning in portions: what the whole plan comes to is known before any of it is carried out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from ligament.core.approvals import ApprovalState, ApprovedPlan, approve_plan, gives
from ligament.core.conservation import ConservationError
from ligament.core.facts import Facts, PlanContext
from ligament.core.holds import Hold
from ligament.core.ids import HoldId
from ligament.core.intents import CLINIC, Subject, SubjectKind
from ligament.core.money import ZERO
from ligament.core.plans import Action, FieldNote, Outcome, Plan, State, in_order, kind_word
from ligament.core.rules.model import Rulebook
from ligament.flow.plan.builder import EarlierPortions
from ligament.flow.plan.collecting import seldom_collected
from ligament.flow.plan.plan import make_plan
from ligament.ports.memory import Selection, Source

PORTION = 15_000
"""How many records are planned at once: enough for full calls, few enough for the memory of a small machine."""
_RANK = {state: place for place, state in enumerate((State.SKIPPED, State.UNCHANGED, State.PLANNED, State.HELD))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """What planning needs beside the selection; `size` is how many records are planned at once."""

    memory: Source
    rulebook: Rulebook
    around: PlanContext
    size: int = PORTION


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One portion of a plan with the facts it was made from."""

    facts: Facts
    plan: Plan


@dataclass(slots=True, kw_only=True)
class Survey:
    """What the plan of a selection comes to, without the plan itself.

    A record that several portions look at, such as a payer, ends as the strongest of them says. `existing` are the keys
    of actions that change what the books have, `money` the kind of every payment and allocation by its key; `busy` are
    the portions in which there is something to do; `only` is the plan itself where one portion holds everything.
    """

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    holds: dict[HoldId, Hold] = field(default_factory=dict)
    places: set[Subject] = field(default_factory=set)
    existing: set[str] = field(default_factory=set)
    money: dict[str, str] = field(default_factory=dict)
    busy: list[Selection] = field(default_factory=list)
    notes: dict[FieldNote, None] = field(default_factory=dict)
    only: Part | None = None
    read: int = 0
    amount: Decimal = ZERO

    def as_plan(self) -> Plan:
        """Return how every record ended and what waits, without actions."""
        outcomes, holds = tuple(self.outcomes.values()), tuple(self.holds.values())
        return Plan(outcomes=outcomes, holds=holds, notes=tuple(self.notes))

    def take(self, part: Part) -> None:
        """Add a portion."""
        for invoice in part.facts.invoices.values():
            if f"invoice:{invoice.id}" not in self.outcomes:
                self.read += 1
                self.amount += invoice.total
        for outcome in part.plan.outcomes:
            key = outcome.subject.key
            before = self.outcomes.setdefault(key, outcome)
            if before is not outcome and _RANK[outcome.state] > _RANK[before.state]:
                self.outcomes[key] = outcome
        self.holds.update((hold.id, hold) for hold in part.plan.holds)
        self.notes.update(dict.fromkeys(part.plan.notes))
        self.places.update(Subject(kind=SubjectKind.LOCATION, id=held) for held in part.facts.locations)
        for action in part.plan.actions:
            if action.existing:
                self.existing.add(action.key)
            if action.moves_money():
                self.money[action.key] = kind_word(action)

    def considered(self) -> set[Subject]:
        """Return what was decided about: every record read ends somehow; places and the clinic may have had holds."""
        return {CLINIC, *self.places, *(outcome.subject for outcome in self.outcomes.values())}

    def assert_whole(self) -> None:
        """Check that the portions together account for every invoice read once, by count and by amount."""
        ended = [held.amount for key, held in self.outcomes.items() if key.startswith("invoice:")]
        if len(ended) != self.read or sum(ended, ZERO) != self.amount:
            message = f"{self.read} invoices over {self.amount} were read in portions, {len(ended)} are accounted for"
            raise ConservationError(message)


def survey(planner: Planner, selection: Selection, look: Callable[[Part], bool]) -> Survey | None:
    """Plan a selection portion by portion and return what it comes to; nothing when `look` wants it to start again."""
    portions = planner.memory.portions(selection, planner.size)
    found, before = Survey(), EarlierPortions()
    with seldom_collected():
        for portion in portions:
            part = _part(planner, portion, before)
            if look(part):
                return None
            found.take(part)
            if part.plan.actions:
                found.busy.append(portion)
            if len(portions) == 1:
                found.only = part
    found.assert_whole()
    return found


def surveyed(planner: Planner, selection: Selection, look: Callable[[Part], None] | None = None) -> Survey:
    """Survey a selection to its end; `look` sees every portion."""

    def goes_on(part: Part) -> bool:
        if look is not None:
            look(part)
        return False

    found = survey(planner, selection, goes_on)
    assert found is not None, "nothing asked it to start again"
    return found


def _part(planner: Planner, portion: Selection, before: EarlierPortions) -> Part:
    facts = planner.memory.gather(portion)
    return Part(facts=facts, plan=make_plan(facts, planner.rulebook, planner.around, before))


def whole_plan(planner: Planner, selection: Selection) -> Plan:
    """Plan a selection and return everything, for showing it: what several portions would do stands there once."""
    return plan_and_scope(planner, selection)[0]


def plan_and_scope(planner: Planner, selection: Selection) -> tuple[Plan, set[Subject]]:
    """Plan a selection; return everything, and what was decided about."""
    actions: dict[str, Action] = {}

    def look(part: Part) -> None:
        for action in part.plan.actions:
            actions.setdefault(action.key, action)

    found = surveyed(planner, selection, look)
    return replace(found.as_plan(), actions=in_order(actions.values())), found.considered()


def approvals(planner: Planner, found: Survey, standing: ApprovalState) -> Iterator[tuple[Facts, ApprovedPlan]]:
    """Sort the actions of the surveyed plan, portion by portion, by what the whole plan comes to.

    A portion is planned when its turn comes, from what is true then: what earlier ones did is done already.
    """
    rules = planner.rulebook.approval
    if found.only is not None:
        yield found.only.facts, approve_plan(found.only.plan, rules, standing)
        return
    before, blocked = EarlierPortions(), set(standing.blocked)
    for portion in found.busy:
        with seldom_collected():
            part = _part(planner, portion, before)
        whole = replace(standing, existing=len(found.existing), blocked=frozenset(blocked))
        approved = approve_plan(part.plan, rules, whole)
        blocked.update(given for action in approved.waiting for given in gives(action))
        yield part.facts, approved
