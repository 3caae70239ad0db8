"""Lines that say the same become the same lines of the books; what differs in one sign of one number does not."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ligament.core.drafting import content_fingerprint
from ligament.core.ids import BooksId, SourceId
from ligament.core.ledgers import Account, Chart, Organisation, TaxRate
from ligament.core.lines import MappedLines, map_lines, said_by
from ligament.core.postings import LineContext, LineRules, Place
from ligament.core.private import Private
from ligament.core.records import Discount, Invoice, InvoiceStatus, Line
from ligament.core.rules.model import Rulebook
from ligament.core.rules.parse import rulebook

RULES = {
    "clinic": {"name": "Made-up clinic", "country": "AU", "time_zone": "Australia/Melbourne"},
    "accounts": {"default": "200"},
    "payments": {"account": "090"},
    "taxes": {"none": "EXEMPTOUTPUT", "GST 10": "OUTPUT"},
}
AT = datetime(2026, 11, 2, tzinfo=UTC)
LINE = Line(
    id=SourceId("1"),
    invoice_id=SourceId("7"),
    code="CONS",
    name="Consultation",
    quantity=Decimal(1),
    unit_price=Decimal("95.00"),
    total=Decimal("95.00"),
)
INVOICE = Invoice(
    id=SourceId("7"),
    number="7",
    issued_on=date(2026, 11, 2),
    status=InvoiceStatus.PAID,
    total=Decimal("95.00"),
    tax=Decimal(0),
    practitioner_id=SourceId("3"),
    addressee=Private('Ann "O\'Hara"\nsecond line'),
    created_at=AT,
    updated_at=AT,
    lines=(LINE,),
)


def book() -> Rulebook:
    found, problems = rulebook(RULES, ("cliniko", "xero"))
    assert not problems, problems
    return found


def context() -> LineContext:
    revenue = frozenset({"revenue"})
    chart = Chart(
        accounts=(Account(id=BooksId("a2"), code="200", name="Sales", account_class="revenue"),),
        tax_rates=(
            TaxRate(tax_type="EXEMPTOUTPUT", name="Free", rate=Decimal(0), applies_to=revenue),
            TaxRate(tax_type="OUTPUT", name="GST", rate=Decimal(10), applies_to=revenue),
        ),
    )
    organisation = Organisation(id=BooksId("o1"), name="Made-up clinic", country_code="AU", currency="AUD")
    return LineContext(rulebook=book(), chart=chart, organisation=organisation, place=Place(), rules=LineRules())


def mapped(invoice: Invoice, how: LineContext) -> MappedLines:
    found = map_lines(invoice, how)
    assert isinstance(found, MappedLines), found
    return found


def written(found: MappedLines) -> str:
    """Return lines with every sign of every number; equal numbers may be written differently."""
    return repr(found)


def of(**changes: Any) -> Invoice:
    """Return the invoice with another line, and with the total of that line."""
    line = replace(LINE, **changes)
    return replace(INVOICE, id=SourceId("8"), lines=(line,), total=line.total)


def test_the_same_lines_on_another_invoice_are_not_worked_out_again() -> None:
    how = context()
    first = mapped(INVOICE, how)
    other = replace(INVOICE, id=SourceId("9"), number="9", lines=(replace(LINE, id=SourceId("2"), revision="x"),))
    assert mapped(other, how) is first
    assert len(how.mapped) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"unit_price": Decimal("95.0")},
        {"quantity": Decimal("1.00")},
        {"quantity": Decimal(2), "total": Decimal("190.00")},
        {"total": Decimal("96.00"), "unit_price": Decimal("96.00")},
        {"name": "Consultation, long"},
        {"code": "CONS2"},
        {"item_id": SourceId("4")},
        {"discount": Discount(value=Decimal(0), is_money=True)},
        {"discount": Discount(value=Decimal(0), is_money=False)},
        {"price_excludes_tax": True},
    ],
    ids=str,
)
def test_what_differs_is_worked_out_for_itself(changes: dict[str, Any]) -> None:
    how = context()
    mapped(INVOICE, how)
    invoice = of(**changes)
    assert written(mapped(invoice, how)) == written(mapped(invoice, context()))
    assert len(how.mapped) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"total": Decimal("95.04")},
        {"tax": Decimal("0.00")},
        {"original_id": SourceId("5")},
        {"price_excludes_tax": True},
    ],
    ids=str,
)
def test_what_the_header_says_decides_too(changes: dict[str, Any]) -> None:
    how = context()
    mapped(INVOICE, how)
    found = map_lines(replace(INVOICE, **changes), how)
    assert repr(found) == repr(map_lines(replace(INVOICE, **changes), context()))


def _as_before(invoice: Invoice) -> str:
    """Return the fingerprint as it was first written, over the text of a tuple: agreements of years stand under it."""
    first = invoice.addressee.reveal().splitlines()[:1]
    parts = (
        "credit_note" if invoice.is_credit() else "invoice",
        invoice.issued_on.isoformat(),
        str(invoice.total.normalize()),
        str(invoice.tax.normalize()),
        invoice.practitioner_id,
        invoice.location_id,
        first,
        [
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
        ],
    )
    return hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()


@pytest.mark.parametrize(
    "invoice",
    [
        INVOICE,
        of(name='Tape\'s "best"\n\\ é \U0001f642', tax_name="GST", tax_rate=Decimal("10.0")),
        of(discount=Discount(value=Decimal("5.50"), is_money=True), total=Decimal("1E+2")),
        replace(INVOICE, lines=()),
        replace(INVOICE, lines=(LINE, LINE), addressee=Private(""), practitioner_id=None, location_id=SourceId("2")),
        replace(INVOICE, total=Decimal("-95.00"), tax=Decimal("-0.00")),
    ],
    ids=lambda invoice: str(len(invoice.lines)),
)
def test_the_fingerprint_of_a_document_is_what_it_always_was(invoice: Invoice) -> None:
    assert content_fingerprint(invoice) == _as_before(invoice)
    assert content_fingerprint(invoice, said_by(invoice)) == _as_before(invoice)
