"""Expressions of rules: read by the library, checked and judged with exact amounts by our own translation.

The library says whether a text is an expression at all and judges what the translation leaves to it, such as
instants; there amounts are doubles. Patterns are matched by it too, whose time does not explode.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from cel_expr_python import cel
from cel_expr_python.ext import ext_strings

from ligament.core.rules import functions, shapes, translate
from ligament.core.rules.entries import Rule
from ligament.core.rules.language import LONGEST_TEXT, Fault, NotTakenApart
from ligament.core.rules.lookups import LookupTable
from ligament.core.rules.reading import Complaint

_PLACE = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): ([^\n]*)")
_NO_SUCH_FIELD = re.compile(r'Key not found in map : "(\w+)"')
_GROWING = re.compile(r"\b(map|filter|replace|join|format)\(")
"""What could make texts and lists grow without an end where our own translation does not look."""
_TEXT_OR_NUMBER = {"text", "number", "flag", "null", "any"}
_TROUBLE = (RuntimeError, ValueError, TypeError, LookupError, ArithmeticError)
Around = Mapping[str, object]
_MOST_TOGETHER = 16


def _sample() -> dict[str, Any]:
    """Return what a condition may look at, with a value of the right kind in each field."""

    def value(shape: shapes.Shape) -> object:
        if shape.fields is not None:
            return {name: value(held) for name, held in shape.fields.items()}
        if shape.item is not None:
            return [value(shape.item)]
        return {"number": 1.0, "flag": False, "any": 1}.get(shape.kind, "")

    sample: dict[str, Any] = {name: value(shape) for name, shape in shapes.FACTS.items()}
    sample["invoice"] |= {"issue_date": "2026-07-01", "status": 10}
    sample["appointment"]["starts_at"] = "2026-07-01T09:00:00+00:00"
    return sample


@lru_cache(maxsize=1)
def _patterns() -> Any:  # noqa: ANN401 - the library has no types
    return cel.NewEnv(variables={"t": cel.Type.STRING, "p": cel.Type.STRING}).compile("t.matches(p)")


@lru_cache(maxsize=20_000)
def matches(text: str, pattern: str) -> bool:
    """Say whether a pattern is found in a text; raises ValueError when it is no pattern."""
    return functions.flag(_answer(_patterns().eval(data={"t": text, "p": pattern})))


def _answer(held: Any) -> Any:  # noqa: ANN401 - the library has no types
    """Return what the library gives as a plain value; raises ValueError with its words where that is an error."""
    if held.type() == cel.Type.ERROR:
        raise ValueError(_first_line(str(held)))
    return held.plain_value()


def _first_line(text: str) -> str:
    return (text.splitlines() or ["no reason given"])[0].removeprefix("INVALID_ARGUMENT: ")[:200]


@dataclass(slots=True)
class Expressions:
    """What the expressions of one rulebook can do: judge conditions, give texts, and be checked when they are saved.

    `tables` are the clinic's own lists. Safe to use by several threads: each text is made into a function once, and
    making it twice makes the same.
    """

    tables: Mapping[str, LookupTable] = field(default_factory=dict)
    _functions: dict[str, Any] = field(default_factory=dict)
    _together: dict[int, tuple[tuple[Rule, ...], Callable[[Around], bool]]] = field(default_factory=dict)
    _library: Any = None

    # --- judging ------------------------------------------------------------------------------------------------------

    def holds(self, text: str, facts: Around) -> bool:
        """Say whether a condition holds; raises ValueError with a sentence when it cannot be judged."""
        value = self._value(text, facts)
        if isinstance(value, bool):
            return value
        message = "it looks at something that this record does not have"
        raise ValueError(message)

    def says(self, text: str, facts: Around) -> str:
        """Return the text of an expression; raises ValueError with a sentence when there is none."""
        return translate.as_text(self._value(text, facts))

    def _value(self, text: str, facts: Around) -> object:
        run = self._functions.get(text)
        if run is None:
            run = self._functions[text] = self._made(text)
        try:
            return run(facts)
        except _TROUBLE as error:
            raise ValueError(_reason(error)) from None

    def _made(self, text: str) -> Any:  # noqa: ANN401 - a function of the facts
        try:
            found = translate.translated(text, self._reach(tuple(shapes.FACTS)))
        except NotTakenApart:
            return self._by_library(text)
        except Fault as fault:
            sentence = fault.sentence

            def never(_facts: Around) -> object:
                raise ValueError(sentence)

            return never
        return _bounded(found)

    def _by_library(self, text: str) -> Any:  # noqa: ANN401 - a function of the facts
        compiled = self._environment().compile(text)
        return lambda facts: _answer(compiled.eval(data=plain(facts)))

    def untouched(self, rules: tuple[Rule, ...], facts: Around) -> bool:
        """Say whether certainly none of some rules applies; most records are of that kind, and this is quick."""
        known = self._together.get(id(rules))
        if known is None or known[0] is not rules:
            if len(self._together) >= _MOST_TOGETHER:
                self._together.clear()
            known = self._together[id(rules)] = (rules, self._made_together(rules))
        return not known[1](facts)

    def _made_together(self, rules: tuple[Rule, ...]) -> Callable[[Around], bool]:
        try:
            return translate.together(tuple(rule.when for rule in rules), self._reach(tuple(shapes.FACTS)))
        except (Fault, NotTakenApart):
            return lambda _facts: True

    # --- checking -----------------------------------------------------------------------------------------------------

    def condition(self, text: str, names: tuple[str, ...] = tuple(shapes.FACTS)) -> Complaint | None:
        """Return what is wrong with a condition, or nothing; `names` are the records that it may look at."""
        return self._checked(text, names, {"flag", "any"}, "A condition must come to true or false, and this is")

    def expression(self, text: str, names: tuple[str, ...] = tuple(shapes.FACTS)) -> Complaint | None:
        """Return what is wrong with an expression that gives a text, or nothing."""
        return self._checked(text, names, _TEXT_OR_NUMBER, "This must come to a text or a number, and it is")

    def _checked(self, text: str, names: tuple[str, ...], kinds: set[str], wanted: str) -> Complaint | None:
        if len(text) > LONGEST_TEXT:
            return Complaint(sentence=f"This is longer than {LONGEST_TEXT:,} characters: make several rules of it.")
        try:
            self._environment().compile(text, disable_check=True)
        except _TROUBLE as error:
            return _unread(text, str(error))
        try:
            found = translate.translated(text, self._reach(names))
        except Fault as fault:
            return Complaint(sentence=fault.sentence, at=fault.at)
        except NotTakenApart:
            return self._tried(text, names, kinds)
        self._functions[text] = _bounded(found)
        if found.shape.kind not in kinds:
            return Complaint(sentence=f"{wanted} {found.shape.called}.")
        return _pattern_trouble(text)

    def _tried(self, text: str, names: tuple[str, ...], kinds: set[str]) -> Complaint | None:
        """Try what only the library can judge on the sample; a field that no record has is found by it."""
        try:
            compiled = self._environment().compile(text)
        except _TROUBLE as error:
            return _unread(text, str(error))
        return _tried(compiled, text, names, kinds)

    def _reach(self, names: tuple[str, ...]) -> translate.Reach:
        return translate.Reach(
            names=names,
            tables={name: table.columns for name, table in self.tables.items()},
            matches=matches,
            lookup=self._row,
        )

    def _row(self, name: object, key: object) -> dict[str, str] | None:
        table = self.tables.get(name) if isinstance(name, str) else None
        if table is None or not isinstance(key, str):
            message = f'there is no table called "{name}"' if table is None else "rows are found by a text"
            raise ValueError(message)
        return table.row(key)

    def _environment(self) -> Any:  # noqa: ANN401 - the library has no types
        if self._library is None:
            text, anything = cel.Type.STRING, cel.Type.DYN
            self._library = cel.NewEnv(
                variables=dict.fromkeys(shapes.FACTS, anything),
                extensions=[ext_strings.ExtStrings()],
                functions=[
                    _function("lookup", [text, text], anything, self._row),
                    _function("sum", [cel.Type.LIST], anything, lambda held: float(sum(held))),
                    _function("properCase", [text], text, functions.proper, is_member=True),
                ],
            )
        return self._library


def _function(name: str, parameters: list[Any], gives: Any, run: Any, *, is_member: bool = False) -> Any:  # noqa: ANN401 - the library has no types
    overload = cel.Overload(f"{name}_ours", return_type=gives, parameters=parameters, is_member=is_member, impl=run)
    return cel.FunctionDecl(name, [overload])


def _bounded(found: translate.Translated) -> Any:  # noqa: ANN401 - a function of the facts
    """Refuse to judge a record that is so large that it would take too long."""
    if not found.depth:
        return found.run
    most = int(translate.SAMPLE_LINES * (translate.MOST_STEPS / max(found.steps, 1)) ** (1 / found.depth))

    def run(facts: Around) -> object:
        lines = facts["lines"]
        if isinstance(lines, list) and len(lines) > most:
            message = f"it would take too long on {len(lines):,} lines"
            raise ValueError(message)
        return found.run(facts)

    return run


def _reason(error: Exception) -> str:
    if isinstance(error, ValueError):
        return str(error)
    return "it looks at something that this record does not have"


def _unread(text: str, told: str) -> Complaint:
    if "recursion" in told:
        return Complaint(sentence="This goes too deep: make several rules of it.")
    found = _PLACE.search(told)
    if found is None or int(found[1]) < 1:
        return Complaint(sentence=f"This cannot be read: {_first_line(told)}")
    lines = text.split("\n")
    at = sum(len(held) + 1 for held in lines[: int(found[1]) - 1]) + max(int(found[2]) - 1, 0)
    unknown = re.match(r"undeclared reference to '([\w.]+)'", found[3])
    if unknown:
        return Complaint(sentence=f'"{unknown[1]}" is not known here.', at=text.find(unknown[1]))
    return Complaint(sentence=f"This cannot be read: {found[3].split(' expecting ')[0]}.", at=min(at, len(text)))


def _tried(
    compiled: Any,  # noqa: ANN401 - the library has no types
    text: str,
    names: tuple[str, ...],
    kinds: set[str],
) -> Complaint | None:
    """Try what only the library can judge on the sample; a field that no record has is found by it."""
    if grows := _GROWING.search(text):
        said = f'"{grows[1]}" cannot be used together with instants, lengths of time or bytes.'
        return Complaint(sentence=said, at=grows.start(1))
    if "flag" in kinds and "text" not in kinds and compiled.return_type() not in (cel.Type.BOOL, cel.Type.DYN):
        return Complaint(sentence="A condition must come to true or false.")
    sample = {name: value if name in names else None for name, value in _sample().items()}
    try:
        _answer(compiled.eval(data=sample))
    except _TROUBLE as error:
        missing = _NO_SUCH_FIELD.search(str(error))
        if missing is not None:
            at = text.find(missing[1])
            return Complaint(sentence=f'No record has "{missing[1]}".', at=max(at, 0))
        if "budget" in str(error):
            return Complaint(sentence="This costs too much: it goes through too many things.")
    return None


def _pattern_trouble(text: str) -> Complaint | None:
    """Find a pattern that is none; the library says so only when it meets a record."""
    for found in re.finditer(
        r"""matches\(\s*(?P<quoted>r?(?P<q>['"])(?P<pattern>(?:\\.|(?!(?P=q)).)*)(?P=q))\s*\)""", text
    ):
        try:
            pattern = _patterns_text(found["quoted"])
            matches("", pattern)
        except ValueError as error:
            return Complaint(sentence=f"This is no pattern: {error}.", at=found.start("quoted"))
    return None


def _patterns_text(quoted: str) -> str:
    answer = cel.NewEnv(variables={}).compile(quoted).eval(data={})
    return str(answer.plain_value())


def plain(value: object) -> Any:  # noqa: ANN401 - JSON-like values of any depth
    """Return the values that the library takes: it refuses Decimal, so amounts become doubles."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): plain(value[key]) for key in value}
    if isinstance(value, list | tuple):
        return [plain(held) for held in value]
    return value
