"""Whom an invoice is addressed to, without the people who are deleted: a payer's own name is no personal detail.

What the addressee was stays told apart, because it decides who is billed: the patient (nothing is kept), a payer (by
name), or somebody else (a mark). Taking a name away is no edit, so what the books follow is carried along with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, bindparam, select

from ligament.core.billing import SOMEBODY_ELSE, first_line, names_another
from ligament.core.drafting import content_fingerprint, invoice_subject
from ligament.core.folding import folded
from ligament.core.ids import SourceId
from ligament.core.links import Agreement
from ligament.core.private import NOTHING, Private
from ligament.core.records import Invoice, Party, PartyKind
from ligament.store.database.bulk import of_clinic, of_kind, select_in, upsert
from ligament.store.database.codec import decode, encode
from ligament.store.database.tables import agreements, document_links
from ligament.store.database.tables import practice_rows as rows
from ligament.store.mirror.related import Closure

_PAYERS = select(rows.c.body).where(rows.c.clinic == bindparam("clinic"), rows.c.kind == PartyKind.PAYER.value)
_NAMELESS = select(rows.c.id).where(
    rows.c.clinic == bindparam("clinic"),
    rows.c.kind == PartyKind.PATIENT.value,
    rows.c.removed.is_(True),
    rows.c.name_key == "",
)
_PATIENTS = of_kind(rows.c.id, rows.c.name_key, rows.c.body)
_OF_PARTY = of_kind(rows.c.body)
_AGREED = of_clinic(agreements.c.subject, agreements.c.body)
_BODIES = of_kind(rows.c.id, rows.c.body)
_POSTED = of_clinic(document_links.c.subject)


def released(connection: Connection, clinic: str, leaving: Mapping[str, Party | None]) -> list[Invoice]:
    """Return the kept invoices of patients who are deleted, as they are kept from now on.

    `leaving` are the patients by id, as they were known by name: afterwards nobody can tell whose name an invoice bore.
    """
    found = select_in(connection, _OF_PARTY, rows.c.party_id, leaving, clinic=clinic, kind="invoice")
    held = [decode(Invoice, row.body) for row in found]
    payers = _payers(connection, clinic) if held else frozenset[str]()
    bare = [replace(one, addressee=_left(one, leaving[str(one.party_id)], payers)) for one in held]
    _carry_agreements(connection, clinic, zip(held, bare, strict=True))
    return bare


def to_payers(connection: Connection, clinic: str, subjects: Collection[str]) -> frozenset[str]:
    """Return those of these invoices' subject keys that are addressed to a payer, and have no document yet."""
    posted = {row.subject for row in select_in(connection, _POSTED, document_links.c.subject, subjects, clinic=clinic)}
    ids = {key.partition(":")[2] for key in subjects if key not in posted}
    payers = _payers(connection, clinic) if ids else frozenset[str]()
    if not payers:
        return frozenset()
    found = select_in(connection, _BODIES, rows.c.id, ids, clinic=clinic, kind="invoice")
    held = (decode(Invoice, row.body) for row in found)
    return frozenset(invoice_subject(one).key for one in held if folded(first_line(one)) in payers)


def without_deleted(
    connection: Connection,
    clinic: str,
    invoices: Sequence[Invoice],
    kept: Callable[[str], Invoice | None],
    leaving: Mapping[str, Party],
) -> tuple[Invoice, ...]:
    """Take the addressee off invoices whose patient is deleted: the practice may go on showing the name there.

    `kept` gives an invoice as it was kept so far.
    """
    ids = sorted({invoice.party_id for invoice in invoices if invoice.party_id})
    nameless = _nameless(connection, clinic, ids)
    lost = [one for one in invoices if one.party_id is None or one.party_id in nameless or one.party_id in leaving]
    if not lost:
        return tuple(invoices)
    before = {one.id: held for one in lost if (held := kept(one.id)) is not None}
    parties = {held.party_id for held in before.values() if held.party_id}
    nameless |= _nameless(connection, clinic, parties)
    known = {**_named(connection, clinic, parties), **leaving}
    payers = _payers(connection, clinic)
    bare: dict[str, Invoice] = {}
    for one in lost:
        held = before.get(one.id)
        patient = known.get(str(one.party_id or (held.party_id if held is not None else "")))
        bared = held if held is not None and (held.party_id is None or held.party_id in nameless) else None
        bare[one.id] = replace(one, addressee=_left(one, patient, payers, bared))
    _carry_agreements(connection, clinic, [(held, bare[key]) for key, held in before.items()])
    return tuple(bare.get(invoice.id, invoice) for invoice in invoices)


def _nameless(connection: Connection, clinic: str, ids: Collection[str]) -> set[str]:
    """Return those patients who are forgotten."""
    return {row.id for row in select_in(connection, _NAMELESS, rows.c.id, ids, clinic=clinic)}


def _named(connection: Connection, clinic: str, ids: Collection[str]) -> dict[str, Party]:
    """Return those patients who are still known by name, by id."""
    found = select_in(connection, _PATIENTS, rows.c.id, ids, clinic=clinic, kind=PartyKind.PATIENT.value)
    return {row.id: decode(Party, row.body) for row in found if row.name_key}


def _payers(connection: Connection, clinic: str) -> frozenset[str]:
    """Return the payers' names, as an addressee is compared with them."""
    bodies = connection.execute(_PAYERS, {"clinic": clinic}).scalars()
    return frozenset(filter(None, (folded(decode(Party, body).company.reveal()) for body in bodies)))


def _left(
    invoice: Invoice, patient: Party | None, payers: Collection[str], bared: Invoice | None = None
) -> Private[str]:
    """Return what stays of an addressee; `bared` is the invoice as it was kept since the patient is not known."""
    first = first_line(invoice)
    if folded(first) in payers:
        return Private(first)
    if patient is not None and not patient.deleted:
        return Private(SOMEBODY_ELSE) if names_another(patient, first) else NOTHING
    if bared is not None:
        return Private(first_line(bared))
    return Private(SOMEBODY_ELSE) if first else NOTHING


def _carry_agreements(connection: Connection, clinic: str, changes: Iterable[tuple[Invoice, Invoice]]) -> None:
    """Let what the books follow be what is kept now: that a name was taken away is no edit of the invoice."""
    changed = {held.id: (held, after.addressee) for held, after in changes if held.addressee != after.addressee}
    if not changed:
        return
    whole = Closure(connection, clinic).with_lines({SourceId(key): held for key, (held, _) in changed.items()})
    subjects = {invoice_subject(held).key: held for held in whole.values()}
    wanted = []
    for row in select_in(connection, _AGREED, agreements.c.subject, subjects, clinic=clinic):
        held, agreed = subjects[row.subject], decode(Agreement, row.body)
        if agreed.fingerprint == content_fingerprint(held):
            fingerprint = content_fingerprint(replace(held, addressee=changed[held.id][1]))
            body = encode(replace(agreed, fingerprint=fingerprint))
            wanted.append({"clinic": clinic, "subject": row.subject, "body": body})
    upsert(connection, agreements, wanted)
