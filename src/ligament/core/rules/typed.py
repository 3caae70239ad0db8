"""Values of the rulebook as a form shows and takes them: plain values, such as a TOML file holds, and their texts."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from ligament.core.rules.kinds import MISFIT, Entry, Kind, decimal

_WHOLE = re.compile(r"\d{1,12}")
_FLAGS = {"true": True, "false": False}


def taken(kind: Kind, text: str) -> object:
    """Return the plain value that somebody typed, or MISFIT where it does not fit; lists come with a value a line."""
    value = _plain(kind.entry, text)
    return MISFIT if value is MISFIT or kind.read(value) is MISFIT else value


def _plain(entry: Entry, text: str) -> object:
    trimmed = text.strip()
    match entry:
        case Entry.FLAG:
            return _FLAGS.get(trimmed, MISFIT)
        case Entry.MAYBE:
            return _FLAGS.get(trimmed, MISFIT if trimmed else "")
        case Entry.WHOLE:
            return _whole(trimmed)
        case Entry.WHOLES:
            found = [_whole(part) for part in re.split(r"[\s,]+", trimmed) if part]
            return MISFIT if MISFIT in found else found
        case Entry.NUMBER:
            number = decimal(trimmed)
            return MISFIT if number is None else number
        case Entry.DAY:
            return _day(trimmed)
        case Entry.CHOICES | Entry.LINES | Entry.ADDRESSES:
            return [line.strip() for line in text.splitlines() if line.strip()]
        case _:
            return trimmed


def _whole(text: str) -> object:
    return int(text) if _WHOLE.fullmatch(text) else MISFIT


def _day(text: str) -> object:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return MISFIT


def as_typed(value: object) -> str:
    """Return a plain value as it stands in a field; nothing for a value that is not there."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case Decimal():
            return f"{value:f}"
        case [int(), *_]:
            return ", ".join(str(one) for one in value)
        case list() | tuple():
            return "\n".join(str(one) for one in value)
        case _:
            return str(value)


def wanted(kind: Kind) -> str:
    """Return what a form asks for where something else was typed."""
    return kind.form_wanted or kind.wanted.replace('"', "")
