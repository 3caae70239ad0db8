"""A short stable number for a record's content, so that a row read again can be seen to be the same."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from ligament.core.private import Private
from ligament.core.records import Invoice

# Raised when a mapping changes its meaning, so that all rows count as changed once.
_EDITION = "1"
_NOT_CONTENT = frozenset({"revision", "web_url"})


def digest(*content: object) -> str:
    """Return 24 hexadecimal digits that change whenever the content does."""
    text = _EDITION + _text(content)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _text(value: object) -> str:
    # Lengths in front of every part keep neighbouring texts from running into each other.
    if isinstance(value, Private):
        return _text(value.reveal())
    if isinstance(value, Enum):
        return _part("e", str(value.value))
    if isinstance(value, str):
        return _part("s", value)
    if isinstance(value, Decimal):
        return _part("d", format(value.normalize() if value else Decimal(0), "f"))
    if isinstance(value, (datetime, date)):
        return _part("t", value.isoformat())
    if isinstance(value, tuple):
        return _part("l", "".join(map(_text, value)))
    if is_dataclass(value):
        # What is wrong with an invoice was content from the beginning; elsewhere the caller adds it where there is any.
        left = _NOT_CONTENT if isinstance(value, Invoice) else _NOT_CONTENT | {"defect"}
        kept = (getattr(value, entry.name) for entry in fields(value) if entry.name not in left)
        return _part("r", "".join(map(_text, kept)))
    if value is None or isinstance(value, (bool, int)):
        return _part("v", repr(value))
    raise TypeError(type(value).__name__)


def _part(kind: str, text: str) -> str:
    return f"{kind}{len(text)}:{text}"
