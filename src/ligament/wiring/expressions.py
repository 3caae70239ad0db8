"""Rule conditions in the Common Expression Language, compiled once and judged against plain values."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from cel_expr_python import cel

_NAMES = ("patient", "invoice", "lines", "appointment", "payer", "clinic")


@lru_cache(maxsize=1)
def _environment() -> Any:  # noqa: ANN401 - the library has no types
    return cel.NewEnv(variables=dict.fromkeys(_NAMES, cel.Type.DYN))


@lru_cache(maxsize=512)
def _compiled(text: str) -> Any:  # noqa: ANN401 - the library has no types
    return _environment().compile(text)


def complaint(text: str) -> str:
    """Return what is wrong with a condition, or an empty text."""
    try:
        _compiled(text)
    except (RuntimeError, ValueError, TypeError) as error:
        return f"The condition cannot be read: {_first_line(error)}"
    return ""


def evaluate(text: str, facts: Mapping[str, object]) -> bool:
    """Say whether a condition holds; raises ValueError with a sentence when it cannot be judged."""
    try:
        result = _compiled(text).eval(data=plain(facts))
    except (RuntimeError, ValueError, TypeError) as error:
        raise ValueError(_first_line(error)) from None
    value = result.value() if callable(getattr(result, "value", None)) else result
    if not isinstance(value, bool):
        message = f"it gives {value!r} instead of true or false"
        raise ValueError(message)  # noqa: TRY004 - the rule cannot be judged, whatever the type
    return value


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["no reason given"])[0][:200]


def plain(value: object) -> Any:  # noqa: ANN401 - JSON-like values of any depth
    """Return the values the library takes: it refuses Decimal, so amounts become doubles."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [plain(held) for held in value]
    return value
