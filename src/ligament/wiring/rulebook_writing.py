"""Writing a rulebook: comments kept, checked as a whole before it counts, and by one person at a time."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import tomlkit

from ligament.wiring.errors import ConfigurationError
from ligament.wiring.locks import AND_WAIT, lock
from ligament.wiring.rulebooks import ClinicSettings, Mistake, looked_over

Key = tuple[str, ...]


@contextmanager
def held(file: Path) -> Iterator[str]:
    """Hold a rulebook against everybody else who would write it, and give its text as it stands now."""
    # The folder is what is locked: the file itself is replaced by each writing.
    descriptor = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        lock(descriptor, file.parent, AND_WAIT)
        yield file.read_text(encoding="utf-8")
    finally:
        os.close(descriptor)


def with_values(text: str, values: Mapping[Key, object]) -> str:
    """Return the text of a rulebook with these values in it, its comments kept; None takes one away."""
    document = tomlkit.parse(text)
    for (*sections, name), value in values.items():
        table: Any = document
        for section in sections:
            table = table.setdefault(section, tomlkit.table())
        if value is not None:
            table[name] = tomlkit.value(f"{value:f}") if isinstance(value, Decimal) else value
        elif name in table:
            del table[name]
    return tomlkit.dumps(document)


def edited(body: str, kind: str, values: Mapping[str, object]) -> str:
    """Return the text of one entry with these values, its comments kept; None takes a key away."""
    document = tomlkit.parse(body or f"[[{kind}]]\n")
    entry: Any = document[kind][0]
    for name, value in values.items():
        if value is None:
            entry.pop(name, None)
        elif isinstance(value, Mapping):
            _set_table(entry, name, value)
        elif entry.get(name) != value:
            entry[name] = _written(value)
    return tomlkit.dumps(document)


def _set_table(entry: Any, name: str, value: Mapping[str, object]) -> None:  # noqa: ANN401 - the library's own
    if entry.get(name) == value:
        return
    table = tomlkit.inline_table()
    for key, held in value.items():
        table[key] = _written(held)
    entry[name] = table


def _written(value: object) -> Any:  # noqa: ANN401 - the library's own
    """Return a value as it is best read: a text with quotes in it stands between the other kind of quotes."""
    if not isinstance(value, str):
        return value
    is_long = "\n" in value
    is_literal = "'" not in value and ('"' in value or "\\" in value or is_long)
    return tomlkit.string(value, literal=is_literal, multiline=is_long)


def judged(file: Path, text: str) -> tuple[ClinicSettings | None, tuple[Mistake, ...]]:
    """Read a text as if it stood in a rulebook file, lists beside it included, and everything that is wrong in it."""
    beside = _beside(file, text)
    try:
        clinic, mistakes = looked_over(beside)
    finally:
        beside.unlink(missing_ok=True)
    named = tuple(replace(one, file=file) if one.file == beside else one for one in mistakes)
    return (None if clinic is None else replace(clinic, file=file)), named


def write_text(file: Path, text: str) -> None:
    """Put a text in the place of a rulebook; raises ConfigurationError where it could not be used."""
    _, mistakes = judged(file, text)
    if mistakes:
        raise ConfigurationError(tuple(mistake.told() for mistake in mistakes))
    _beside(file, text).replace(file)


def write_values(file: Path, values: Mapping[Key, object]) -> None:
    """Set values of a rulebook together, its comments kept, None taking one away; all of them or none.

    Raises ConfigurationError where the rulebook could not be used then.
    """
    with held(file) as text:
        write_text(file, with_values(text, values))


def _beside(file: Path, text: str) -> Path:
    """Write a text beside a rulebook, readable by its owner only, under a name that nobody else uses."""
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".new", dir=file.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)
    return Path(name)
