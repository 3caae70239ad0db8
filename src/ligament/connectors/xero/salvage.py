"""Rows that make no sense: the fields that do not are left out, and the row says which, so that the rest is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from ligament.core.oddities import is_odd_text

ODD = "odd fields"
"""Under which name a row says what was left out of it; no vendor's field is called so."""
Kind = Callable[[Mapping[str, object]], type[msgspec.Struct] | None]


def salvaged(raw: object, kind_of: Kind) -> object:
    """Return a body with every row of a known kind made readable."""
    if not isinstance(raw, dict):
        return raw
    return {
        key: [_row(row, kind_of) if isinstance(row, dict) else row for row in held] if isinstance(held, list) else held
        for key, held in raw.items()
    }


def _row(row: dict[str, object], kind_of: Kind) -> dict[str, object]:
    kind = kind_of(row)
    odd = [] if kind is None else [name for name, value in row.items() if not _fits(name, value, kind)]
    if not odd:
        return row
    return {**{name: value for name, value in row.items() if name not in odd}, ODD: ", ".join(odd)}


def _fits(name: str, value: object, kind: type[msgspec.Struct]) -> bool:
    if _is_odd(value):
        return False
    try:
        msgspec.convert(tidy({name: value}), kind, strict=False)
    except (msgspec.ValidationError, ArithmeticError, ValueError):
        return False
    return True


def _is_odd(value: object) -> bool:
    if isinstance(value, str):
        return is_odd_text(value)
    if isinstance(value, dict):
        return any(map(_is_odd, value.values()))
    return isinstance(value, list) and any(map(_is_odd, value))


def tidy(value: object) -> object:
    """Drop nulls and empty lists, so that defaults take their place: a null may come as an empty list (facts 3.1)."""
    if isinstance(value, dict):
        return {key: tidy(held) for key, held in value.items() if held is not None and held != []}
    if isinstance(value, list):
        return [tidy(held) for held in value if held is not None]
    return value
