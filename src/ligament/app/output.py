"""Printing a document as JSON with exact amounts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def to_json(document: object, *, indent: bool = True) -> str:
    """Return a document as JSON text; a Decimal is written as a number with the digits it has."""
    amounts: list[str] = []

    def held(value: object) -> Any:  # noqa: ANN401 - JSON-like values of any depth
        if isinstance(value, Decimal):
            amounts.append(format(value, "f"))
            return f"\x00{len(amounts) - 1}\x00"
        if isinstance(value, Mapping):
            return {str(key): held(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [held(inner) for inner in value]
        return value

    text = json.dumps(held(document), ensure_ascii=False, indent=2 if indent else None)
    for place, amount in enumerate(amounts):
        text = text.replace(f'"\\u0000{place}\\u0000"', amount, 1)
    return text
