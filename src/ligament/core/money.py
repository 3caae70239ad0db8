"""Amounts as exact decimals, and the one rounding function."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
CENT = Decimal("0.01")
NO_CENTS = Decimal("0.00")
_FOUR_PLACES = Decimal("0.0001")


def cents(amount: Decimal) -> Decimal:
    """Round to two decimals, half away from zero, as both systems do (facts on the books, section 6.5)."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def fits_four_places(amount: Decimal) -> bool:
    """Say whether the amount needs no more than four decimals."""
    return amount == amount.quantize(_FOUR_PLACES, ROUND_HALF_UP)


def tax_within(inclusive: Decimal, rate: Decimal) -> Decimal:
    """Return the tax inside a tax-inclusive amount at a percentage rate, rounded to cents."""
    if not rate:
        return NO_CENTS
    return cents(inclusive * rate / (HUNDRED + rate))


def plain(amount: Decimal) -> str:
    """Return the number without trailing zeros or an exponent: `1.50` reads `1.5`."""
    text = format(amount.normalize(), "f")
    return "0" if text in {"-0", ""} else text


def price_text(amount: Decimal) -> str:
    """Return a price with at least two decimals and no needless zeros behind them: `90` reads `90.00`."""
    text = plain(amount)
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"


def readable(amount: Decimal) -> str:
    """Return an amount as people read it: `1,234.50`, `-85.00`."""
    return f"{cents(amount):,}"


def two_places(amount: Decimal) -> str:
    """Return an amount as people write it in the books: always two decimals."""
    return str(cents(amount))
