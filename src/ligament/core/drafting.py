"""From an invoice of the practice to the document the books should hold, or why not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from ligament.core.billing import Bill
from ligament.core.facts import Facts
from ligament.core.frozen import fast_frozen, maker
from ligament.core.ids import BooksId
from ligament.core.intents import DocumentIntent, Subject, SubjectKind, new_intent, new_subject
from ligament.core.ledgers import BooksDocument, DocumentKind, DocumentStatus
from ligament.core.lines import Said, map_lines, said_by
from ligament.core.money import ZERO, cents, tax_within
from ligament.core.periods import local_date
from ligament.core.postings import LineContext, Place
from ligament.core.records import Invoice, InvoiceStatus, Location, Visit
from ligament.core.rules.apply import Ruling
from ligament.core.rules.model import Rulebook
from ligament.core.troubles import Trouble

# Looked at for every invoice, and looking into a class takes ten times as long as into a module.
_INVOICE = SubjectKind.INVOICE
_NOTE_KIND, _INVOICE_KIND = DocumentKind.CREDIT_NOTE, DocumentKind.INVOICE
_DRAFT, _AUTHORISED = DocumentStatus.DRAFT, DocumentStatus.AUTHORISED


def invoice_subject(invoice: Invoice) -> Subject:
    """Return the subject of an invoice or credit note."""
    return new_subject(kind=_INVOICE, id=invoice.id)


def visit_subject(visit_id: str) -> Subject:
    """Return the subject of one person's visit."""
    return Subject(kind=SubjectKind.VISIT, id=visit_id)


def document_kind(invoice: Invoice) -> DocumentKind:
    """Return which document an invoice of the practice becomes."""
    return _NOTE_KIND if invoice.is_credit() else _INVOICE_KIND


def document_number(invoice: Invoice, rulebook: Rulebook, version: int = 1) -> str:
    """Return our number in the books: `CLK-2001`, and `CLK-2001-2` for a re-issue."""
    number = f"{rulebook.invoices.prefix}{invoice.number}"
    return number if version == 1 else f"{number}-{version}"


def place_of(invoice: Invoice, facts: Facts) -> Place:
    """Return where and by whom the work of an invoice was done."""
    location = facts.locations.get(invoice.location_id) if invoice.location_id else None
    practitioner = facts.practitioners.get(invoice.practitioner_id) if invoice.practitioner_id else None
    return Place(location=location, practitioner=practitioner)


def zone_of(location: Location | None, rulebook: Rulebook) -> str:
    """Return the IANA zone that turns an instant at that place into a date."""
    return location.zone if location is not None and location.zone else rulebook.clinic.time_zone


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A document intent, with the tracking options it needs first (category, option), and what the invoice says."""

    intent: DocumentIntent
    said: Said
    wanted_options: tuple[tuple[str, str], ...] = ()


_new_draft = maker(Draft)


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class DraftHeader:
    """What a draft needs beside the invoice and its lines."""

    number: str
    bill: Bill
    contact_id: BooksId | None
    ruling: Ruling
    reference_prefix: str


new_header = maker(DraftHeader)


def draft(invoice: Invoice, head: DraftHeader, how: LineContext) -> Draft | Trouble:
    """Say what the books should hold for an invoice; the caller decided who is billed and what the rules say."""
    mapped = map_lines(invoice, how)
    if isinstance(mapped, Trouble):
        return mapped
    kind = document_kind(invoice)
    rulebook = how.rulebook
    effects = head.ruling.effects
    intent = new_intent(
        kind=kind,
        number=head.number,
        party=head.bill.subject,
        contact_id=head.contact_id,
        reference=effects.reference or f"{head.reference_prefix}{invoice.id}",
        url=invoice.web_url,
        on=invoice.issued_on,
        due_on=None if kind is _NOTE_KIND else _days_after(invoice.issued_on, _terms(head, rulebook)),
        status=_DRAFT if rulebook.invoices.draft else _AUTHORISED,
        lines=mapped.lines,
        total=mapped.total,
        tax=mapped.tax,
        theme=effects.branding_theme,
        trail=(f"Billed to {head.bill.subject.key}: {head.bill.why}.", *head.ruling.trail, *mapped.trail),
    )
    return _new_draft(intent=intent, said=mapped.said, wanted_options=mapped.wanted_options)


@lru_cache(maxsize=5000)
def _days_after(day: date, days: int) -> date:
    """Return a later day; clinics have few days, and few terms."""
    return day + timedelta(days=days)


def _terms(head: DraftHeader, rulebook: Rulebook) -> int:
    if head.ruling.effects.terms_days is not None:
        return head.ruling.effects.terms_days
    return rulebook.invoices.terms_days_payer if head.bill.is_payer else rulebook.invoices.terms_days


def content_fingerprint(invoice: Invoice, said: Said | None = None) -> str:
    """Return a fingerprint of what the document is made from; settlement, patient link and audit times are left out.

    `said` is what it says, where that was written already.
    """
    kind, amounts, lines = said_by(invoice) if said is None else said
    first = invoice.addressee.reveal().splitlines()[:1]
    where = f"{invoice.practitioner_id!r}, {invoice.location_id!r}"
    # These are the signs of a tuple of them all, so that what was agreed under earlier versions still compares.
    text = f"('{kind}', '{_iso(invoice.issued_on)}', {amounts}, {where}, {first!r}, {lines})"
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


@lru_cache(maxsize=5000)
def _iso(day: date) -> str:
    return day.isoformat()


def invoice_from_visit(visit: Visit, location: Location | None, rulebook: Rulebook) -> Invoice | None:
    """Return the invoice that an attended visit would be, numbered `A<attendee id>` (choice C27)."""
    if visit.starts_at is None:
        return None
    total = sum((cents(line.total) for line in visit.charges), ZERO)
    tax = sum((tax_within(cents(line.total), line.tax_rate or ZERO) for line in visit.charges), ZERO)
    return Invoice(
        id=visit.id,
        number=f"A{visit.id}",
        issued_on=local_date(visit.starts_at, zone_of(location, rulebook)),
        status=InvoiceStatus.OPEN,
        total=total,
        tax=tax,
        party_id=visit.party_id,
        practitioner_id=visit.practitioner_id,
        location_id=visit.location_id,
        visit_id=visit.id,
        created_at=visit.starts_at,
        updated_at=visit.updated_at,
        lines=tuple(replace(line, removed=False) for line in visit.charges),
        revision=visit.revision,
    )


def as_intent(document: BooksDocument, contact: Subject) -> DocumentIntent:
    """Return what a document says as what somebody may write."""
    return DocumentIntent(
        kind=document.kind,
        number=document.number,
        party=contact,
        contact_id=document.contact_id,
        reference=document.reference,
        url=document.url,
        on=document.on,
        due_on=document.due_on,
        status=document.status,
        lines=document.lines,
        total=document.total,
        tax=document.tax,
    )
