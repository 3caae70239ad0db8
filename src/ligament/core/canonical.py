"""Canonical text: one writing of a value for marks, the same in every process and at every time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from ligament.core.private import Private


def canonical(value: object) -> str:
    """Return a value as text that depends on nothing but the value; private parts in clear, so it is only hashed.

    The order of sets and mappings, which differs between processes, does not count.
    """
    if isinstance(value, Private):
        return f"private({canonical(value.reveal())})"
    if isinstance(value, Mapping):
        return "{" + ",".join(sorted(f"{canonical(key)}:{canonical(held)}" for key, held in value.items())) + "}"
    if isinstance(value, frozenset | set):
        return "{" + ",".join(sorted(canonical(held) for held in value)) + "}"
    if isinstance(value, tuple | list):
        return "(" + ",".join(canonical(held) for held in value) + ")"
    if is_dataclass(value) and not isinstance(value, type):
        held = ",".join(f"{field.name}={canonical(getattr(value, field.name))}" for field in fields(value))
        return f"{type(value).__name__}({held})"
    return repr(value)
