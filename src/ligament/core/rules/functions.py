"""Functions of the rules' language, with exact amounts: what a translated expression calls.

Each raises ValueError with a sentence where the language calls it an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Context, Decimal, InvalidOperation
from typing import Any

_EXACT = Context(prec=60, Emax=999, Emin=-999)
_LONGEST = 100_000
_MOST = 10_000
_WHOLE = 2**63
_LOWER = {upper: upper + 32 for upper in range(65, 91)}
_UPPER = {lower: lower - 32 for lower in range(97, 123)}
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,2})?")


def flag(value: object) -> bool:
    """Return true or false as it is; anything else is an error."""
    if isinstance(value, bool):
        return value
    message = "true or false is wanted where something else stands"
    raise ValueError(message)


def same(left: object, right: object) -> bool:
    """Say whether two values are equal: numbers by value, never a number with true or false."""
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    return left == right


def compared(left: Any, right: Any) -> int:  # noqa: ANN401 - any two values of the language
    """Return -1, 0 or 1; raises where the two cannot be put in order."""
    numbers = (int, Decimal)
    alike = type(left) is type(right) or (isinstance(left, numbers) and isinstance(right, numbers))
    if not alike or left is None or isinstance(left, bool) is not isinstance(right, bool):
        message = "two things are compared that cannot be put in order"
        raise ValueError(message)
    return int(left > right) - int(left < right)


def plus(left: Any, right: Any) -> Any:  # noqa: ANN401 - numbers, texts and lists
    """Add two numbers, or put one text or list behind another."""
    if isinstance(left, str) and isinstance(right, str):
        return bounded(left + right)
    if isinstance(left, list) and isinstance(right, list):
        return bounded([*left, *right])
    return _reckoned(_EXACT.add, left, right, lambda a, b: a + b)


def minus(left: object, right: object) -> Decimal | int:
    """Take one number from another."""
    return _reckoned(_EXACT.subtract, left, right, lambda a, b: a - b)


def times(left: object, right: object) -> Decimal | int:
    """Multiply two numbers."""
    return _reckoned(_EXACT.multiply, left, right, lambda a, b: a * b)


def _reckoned(
    amounts: Callable[[Decimal, Decimal], Decimal], left: object, right: object, wholes: Callable[[int, int], int]
) -> Decimal | int:
    a, b = number(left), number(right)
    if isinstance(a, int) and isinstance(b, int):
        return _within(wholes(a, b))
    return amounts(Decimal(a), Decimal(b))


def _within(value: int) -> int:
    number(value)
    return value


def divided(left: object, right: object) -> Decimal | int:
    """Divide two numbers: whole ones without the rest, amounts to sixty digits."""
    a, b = number(left), number(right)
    if not b:
        message = "it divides by zero"
        raise ValueError(message)
    if isinstance(a, int) and isinstance(b, int):
        return abs(a) // abs(b) * (1 if (a < 0) is (b < 0) else -1)
    return _EXACT.divide(Decimal(a), Decimal(b))


def remainder(left: object, right: object) -> Decimal | int:
    """Return what is left when whole numbers are divided, with the sign of the first."""
    quotient = divided(left, right)
    return minus(left, times(quotient, right))


def number(value: object) -> Any:  # noqa: ANN401 - whole or exact, as it is
    """Return a number as it is; anything else, and what is too large, is an error."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        message = "a number is wanted where something else stands"
        raise ValueError(message)  # noqa: TRY004 - the rule cannot be judged, whatever the type
    if isinstance(value, int) and not -_WHOLE <= value < _WHOLE:
        message = "a whole number became too large"
        raise ValueError(message)
    return value


def bounded(value: Any) -> Any:  # noqa: ANN401 - a text or a list, as it is
    """Return a text or list as it is when it is not too long."""
    if len(value) > (_LONGEST if isinstance(value, str) else _MOST):
        message = "it makes a text or a list that is too long"
        raise ValueError(message)
    return value


def item(held: Any, key: Any) -> Any:  # noqa: ANN401 - a list or a mapping
    """Return what stands at a place of a list or under a key."""
    if isinstance(held, Mapping) and key in held:
        return held[key]
    if isinstance(held, list) and isinstance(key, int) and 0 <= key < len(held):
        return held[key]
    message = f'there is no "{str(key)[:40]}" here'
    raise ValueError(message)


def contained(value: object, held: object) -> bool:
    """Say whether a value is in a list, or is a key."""
    if isinstance(held, list):
        return any(same(value, one) for one in held)
    return isinstance(held, Mapping) and value in held


def either(*parts: Callable[[], object]) -> bool:
    """Say whether one part holds; one that cannot be judged counts only when no other holds."""
    trouble: Exception | None = None
    for part in parts:
        try:
            if flag(part()):
                return True
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:
            trouble = trouble or error
    if trouble is not None:
        raise trouble
    return False


def both(*parts: Callable[[], object]) -> bool:
    """Say whether all parts hold; one that cannot be judged counts only when no other fails."""
    return not either(*(lambda part=part: not flag(part()) for part in parts))


def some(test: Callable[[Any], object], held: Iterable[object]) -> bool:
    """Say whether one element passes, as `either` does."""
    return either(*(lambda one=one: test(one) for one in held))


def every(test: Callable[[Any], object], held: Iterable[object]) -> bool:
    """Say whether all elements pass, as `both` does."""
    return both(*(lambda one=one: test(one) for one in held))


def summed(held: Iterable[object]) -> Decimal | int:
    """Add up the numbers of a list."""
    total: Decimal | int = 0
    for one in held:
        total = plus(total, one)
    return total


def text(value: object) -> str:
    """Return a value as text; an amount keeps its decimals."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(number(value))


def whole(value: object) -> int:
    """Return a number or a text as a whole number, without its decimals."""
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,30}", value):
        return int(number(int(value)))
    if isinstance(value, str):
        message = f'"{value[:40]}" is no whole number'
        raise ValueError(message)  # noqa: TRY004 - the text is wrong, not its type
    return int(number(int(number(value))))


def exact(value: object) -> Decimal:
    """Return a number or a text as an exact amount."""
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        message = f'"{value[:40]}" is no number'
        raise ValueError(message)
    try:
        return Decimal(value) if isinstance(value, str) else Decimal(number(value))
    except InvalidOperation:
        message = "this is no number"
        raise ValueError(message) from None


def lower(value: str) -> str:
    """Return a text with its letters A to Z in small."""
    return value.translate(_LOWER)


def upper(value: str) -> str:
    """Return a text with its letters a to z in capitals."""
    return value.translate(_UPPER)


def proper(value: str) -> str:
    """Return a name as people write it: `ANA O'BRIEN-mcdonald` reads `Ana O'Brien-McDonald`."""
    plain = _WORD.sub(lambda found: found[0].capitalize(), " ".join(value.split()))
    plain = re.sub(r"\bMc([a-z])", lambda found: "Mc" + found[1].upper(), plain)
    return re.sub(r"(?<=\w)'S\b", "'s", plain)


def replaced(value: str, old: str, new: str, most: int = -1) -> str:
    """Return a text with another put in its place."""
    count = value.count(old)
    if len(value) + count * len(new) > _LONGEST:
        message = "it makes a text or a list that is too long"
        raise ValueError(message)
    return value.replace(old, new, most)


def split(value: str, by: str, most: int = -1) -> list[str]:
    """Return the parts of a text."""
    if not by:
        return bounded(list(value))  # type: ignore[no-any-return] # as it came
    return bounded(value.split(by, most - 1 if most > 0 else -1))  # type: ignore[no-any-return] # as it came


def joined(held: Sequence[str], by: str = "") -> str:
    """Return texts put together."""
    return bounded(by.join(held))  # type: ignore[no-any-return] # as it came


def part(value: str, start: int, end: int | None = None) -> str:
    """Return the part of a text between two places."""
    stop = len(value) if end is None else end
    if not 0 <= start <= stop <= len(value):
        message = "a part of a text is wanted that it does not have"
        raise ValueError(message)
    return value[start:stop]


def has(held: object, name: str) -> bool:
    """Say whether a record is there and has a field."""
    return isinstance(held, Mapping) and name in held
