"""Translator of rules: a tree of the language becomes a function with exact amounts, once its fields and kinds fit.

What a tree says of fields that do not exist, of kinds that cannot be compared and of its cost is found here, when the
rule is saved. `careful` translations judge every part of `&&` and `||` before they give up, as the language wants;
the quick ones stop at the first trouble, and are tried first.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from ligament.core.rules import functions as fn
from ligament.core.rules import shapes
from ligament.core.rules.language import Call, Fault, ListOf, Literal, Name, Node, NotTakenApart, Select, parse
from ligament.core.rules.operators import Code, Operators, sentence
from ligament.core.rules.shapes import Shape
from ligament.core.rules.vocabulary import CONVERSIONS, TEXT_FUNCTIONS

MOST_STEPS = 1_000_000
"""About a second."""
MOST_BYTES = 50_000_000
SAMPLE_LINES = 100
"""How many lines the invoice of the sample has."""
_TEXT_BYTES = 200
_MACROS = {"exists": 2, "all": 2, "exists_one": 2, "existsOne": 2, "filter": 2, "map": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What expressions can reach: the records, and the columns of the clinic's own tables."""

    names: tuple[str, ...] = tuple(shapes.FACTS)
    tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    matches: Callable[[str, str], bool] = lambda _text, _pattern: False
    lookup: Callable[[str, str], Mapping[str, str] | None] = lambda _name, _key: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """An expression that can be judged; `steps` is what it costs for an invoice with `SAMPLE_LINES` lines."""

    shape: Shape
    steps: int
    run: Callable[[Mapping[str, object]], object]
    depth: int = 0
    """How many loops over the lines stand in each other."""


def translated(text: str, around: Reach) -> Translated:
    """Return a text as a function; raises Fault with the place, or NotTakenApart for what is left to the library."""
    tree = parse(text)
    quick, careful = _Translation(around), _Translation(around, careful=True)
    code = quick.code(tree, {})
    again = careful.code(tree, {})
    first, second = quick.function(code), careful.function(again)

    def run(facts: Mapping[str, object]) -> object:
        try:
            return first(facts)
        except (ValueError, TypeError, LookupError, ArithmeticError):
            return second(facts)

    return Translated(shape=code.shape, steps=code.steps, run=run, depth=quick.deepest)


def together(texts: tuple[str, ...], around: Reach) -> Callable[[Mapping[str, object]], bool]:
    """Return a function that says whether one of some conditions may hold, in a fraction of the time of judging each.

    It says yes where it cannot be sure; raises Fault or NotTakenApart where one of them cannot be translated.
    """
    translation = _Translation(around)
    codes = [translation.code(parse(text), {}) for text in texts]
    one_of_them = translation.function(replace(codes[0], text=" or ".join(code.text for code in codes)))
    loops = bool(translation.deepest)

    def may_hold(facts: Mapping[str, object]) -> bool:
        try:
            if loops and len(facts["lines"]) > SAMPLE_LINES:  # type: ignore[arg-type] # lines are always a list
                return True
            return one_of_them(facts) is not False
        except (ValueError, TypeError, LookupError, ArithmeticError):
            return True

    return may_hold


class _Translation(Operators):
    def __init__(self, around: Reach, *, careful: bool = False) -> None:
        super().__init__(careful=careful)
        self.around = around
        self.deepest = 0

    def function(self, code: Code) -> Callable[[Mapping[str, object]], object]:
        # The text is made of this module's own words, numbered names and constants, never of what somebody wrote.
        try:
            return eval(f"lambda f: {code.text}", self.known)  # type: ignore[no-any-return] # noqa: S307 - as above
        except (SyntaxError, RecursionError, MemoryError):
            raise NotTakenApart from None

    # --- parts --------------------------------------------------------------------------------------------------------

    def code(self, node: Node, scope: Mapping[str, Code], loops: int = 0) -> Code:
        match node:
            case Literal():
                return self.literal(node)
            case Name():
                return self.record(node, scope)
            case Select():
                return self.select(node, scope, loops)
            case ListOf():
                return self.list_of(node, scope, loops)
            case Call():
                return _cheap(node, self.call(node, scope, loops))

    def literal(self, node: Literal) -> Code:
        value = node.value
        if value is None:
            return Code(text="None", shape=shapes.NULL)
        if isinstance(value, bool):
            return Code(text=str(value), shape=shapes.FLAG)
        if isinstance(value, str):
            return Code(text=self.name(value), shape=shapes.TEXT, bytes=len(value) + 50)
        if isinstance(value, int):
            _fits(value, node.at)
            return Code(text=f"({value})", shape=shapes.WHOLE)
        return Code(text=self.name(value), shape=shapes.AMOUNT)

    def record(self, node: Name, scope: Mapping[str, Code]) -> Code:
        if node.name in scope:
            return scope[node.name]
        if node.name not in self.around.names:
            near = _near(node.name, self.around.names)
            raise Fault(node.at, f'"{node.name}" is not known here.{near}')
        length = SAMPLE_LINES if node.name == "lines" else 1
        return Code(text=f'f["{node.name}"]', shape=shapes.FACTS[node.name], bytes=1_000 * length, length=length)

    def select(self, node: Select, scope: Mapping[str, Code], loops: int) -> Code:
        held = self.code(node.operand, scope, loops)
        fields = held.shape.fields
        if held.shape.kind in {"text", "number", "flag", "list", "null"}:
            raise Fault(node.at, f'{sentence(held.shape.called)} has no "{node.field}".')
        if fields is not None and node.field not in fields:
            called = sentence(held.shape.called)
            raise Fault(node.at, f'{called} has no "{node.field}".{_near(node.field, tuple(fields))}')
        shape = shapes.ANY if fields is None else fields[node.field]
        getter = f"{held.text}[{self.name(node.field)}]"
        if fields is None:
            getter = f"{self.name(fn.item)}({held.text}, {self.name(node.field)})"
        return Code(text=getter, shape=shape, steps=held.steps + 1, bytes=_TEXT_BYTES)

    def list_of(self, node: ListOf, scope: Mapping[str, Code], loops: int) -> Code:
        items = [self.code(one, scope, loops) for one in node.items]
        kinds = {one.shape.kind for one in items}
        inner = items[0].shape if len(kinds) == 1 else shapes.ANY
        return Code(
            text=f"[{', '.join(one.text for one in items)}]",
            shape=shapes.list_of(inner),
            steps=1 + sum(one.steps for one in items),
            bytes=50 + sum(one.bytes for one in items),
            length=len(items),
        )

    def call(self, node: Call, scope: Mapping[str, Code], loops: int) -> Code:
        if node.target is not None and node.name in _MACROS:
            return self.macro(node, node.target, scope, loops)
        if node.name == "has" and node.target is None:
            return self.has(node, scope, loops)
        held = () if node.target is None else (self.code(node.target, scope, loops),)
        parts = (*held, *(self.code(one, scope, loops) for one in node.arguments))
        code = self.operator(node, parts) or self.function_call(node, parts)
        return replace(code, steps=1 + sum(part.steps for part in parts))

    # --- functions ----------------------------------------------------------------------------------------------------

    def function_call(self, node: Call, parts: tuple[Code, ...]) -> Code:
        if node.name == "size" and len(parts) == 1:
            return self.with_function(len, parts, shapes.WHOLE)
        if node.target is None and node.name in CONVERSIONS and len(parts) == 1:
            run, shape = CONVERSIONS[node.name]
            return self.with_function(run, parts, shape)
        if node.target is None and node.name == "sum" and len(parts) == 1:
            return self.with_function(fn.summed, parts, shapes.AMOUNT)
        if node.target is None and node.name == "lookup":
            return self.lookup(node, parts)
        if node.name == "matches" and len(parts) == 2:  # noqa: PLR2004 - the text and the pattern
            return self.with_function(self.around.matches, parts, shapes.FLAG)
        if node.name == "join" and node.target is not None:
            code = self.with_function(fn.joined, parts, shapes.TEXT)
            return replace(code, bytes=parts[0].bytes + parts[0].length * sum(part.bytes for part in parts[1:]))
        known = TEXT_FUNCTIONS.get(node.name)
        if known is None or node.target is None or len(node.arguments) not in known.counts:
            raise NotTakenApart
        if parts[0].shape.kind not in {"text", "any"}:
            raise Fault(node.at, f'"{node.name}" wants a text before it, and {parts[0].shape.called} stands there.')
        code = self.with_function(known.run, parts, known.shape)
        size = sum(part.bytes for part in parts)
        return replace(code, bytes=size * size if node.name == "replace" else size, length=_TEXT_BYTES)

    def lookup(self, node: Call, parts: tuple[Code, ...]) -> Code:
        if len(parts) != 2:  # noqa: PLR2004 - the name and the key
            raise Fault(node.at, 'Write it as in lookup("claims", string(invoice.number)).')
        tables, given = self.around.tables, node.arguments[0]
        if not isinstance(given, Literal) or not isinstance(given.value, str):
            return self.with_function(self.around.lookup, parts, shapes.ANY)
        if given.value not in tables:
            near = _near(given.value, tuple(tables)) or f" Write a [lookups.{given.value}] table."
            raise Fault(given.at, f'There is no table called "{given.value}".{near}')
        if parts[1].shape.kind not in {"text", "any"}:
            raise Fault(node.at, "Rows are found by a text: write string(...) around the key.")
        row = shapes.record(f'a row of "{given.value}"', dict.fromkeys(tables[given.value], shapes.TEXT))
        return self.with_function(self.around.lookup, parts, row)

    # --- macros -------------------------------------------------------------------------------------------------------

    def has(self, node: Call, scope: Mapping[str, Code], loops: int) -> Code:
        (held,) = node.arguments if len(node.arguments) == 1 else (None,)
        if not isinstance(held, Select):
            raise NotTakenApart
        self.select(held, scope, loops)
        code = self.code(held.operand, scope, loops)
        return Code(text=f"{self.name(fn.has)}({code.text}, {self.name(held.field)})", shape=shapes.FLAG)

    def macro(self, node: Call, target: Node, scope: Mapping[str, Code], loops: int) -> Code:
        variable, *rest = node.arguments or (None,)
        if not isinstance(variable, Name) or len(rest) not in ({1, 2} if node.name == "map" else {1}):
            raise NotTakenApart
        held = self.code(target, scope, loops)
        if held.shape.kind not in {"list", "any"}:
            raise Fault(node.at, f'"{node.name}" wants a list before it, and {held.shape.called} stands there.')
        if held.shape.kind == "any":
            raise NotTakenApart
        self.deepest = max(self.deepest, loops + 1)
        item = Code(
            text=f"v{loops}", shape=held.shape.item or shapes.ANY, bytes=max(held.bytes // max(held.length, 1), 8)
        )
        inside = {**scope, variable.name: item}
        parts = [self.code(one, inside, loops + 1) for one in rest]
        code = self.loop(node, held, f"v{loops}", parts)
        steps = held.steps + max(held.length, 1) * (1 + sum(part.steps for part in parts))
        return replace(code, steps=steps)

    def loop(self, node: Call, held: Code, variable: str, parts: list[Code]) -> Code:
        walk = f"for {variable} in {held.text}"
        if node.name == "map":
            only = f" if {self.flag(node, parts[0])}" if len(parts) > 1 else ""
            made = parts[-1]
            return Code(
                text=f"[{made.text} {walk}{only}]",
                shape=shapes.list_of(made.shape),
                bytes=50 + held.length * made.bytes,
                length=held.length,
            )
        test = self.flag(node, parts[0])
        if node.name == "filter":
            return replace(held, text=f"[{variable} {walk} if {test}]")
        if node.name in {"exists_one", "existsOne"}:
            return Code(text=f"(sum([1 {walk} if {test}]) == 1)", shape=shapes.FLAG)
        if self.careful:
            run = self.name(fn.some if node.name == "exists" else fn.every)
            return Code(text=f"{run}(lambda {variable}: {test}, {held.text})", shape=shapes.FLAG)
        word = "any" if node.name == "exists" else "all"
        return Code(text=f"{word}([{test} {walk}])", shape=shapes.FLAG)


def _cheap(node: Call, code: Code) -> Code:
    """Refuse what costs too much on the sample."""
    if code.steps > MOST_STEPS:
        raise Fault(node.at, f"This costs too much: about {code.steps:,} steps on an invoice of {SAMPLE_LINES} lines.")
    if code.bytes > MOST_BYTES:
        raise Fault(node.at, f"This makes something too large: about {code.bytes // 10**6:,} MB.")
    return code


def _fits(value: int, at: int) -> None:
    try:
        fn.number(value)
    except ValueError:
        raise Fault(at, "This number is too large.") from None


def _near(word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0)
    return f' Did you mean "{near[0]}"?' if near else ""


def as_text(value: object) -> str:
    """Return what an expression gives as the text of an effect; nothing for null."""
    if value is None:
        return ""
    if isinstance(value, str | bool | int | Decimal):
        return fn.text(value)
    message = "it gives a record or a list where a text is wanted"
    raise ValueError(message)
