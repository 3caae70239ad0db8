"""The hundred failures of `rows.toml`: what happens then in a bookkeeper's words, and the tests that cover each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

TABLE = Path(__file__).with_name("rows.toml")


@dataclass(frozen=True, slots=True)
class Row:
    """One failure."""

    number: int
    group: str
    failure: str
    then: str
    tests: tuple[str, ...]


def _read() -> tuple[Row, ...]:
    found = tomllib.loads(TABLE.read_text(encoding="utf-8"))["row"]
    return tuple(Row(**{**one, "tests": tuple(one["tests"])}) for one in found)


ROWS = _read()
GROUPS = tuple((title, tuple(rows)) for title, rows in groupby(ROWS, key=lambda row: row.group))
