"""The subset of Xero's `where` language: comparisons, AND, OR, parentheses, DateTime, guid, and three text methods."""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from ligament.connectors.xero.simulator.errors import BadPost

Fetch = Callable[[str], object]
"""Gives the value of a field by its folded, dotted name; raises KeyError for a field that is not there."""
Predicate = Callable[[Fetch], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:\\.|[^"\\])*")|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_.]*)"""
    r"""|(?P<sign>==|!=|>=|<=|&&|\|\||[=<>(),!]))"""
)
_COMPARE: dict[str, Callable[[Any, Any], object]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_METHODS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda whole, part: part in whole,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


def parse_where(expression: str) -> Predicate:
    """Return the filter as a function; raises BadPost of type QueryParseException for a malformed text."""
    parser = _Parser(expression)
    found = parser.alternatives()
    if parser.token != ("end", ""):
        parser.refuse()
    return found


def fold(text: str) -> str:
    """Return text as Xero compares it: without case and accents."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()


class _Parser:
    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = self._split()
        self.place = 0

    @property
    def token(self) -> tuple[str, str]:
        return self.tokens[self.place]

    def refuse(self) -> None:
        raise BadPost(message=f"The filter '{self.expression}' cannot be read.", number=16, kind="QueryParseException")

    def alternatives(self) -> Predicate:
        parts = [self._conjunction()]
        while self._take_word("or", "||"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else lambda fetch: any(part(fetch) for part in parts)

    def _conjunction(self) -> Predicate:
        parts = [self._factor()]
        while self._take_word("and", "&&"):
            parts.append(self._factor())
        return parts[0] if len(parts) == 1 else lambda fetch: all(part(fetch) for part in parts)

    def _factor(self) -> Predicate:
        if self.token == ("sign", "("):
            self._next()
            inner = self.alternatives()
            self._expect(")")
            return inner
        if self.token == ("sign", "!"):
            self._next()
            negated = self._factor()
            return lambda fetch: not negated(fetch)
        return self._comparison()

    def _comparison(self) -> Predicate:
        kind, text = self._next()
        if kind != "name":
            self.refuse()
        field, _, method = text.casefold().rpartition(".")
        if method in _METHODS and self.token == ("sign", "("):
            return self._method(field, _METHODS[method])
        name = text.casefold()
        if self.token[0] == "sign" and self.token[1] in _COMPARE:
            compare = _COMPARE[self._next()[1]]
            wanted = self._literal()
            return lambda fetch: _holds(compare, self._fetch(fetch, name), wanted)
        return lambda fetch: self._fetch(fetch, name) is True

    def _method(self, field: str, method: Callable[[str, str], bool]) -> Predicate:
        self._expect("(")
        part = self._literal()
        self._expect(")")
        # Clients write `Name != null AND Name.ToLower().Contains("x")`; folding makes ToLower a no-op.
        name = field.removesuffix(".tolower()")

        def found(fetch: Fetch) -> bool:
            whole = self._fetch(fetch, name)
            return isinstance(whole, str) and method(fold(whole), fold(str(part)))

        return found

    def _literal(self) -> object:
        kind, text = self._next()
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", text[1:-1])
        if kind == "number":
            return Decimal(text)
        word = text.casefold()
        if kind == "name" and word in {"true", "false"}:
            return word == "true"
        if kind == "name" and word == "null":
            return None
        if kind == "name" and word in {"datetime", "guid", "datetime.parse"}:
            return self._constructed(word)
        self.refuse()
        return None

    def _constructed(self, word: str) -> object:
        self._expect("(")
        arguments = [self._literal()]
        while self.token == ("sign", ","):
            self._next()
            arguments.append(self._literal())
        self._expect(")")
        try:
            if word == "guid":
                return str(arguments[0]).casefold()
            if word == "datetime.parse":
                return datetime.fromisoformat(str(arguments[0])).replace(tzinfo=UTC)
            year, month, day, *clock = (int(str(argument)) for argument in arguments)
            hour, minute, second = (*clock, 0, 0, 0)[:3]
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            self.refuse()
            return None

    def _fetch(self, fetch: Fetch, name: str) -> object:
        try:
            return fetch(name)
        except KeyError:
            self.refuse()
            return None

    def _take_word(self, word: str, sign: str) -> bool:
        kind, text = self.token
        if (kind == "name" and text.casefold() == word) or (kind, text) == ("sign", sign):
            self._next()
            return True
        return False

    def _expect(self, sign: str) -> None:
        if self._next() != ("sign", sign):
            self.refuse()

    def _next(self) -> tuple[str, str]:
        token = self.token
        self.place = min(self.place + 1, len(self.tokens) - 1)
        return token

    def _split(self) -> list[tuple[str, str]]:
        tokens = []
        place, text = 0, self.expression.rstrip()
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None or match.lastgroup is None:
                self.refuse()
                break
            tokens.append((match.lastgroup, match[match.lastgroup]))
            place = match.end()
        return [*tokens, ("end", "")]


def _holds(compare: Callable[[Any, Any], object], value: object, wanted: object) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return bool(compare(fold(value), fold(wanted)))
    if isinstance(value, datetime) and isinstance(wanted, datetime):
        return bool(compare(value, wanted))
    if isinstance(value, date) and isinstance(wanted, datetime):
        return bool(compare(datetime(value.year, value.month, value.day, tzinfo=UTC), wanted))
    if compare in {operator.eq, operator.ne}:
        # An empty text is how Xero shows a missing one.
        return bool(compare(None if value == "" else value, wanted))
    if isinstance(value, Decimal) and isinstance(wanted, Decimal):
        return bool(compare(value, wanted))
    return False
