"""Rule conditions in the Common Expression Language, compiled once and judged against plain values."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from cel_expr_python import cel

SAMPLE: dict[str, Any] = {
    "invoice": {"number": 1, "issue_date": "2026-07-01", "total": 1.0, "status": 10},
    "lines": [
        {"name": "", "code": "", "quantity": 1.0, "unit_price": 1.0, "total": 1.0, "tax_name": "", "tax_rate": 0.0},
    ],
    "patient": {"id": "", "first_name": "", "last_name": "", "email": "", "concession": ""},
    "payer": {"id": "", "company_name": "", "email": ""},
    "appointment": {"id": "", "starts_at": "", "in_group": False, "arrived": False},
    "clinic": {"name": "", "country": "AU"},
}
"""What a condition may look at, with the kind of value each field has (choice C31)."""
_FIELDS = sorted({name for held in SAMPLE.values() for name in (held[0] if isinstance(held, list) else held)})
_NO_SUCH_FIELD = re.compile(r'Key not found in map : "(\w+)"')
_NAMES = ("patient", "invoice", "lines", "appointment", "payer", "clinic")


@lru_cache(maxsize=1)
def _environment() -> Any:  # noqa: ANN401 - the library has no types
    return cel.NewEnv(variables=dict.fromkeys(_NAMES, cel.Type.DYN))


@lru_cache(maxsize=512)
def _compiled(text: str) -> Any:  # noqa: ANN401 - the library has no types
    return _environment().compile(text)


def complaint(text: str) -> str:
    """Return what is wrong with a condition, or an empty text; a field that no record has is found by trying it."""
    try:
        compiled = _compiled(text)
    except (RuntimeError, ValueError, TypeError) as error:
        return f"The condition cannot be read: {_first_line(error)}"
    try:
        answer = str(compiled.eval(data=SAMPLE))
    except (RuntimeError, ValueError, TypeError) as error:
        answer = _first_line(error)
    missing = _NO_SUCH_FIELD.search(answer)
    if missing is None or re.search(rf"\b(appointment|payer|clinic)\.{missing[1]}\b", text):
        # Only what the contract lists completely can be called unknown; the rest is judged when it is met.
        return ""
    near = difflib.get_close_matches(missing[1], _FIELDS, n=1, cutoff=0)
    return f'The condition asks for "{missing[1]}", which no record has. Did you mean "{near[0]}"?'


def evaluate(text: str, facts: Mapping[str, object]) -> bool:
    """Say whether a condition holds; raises ValueError with a sentence when it cannot be judged."""
    try:
        result = _compiled(text).eval(data=plain(facts))
    except (RuntimeError, ValueError, TypeError) as error:
        raise ValueError(_first_line(error)) from None
    value = result.value() if callable(getattr(result, "value", None)) else result
    if not isinstance(value, bool):
        message = "it looks at something that this record does not have"
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
