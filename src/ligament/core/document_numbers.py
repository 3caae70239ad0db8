"""How people name a document: by the practice's number, or by ours in the books, which is made of it."""

from __future__ import annotations

from ligament.core.plans import without_paid

_PAYER = "C-"


def practice_number(number: str, prefix: str) -> str:
    """Return the practice's number, or id, that one of ours is made of: 4 for CLK-4, CLK-4-2, CLK-4-A1 and CLK-4/paid.

    Empty where the number does not begin as ours do.
    """
    ours = without_paid(number.strip())
    if not ours.casefold().startswith(prefix.casefold()):
        return ""
    return ours[len(prefix) :].removeprefix(_PAYER).partition("-")[0]


def names_meant(typed: str, prefix: str) -> frozenset[str]:
    """Return the names under which what is meant may be kept: as it was typed, and the practice's number in it."""
    wanted = typed.strip()
    return frozenset({wanted, without_paid(wanted), practice_number(wanted, prefix)}) - {""}
