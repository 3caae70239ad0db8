"""Reader of one table of the rulebook: every value judged by its declaration, every problem named by its dotted key."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ligament.core.rules.kinds import CODES, MISFIT, Kind
from ligament.core.rules.settings import Section, Setting

_LONGEST_SHOWN = 60
Table = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What is wrong with an expression; `at` counts the characters before it."""

    sentence: str
    at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in a rulebook: the dotted key it is at, and what to do about it in a sentence.

    `at` counts the characters of the text there that stand before it, where the place is known so well.
    """

    key: str
    sentence: str
    at: int | None = None


class TableReader:
    """Reads one table, collecting problems and complaining about keys nobody asked for."""

    def __init__(self, table: object, path: str, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        self.known: list[str] = []
        self.table: Table = table if isinstance(table, Mapping) else {}
        if table is not None and not isinstance(table, Mapping):
            problems.append(
                Problem(key=path, sentence="This must be a table, written as a line with its name in brackets.")
            )

    def trouble(self, key: str, sentence: str, at: int | None = None) -> None:
        """Note a problem at a key of this table."""
        self.problems.append(Problem(key=f"{self.path}.{key}" if self.path else key, sentence=sentence, at=at))

    def value(self, key: str, kind: Kind, default: Any) -> Any:  # noqa: ANN401 - each kind knows its own type
        """Return what stands at a key, or the default when there is nothing or the wrong thing."""
        self.known.append(key)
        if key not in self.table:
            return default
        result = kind.read(self.table[key])
        if result is MISFIT:
            self._misfit(key, kind)
            return default
        return result

    def text(self, key: str, kind: Kind) -> str:
        return str(self.value(key, kind, ""))

    def _misfit(self, key: str, kind: Kind) -> None:
        held = self.table[key]
        if kind is CODES and isinstance(held, Mapping):
            for name, code in held.items():
                if not isinstance(code, str):
                    wanted = 'write the code in quotes, as in "200".'
                    self.trouble(f'{key}."{name}"', f"{shown(code)} does not fit: {wanted}")
        else:
            self.trouble(key, f"{shown(held)} does not fit: give {kind.wanted}.")

    def finish(self) -> None:
        """Complain about every key that nobody asked for, with the nearest one that is known."""
        for key in self.table:
            if key not in self.known:
                near = difflib.get_close_matches(str(key), self.known, n=1, cutoff=0)
                hint = f' Did you mean "{near[0]}"?' if near else ""
                self.trouble(str(key), f'"{key}" is not a known key here.{hint}')


def section_values(
    table: object, section: Section, problems: list[Problem], inner: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return what a section says by the names of its record; `inner` are tables inside it that are read elsewhere."""
    reader = TableReader(table, section.name, problems)
    reader.known.extend(inner)
    values = {setting.attribute: read for setting in section.settings if (read := _read(reader, setting)) is not MISFIT}
    reader.finish()
    return values


def _read(reader: TableReader, setting: Setting) -> object:
    """Return a value, or MISFIT where the default of the record counts."""
    return reader.value(setting.name, setting.kind, MISFIT)


def shown(value: object) -> str:
    """Return a value as a message shows it, never longer than a line."""
    text = f'"{value}"' if isinstance(value, str) else _number_text(value)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."


def _number_text(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # a whole number of more than 4,300 digits
        return "A number of thousands of digits"
