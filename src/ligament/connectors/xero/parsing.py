"""Parsing: bodies as JSON with exact numbers, also where a piece of them is odd."""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec

from ligament.net.mending import mended

_SUSPECT = re.compile(rb"\\u0000|\\u[fF][dD][dD]0|\xef\xb7\x90")


def parsed(body: bytes) -> tuple[object, bool]:
    """Return the JSON of a body, and whether a piece of it is odd and marked."""
    decoder = msgspec.json.Decoder(float_hook=_exact)
    try:
        return decoder.decode(body), _SUSPECT.search(body) is not None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return decoder.decode(mended(body)), True


def _exact(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        return Decimal("NaN")
