"""Syntax of a rule's condition: from its text to a tree whose every part knows where it stands.

The Common Expression Language as its description has it. What is no expression at all is said better by the library
that judges a text first; here a text that it takes is only taken apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

LONGEST_TEXT = 4_000
DEEPEST = 32
"""As deep as the library goes."""
_TOKEN = re.compile(
    r"""
    (?P<space>[\s]+|//[^\n]*)
  | (?P<text>[rR]?(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
  | (?P<double>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)
  | (?P<whole>0[xX][0-9a-fA-F]+|\d+)(?![uU\w])
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<sign>\|\||&&|==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
_LEVELS = (("||",), ("&&",), ("<", "<=", ">", ">=", "==", "!=", "in"), ("+", "-"), ("*", "/", "%"))
_WORDS = {"true": True, "false": False, "null": None}
_HUGE = 300


class NotTakenApart(Exception):
    """This expression uses something that is left to the library."""


class Fault(Exception):
    """Something in an expression is wrong; `at` counts the characters before it."""

    def __init__(self, at: int, sentence: str) -> None:
        super().__init__(sentence)
        self.at = at
        self.sentence = sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A value that is written out."""

    at: int
    value: str | int | Decimal | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A record, or the variable of a macro."""

    at: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """A field of something."""

    at: int
    operand: Node
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An operator, a function or a macro; `target` stands before the dot, if there is one."""

    at: int
    name: str
    target: Node | None = None
    arguments: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    """A list that is written out."""

    at: int
    items: tuple[Node, ...] = ()


Node = Literal | Name | Select | Call | ListOf


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    kind: str
    text: str
    at: int


def parse(text: str) -> Node:
    """Return the tree of an expression; raises NotTakenApart where it uses what is left to the library."""
    if len(text) > LONGEST_TEXT:
        raise Fault(0, f"This is longer than {LONGEST_TEXT:,} characters: make several rules of it.")
    parser = _Parser(_tokens(text))
    tree = parser.expression(0)
    parser.expect("end")
    return tree


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise NotTakenApart
        if match.lastgroup != "space":
            found.append(_Token(kind=match.lastgroup, text=match[0], at=at))
        at = match.end()
    return [*found, _Token(kind="end", text="", at=at)]


@dataclass(slots=True)
class _Parser:
    tokens: list[_Token]
    place: int = 0

    @property
    def here(self) -> _Token:
        return self.tokens[self.place]

    def sees(self, *signs: str) -> bool:
        token = self.here
        return token.kind in {"sign", "name"} and token.text in signs

    def take(self) -> _Token:
        token = self.here
        self.place += 1
        return token

    def expect(self, what: str) -> _Token:
        token = self.here
        if what not in {token.kind, token.text}:
            raise NotTakenApart
        return self.take()

    def expression(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise Fault(self.here.at, "This goes too deep: make several rules of it.")
        condition = self.level(0, depth)
        if not self.sees("?"):
            return condition
        at = self.take().at
        first = self.level(0, depth + 1)
        self.expect(":")
        return Call(at=at, name="?:", arguments=(condition, first, self.expression(depth + 1)))

    def level(self, level: int, depth: int) -> Node:
        if level == len(_LEVELS):
            return self.unary(depth)
        left = self.level(level + 1, depth)
        row: Node | None = None
        while self.sees(*_LEVELS[level]):
            token = self.take()
            right = self.level(level + 1, depth)
            # A long row of conditions is one call, so that it may be as long as it likes.
            chained = token.text in {"||", "&&"} and isinstance(left, Call) and left.name == token.text and left is row
            before = left.arguments if chained and isinstance(left, Call) else (left,)
            left = row = Call(at=token.at, name=token.text, arguments=(*before, right))
        return left

    def unary(self, depth: int) -> Node:
        if not self.sees("!", "-"):
            return self.member(depth)
        token = self.take()
        if self.sees("!", "-"):
            raise NotTakenApart
        held = self.member(depth)
        if token.text == "-" and isinstance(held, Literal) and isinstance(held.value, int | Decimal):
            return Literal(at=token.at, value=-held.value)
        return Call(at=token.at, name=f"{token.text}x", arguments=(held,))

    def member(self, depth: int) -> Node:
        held = self.primary(depth)
        while self.sees(".", "["):
            if self.take().text == "[":
                index = self.expression(depth + 1)
                at = self.expect("]").at
                held = Call(at=at, name="[]", arguments=(held, index))
                continue
            token = self.expect("name")
            if self.sees("("):
                held = Call(at=token.at, name=token.text, target=held, arguments=self.arguments("(", ")", depth))
            else:
                held = Select(at=token.at, operand=held, field=token.text)
        return held

    def primary(self, depth: int) -> Node:
        token = self.take()
        match token.kind, token.text:
            case "text", text:
                return Literal(at=token.at, value=_unquoted(text))
            case "double", text:
                return Literal(at=token.at, value=_double(text, token.at))
            case "whole", text:
                return Literal(at=token.at, value=int(text, 0) if text[:2].lower() == "0x" else int(text[:40]))
            case "name", text if text in _WORDS:
                return Literal(at=token.at, value=_WORDS[text])
            case "name", text if self.sees("("):
                return Call(at=token.at, name=text, arguments=self.arguments("(", ")", depth))
            case "name", text if not self.sees("{"):
                return Name(at=token.at, name=text)
            case "sign", "(":
                held = self.expression(depth + 1)
                self.expect(")")
                return held
            case "sign", "[":
                self.place -= 1
                return ListOf(at=token.at, items=self.arguments("[", "]", depth))
            case _:
                raise NotTakenApart

    def arguments(self, opens: str, closes: str, depth: int) -> tuple[Node, ...]:
        self.expect(opens)
        found: list[Node] = []
        while not self.sees(closes):
            found.append(self.expression(depth + 1))
            if not self.sees(","):
                break
            self.take()
        self.expect(closes)
        return tuple(found)


def _double(text: str, at: int) -> Decimal:
    number = Decimal(text)
    if number and not -_HUGE < number.adjusted() < _HUGE:
        raise Fault(at, "This number is too large.")
    return number


def _unquoted(text: str) -> str:
    raw = text[0] in "rR"
    body = text[1:] if raw else text
    quote = body[:3] if body[:3] in {'"""', "'''"} else body[0]
    inside = body[len(quote) : -len(quote)]
    return inside if raw else _ESCAPE.sub(_escaped, inside)


def _escaped(found: re.Match[str]) -> str:
    sign = found[1]
    if sign[0] in "xuU" and len(sign) > 1:
        return chr(int(sign[1:], 16))
    if len(sign) == len("000"):
        return chr(int(sign, 8))
    return _ESCAPES.get(sign, sign)
