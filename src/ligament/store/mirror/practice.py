"""Keeping what the practice says: rows of a page in, changed subjects out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, assert_never

from sqlalchemy import Connection, bindparam, delete, select

from ligament.core.contacts import CONTACT_PREFIX
from ligament.core.erasing import Seal
from ligament.core.ids import SourceId
from ligament.core.intents import Subject, SubjectKind
from ligament.core.records import (
    Invoice,
    Line,
    Location,
    Party,
    PartyKind,
    PracticeRecord,
    PracticeSettings,
    Practitioner,
    Removal,
    Visit,
)
from ligament.store.database import columns
from ligament.store.database.bulk import all_of_clinic, of_kind, select_in, upsert
from ligament.store.database.codec import decode, encode
from ligament.store.database.search_keys import folded, stamp
from ligament.store.database.tables import books_contacts
from ligament.store.database.tables import practice_rows as rows
from ligament.store.mirror import erased
from ligament.store.mirror.addressees import released, without_deleted

PARTIES = frozenset({PartyKind.PATIENT.value, PartyKind.PAYER.value})
Key = tuple[str, str]
"""Kind and id of a row."""
_ALL = all_of_clinic(rows).where(rows.c.kind == bindparam("kind"))
_BILLED = of_kind(rows.c.party_id).where(rows.c.party_id.is_not(None)).distinct()
_CREDIT_NOTES = of_kind(rows.c.original_id).where(rows.c.original_id.is_not(None))

_BLANK: Mapping[str, Any] = {
    "parent_id": None, "updated_at": "", "removed": False, "number": "",
    "visit_id": None, "original_id": None, "party_id": None, "name_key": "",
    "day": "", "cents": 0, "tax_cents": 0, "status": "", "closed_at": "", "closed_next": "",
}  # fmt: skip


def row_of(clinic: str, record: PracticeRecord) -> dict[str, Any]:
    """Return the row that keeps a record; an invoice is kept without its lines, which are rows of their own."""
    kept: PracticeRecord = replace(record, lines=()) if isinstance(record, Invoice) and record.lines else record
    kind, identifier = key_of(record)
    fixed = {"clinic": clinic, "kind": kind, "id": identifier, "revision": record.revision, "body": encode(kept)}
    return {**_BLANK, **fixed, **_columns(record)}


def key_of(record: PracticeRecord | Removal) -> Key:
    """Return kind and id of a record."""
    match record:
        case Removal():
            return record.kind, record.id
        case Party():
            return record.kind.value, record.id
        case PracticeSettings():
            return "settings", "settings"
        case Invoice() | Line() | Visit() | Location() | Practitioner():
            return type(record).__name__.lower(), record.id
        case _:
            assert_never(record)


def _columns(record: PracticeRecord) -> dict[str, Any]:
    match record:
        case Party():
            return {
                # Whom a patient was merged into is searched from both ends.
                "parent_id": record.merged_into,
                "updated_at": stamp(record.updated_at),
                "removed": record.removed_at is not None or record.deleted,
                "name_key": folded(record.full_name()),
            }
        case Invoice():
            return {
                "updated_at": stamp(record.updated_at),
                "removed": record.removed_at is not None,
                "number": record.number,
                "visit_id": record.visit_id,
                "original_id": record.original_id,
                "party_id": record.party_id,
                **columns.of_invoice(record),
            }
        case Line():
            return {"parent_id": record.invoice_id, "removed": record.removed, **columns.of_line(record)}
        case Visit():
            return {"updated_at": stamp(record.updated_at), "removed": record.removed, "party_id": record.party_id}
        case Location() | Practitioner() | PracticeSettings():
            return {}
        case _:
            assert_never(record)


def keep(
    connection: Connection,
    clinic: str,
    records: Iterable[PracticeRecord | Removal],
    whole_invoices: Collection[str],
    now: datetime,
    seal: Seal,
) -> frozenset[Subject]:
    """Keep records, the last one of each key counting; return the subjects whose content changed.

    `seal` makes the digests that stand for the names of lines about somebody who was forgotten.
    """
    newest = {key_of(record): record for record in records}
    known = _known(connection, clinic, newest)
    rewritten: list[PracticeRecord] = []
    gone: set[Key] = set()
    for key, record in newest.items():
        if not isinstance(record, Removal):
            rewritten.append(record)
        elif key[0] in PARTIES or key in known:
            after = _after_removal(record, known.get(key), now)
            if after is None:
                gone.add(key)
            else:
                rewritten.append(after)
    rewritten = erased.practice_records(connection, clinic, rewritten, seal)
    leaving = _leaving(rewritten, known)
    if leaving:
        upsert(connection, rows, [row_of(clinic, held) for held in released(connection, clinic, leaving)])
    billed = [record for record in rewritten if isinstance(record, Invoice)]
    invoices = without_deleted(connection, clinic, billed, partial(_kept_invoice, known), leaving)
    others = [record for record in rewritten if not isinstance(record, Invoice)]
    wanted = [row_of(clinic, record) for record in (*others, *invoices)]
    changed = [row for row in wanted if _differs(row, known.get((row["kind"], row["id"])))]
    upsert(connection, rows, changed)
    gone |= _vanished_lines(connection, clinic, whole_invoices, newest)
    touched = _subjects(connection, clinic, [*changed, *(known[key] for key in gone if key in known)], known)
    lines = _parents(connection, clinic, [identifier for kind, identifier in gone if kind == "line"])
    for kind, identifier in gone:
        connection.execute(delete(rows).where(rows.c.clinic == clinic, rows.c.kind == kind, rows.c.id == identifier))
    return touched | _invoice_subjects(connection, clinic, lines)


def _leaving(rewritten: Iterable[PracticeRecord], known: Mapping[Key, Mapping[str, Any]]) -> dict[str, Party]:
    """Return the patients who are deleted now, as they were known by name, by id."""
    gone = (one for one in rewritten if isinstance(one, Party) and one.deleted and one.kind is PartyKind.PATIENT)
    rows_before = ((one.id, known.get(key_of(one))) for one in gone)
    before = ((identifier, decode(Party, row["body"])) for identifier, row in rows_before if row is not None)
    return {identifier: party for identifier, party in before if not party.deleted}


def _kept_invoice(known: Mapping[Key, Mapping[str, Any]], identifier: str) -> Invoice | None:
    row = known.get(("invoice", identifier))
    return decode(Invoice, row["body"]) if row is not None else None


def _known(connection: Connection, clinic: str, keys: Iterable[Key]) -> dict[Key, Mapping[str, Any]]:
    """Load what is kept under the keys."""
    by_kind: dict[str, list[str]] = {}
    for kind, identifier in keys:
        by_kind.setdefault(kind, []).append(identifier)
    found: dict[Key, Mapping[str, Any]] = {}
    for kind, ids in by_kind.items():
        for row in select_in(connection, _ALL, rows.c.id, ids, clinic=clinic, kind=kind):
            found[kind, row.id] = row._asdict()
    return found


def _differs(row: Mapping[str, Any], known: Mapping[str, Any] | None) -> bool:
    """Say whether a row says something new; rows without a revision are compared as a whole."""
    if known is None or row["revision"] != known["revision"]:
        return True
    return not row["revision"] and row["body"] != known["body"]


def archived_patients(connection: Connection, clinic: str, after: str, limit: int) -> tuple[SourceId, ...]:
    """Return ids of archived patients who are still known by name, in order, those behind an id."""
    where = (rows.c.clinic == clinic, rows.c.kind == PartyKind.PATIENT.value, rows.c.removed, rows.c.id > after)
    statement = select(rows.c.id, rows.c.body).where(*where).order_by(rows.c.id).limit(limit)
    found = ((row.id, decode(Party, row.body)) for row in connection.execute(statement))
    return tuple(SourceId(identifier) for identifier, party in found if not party.deleted)


def strangers(connection: Connection, clinic: str) -> tuple[SourceId, ...]:
    """Return ids of patients whom contacts of the books or kept invoices name, and who have no row here, in order."""
    number = books_contacts.c.number
    numbered = select(number).where(
        books_contacts.c.clinic == clinic, number.startswith(CONTACT_PREFIX, autoescape=True)
    )
    ids = {found.removeprefix(CONTACT_PREFIX) for found in connection.execute(numbered).scalars()}
    ids = {one for one in ids if one.isascii() and one.isdecimal()}
    # Who was deleted before anything here ever read them is in no list; only their invoices go on bearing their id.
    ids |= set(connection.execute(_BILLED, {"clinic": clinic, "kind": "invoice"}).scalars())
    kept = select_in(connection, of_kind(rows.c.id), rows.c.id, ids, clinic=clinic, kind=PartyKind.PATIENT.value)
    return tuple(SourceId(one) for one in sorted(ids - {row.id for row in kept}))


def half_forgotten(connection: Connection, clinic: str) -> tuple[Subject, ...]:
    """Return people who are forgotten, and whose texts were not erased with them."""
    of_people = (rows.c.clinic == clinic, rows.c.kind.in_(PARTIES), rows.c.removed, rows.c.name_key == "")
    found = list(connection.execute(select(rows.c.kind, rows.c.id, rows.c.body).where(*of_people)))
    done = {kind: erased.marked(connection, clinic, kind, {row.id for row in found}) for kind in PARTIES}
    left = [row for row in found if row.id not in done[row.kind] and decode(Party, row.body).deleted]
    return tuple(Subject(kind=SubjectKind(row.kind), id=row.id) for row in left)


def known_patients(connection: Connection, clinic: str) -> tuple[SourceId, ...]:
    """Return ids of all patients who are not forgotten, the smallest first: shorter ones, then by their signs."""
    of_patients = (rows.c.clinic == clinic, rows.c.kind == PartyKind.PATIENT.value)
    everybody = set(connection.execute(select(rows.c.id).where(*of_patients)).scalars())
    # Who left no name may be forgotten, or somebody archived whom nobody ever gave one: the record tells.
    nameless = select(rows.c.id, rows.c.body).where(*of_patients, rows.c.removed, rows.c.name_key == "")
    forgotten = {row.id for row in connection.execute(nameless) if decode(Party, row.body).deleted}
    return tuple(SourceId(found) for found in sorted(everybody - forgotten, key=lambda one: (len(one), one)))


def _after_removal(removal: Removal, known: Mapping[str, Any] | None, now: datetime) -> PracticeRecord | None:
    """Return what stays of a record that is certainly gone; None when its row goes too."""
    body = known["body"] if known else b""
    match removal.kind:
        case PartyKind.PATIENT.value | PartyKind.PAYER.value:
            return tombstone(removal, decode(Party, body) if body else None, now)
        case "invoice":
            invoice = decode(Invoice, body)
            return replace(invoice, removed_at=invoice.removed_at or now, revision=removal.revision)
        case "visit":
            return replace(decode(Visit, body), removed=True, revision=removal.revision)
        case _:
            return None


def tombstone(removal: Removal, party: Party | None, now: datetime) -> Party:
    """Return a party without anything personal, so that what was linked to it still finds it."""
    return Party(
        id=removal.id,
        kind=PartyKind(removal.kind),
        created_at=party.created_at if party else now,
        updated_at=party.updated_at if party else now,
        removed_at=(party.removed_at if party else None) or now,
        deleted=True,
        merged_into=party.merged_into if party else None,
        revision=removal.revision,
    )


def _vanished_lines(
    connection: Connection, clinic: str, whole: Collection[str], newest: Mapping[Key, PracticeRecord | Removal]
) -> set[Key]:
    """Return the kept lines of completely read invoices that were not read again."""
    found = select_in(connection, of_kind(rows.c.id), rows.c.parent_id, whole, clinic=clinic, kind="line")
    return {("line", row.id) for row in found} - newest.keys()


def _subjects(
    connection: Connection,
    clinic: str,
    changed: Iterable[Mapping[str, Any]],
    known: Mapping[Key, Mapping[str, Any]],
) -> frozenset[Subject]:
    found: set[Subject] = set()
    invoices: set[str] = set()
    for row in changed:
        before = known.get((row["kind"], row["id"]), row)
        match row["kind"]:
            case "patient" | "payer" | "visit":
                found.add(Subject(kind=SubjectKind(row["kind"]), id=row["id"]))
            case "invoice":
                invoices |= {row["id"], row["original_id"], before["original_id"]} - {None}
                if before["party_id"] and not row["party_id"]:
                    # The practice takes the patient off the invoices of somebody it deletes for good.
                    found.add(Subject(kind=SubjectKind.PATIENT, id=before["party_id"]))
            case "line":
                invoices |= {row["parent_id"], before["parent_id"]} - {None}
            case _:
                continue
    return frozenset(found) | _invoice_subjects(connection, clinic, invoices)


def _parents(connection: Connection, clinic: str, lines: Collection[str]) -> set[str]:
    found = select_in(connection, of_kind(rows.c.parent_id), rows.c.id, lines, clinic=clinic, kind="line")
    return {row.parent_id for row in found}


def _invoice_subjects(connection: Connection, clinic: str, invoices: Collection[str]) -> frozenset[Subject]:
    """Return the subjects of invoices and of the originals of those that are credit notes."""
    notes = select_in(connection, _CREDIT_NOTES, rows.c.id, invoices, clinic=clinic, kind="invoice")
    originals = {row.original_id for row in notes}
    return frozenset(Subject(kind=SubjectKind.INVOICE, id=found) for found in {*invoices, *originals})


def keep_invoices(connection: Connection, clinic: str, invoices: Iterable[Invoice], now: datetime, seal: Seal) -> None:
    """Keep invoices that carry their complete lines."""
    complete = tuple(invoices)
    lines = (line for invoice in complete for line in invoice.lines)
    keep(connection, clinic, (*complete, *lines), [SourceId(invoice.id) for invoice in complete], now, seal)
