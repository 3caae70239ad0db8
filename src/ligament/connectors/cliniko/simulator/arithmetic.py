"""Invoice arithmetic under Cliniko's three calculation methods [7.1]; half a cent rounds away from zero."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from ligament.connectors.cliniko.simulator.values import as_decimal, decimal_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ligament.connectors.cliniko.simulator.kinds import Record
    from ligament.connectors.cliniko.simulator.switches import Switches

LEGACY: Final = 1
TAX_EXCLUSIVE: Final = 2
TAX_INCLUSIVE: Final = 3

CENT: Final = Decimal("0.01")
FINEST: Final = Decimal("0.000001")


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The computed amounts of one line; `net` and `total` are of the whole line, not of one unit."""

    rate: Decimal
    percentage: Decimal
    discount: Decimal
    net: Decimal
    total: Decimal


def compute_line(item: Record, method: int) -> Line:
    """Return the amounts of a line from its quantity, price, tax rate and discount.

    Legacy takes a money discount from the price including tax, tax exclusive from the price excluding it, tax
    inclusive from the price as typed, which includes it.
    """
    rate = as_decimal(item.get("tax_rate"))
    factor = 1 + rate / 100
    typed = as_decimal(item.get("quantity", 1)) * as_decimal(item.get("unit_price"))
    basis = typed * factor if method == LEGACY else typed
    percentage, discount = _discount(item, basis)
    if method == TAX_EXCLUSIVE:
        net = basis - discount
        return Line(rate=rate, percentage=percentage, discount=discount, net=net, total=net * factor)
    total = basis - discount
    return Line(rate=rate, percentage=percentage, discount=discount, net=total / factor, total=total)


def _discount(item: Record, basis: Decimal) -> tuple[Decimal, Decimal]:
    if item.get("is_monetary_discount"):
        amount = as_decimal(item.get("discounted_amount"))
        return (amount / basis * 100 if basis else Decimal(0)), amount
    percentage = as_decimal(item.get("discount_percentage"))
    return percentage, basis * percentage / 100


def line_fields(line: Line, switches: Switches) -> dict[str, object]:
    """Return the fields of an invoice item that are computed."""
    total = cents(line.total) if switches.line_rounding == "cents" else line.total
    return {
        "discount_percentage": _short(line.percentage),
        "discounted_amount": _short(line.discount),
        "net_price": _short(line.net),
        "total_including_tax": _short(total),
    }


def _short(amount: Decimal) -> str:
    return decimal_text(amount.quantize(FINEST, rounding=ROUND_HALF_UP))


def header_fields(lines: Iterable[Line], method: int) -> dict[str, object]:
    """Return the totals of an invoice; tax is rounded once per rate, except that legacy rounds each line."""
    listed = tuple(lines)
    discount = sum((line.discount for line in listed), Decimal(0))
    if method == LEGACY:
        total = sum((cents(line.total) for line in listed), Decimal(0))
        net = cents(sum((line.net for line in listed), Decimal(0)))
        return _header(net, total - net, total, discount)
    rates = _by_rate(listed, method)
    if method == TAX_EXCLUSIVE:
        net = cents(sum(rates.values(), Decimal(0)))
        tax = sum((cents(amount * rate / 100) for rate, amount in rates.items()), Decimal(0))
        return _header(net, tax, net + tax, discount)
    total = cents(sum(rates.values(), Decimal(0)))
    tax = sum((cents(amount * rate / (100 + rate)) for rate, amount in rates.items()), Decimal(0))
    return _header(total - tax, tax, total, discount)


def _by_rate(lines: Iterable[Line], method: int) -> Mapping[Decimal, Decimal]:
    sums: dict[Decimal, Decimal] = {}
    for line in lines:
        sums[line.rate] = sums.get(line.rate, Decimal(0)) + (line.net if method == TAX_EXCLUSIVE else line.total)
    return sums


def _header(net: Decimal, tax: Decimal, total: Decimal, discount: Decimal) -> dict[str, object]:
    return {
        "net_amount": decimal_text(net),
        "tax_amount": decimal_text(tax),
        "total_amount": decimal_text(total),
        "discounted_amount": decimal_text(cents(discount)),
    }
