"""Prose at a terminal: broken between words, under its beginning, and never within a command that can be copied."""

from __future__ import annotations

import re

_COMMAND = re.compile(r"(?:^\s*|: |\d\. )ligament [a-z]")
_LABEL = re.compile(r"\s*(?:\S+\s{2,}|[-*] |\d+\. )?")
_WORD = re.compile(r"(?:`[^`]*`|\S)+")
"""A word, or a command between backticks, with what is joined to it."""


def wrapped(text: str, width: int) -> str:
    """Return a text whose lines are no longer than that, but for commands and for words of that length."""
    return "\n".join(_wrapped(line, width) for line in text.split("\n"))


def _wrapped(line: str, width: int) -> str:
    if len(line) <= width or _COMMAND.search(line):
        return line
    label = _LABEL.match(line)
    start = label[0] if label is not None else ""
    rows, under = [start], " " * min(len(start), width // 2)
    for place, word in enumerate(_WORD.findall(line[len(start) :])):
        if place and len(rows[-1]) + len(word) + 1 > width:
            rows.append(under + word)
        else:
            rows[-1] += f" {word}" if place else word
    return "\n".join(rows)
