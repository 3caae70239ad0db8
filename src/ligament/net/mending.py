"""Odd bytes in an answer: what no strict reader takes is marked, so that the rest of the page can be read.

One patient whose name holds a byte that is not UTF-8, half of a surrogate pair or five thousand brackets must not keep
a whole clinic from being read. The marks tell the connectors which value it was; a body that is torn stays torn.
"""

from __future__ import annotations

import re

from ligament.core.oddities import MARK

DEEPEST = 60
"""Nothing that either vendor describes lies deeper than ten levels."""
_PAIR = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_HALF = r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
_SURROGATE = re.compile(rf"{_PAIR}|{_HALF}|\\.")
_STEP = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{\]}]|(?<![\d.eE+-])(?:-?\d{19,}(?![\d.eE])|-?Infinity|NaN)', re.DOTALL
)
# What is no UTF-8, and control characters, which JSON writes as escapes.
_NO_TEXT = re.compile("[\udc80-\udcff\x00-\x08\x0b\x0c\x0e-\x1f]+")
_ESCAPE = 6


def mended(body: bytes) -> bytes:
    """Return the body with every unreadable piece replaced by a mark; takes time in proportion to its length."""
    text = _NO_TEXT.sub(MARK, body.decode("utf-8", "surrogateescape"))
    return _shallow(_SURROGATE.sub(_whole, text)).encode("utf-8", "replace")


def _whole(found: re.Match[str]) -> str:
    """Keep pairs and other escapes; half a pair becomes a mark."""
    said = found.group()
    return MARK if len(said) == _ESCAPE else said


def _shallow(text: str) -> str:
    """Replace what lies too deep, and numbers that JSON or a machine word cannot hold, by a mark."""
    parts: list[str] = []
    depth, kept, hidden_from = 0, 0, -1
    for found in _STEP.finditer(text):
        sign = found.group()
        if sign in "[{":
            depth += 1
            if depth == DEEPEST + 1:
                hidden_from = found.start()
        elif sign in "]}":
            depth -= 1
            if depth == DEEPEST and hidden_from >= 0:
                parts += [text[kept:hidden_from], f'"{MARK}"']
                kept, hidden_from = found.end(), -1
        elif hidden_from < 0 and sign[0] != '"':
            parts += [text[kept : found.start()], f'"{MARK}"']
            kept = found.end()
    return "".join((*parts, text[kept:]))
