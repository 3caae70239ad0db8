"""Operators of the rules' language in Python: logic, comparing and reckoning, each with the kinds that it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ligament.core.rules import functions as fn
from ligament.core.rules import shapes
from ligament.core.rules.language import Call, Fault, Literal, Node
from ligament.core.rules.shapes import Shape

_ORDERED = {"<": "< 0", "<=": "<= 0", ">": "> 0", ">=": ">= 0"}
_SUMS = {"+": fn.plus, "-": fn.minus, "*": fn.times, "/": fn.divided, "%": fn.remainder}


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A part in Python, its shape, how many steps it takes and how large what it gives may be."""

    text: str
    shape: Shape
    steps: int = 1
    bytes: int = 8
    length: int = 1


class Operators:
    """Makes Python of operators; `careful` ones judge every part before they give up."""

    def __init__(self, *, careful: bool = False) -> None:
        self.careful = careful
        self.known: dict[str, Any] = {"__builtins__": {"len": len, "any": any, "all": all, "sum": sum, "list": list}}

    def name(self, value: object) -> str:
        """Return the name under which the function finds a constant or another function."""
        name = f"c{len(self.known)}"
        self.known[name] = value
        return name

    def _is_zero(self, part: Code) -> bool:
        try:
            value = eval(part.text, dict(self.known))  # noqa: S307 - made of our own words and constants only
        except (ValueError, TypeError, LookupError, ArithmeticError, SyntaxError):
            return False
        return isinstance(value, int | Decimal) and not value

    def with_function(self, run: Callable[..., object], parts: tuple[Code, ...], shape: Shape) -> Code:
        """Return a call of one of our functions, which is as large as the largest part of it."""
        return Code(
            text=f"{self.name(run)}({listed(parts)})", shape=shape, bytes=max((part.bytes for part in parts), default=8)
        )

    def operator(  # noqa: PLR0911 - one line for each operator
        self, node: Call, parts: tuple[Code, ...]
    ) -> Code | None:
        """Return an operator, or None when the name is that of a function."""
        match node.name:
            case "||" | "&&":
                return self._logic(node, parts)
            case "!x":
                return Code(text=f"(not {self.flag(node, parts[0])})", shape=shapes.FLAG)
            case "-x":
                check_numbers(node, parts)
                return Code(text=f"(-{self.name(fn.number)}({parts[0].text}))", shape=parts[0].shape)
            case "?:":
                return self._choice(node, parts)
            case "==" | "!=":
                return self._equality(node, parts)
            case "<" | "<=" | ">" | ">=":
                return self._order(node, parts)
            case "in":
                return self._inside(node, parts)
            case "[]":
                inner = parts[0].shape.item or shapes.ANY
                return self.with_function(fn.item, parts, inner)
            case "+" | "-" | "*" | "/" | "%":
                return self._arithmetic(node, parts)
            case _:
                return None

    def flag(self, node: Call, part: Code) -> str:
        """Return a part that must be true or false."""
        if part.shape.kind == "any":
            return f"{self.name(fn.flag)}({part.text})"
        if part.shape.kind != "flag":
            raise Fault(node.at, f'"{node.name.strip("x")}" wants true or false, and {part.shape.called} stands there.')
        return part.text

    def _logic(self, node: Call, parts: tuple[Code, ...]) -> Code:
        texts = [self.flag(node, part) for part in parts]
        if self.careful:
            run = self.name(fn.either if node.name == "||" else fn.both)
            return Code(text=f"{run}({', '.join(f'lambda: {text}' for text in texts)})", shape=shapes.FLAG)
        word = " or " if node.name == "||" else " and "
        return Code(text=f"({word.join(texts)})", shape=shapes.FLAG)

    def _choice(self, node: Call, parts: tuple[Code, ...]) -> Code:
        condition, first, second = parts
        shape = first.shape if first.shape.kind == second.shape.kind else shapes.ANY
        if first.shape.fields is not second.shape.fields and shape.fields is not None:
            shape = shapes.ANY
        return Code(
            text=f"({first.text} if {self.flag(node, condition)} else {second.text})",
            shape=shape,
            bytes=max(first.bytes, second.bytes),
            length=max(first.length, second.length),
        )

    def _equality(self, node: Call, parts: tuple[Code, ...]) -> Code:
        left, right = (part.shape.kind for part in parts)
        loose = {"any", "null"} & {left, right}
        if left != right and not loose:
            raise Fault(node.at, f"{sentence(parts[0].shape.called)} is never the same as {parts[1].shape.called}.")
        plain = (left == right and left in {"text", "number", "flag"}) or "null" in {left, right}
        text = f"({parts[0].text} == {parts[1].text})" if plain else f"{self.name(fn.same)}({listed(parts)})"
        return Code(text=text if node.name == "==" else f"(not {text})", shape=shapes.FLAG)

    def _order(self, node: Call, parts: tuple[Code, ...]) -> Code:
        left, right = (part.shape.kind for part in parts)
        if left == right and left in {"text", "number"}:
            return Code(text=f"({parts[0].text} {node.name} {parts[1].text})", shape=shapes.FLAG)
        if "any" not in {left, right}:
            said = f"{sentence(parts[0].shape.called)} and {parts[1].shape.called} cannot be put in order."
            raise Fault(node.at, said)
        text = f"({self.name(fn.compared)}({listed(parts)}) {_ORDERED[node.name]})"
        return Code(text=text, shape=shapes.FLAG)

    def _inside(self, node: Call, parts: tuple[Code, ...]) -> Code:
        if parts[1].shape.kind in {"text", "number", "flag"}:
            raise Fault(node.at, f'"in" wants a list, and {parts[1].shape.called} stands there.')
        return self.with_function(fn.contained, parts, shapes.FLAG)

    def _arithmetic(self, node: Call, parts: tuple[Code, ...]) -> Code:
        left, right = (part.shape.kind for part in parts)
        together = {left, right}
        if node.name == "+" and (together <= {"text", "any"} or together <= {"list", "any"}) and together != {"any"}:
            shape = parts[0].shape if left != "any" else parts[1].shape
            code = self.with_function(fn.plus, parts, shape)
            return replace(code, bytes=sum(p.bytes for p in parts), length=sum(p.length for p in parts))
        if together != {"any"}:
            check_numbers(node, parts)
        if node.name in {"/", "%"} and _is_constant(node.arguments[1]) and self._is_zero(parts[1]):
            raise Fault(node.at, "This divides by zero.")
        whole = all(part.shape is shapes.WHOLE for part in parts)
        shape = shapes.ANY if together == {"any"} else shapes.WHOLE if whole else shapes.AMOUNT
        return replace(self.with_function(_SUMS[node.name], parts, shape), bytes=sum(part.bytes for part in parts))


def _is_constant(node: Node) -> bool:
    match node:
        case Literal():
            return True
        case Call(target=None):
            return all(_is_constant(one) for one in node.arguments)
        case _:
            return False


def check_numbers(node: Call, parts: tuple[Code, ...]) -> None:
    """Complain about a part that can be no number."""
    for part in parts:
        if part.shape.kind not in {"number", "any"}:
            raise Fault(node.at, f'"{node.name.strip("x")}" wants numbers, and {part.shape.called} stands there.')


def listed(parts: tuple[Code, ...]) -> str:
    return ", ".join(part.text for part in parts)


def sentence(called: str) -> str:
    """Return what something is called at the beginning of a sentence."""
    return called[:1].upper() + called[1:]
