"""The fifth stage: approved actions leave one call at a time, each kept before it leaves and judged when it is back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from ligament.core.approvals import ApprovedPlan
from ligament.core.facts import Facts
from ligament.core.plans import LOCAL, Action, ActionKind, kind_word
from ligament.core.receipts import Effect, WriteIntent
from ligament.core.writes import ElementResult, ElementVerdict, RefusalCode, Verb
from ligament.flow.context import RunContext
from ligament.flow.execute.closing import finish
from ligament.flow.execute.recheck import fresh, unmoved
from ligament.flow.execute.record import effect_of
from ligament.flow.execute.resolve import resolved, verb_of
from ligament.flow.execute.sending import give_back, intent_for, resent, send_until_clear, settle_unknown
from ligament.flow.execute.working_state import WorkingState
from ligament.ports.errors import Rejected


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was written, counted by action kind; `refused` by kind too; `dropped` were overtaken by events.

    `moved` says that the facts of the plan no longer hold: a lock date refused something, or a document was voided
    before we knew that it was made.
    """

    done: Counter[tuple[ActionKind, str]] = field(default_factory=Counter)
    refused: Counter[tuple[ActionKind, str]] = field(default_factory=Counter)
    dropped: int = 0
    moved: bool = False
    effects: list[Effect] = field(default_factory=list)

    def count(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            key = (effect.action.kind, kind_word(effect.action))
            (self.refused if effect.refused else self.done)[key] += 1
            self.moved = self.moved or effect.code == RefusalCode.LOCKED or _voided_meanwhile(effect)


def _voided_meanwhile(effect: Effect) -> bool:
    made = effect.action.kind is ActionKind.CREATE_DOCUMENT
    return made and any(document.status.is_gone() for document in effect.documents)


def execute(plan: ApprovedPlan, facts: Facts, world: RunContext, tally: Tally | None = None) -> Tally:
    """Run the approved actions in order; what cannot be decided stays kept as unknown and is raised.

    Raises the five port errors; everything done until then is kept, and stands in the tally that was handed in; a
    later run goes on from there.
    """
    ledger, tally = WorkingState(facts), Tally() if tally is None else tally
    total, done = len(plan.approved), 0
    for _, group in groupby(plan.approved, key=lambda action: action.kind):
        actions = list(group)
        for batch in _batches(actions, world):
            if tally.moved:
                # What is left is planned again by what holds now.
                tally.dropped += len(batch)
            else:
                _run_batch(batch, ledger, tally, world)
            done += len(batch)
            world.tell("post", done, total)
    return tally


def _batches(actions: Sequence[Action], world: RunContext) -> Iterable[list[Action]]:
    """Cut actions of one kind into calls; actions that must not share a call are kept apart."""
    if actions[0].kind in LOCAL:
        yield list(actions)
        return
    if actions[0].kind is ActionKind.UPDATE_PARTY:
        yield from ([action] for action in actions)
        return
    apart: dict[tuple[Verb, str], list[Action]] = {}
    for action in actions:
        apart.setdefault((verb_of(action), _sharing(action)), []).append(action)
    for (verb, _), together in apart.items():
        size = world.books.batch_size(verb)
        for start in range(0, len(together), size):
            yield together[start : start + size]


def _sharing(action: Action) -> str:
    """Return what all elements of one call must have in common: the note of allocations, the group of contacts."""
    if action.group is not None:
        return action.group.mark
    return action.allocation.credit.number if action.allocation is not None else ""


def _run_batch(batch: list[Action], ledger: WorkingState, tally: Tally, world: RunContext) -> None:
    ready = [held for action in batch if (held := resolved(action, ledger)) is not None]
    ready = unmoved(fresh(ready, ledger, world), ledger)
    tally.dropped += len(batch) - len(ready)
    if not ready:
        return
    if ready[0].kind in LOCAL:
        effects = [effect_of(action, ElementResult(verdict=ElementVerdict.DONE), ledger) for action in ready]
        world.memory.keep_effects(world.run_id, effects, world.clock.now())
    else:
        effects = _call(ready, ledger, world)
    for effect in effects:
        ledger.take(effect)
    tally.count(effects)
    tally.effects.extend(effects)


# --- one call ---------------------------------------------------------------------------------------------------------


def _call(actions: list[Action], ledger: WorkingState, world: RunContext) -> list[Effect]:
    intent = intent_for(actions, ledger, world)
    world.memory.open_intent(intent)
    try:
        results = send_until_clear(intent, world)
    except Rejected as trouble:
        return _apart(actions, intent, trouble, ledger, world)
    effects = [
        effect_of(action, result, ledger)
        for action, result in zip(intent.actions, results, strict=True)
        if result is not None
    ]
    return finish(intent, effects, world.books, world.memory, world.clock)


def _apart(
    actions: list[Action], intent: WriteIntent, trouble: Rejected, ledger: WorkingState, world: RunContext
) -> list[Effect]:
    """A call was refused as a whole, nothing of it happened: find the record that spoils it, the others go on."""
    if len(actions) == 1:
        refused = Effect(action=actions[0], refused=(trouble.sentence,), code=RefusalCode.OTHER)
        return finish(intent, [refused], world.books, world.memory, world.clock)
    give_back(intent, world)
    half = len(actions) // 2
    first = _call(actions[:half], ledger, world)
    for effect in first:
        ledger.take(effect)
    return [*first, *_call(actions[half:], ledger, world)]


def recover(facts: Facts, world: RunContext) -> int:
    """Settle every call that an earlier run left without a kept answer; returns how many there were."""
    intents = world.memory.unfinished_intents()
    ledger = WorkingState(facts)
    for intent in intents:
        results = settle_unknown(intent, world, answered=False)
        if results is None:
            again = resent(intent, world)
            results = send_until_clear(again, world)
        pairs = zip(intent.actions, results, strict=True)
        effects = [effect_of(action, result, ledger, found=True) for action, result in pairs if result is not None]
        for effect in finish(intent, effects, world.books, world.memory, world.clock):
            ledger.take(effect)
    return len(intents)
