"""Vocabulary of the rules' language: the functions that a text or a number has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ligament.core.rules import functions as fn
from ligament.core.rules import shapes
from ligament.core.rules.shapes import Shape

CONVERSIONS = {"string": (fn.text, shapes.TEXT), "int": (fn.whole, shapes.WHOLE), "double": (fn.exact, shapes.AMOUNT)}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFunction:
    """A function that stands behind a text: what runs, how many arguments it takes, and what it gives."""

    run: Callable[..., object]
    counts: tuple[int, ...]
    shape: Shape = shapes.TEXT


TEXT_FUNCTIONS: Mapping[str, TextFunction] = {
    "contains": TextFunction(run=lambda held, one: one in held, counts=(1,), shape=shapes.FLAG),
    "startsWith": TextFunction(run=str.startswith, counts=(1,), shape=shapes.FLAG),
    "endsWith": TextFunction(run=str.endswith, counts=(1,), shape=shapes.FLAG),
    "lowerAscii": TextFunction(run=fn.lower, counts=(0,)),
    "upperAscii": TextFunction(run=fn.upper, counts=(0,)),
    "properCase": TextFunction(run=fn.proper, counts=(0,)),
    "trim": TextFunction(run=str.strip, counts=(0,)),
    "replace": TextFunction(run=fn.replaced, counts=(2, 3)),
    "split": TextFunction(run=fn.split, counts=(1, 2), shape=shapes.list_of(shapes.TEXT)),
    "substring": TextFunction(run=fn.part, counts=(1, 2)),
    "charAt": TextFunction(run=lambda held, at: fn.part(held, at, at + 1), counts=(1,)),
    "indexOf": TextFunction(run=str.find, counts=(1,), shape=shapes.WHOLE),
    "lastIndexOf": TextFunction(run=str.rfind, counts=(1,), shape=shapes.WHOLE),
    "reverse": TextFunction(run=lambda held: held[::-1], counts=(0,)),
}
