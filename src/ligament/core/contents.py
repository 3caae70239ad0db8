"""The content of an action as one plain text, of which its mark is made: the same in every process."""

from __future__ import annotations

from collections.abc import Mapping

from ligament.core.private import Private


def clear(*values: object) -> str:
    """Return the values as text with private ones in clear; the text is hashed and never shown."""
    return "|".join(_clear_one(value) for value in values)


def _clear_one(value: object) -> str:
    if isinstance(value, Private):
        return repr(value.reveal())
    if isinstance(value, tuple):
        return "(" + ",".join(_clear_one(held) for held in value) + ")"
    if isinstance(value, frozenset | set):
        # The order of a set differs from process to process.
        return "{" + ",".join(sorted(_clear_one(held) for held in value)) + "}"
    if isinstance(value, Mapping):
        return "{" + ",".join(sorted(f"{_clear_one(key)}:{_clear_one(held)}" for key, held in value.items())) + "}"
    slots = getattr(value, "__slots__", None)
    if slots is not None and hasattr(value, "__dataclass_fields__"):
        fields = (_clear_one(getattr(value, name)) for name in slots if name != "trail")
        return f"{type(value).__name__}({','.join(fields)})"
    return repr(value)
