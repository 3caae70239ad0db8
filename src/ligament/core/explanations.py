"""Explanations: the sentence of each variance, for a bookkeeper who has not seen it before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from ligament.core.comparisons import Judging, Pairing, Posted
from ligament.core.links import Origin
from ligament.core.money import readable
from ligament.core.periods import australian

_WORDS = {
    "contact": "the contact",
    "number": "the number",
    "reference": "the reference",
    "date": "the date",
    "due date": "the due date",
    "lines": "a line",
    "status": "the status",
}


def listed(words: Sequence[str]) -> str:
    """Return words as a person lists them: `a, b and c`."""
    if len(words) < 2:  # noqa: PLR2004 - one word needs no "and"
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def somebody_changed(held: Posted, edits: Sequence[str], how: Judging) -> str:
    """Say who changed what in the books and when."""
    what = listed([_WORDS.get(name, name) for name in edits])
    return f"{SOMEBODY}{what} in {how.books} on {australian(how.local(held.document.updated_at))}"


SOMEBODY = "somebody changed "
_DONE = re.compile(r" was (voided|deleted|removed) in (\w+)")


def names_nobody(sentence: str) -> bool:
    """Say whether a sentence tells that a person did something, without saying who."""
    return SOMEBODY in sentence or _DONE.search(sentence) is not None


def with_name(sentence: str, by: str) -> str:
    """Return a sentence with the name of whoever did what it tells of."""
    if SOMEBODY in sentence:
        return sentence.replace(SOMEBODY, f"{by} changed ", 1)
    return _DONE.sub(lambda found: f"{found.group()} by {by}", sentence, count=1)


def why_it_differs(pairing: Pairing, held: Posted, edits: Sequence[str], how: Judging) -> str:
    """Say why a record and its document differ."""
    if edits:
        return somebody_changed(held, edits, how)
    if held.link is None:
        return "the two belong together by their number, and nobody linked them"
    if held.link.sent is None or held.link.origin is Origin.HISTORY:
        return f"it was in {how.books} before and was linked as it is"
    if pairing.asks:
        return f"it was changed in {how.title}, and what follows from that waits for approval"
    if pairing.state == "planned":
        return f"it was changed in {how.title}, and {how.books} follows with the next run"
    return f"it was changed in {how.title} after it was posted"


def amounts(number: str, books: Decimal, practice: Decimal, why: str, how: Judging) -> str:
    """Say what both sides come to."""
    said = f"{number} is {readable(abs(books))} in {how.books} and {readable(abs(practice))} in {how.title}"
    return f"{said}: {why}."


def taxes(number: str, books: Decimal, practice: Decimal, why: str, how: Judging) -> str:
    """Say how much tax both sides have."""
    return (
        f"{number} has {readable(abs(books))} of tax in {how.books} and {readable(abs(practice))} in "
        f"{how.title}: {why}."
    )
