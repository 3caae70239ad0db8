"""Sending: one kept call leaves, once, and its answer is made sure of."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

from ligament.core.plans import Action
from ligament.core.receipts import REPLAY_WINDOW, IntentState, WriteIntent
from ligament.core.writes import ElementResult, PreparedCall, Verb
from ligament.flow.context import RunContext
from ligament.flow.execute.lookup import Found, look_up
from ligament.flow.execute.resolve import verb_of, write_for
from ligament.flow.execute.taken_off import taken_off, times_of
from ligament.flow.execute.working_state import WorkingState
from ligament.ports.errors import OutcomeUnknown, TryLater

QUARANTINE = timedelta(minutes=6)
"""How long a request without an answer may still take effect (facts on the books, section 11)."""


_ATTEMPTS = 8


def intent_for(actions: list[Action], ledger: WorkingState, world: RunContext) -> WriteIntent:
    """Return the call for some actions as it will be kept before it leaves: exact bytes under a key of its own."""
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
        seen=times_of(actions, ledger),
    )


def _prepared(actions: list[Action], world: RunContext) -> PreparedCall:
    if actions[0].party is not None:
        return world.practice.prepare(actions[0].party.write)
    return world.books.prepare(verb_of(actions[0]), [write_for(action) for action in actions])


def _key(identifier: str, epoch: int) -> str:
    """Return an intent's idempotency key: not made from its bytes, so that A, B, A never replays A."""
    return "lig-" + hashlib.blake2b(f"{identifier}|{epoch}".encode(), digest_size=20).hexdigest()


def _transmit(intent: WriteIntent, world: RunContext) -> tuple[ElementResult, ...]:
    if intent.system == "practice":
        return (world.practice.send(intent.call),)
    return world.books.send(intent.call, intent.key)


Results = tuple[ElementResult | None, ...]


def send_until_clear(intent: WriteIntent, world: RunContext) -> Results:
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
                    give_back(intent, world)
                raise
            world.clock.pause_ms(max(trouble.wait_s * 1000, world.backoff_ms(attempt)))
            intent = resent(intent, world)
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
            intent = resent(intent, world)
    message = "the loop above returns or raises"
    raise AssertionError(message)


def give_back(intent: WriteIntent, world: RunContext) -> None:
    """Nothing of it happened: close the intent with no effect, so that the next run plans it anew."""
    world.memory.close_intent(intent, (), world.clock.now())


def resent(intent: WriteIntent, world: RunContext) -> WriteIntent:
    """Keep that the same bytes leave once more, under the same key."""
    again = replace(intent, last_sent_at=world.clock.now(), state=IntentState.SENT)
    world.memory.resend_intent(again)
    return again


def settle_unknown(intent: WriteIntent, world: RunContext, *, answered: bool) -> Results | None:
    """Decide about a call whose outcome is not known; None means: send the same bytes under the same key again.

    `answered` says that the server did answer with an error, so nothing is still under way and its stored answer would
    only come back under the same key.
    """
    looked_at = world.clock.now()
    found = look_up(intent, world.books, world.practice)
    if len(found) == len(intent.actions):
        return tuple(found[action.key] for action in intent.actions)
    if answered:
        return _as_found(intent, found, world)
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
    return _as_found(intent, found, world)


def _as_found(intent: WriteIntent, found: Found, world: RunContext) -> Results:
    found = {**taken_off(intent, found, world.books, world.memory), **found}
    return tuple(found.get(action.key) for action in intent.actions)
