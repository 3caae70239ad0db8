"""The fifth stage: approved actions leave one call at a time, each kept before it leaves and judged when it is back."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import groupby

from ligament.core.approvals import ApprovedPlan
from ligament.core.changes import ElementResult, PreparedCall, RefusalCode, Verb, Verdict
from ligament.core.facts import Facts
from ligament.core.ids import RunId
from ligament.core.ledgers import DocumentKind
from ligament.core.plans import Action, ActionKind
from ligament.core.receipts import Effect, IntentState, WriteIntent
from ligament.flow.commands import resolved, still_true, verb_of, write_for
from ligament.flow.freshness import CHECKED, still_as_planned
from ligament.flow.lookup import look_up
from ligament.flow.record import Ledger, effect_of
from ligament.flow.refusals import finish
from ligament.ports.books import Books
from ligament.ports.clocks import Clock
from ligament.ports.errors import OutcomeUnknown, Rejected, TryLater
from ligament.ports.memory import Memory
from ligament.ports.practice import Practice
from ligament.ports.progress import Progress, silent

REPLAY_WINDOW = timedelta(minutes=4)
"""How long the same bytes may leave under the same key: the key lives six minutes, two are kept as a margin."""
QUARANTINE = timedelta(minutes=6)
"""How long a request without an answer may still take effect (facts on the books, section 11)."""
_ATTEMPTS = 8
_LOCAL = {ActionKind.LINK_CONTACT, ActionKind.LINK_DOCUMENT}


@dataclass(slots=True, kw_only=True)
class World:
    """Everything executing needs of the world; `backoff_ms` gives the wait before the n-th further attempt."""

    books: Books
    practice: Practice
    memory: Memory
    clock: Clock
    run_id: RunId
    backoff_ms: Callable[[int], int]
    tell: Progress = silent


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
        """Count effects."""
        for effect in effects:
            key = (effect.action.kind, kind_word(effect.action))
            (self.refused if effect.refused else self.done)[key] += 1
            self.moved = self.moved or effect.code == RefusalCode.LOCKED or _voided_meanwhile(effect)


def _voided_meanwhile(effect: Effect) -> bool:
    made = effect.action.kind is ActionKind.CREATE_DOCUMENT
    return made and any(document.status.is_gone() for document in effect.documents)


def kind_word(action: Action) -> str:
    """Return under which kind of record an action is counted."""
    if action.allocation is not None:
        return "allocations"
    if action.payment is not None or action.unpayment is not None:
        return "payments"
    kind = action.document.intent.kind if action.document is not None else None
    if action.void is not None:
        kind = action.void.document.kind
    if kind is None:
        return "contacts"
    return "credit_notes" if kind is DocumentKind.CREDIT_NOTE else "invoices"


def execute(plan: ApprovedPlan, facts: Facts, world: World) -> Tally:
    """Run the approved actions in order; what cannot be decided stays kept as unknown and is raised.

    Raises the five port errors; everything done until then is kept, and a later run goes on from there.
    """
    ledger, tally = Ledger(facts), Tally()
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


def _batches(actions: Sequence[Action], world: World) -> Iterable[list[Action]]:
    """Cut actions of one kind into calls; actions that must not share a call are kept apart."""
    if actions[0].kind in _LOCAL:
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


def _run_batch(batch: list[Action], ledger: Ledger, tally: Tally, world: World) -> None:
    ready = [held for action in batch if (held := resolved(action, ledger)) is not None]
    ready = _unmoved(_fresh(ready, ledger, world), ledger)
    tally.dropped += len(batch) - len(ready)
    if not ready:
        return
    if ready[0].kind in _LOCAL:
        effects = [effect_of(action, ElementResult(verdict=Verdict.DONE), ledger) for action in ready]
        world.memory.keep_effects(world.run_id, effects, world.clock.now())
    else:
        effects = _call(ready, ledger, world)
    for effect in effects:
        ledger.take(effect)
    tally.count(effects)
    tally.effects.extend(effects)


def _fresh(actions: list[Action], ledger: Ledger, world: World) -> list[Action]:
    """Read again what an update or void is about to change; drop what a person changed meanwhile."""
    kinds = {ActionKind.UPDATE_DOCUMENT, ActionKind.VOID}
    if actions and actions[0].kind in CHECKED:
        return still_as_planned(actions, ledger, world.books, world.practice, world.memory)
    if not actions or actions[0].kind not in kinds:
        return _unreconciled(actions, ledger, world)
    kept: list[Action] = []
    for kind in DocumentKind:
        wanted = {}
        for action in actions:
            ref = action.void.document if action.void is not None else None
            held_kind = ref.kind if ref is not None else action.document.intent.kind if action.document else None
            held_id = ref.id if ref is not None else action.document.document_id if action.document else None
            if held_kind is kind and held_id is not None:
                wanted[held_id] = action
        if not wanted:
            continue
        now_there = world.books.documents_by_id(kind.value, list(wanted))
        moved = []
        for document in now_there:
            known = ledger.document(document.id)
            if known is not None and known.updated_at == document.updated_at:
                kept.append(wanted[document.id])
            else:
                moved.append(document)
        if moved:
            world.memory.keep_books_records((), moved)
    return kept


def _unreconciled(actions: list[Action], ledger: Ledger, world: World) -> list[Action]:
    """Never delete a reconciled payment: read its state first, and keep it for the next plan."""
    kept = []
    for action in actions:
        if action.unpayment is None:
            kept.append(action)
            continue
        payment = world.books.payment(action.unpayment.payment_id)
        if payment is None or payment.deleted or not payment.reconciled:
            kept.append(action)
            continue
        document = ledger.document(action.unpayment.document.id)
        if document is not None:
            payments = tuple(payment if held.id == payment.id else held for held in document.payments)
            world.memory.keep_books_records((), [replace(document, payments=payments)])
    return kept


def _unmoved(actions: list[Action], ledger: Ledger) -> list[Action]:
    return [action for action in actions if still_true(action, ledger)]


# --- one call ---------------------------------------------------------------------------------------------------------


def _call(actions: list[Action], ledger: Ledger, world: World) -> list[Effect]:
    intent = _intent(actions, world)
    world.memory.open_intent(intent)
    try:
        results = _send_until_clear(intent, world)
    except Rejected as trouble:
        return _apart(actions, intent, trouble, ledger, world)
    effects = [
        effect_of(action, result, ledger)
        for action, result in zip(intent.actions, results, strict=True)
        if result is not None
    ]
    return finish(intent, effects, world.books, world.memory, world.clock)


def _apart(actions: list[Action], intent: WriteIntent, trouble: Rejected, ledger: Ledger, world: World) -> list[Effect]:
    """A call was refused as a whole, nothing of it happened: find the record that spoils it, the others go on."""
    if len(actions) == 1:
        refused = Effect(action=actions[0], refused=(trouble.sentence,), code=RefusalCode.OTHER)
        return finish(intent, [refused], world.books, world.memory, world.clock)
    _give_back(intent, world)
    half = len(actions) // 2
    first = _call(actions[:half], ledger, world)
    for effect in first:
        ledger.take(effect)
    return [*first, *_call(actions[half:], ledger, world)]


def _intent(actions: list[Action], world: World) -> WriteIntent:
    call = _prepared(actions, world)
    now = world.clock.now()
    digest = hashlib.blake2b(call.body + call.target.encode(), digest_size=8).hexdigest()
    identifier = f"{world.run_id}-{digest}-{int(now.timestamp() * 1000)}"
    system = "practice" if call.verb is Verb.UPDATE_PARTY else "books"
    return WriteIntent(
        id=identifier,
        run_id=world.run_id,
        system=system,
        call=call,
        key=_key(identifier, 0),
        actions=tuple(actions),
        state=IntentState.SENT,
        first_sent_at=now,
        last_sent_at=now,
    )


def _prepared(actions: list[Action], world: World) -> PreparedCall:
    if actions[0].party is not None:
        return world.practice.prepare(actions[0].party.write)
    return world.books.prepare(verb_of(actions[0]), [write_for(action) for action in actions])


def _key(identifier: str, epoch: int) -> str:
    """Return an intent's idempotency key: not made from its bytes, so that A, B, A never replays A."""
    return "lig-" + hashlib.blake2b(f"{identifier}|{epoch}".encode(), digest_size=20).hexdigest()


def _transmit(intent: WriteIntent, world: World) -> tuple[ElementResult, ...]:
    if intent.system == "practice":
        return (world.practice.send(intent.call),)
    return world.books.send(intent.call, intent.key)


Results = tuple[ElementResult | None, ...]


def _send_until_clear(intent: WriteIntent, world: World) -> Results:
    """Send, and on trouble look up, wait and send the same bytes again, until every element has a clear outcome.

    An element whose outcome is None certainly did not happen and is planned again by the next pass.
    """
    unanswered = False
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _transmit(intent, world)
        except TryLater as trouble:
            if trouble.limit == "day" or attempt == _ATTEMPTS:
                if not unanswered:
                    # An earlier attempt without an answer may still arrive: then it stays open and is looked up.
                    _give_back(intent, world)
                raise
            world.clock.pause_ms(max(trouble.wait_s * 1000, world.backoff_ms(attempt)))
            intent = _resent(intent, world)
        except OutcomeUnknown as trouble:
            if attempt == _ATTEMPTS:
                raise
            unanswered = unanswered or not trouble.answered
            # It may have waited before it left: what it may still do late is counted from the end of our patience.
            intent = replace(intent, last_sent_at=world.clock.now())
            world.clock.pause_ms(world.backoff_ms(attempt))
            settled = settle_unknown(intent, world, answered=trouble.answered and not unanswered)
            if settled is not None:
                return settled
            intent = _resent(intent, world)
    message = "the loop above returns or raises"
    raise AssertionError(message)


def _give_back(intent: WriteIntent, world: World) -> None:
    """Nothing of it happened: close the intent with no effect, so that the next run plans it anew."""
    world.memory.close_intent(intent, (), world.clock.now())


def _resent(intent: WriteIntent, world: World) -> WriteIntent:
    again = replace(intent, last_sent_at=world.clock.now(), state=IntentState.SENT)
    world.memory.resend_intent(again)
    return again


def settle_unknown(intent: WriteIntent, world: World, *, answered: bool) -> Results | None:
    """Decide about a call whose outcome is not known; None means: send the same bytes under the same key again.

    `answered` says that the server did answer with an error, so nothing is still under way and its stored answer would
    only come back under the same key.
    """
    looked_at = world.clock.now()
    found = look_up(intent, world.books, world.practice)
    if len(found) == len(intent.actions):
        return tuple(found[action.key] for action in intent.actions)
    if answered:
        return tuple(found.get(action.key) for action in intent.actions)
    now = world.clock.now()
    assert intent.first_sent_at is not None
    assert intent.last_sent_at is not None
    if now - intent.first_sent_at < REPLAY_WINDOW and intent.system == "books":
        return None
    arrived_by = intent.last_sent_at + QUARANTINE
    wait = arrived_by - now
    if wait > timedelta(0):
        world.tell("wait", int(wait.total_seconds()), int(QUARANTINE.total_seconds()))
        world.clock.pause_ms(int(wait.total_seconds() * 1000) + 1000)
    if looked_at < arrived_by:
        # What was looked at before that moment says nothing, however long the looking took.
        found = look_up(intent, world.books, world.practice)
    return tuple(found.get(action.key) for action in intent.actions)


def recover(facts: Facts, world: World) -> int:
    """Settle every call that an earlier run left without a kept answer; returns how many there were."""
    intents = world.memory.unfinished_intents()
    ledger = Ledger(facts)
    for intent in intents:
        results = settle_unknown(intent, world, answered=False)
        if results is None:
            again = _resent(intent, world)
            results = _send_until_clear(again, world)
        pairs = zip(intent.actions, results, strict=True)
        effects = [effect_of(action, result, ledger, found=True) for action, result in pairs if result is not None]
        for effect in finish(intent, effects, world.books, world.memory, world.clock):
            ledger.take(effect)
    return len(intents)
