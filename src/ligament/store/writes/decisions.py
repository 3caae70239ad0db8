"""What people decided about holds, and what was refused: kept, journalled, and found again as long as it fits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy import Connection, delete, select

from ligament.core.holds import Hold, HoldCode
from ligament.core.ids import HoldId
from ligament.core.intents import Subject
from ligament.core.links import Decision, DecisionKind
from ligament.store.database.bulk import upsert
from ligament.store.database.codec import decoder, encode
from ligament.store.database.tables import decisions, refusals
from ligament.store.journal.data_subjects import owners
from ligament.store.journal.journal import Note, Writing
from ligament.store.writes.effects import refusal_row


def decide(writing: Writing, decision: Decision) -> None:
    """Keep a person's decision about a hold, and journal it; the reason may name somebody, and is sealed."""
    clinic, subject = writing.clinic, decision.subject.key
    key = f"{subject}|{decision.code}"
    if _is_said_again(writing, key, decision):
        return
    row = {"clinic": clinic, "key": key, "subject": subject, "body": encode(decision)}
    upsert(writing.connection, decisions, [row])
    public = {"code": decision.code, "decision": decision.decision.value, "fingerprint": decision.fingerprint}
    if decision.chosen:
        public["contact"] = decision.chosen
    writing.add(
        Note(
            kind="decision",
            subject=subject,
            public=public,
            personal={"reason": decision.reason} if decision.reason else None,
            owner=owners(writing.connection, clinic, {subject})[subject],
            actor=decision.by,
            at=decision.at,
        )
    )


def _is_said_again(writing: Writing, key: str, decision: Decision) -> bool:
    """Say whether the same person gave the same answer before, as when a form is sent twice.

    A word to mend or to take back is always a new one: what it was about may have happened again since.
    """
    if decision.decision in {DecisionKind.FIX, DecisionKind.UNDONE} or decision.code == HoldCode.UNDONE.value:
        return False
    kept = select(decisions.c.body).where(decisions.c.clinic == writing.clinic, decisions.c.key == key)
    body = writing.connection.execute(kept).scalar_one_or_none()
    return body is not None and replace(decoder(Decision)(body), at=decision.at) == decision


def answers(connection: Connection, clinic: str, holds: Collection[Hold]) -> Mapping[HoldId, Decision]:
    """Return what people answered to those holds as they are shown, by the hold's id."""
    named = {f"{hold.subject.key}|{hold.decision_code}": hold for hold in holds}
    rows, read = select(decisions.c.key, decisions.c.body).where(decisions.c.clinic == clinic), decoder(Decision)
    found = {row.key: read(row.body) for row in connection.execute(rows) if row.key in named}
    return {
        named[key].id: answer for key, answer in found.items() if answer.fingerprint in {named[key].fingerprint, ""}
    }


def left(connection: Connection, clinic: str) -> frozenset[str]:
    """Return the records that people left as they are, by their keys: by any answer, also one to an earlier state."""
    rows, read = select(decisions.c.subject, decisions.c.body).where(decisions.c.clinic == clinic), decoder(Decision)
    kept = ((row.subject, read(row.body)) for row in connection.execute(rows))
    return frozenset(subject for subject, answer in kept if answer.decision is DecisionKind.DISMISSED)


def forget_dismissals(connection: Connection, clinic: str, subject: Subject) -> None:
    """Forget that a person left a record as it is; the journal keeps it."""
    about, read = (decisions.c.clinic == clinic, decisions.c.subject == subject.key), decoder(Decision)
    rows = connection.execute(select(decisions.c.key, decisions.c.body).where(*about)).all()
    left = [row.key for row in rows if read(row.body).decision is DecisionKind.DISMISSED]
    connection.execute(delete(decisions).where(*about, decisions.c.key.in_(left)))


def keep_refusal(writing: Writing, action_key: str, content: str, words: str) -> None:
    """Remember that the other system refused exactly this."""
    row = refusal_row(writing.clinic, action_key, content, words, writing.now)
    subject = row["subject"]
    upsert(writing.connection, refusals, [row])
    party = owners(writing.connection, writing.clinic, {subject})[subject]
    public = {"action": action_key, "content": content}
    writing.add(Note(kind="refusal", subject=subject, public=public, personal={"words": words}, owner=party))
