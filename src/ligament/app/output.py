"""Printing a document as JSON with exact amounts."""

from __future__ import annotations

import json
from decimal import Decimal


def to_json(document: object, *, indent: bool = True) -> str:
    """Return a document as JSON text; a Decimal is written as a string with the digits it has."""
    return json.dumps(document, ensure_ascii=False, indent=2 if indent else None, default=_text)


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} has no place in a document")
