"""Text made safe for a spreadsheet: no formula begins, nothing invisible redraws or reorders what is read."""

from __future__ import annotations

import re

_FORMULA = frozenset("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", re.ASCII)
# Control characters of both sets, marks that change the direction of writing, halves of characters, and two that
# no XML file may hold.
_UNWANTED = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")


def clean(text: str) -> str:
    """Return text in one line without control characters and marks that turn the direction of writing."""
    return _UNWANTED.sub("", _BREAKS.sub(" ", text))


def harmless(text: str) -> str:
    """Return clean text that no spreadsheet takes for a formula: `=1+1` gets a `'` before it, a number does not."""
    if text.isprintable() and text[:1] not in _FORMULA:
        return text
    wiped = clean(text)
    begins = text[:1] in _FORMULA or wiped[:1] in _FORMULA
    return f"'{wiped}" if begins and not _NUMBER.fullmatch(wiped) else wiped
