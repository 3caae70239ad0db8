"""Whom an invoice is addressed to, without the people who are deleted: a payer's own name is no personal detail."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import Connection, bindparam, select

from ligament.core.billing import first_line
from ligament.core.naming import folded
from ligament.core.private import NOTHING, Private
from ligament.core.records import Invoice, Party, PartyKind
from ligament.store.codec import decode
from ligament.store.rows import select_in
from ligament.store.tables import practice_rows as rows

_PAYERS = select(rows.c.body).where(rows.c.clinic == bindparam("clinic"), rows.c.kind == PartyKind.PAYER.value)
_NAMELESS = select(rows.c.id).where(
    rows.c.clinic == bindparam("clinic"),
    rows.c.kind == PartyKind.PATIENT.value,
    rows.c.removed.is_(True),
    rows.c.name_key == "",
)


def without_deleted(connection: Connection, clinic: str, invoices: Sequence[Invoice]) -> tuple[Invoice, ...]:
    """Take the addressee off invoices whose patient is deleted: the practice may go on showing the name there."""
    ids = sorted({invoice.party_id for invoice in invoices if invoice.party_id})
    gone = {None, *(row.id for row in select_in(connection, _NAMELESS, rows.c.id, ids, clinic=clinic))}
    left = [invoice for invoice in invoices if invoice.party_id in gone and invoice.addressee.reveal()]
    bare = dict(zip((held.id for held in left), impersonal(connection, clinic, left), strict=True))
    return tuple(bare.get(invoice.id, invoice) for invoice in invoices)


def impersonal(connection: Connection, clinic: str, invoices: Sequence[Invoice]) -> tuple[Invoice, ...]:
    """Take the addressee off invoices, but for a payer's own name."""
    payers = _payers(connection, clinic) if invoices else frozenset[str]()
    return tuple(_impersonal(invoice, payers) for invoice in invoices)


def _payers(connection: Connection, clinic: str) -> frozenset[str]:
    """Return the payers' names, as an addressee is compared with them."""
    bodies = connection.execute(_PAYERS, {"clinic": clinic}).scalars()
    return frozenset(filter(None, (folded(decode(Party, body).company.reveal()) for body in bodies)))


def _impersonal(invoice: Invoice, payers: Collection[str]) -> Invoice:
    first = first_line(invoice)
    return replace(invoice, addressee=Private(first) if folded(first) in payers else NOTHING)
