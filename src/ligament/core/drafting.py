"""From an invoice of the practice to the document the books should hold, or why not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta

from ligament.core.billing import Bill
from ligament.core.facts import Facts
from ligament.core.frozen import fast_frozen
from ligament.core.ids import BooksId
from ligament.core.intents import DocumentIntent, Subject, SubjectKind
from ligament.core.ledgers import DocumentKind, DocumentStatus
from ligament.core.lines import map_lines
from ligament.core.money import ZERO, cents, tax_within
from ligament.core.periods import local_date
from ligament.core.postings import LineContext, Place
from ligament.core.records import Invoice, InvoiceStatus, Location, Visit
from ligament.core.rules.apply import Ruling
from ligament.core.rules.model import Rulebook
from ligament.core.troubles import Trouble


def invoice_subject(invoice: Invoice) -> Subject:
    """Return the subject of an invoice or credit note."""
    return Subject(kind=SubjectKind.INVOICE, id=invoice.id)


def visit_subject(visit_id: str) -> Subject:
    """Return the subject of one person's visit."""
    return Subject(kind=SubjectKind.VISIT, id=visit_id)


def document_kind(invoice: Invoice) -> DocumentKind:
    """Return which document an invoice of the practice becomes."""
    return DocumentKind.CREDIT_NOTE if invoice.is_credit() else DocumentKind.INVOICE


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
    """A document intent, with the tracking options it needs first (category, option)."""

    intent: DocumentIntent
    wanted_options: tuple[tuple[str, str], ...] = ()


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class DraftHeader:
    """What a draft needs beside the invoice and its lines."""

    number: str
    bill: Bill
    contact_id: BooksId | None
    ruling: Ruling
    reference_prefix: str


def draft(invoice: Invoice, head: DraftHeader, how: LineContext) -> Draft | Trouble:
    """Say what the books should hold for an invoice; the caller decided who is billed and what the rules say."""
    mapped = map_lines(invoice, how)
    if isinstance(mapped, Trouble):
        return mapped
    kind = document_kind(invoice)
    rulebook = how.rulebook
    intent = DocumentIntent(
        kind=kind,
        number=head.number,
        party=head.bill.subject,
        contact_id=head.contact_id,
        reference=head.ruling.effects.reference or f"{head.reference_prefix}{invoice.id}",
        url=invoice.web_url,
        on=invoice.issued_on,
        due_on=None if kind is DocumentKind.CREDIT_NOTE else invoice.issued_on + timedelta(days=_terms(head, rulebook)),
        status=DocumentStatus.DRAFT if rulebook.invoices.draft else DocumentStatus.AUTHORISED,
        lines=mapped.lines,
        total=mapped.total,
        tax=mapped.tax,
        theme=head.ruling.effects.branding_theme,
        trail=(f"Billed to {head.bill.subject.key}: {head.bill.why}.", *head.ruling.trail, *mapped.trail),
    )
    return Draft(intent=intent, wanted_options=mapped.wanted_options)


def _terms(head: DraftHeader, rulebook: Rulebook) -> int:
    if head.ruling.effects.terms_days is not None:
        return head.ruling.effects.terms_days
    return rulebook.invoices.terms_days_payer if head.bill.is_payer else rulebook.invoices.terms_days


def content_fingerprint(invoice: Invoice) -> str:
    """Return a fingerprint of what the document is made from; settlement, patient link and audit times are left out."""
    first = invoice.addressee.reveal().splitlines()[:1]
    lines = [
        (
            line.item_id,
            line.code,
            line.name,
            str(line.quantity.normalize()),
            str(line.unit_price.normalize()),
            None if line.discount is None else (str(line.discount.value.normalize()), line.discount.is_money),
            line.tax_name,
            None if line.tax_rate is None else str(line.tax_rate.normalize()),
            str(line.total.normalize()),
        )
        for line in invoice.lines
    ]
    parts = (
        "credit_note" if invoice.is_credit() else "invoice",
        invoice.issued_on.isoformat(),
        str(invoice.total.normalize()),
        str(invoice.tax.normalize()),
        invoice.practitioner_id,
        invoice.location_id,
        first,
        lines,
    )
    return hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()


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
