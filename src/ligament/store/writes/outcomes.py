"""What became of each record: the newest outcome, and holds that open, stay and close."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, update

from ligament.core.events import hold_cleared, hold_opened
from ligament.core.holds import Hold
from ligament.core.ids import RunId
from ligament.core.intents import Subject, subject_from_key
from ligament.core.plans import Outcome, Plan
from ligament.store.database.bulk import all_of_clinic, delete_in, gone_from_clinic, of_clinic, upsert
from ligament.store.database.codec import decode_hold, decoder, encode, encode_hold, tag
from ligament.store.database.search_keys import stamp
from ligament.store.database.tables import contact_notes, dirty, holds, outcomes
from ligament.store.journal.data_subjects import owners
from ligament.store.journal.journal import Note, Writing
from ligament.store.mirror.waiting import PENDING

_AT_ONCE = 10_000
"""How many outcomes are turned into rows at once: those of a large clinic would not fit beside its plan."""
_NEWEST = of_clinic(outcomes.c.body).order_by(outcomes.c.subject, outcomes.c.kind)
_OPEN = all_of_clinic(holds).where(holds.c.closed_at.is_(None))
_OPEN_BODIES = of_clinic(holds.c.body).where(holds.c.closed_at.is_(None)).order_by(holds.c.opened_at, holds.c.id)


def pending(connection: Connection, clinic: str) -> frozenset[Subject]:
    """Return the subjects that wait for something, for their time to come, or were read and not looked at yet."""
    keys = connection.execute(PENDING, {"clinic": clinic}).scalars()
    return frozenset(subject_from_key(key) for key in keys if not key.startswith("clinic:"))


def mark_dirty(connection: Connection, clinic: str, subjects: Collection[Subject]) -> None:
    """Remember that these records were read and have to be looked at, in the transaction that moves the cursor."""
    upsert(connection, dirty, [{"clinic": clinic, "subject": subject.key} for subject in subjects])


def newest(connection: Connection, clinic: str) -> tuple[Outcome, ...]:
    read = decoder(Outcome)
    return tuple(read(body) for body in connection.execute(_NEWEST, {"clinic": clinic}).scalars())


def open_holds(connection: Connection, clinic: str) -> tuple[Hold, ...]:
    return tuple(decode_hold(body) for body in connection.execute(_OPEN_BODIES, {"clinic": clinic}).scalars())


def keep(writing: Writing, run_id: RunId, plan: Plan, considered: Collection[Subject]) -> None:
    """Replace the outcomes of the considered subjects, and open and close holds as the plan says."""
    connection, clinic = writing.connection, writing.clinic
    keys = {subject.key for subject in considered}
    outdated = keys | {outcome.subject.key for outcome in plan.outcomes}
    delete_in(connection, gone_from_clinic(outcomes), outcomes.c.subject, outdated, clinic=clinic)
    for start in range(0, len(plan.outcomes), _AT_ONCE):
        ended = plan.outcomes[start : start + _AT_ONCE]
        upsert(connection, outcomes, [_outcome_row(clinic, run_id, outcome) for outcome in ended])
    delete_in(connection, gone_from_clinic(dirty), dirty.c.subject, keys, clinic=clinic)
    _keep_notes(connection, clinic, plan, keys)
    standing = {row.id: row for row in connection.execute(_OPEN, {"clinic": clinic})}
    wanted: dict[str, Hold] = {hold.id: hold for hold in plan.holds}
    _open(writing, run_id, wanted, standing)
    for identifier, row in standing.items():
        if identifier not in wanted and row.subject in keys:
            _close(writing, row)


def _keep_notes(connection: Connection, clinic: str, plan: Plan, keys: Collection[str]) -> None:
    """Replace what is only listed about contacts: the fields that differ, never their values."""
    people = {key for key in keys if not key.startswith(("invoice:", "visit:", "clinic:"))}
    delete_in(connection, gone_from_clinic(contact_notes), contact_notes.c.subject, people, clinic=clinic)
    rows = [
        {"clinic": clinic, "subject": note.subject.key, "field": note.field, "kind": note.kind.value}
        for note in plan.notes
    ]
    upsert(connection, contact_notes, rows)


def _outcome_row(clinic: str, run_id: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "clinic": clinic,
        "subject": outcome.subject.key,
        "kind": outcome.kind.value,
        "state": outcome.state.value,
        "number": outcome.number,
        "reason": outcome.reason,
        "run_id": run_id,
        "body": encode(outcome),
    }


def _open(
    writing: Writing,
    run_id: str,
    wanted: Mapping[str, Hold],
    standing: Mapping[str, Any],
) -> None:
    """Write the holds that are new or say something new; one that stays open keeps the moment it opened."""
    rows: list[dict[str, Any]] = []
    fresh: dict[str, Hold] = {}
    for identifier, hold in wanted.items():
        before = standing.get(identifier)
        body = encode_hold(hold)
        if before is not None and before.body == body:
            continue
        if before is None:
            fresh[identifier] = hold
        opened_at = before.opened_at if before is not None else stamp(writing.now)
        rows.append(_hold_row(writing.clinic, run_id, hold, opened_at))
    upsert(writing.connection, holds, rows)
    parties = owners(writing.connection, writing.clinic, {hold.subject.key for hold in fresh.values()})
    for identifier, hold in fresh.items():
        writing.add(_opened(run_id, identifier, hold, parties[hold.subject.key]))
        writing.tell(hold_opened(writing.told_as, hold))


def _hold_row(clinic: str, run_id: str, hold: Hold, opened_at: str) -> dict[str, Any]:
    return {
        "clinic": clinic,
        "id": hold.id,
        "subject": hold.subject.key,
        "code": hold.code.value,
        "kind": hold.kind.value,
        "number": hold.number,
        "run_id": run_id,
        "opened_at": opened_at,
        "closed_at": None,
        "body": encode_hold(hold),
    }


def _opened(run_id: str, identifier: str, hold: Hold, owner: str) -> Note:
    return Note(
        kind="hold_opened",
        subject=hold.subject.key,
        public={
            "hold": identifier, "run": run_id, "code": hold.code.value, "kind": hold.kind.value,
            "number": hold.number, "rule": hold.rule, "fingerprint": hold.fingerprint,
        },
        personal={"sentence": hold.sentence, "detail": tag(dict(hold.detail)), "proposed": tag(hold.proposed)},
        owner=owner,
    )  # fmt: skip


def _close(writing: Writing, row: Any) -> None:  # noqa: ANN401 - a row of any columns
    where = (holds.c.clinic == writing.clinic, holds.c.id == row.id)
    writing.connection.execute(update(holds).where(*where).values(closed_at=stamp(writing.now)))
    public = {"hold": row.id, "code": row.code, "kind": row.kind, "number": row.number}
    writing.add(Note(kind="hold_closed", subject=row.subject, public=public))
    writing.tell(hold_cleared(writing.told_as, decode_hold(row.body)))
