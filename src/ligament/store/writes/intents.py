"""Calls that change the outside world: kept before they leave, kept as sent, closed with what they did."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from ligament.core.plans import Action
from ligament.core.receipts import IntentState, WriteIntent
from ligament.store.database.bulk import of_clinic
from ligament.store.database.codec import builtins, decode, decoder, encode
from ligament.store.database.errors import StoreError
from ligament.store.database.search_keys import stamp
from ligament.store.database.tables import intents
from ligament.store.journal.data_subjects import owners
from ligament.store.journal.journal import Note, Writing
from ligament.store.writes.before_images import records_before

_UNFINISHED = (IntentState.PLANNED.value, IntentState.SENT.value, IntentState.UNKNOWN.value)
_FINISHED = {IntentState.DONE, IntentState.GIVEN_UP}
_OPEN = of_clinic(intents.c.body).where(intents.c.state.in_(_UNFINISHED)).order_by(intents.c.place)
_LAST_PLACE = of_clinic(intents.c.place).with_only_columns(func.coalesce(func.max(intents.c.place), 0))
_INSERT = insert(intents)


def unfinished(connection: Connection, clinic: str) -> tuple[WriteIntent, ...]:
    """Return the calls whose outcome is not kept, in the order in which they were opened."""
    read = decoder(WriteIntent)
    return tuple(read(body) for body in connection.execute(_OPEN, {"clinic": clinic}).scalars())


def open_one(writing: Writing, intent: WriteIntent) -> None:
    """Keep a call as sent, for it may have been as soon as this is committed."""
    sent = _as_sent(intent, writing.now)
    place = writing.connection.execute(_LAST_PLACE, {"clinic": writing.clinic}).scalar_one() + 1
    writing.connection.execute(_INSERT, [{**_row(writing.clinic, sent), "place": place}])
    _note(writing, sent, again=False)


def resend(writing: Writing, intent: WriteIntent) -> None:
    """Keep that a call leaves again, with the same bytes; the key and epoch may be new."""
    known = writing.connection.execute(
        select(intents.c.body).where(*_where(writing.clinic, intent.id))
    ).scalar_one_or_none()
    if known is None or decode(WriteIntent, known).call.body != intent.call.body:
        raise StoreError("A call may only be repeated with the bytes it was opened with.", f"intent {intent.id}")
    sent = _as_sent(intent, writing.now)
    writing.connection.execute(
        update(intents).where(*_where(writing.clinic, intent.id)).values(**_row(writing.clinic, sent))
    )
    _note(writing, sent, again=True)


def leaves_late(writing: Writing, intent: WriteIntent) -> None:
    """Keep that a call leaves later than was kept, because something held it up in between."""
    kept = _row(writing.clinic, _as_sent(intent, writing.now))
    writing.connection.execute(update(intents).where(*_where(writing.clinic, intent.id)).values(**kept))


def close(writing: Writing, intent: WriteIntent) -> None:
    """Keep that the outcome of a call is known; its bytes and actions, which may name people, are let go."""
    state = intent.state if intent.state in _FINISHED else IntentState.DONE
    done = replace(intent, state=state, actions=(), call=replace(intent.call, body=b""))
    writing.connection.execute(
        update(intents).where(*_where(writing.clinic, intent.id)).values(**_row(writing.clinic, done))
    )


def _as_sent(intent: WriteIntent, now: datetime) -> WriteIntent:
    return replace(
        intent,
        state=IntentState.SENT,
        first_sent_at=intent.first_sent_at or now,
        last_sent_at=intent.last_sent_at or now,
    )


def _row(clinic: str, intent: WriteIntent) -> dict[str, Any]:
    return {
        "clinic": clinic,
        "id": intent.id,
        "run_id": intent.run_id,
        "system": intent.system,
        "state": intent.state.value,
        "first_sent_at": stamp(intent.first_sent_at) if intent.first_sent_at else None,
        "body": encode(intent),
    }


def _where(clinic: str, identifier: str) -> tuple[Any, Any]:
    return intents.c.clinic == clinic, intents.c.id == identifier


def _note(writing: Writing, intent: WriteIntent, *, again: bool) -> None:
    """Journal a call: one entry for each element, sealed for the party it is about."""
    parties = owners(writing.connection, writing.clinic, {action.subject.key for action in intent.actions})
    call = {
        "intent": intent.id, "run": intent.run_id, "system": intent.system, "verb": intent.verb.value,
        "method": intent.call.method, "key": intent.key, "epoch": intent.epoch, "again": again,
        "bytes": len(intent.call.body), "digest": writing.keyed_digest(intent.call.body),
    }  # fmt: skip
    at = intent.last_sent_at
    if not intent.actions:
        writing.add(Note(kind="intent", public=call, at=at))
    before = {} if again else records_before(writing.connection, writing.clinic, intent.actions)
    for place, action in enumerate(intent.actions):
        writing.add(
            writing.without_texts(
                Note(
                    kind="intent",
                    subject=action.subject.key,
                    public={**call, "element": place, **public_of(action)},
                    personal=None if again else personal_of(action) | before.get(action.key, {}),
                    owner=owner_of(action, parties),
                    at=at,
                )
            )
        )


def public_of(action: Action) -> dict[str, object]:
    """Return what an action would change, as far as it says nothing about a person."""
    told: dict[str, object] = {
        "action": action.kind.value,
        "number": action.number,
        "amount": str(action.amount),
        "existing": action.existing,
        "content": action.content,
    }
    if action.document is not None:
        told["wanted"] = {**builtins(action.document.intent), "trail": []}
        told["role"] = action.document.role.value
        told["version"] = action.document.version
    steps = {
        "void": action.void, "allocation": action.allocation, "payment": action.payment,
        "unpayment": action.unpayment, "option": action.option,
        "deallocation": action.deallocation,
    }  # fmt: skip
    if action.group is not None:
        # The name of a group may come from a person's own record, so that it is sealed with it; the id says nothing.
        told["group_id"] = action.group.group_id or ""
    return told | {name: builtins(step) for name, step in steps.items() if step is not None}


def personal_of(action: Action) -> dict[str, object]:
    """Return what an action says about a person."""
    told: dict[str, object] = {"sentence": action.sentence, "trail": list(action.trail)}
    if action.document is not None:
        told["document_trail"] = list(action.document.intent.trail)
    if action.contact is not None:
        told["contact"] = builtins(action.contact)
    if action.party is not None:
        told["party"] = builtins(action.party)
    if action.group is not None:
        told["group"] = builtins(action.group)
    return told


def owner_of(action: Action, parties: dict[str, str]) -> str:
    """Return the party whose detail an action holds: the patient it is about, else whom the document bills.

    Texts of lines name the patient, also on what somebody else pays for.
    """
    party = parties[action.subject.key]
    return party if party or action.document is None else action.document.intent.party.key
