"""How people name a document: by the practice's number, or by ours in the books, which is made of it."""

from __future__ import annotations

from ligament.core.plans import without_paid

_PAYER = "C-"
_USED_ON = ">"
"""What stands between the two numbers of a credit note that is used on an invoice."""


def practice_number(number: str, prefix: str) -> str:
    """Return the practice's number, or id, that one of ours is made of: 4 for CLK-4, CLK-4-2, CLK-4-A1 and CLK-4/paid.

    Empty where the number does not begin as ours do, and where it names two documents.
    """
    ours = without_paid(number.strip())
    if _USED_ON in ours or not ours.casefold().startswith(prefix.casefold()):
        return ""
    return ours[len(prefix) :].removeprefix(_PAYER).partition("-")[0]


def names_meant(typed: str, prefix: str) -> frozenset[str]:
    """Return the names under which what is meant may be kept: as it was typed, and the practice's number in it."""
    wanted = typed.strip()
    return frozenset({wanted, without_paid(wanted), practice_number(wanted, prefix)}) - {""}


def names_of_number(number: str, prefix: str) -> frozenset[str]:
    """Return the names that something of that number goes by; of a credit note used on an invoice, those of both."""
    return frozenset({number}).union(*(names_meant(part, prefix) for part in number.split(_USED_ON)))


def is_exactly(typed: str, number: str, prefix: str) -> bool:
    """Say whether the whole number of one action was typed; the practice's own number means all about its record."""
    return typed.strip() == number != practice_number(number, prefix)
