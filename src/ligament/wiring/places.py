"""Places in a rulebook: at which line and column of the file a value stands, found without reading it twice.

It walks over a text that is TOML already, and notes where each key and each value begins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_INLINE_BLANK = re.compile(r"[ \t]*")
_SCALAR = re.compile(r"[^,\]}\n#]*")
_STRING = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'', re.DOTALL)
_STEP = re.compile(r'\[(\d+)\]|"((?:[^"\\]|\\.)*)"|([^.\["]+)')
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\r?\n\s*|.)", re.DOTALL)
Path = tuple[str | int, ...]


@dataclass(slots=True)
class Places:
    """Where the keys and values of one file begin, counted in characters."""

    text: str
    keys: dict[Path, int] = field(default_factory=dict)
    values: dict[Path, int] = field(default_factory=dict)

    def of(self, dotted: str, at: int | None = None) -> tuple[int, int]:
        """Return line and column, from 1, of a dotted key, or of a character inside its text; (0, 0) is nowhere."""
        path: Path = tuple(
            int(found[1]) if found[1] else found[2] if found[2] is not None else found[3]
            for found in _STEP.finditer(dotted)
        )
        if at is not None and path in self.values:
            return self._line_column(_inside(self.text, self.values[path], at))
        while path:
            if path in self.keys:
                return self._line_column(self.keys[path])
            path = path[:-1]
        return 0, 0

    def _line_column(self, offset: int) -> tuple[int, int]:
        before = self.text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def places(text: str) -> Places:
    """Return where everything stands in a text that is TOML."""
    found = Places(text)
    walker = _Walker(text, found)
    walker.walk()
    return found


def _inside(text: str, value: int, at: int) -> int:
    """Return where a character of a text stands in the file, behind its quotes and escapes."""
    match = _STRING.match(text, value)
    if match is None:
        return value
    quote = match[0][:3] if match[0][:3] in {'"""', "'''"} else match[0][0]
    place = value + len(quote)
    if len(quote) > 1 and text[place : place + 1] == "\n":
        place += 1
    if quote[0] == "'":
        return min(place + at, match.end())
    for _ in range(at):
        escape = _ESCAPE.match(text, place)
        place = escape.end() if escape else place + 1
    return min(place, match.end())


class _Walker:
    def __init__(self, text: str, found: Places) -> None:
        self.text = text
        self.found = found
        self.at = 0
        self.table: Path = ()
        self.counts: dict[Path, int] = {}

    def walk(self) -> None:
        self.skip(_BLANK)
        while self.at < len(self.text):
            before = self.at
            if self.text[self.at] == "[":
                self.header()
            else:
                self.pair(self.table)
            self.skip(_BLANK)
            if self.at == before:
                return

    def skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match[0]

    def sees(self, sign: str) -> bool:
        return self.text.startswith(sign, self.at)

    def header(self) -> None:
        start = self.at
        is_entry = self.sees("[[")
        self.at += 2 if is_entry else 1
        self.skip(_INLINE_BLANK)
        names = self.key()
        self.at += 2 if is_entry else 1
        path = self.resolved(names)
        if is_entry:
            self.counts[path] = self.counts.get(path, 0) + 1
            self.found.keys.setdefault(path, start)
            path = (*path, self.counts[path])
        self.table = path
        self.found.keys.setdefault(path, start)

    def resolved(self, names: Path) -> Path:
        """Return a path with the number of the entry that it goes on in."""
        path: Path = ()
        for place, name in enumerate(names, 1):
            path = (*path, name)
            if place < len(names) and path in self.counts:
                path = (*path, self.counts[path])
        return path

    def key(self) -> Path:
        names: list[str | int] = []
        while True:
            self.skip(_INLINE_BLANK)
            text = self.skip(_STRING) if self.sees('"') or self.sees("'") else self.skip(_BARE)
            names.append(text.strip("\"'"))
            self.skip(_INLINE_BLANK)
            if not self.sees("."):
                return tuple(names)
            self.at += 1

    def pair(self, table: Path) -> None:
        start = self.at
        path = (*table, *self.key())
        self.found.keys.setdefault(path, start)
        self.at += 1
        self.skip(_INLINE_BLANK)
        self.value(path)

    def value(self, path: Path) -> None:
        self.found.values.setdefault(path, self.at)
        if self.sees("["):
            self.items(path, "]")
        elif self.sees("{"):
            self.items(path, "}")
        elif self.sees('"') or self.sees("'"):
            self.skip(_STRING)
        else:
            self.skip(_SCALAR)

    def items(self, path: Path, closes: str) -> None:
        self.at += 1
        place = 0
        while self.at < len(self.text):
            self.skip(_BLANK)
            if self.sees(closes):
                self.at += 1
                return
            before, place = self.at, place + 1
            if closes == "}":
                self.pair(path)
            else:
                self.value((*path, place))
            self.skip(_BLANK)
            if self.sees(","):
                self.at += 1
            if self.at == before:
                return
