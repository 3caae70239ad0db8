"""From the practice's lines to lines of the books, with the texts and amounts they carry, or why not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from ligament.core.frozen import fast_frozen, maker
from ligament.core.holds import HoldCode
from ligament.core.ledgers import BooksLine, new_books_line
from ligament.core.money import HUNDRED, NO_CENTS, ONE, ZERO, cents, fits_four_places, plain, price_text, tax_within
from ligament.core.postings import LineContext, Pairs, Posting
from ligament.core.records import Invoice, Line
from ligament.core.rules.model import Country
from ligament.core.troubles import Trouble

ROUNDING_LIMIT = Decimal("0.10")
ROUNDING_TEXT = "Rounding"
"""What the line that makes the cents agree reads."""
Said = tuple[str, str, str]
"""What an invoice says in the words of fingerprints: which document it is, total and tax, and its lines."""
OUTSIDE_TAX = {Country.AU: "BASEXCLUDED", Country.NZ: "NONE", Country.UK: "NONE"}


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class MappedLines:
    """Lines ready for the books; `wanted_options` are tracking options to create first (category, option).

    `said` is what the practice itself says, as `said_by` writes it.
    """

    lines: tuple[BooksLine, ...]
    total: Decimal
    tax: Decimal
    said: Said
    trail: tuple[str, ...] = ()
    wanted_options: Pairs = ()


_new_mapped = maker(MappedLines)


def map_lines(invoice: Invoice, how: LineContext) -> MappedLines | Trouble:
    """Map all lines of an invoice or credit note; a credit note's signs are flipped so that it reads positive.

    Lines that say the same, to the last sign of every number, become the same lines of the books.
    """
    sort = _sort(invoice)
    known = how.mapped.get(sort)
    if isinstance(known, MappedLines):
        return known
    mapped = _mapped(invoice, how)
    if isinstance(mapped, MappedLines):
        how.mapped[sort] = mapped
    return mapped


def _sort(invoice: Invoice) -> tuple[object, ...]:
    """Return everything that decides how the lines of an invoice read in the books, numbers as they are written."""
    sort: list[object] = [invoice.is_credit(), str(invoice.total), str(invoice.tax), invoice.price_excludes_tax]
    for line in invoice.lines:
        discount, rate = line.discount, line.tax_rate
        sort += (
            line.item_id,
            line.code,
            line.name,
            line.sealed_name,
            str(line.quantity),
            str(line.unit_price),
            None if discount is None else (str(discount.value), discount.is_money),
            line.tax_name,
            None if rate is None else str(rate),
            str(line.total),
            line.price_excludes_tax,
        )
    return tuple(sort)


def said_by(invoice: Invoice) -> Said:
    """Return what an invoice says, in the words of fingerprints."""
    said = [
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
    kind = "credit_note" if invoice.is_credit() else "invoice"
    return kind, f"'{invoice.total.normalize()!s}', '{invoice.tax.normalize()!s}'", repr(said)


def _mapped(invoice: Invoice, how: LineContext) -> MappedLines | Trouble:
    sign = -ONE if invoice.is_credit() else ONE
    tracking = how.tracking()
    if isinstance(tracking, Trouble):
        return tracking
    lines: list[BooksLine] = []
    trail: list[str] = []
    taxed = 0
    for line in invoice.lines:
        posting = how.posting(line)
        if isinstance(posting, Trouble):
            return posting
        if invoice.price_excludes_tax and not line.price_excludes_tax:
            line = replace(line, price_excludes_tax=True)  # noqa: PLW2901 - the header decides for all lines
        lines.append(_line(line, sign, posting, tracking.pairs))
        trail.extend(posting.trail)
        taxed += bool(posting.tax.rate)
    total = cents(invoice.total * sign)
    trouble = _wrong_way(total) or _round(lines, total, tracking.pairs, how, trail)
    if trouble is not None:
        return trouble
    tax = sum([line.tax or ZERO for line in lines], ZERO)
    trouble = _tax_differs(tax, cents(invoice.tax * sign), taxed, how)
    if trouble is not None:
        return trouble
    trail.extend(tracking.trail)
    return _new_mapped(
        lines=tuple(lines),
        total=total,
        tax=cents(tax),
        said=said_by(invoice),
        trail=tuple(trail),
        wanted_options=tracking.missing,
    )


def _line(line: Line, sign: Decimal, posting: Posting, tracking: Pairs) -> BooksLine:
    amount = cents(line.total * sign)
    quantity, price, kept = _quantity(line, sign, amount)
    return new_books_line(
        text=posting.text if kept or posting.is_generic else _worked_out(line, posting.text),
        quantity=quantity,
        unit_amount=price,
        amount=amount,
        account=posting.account,
        tax_type=posting.tax.tax_type,
        tax=tax_within(amount, posting.charged),
        tracking=tracking,
    )


def _quantity(line: Line, sign: Decimal, amount: Decimal) -> tuple[Decimal, Decimal, bool]:
    """Return quantity, tax-inclusive price, and whether they are the practice's own (choice C03)."""
    quantity, price = line.quantity, line.unit_price
    if sign < ZERO:
        quantity, price = (-quantity, price) if quantity < 0 else (quantity, -price)
    if line.price_excludes_tax and line.tax_rate:
        price = price * (HUNDRED + line.tax_rate) / HUNDRED
    if quantity <= ZERO or line.discount is not None or quantity * price != amount:
        # Books refuse a quantity of nothing or less: what comes back goes as one at a price below zero.
        return ONE, amount, False
    if quantity == ONE or (fits_four_places(price) and fits_four_places(quantity)):
        return quantity, price, True
    return ONE, amount, False


def _worked_out(line: Line, name: str) -> str:
    """Return the text of a line that is posted as one sum: what it was made of stands behind the name (choice C02)."""
    basis = f" ex {line.tax_name or 'tax'}" if line.price_excludes_tax and line.tax_rate else ""
    less = ""
    if line.discount is not None:
        value = abs(line.discount.value)
        less = f" less {price_text(cents(value))}" if line.discount.is_money else f" less {plain(value)} %"
    return f"{name[:3800]} ({plain(abs(line.quantity))} x {price_text(abs(line.unit_price))}{basis}{less})"


def _wrong_way(total: Decimal) -> Trouble | None:
    """Say so where a credit note would take money instead of giving it: books hold no document below zero."""
    if total >= ZERO:
        return None
    return Trouble(
        code=HoldCode.TOTAL_MISMATCH,
        sentence=f"It reads as a credit note, but it comes to {price_text(-total)} to be paid and gives nothing back.",
        todo="Correct its lines in the practice, or raise an ordinary invoice there instead.",
        detail={"header": -total},
    )


def _round(
    lines: list[BooksLine], total: Decimal, tracking: Pairs, how: LineContext, trail: list[str]
) -> Trouble | None:
    """Add a rounding line for a difference of up to ten cents; more is a wrong record."""
    lines_total = sum([line.amount for line in lines], ZERO)
    difference = total - lines_total
    if not difference:
        return None
    if abs(difference) > ROUNDING_LIMIT:
        return Trouble(
            code=HoldCode.TOTAL_MISMATCH,
            sentence=f"The lines come to {price_text(lines_total)}, the invoice says {price_text(total)}.",
            todo="Open the invoice in the practice and save it again, or correct its lines.",
            detail={"lines": lines_total, "header": total},
        )
    code = how.rulebook.invoices.rounding_account
    account = how.chart.account(code) if code else how.chart.system_account("ROUNDING")
    rate = how.chart.tax_rate(OUTSIDE_TAX[how.rulebook.clinic.country])
    if account is None or not account.active:
        return Trouble(
            code=HoldCode.UNMAPPED_ACCOUNT,
            sentence="The books have no rounding account for a difference of a few cents.",
            todo='Set rounding_account under [invoices] in the rulebook, as in rounding_account = "860".',
        )
    if rate is None or not rate.active:
        return Trouble(
            code=HoldCode.UNMAPPED_TAX,
            sentence="The tax type for rounding lines does not exist in the books.",
            todo="Restore the tax type that stands for amounts outside the tax report.",
        )
    trail.append(f"A rounding line of {price_text(difference)} makes the total agree to the cent.")
    lines.append(
        BooksLine(
            text=ROUNDING_TEXT,
            quantity=ONE,
            unit_amount=difference,
            amount=difference,
            account=account.key,
            tax_type=rate.tax_type,
            tax=NO_CENTS,
            tracking=tracking,
        )
    )
    return None


def _tax_differs(tax: Decimal, header: Decimal, taxed: int, how: LineContext) -> Trouble | None:
    """Compare with the header's tax: one cent per taxed line is rounding, more is a wrong record (choice C13)."""
    if not how.organisation.pays_tax:
        tax = ZERO
    if tax == header or abs(tax - header) <= Decimal(taxed) / HUNDRED:
        return None
    return Trouble(
        code=HoldCode.TAX_MISMATCH,
        sentence=f"The books would compute {price_text(cents(tax))} of tax, the invoice says {price_text(header)}.",
        todo="Open the invoice in the practice and check the tax on each line.",
        detail={"books": cents(tax), "header": header},
    )
