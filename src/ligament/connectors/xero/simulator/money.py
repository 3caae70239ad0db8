"""Rounding and reading of amounts: Decimal only, half away from zero, as Xero does."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
FOUR_PLACES = Decimal("0.0001")
HUNDRED = Decimal(100)


def round2(amount: Decimal) -> Decimal:
    """Round to two decimals, half away from zero."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def round4(amount: Decimal) -> Decimal:
    """Round to four decimals, half away from zero."""
    return amount.quantize(FOUR_PLACES, rounding=ROUND_HALF_UP)


def tax_on(line_amount: Decimal, rate: Decimal, line_amount_types: str) -> Decimal:
    """Return the rounded tax of one line; `rate` is a percentage."""
    if line_amount_types == "NoTax":
        return round2(Decimal(0))
    if line_amount_types == "Inclusive":
        return round2(line_amount * rate / (HUNDRED + rate))
    return round2(line_amount * rate / HUNDRED)
