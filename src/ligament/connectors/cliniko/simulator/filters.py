"""The filter grammar `q[]=FIELD:OPERATORVALUE`: parsing per field type and testing records [3.2]."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ligament.connectors.cliniko.simulator.kinds import Type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ligament.connectors.cliniko.simulator.kinds import Kind, Record
    from ligament.connectors.cliniko.simulator.switches import Switches

PRESENT: Final = "?"
ABSENT: Final = "!?"
ANY: Final = "*"

# Longer operators first: `!=` must not be read as something shorter.
OPERATORS: Final[Mapping[Type, tuple[str, ...]]] = {
    Type.ID: ("!=", ">=", "<=", "=", ">", "<"),
    Type.INTEGER: ("!=", ">=", "<=", "=", ">", "<"),
    Type.DATE: (">=", "<=", "=", ">", "<"),
    Type.INSTANT: (">=", "<=", ">", "<"),
    Type.TEXT: ("!=", "~~", "~", "="),
    Type.BOOLEAN: ("!=", "="),
    Type.LIST: ("~",),
}
NULL_TESTED: Final = frozenset({Type.ID, Type.INTEGER, Type.DATE, Type.INSTANT, Type.TEXT})

_INTEGER = re.compile(r"-?\d+")
_DATE = re.compile(r"[\d*]{4}-[\d*]{2}-[\d*]{2}")
_INSTANT = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d+)?(Z|[+-]\d{2}:?\d{2})")


class BadFilter(Exception):
    """The filter is answered with 400 and this message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One parsed filter: the record's field, the operator and the values in comparable form."""

    name: str
    field: str
    type: Type
    operator: str
    values: tuple[str, ...] = ()


def parse_filters(texts: Iterable[str], kind: Kind, allowed: Iterable[str], switches: Switches) -> tuple[Filter, ...]:
    """Return the parsed filters; `allowed` names the fields that this endpoint can filter by."""
    names = frozenset(allowed)
    return tuple(_parse(text, kind, names, switches) for text in texts)


def _parse(text: str, kind: Kind, allowed: frozenset[str], switches: Switches) -> Filter:
    name, colon, rest = text.partition(":")
    if name not in allowed or name not in kind.filters:
        raise BadFilter(f"{name} is not filterable")
    value_type = kind.filters[name]
    field = kind.aliases.get(name, name)
    if not colon:
        raise BadFilter(f"Filter operator for {name} is missing")
    if (rest in (PRESENT, ABSENT) and value_type in NULL_TESTED) or (rest == ANY and value_type is Type.INSTANT):
        return Filter(name=name, field=field, type=value_type, operator=rest)
    operator = next((sign for sign in OPERATORS[value_type] if rest.startswith(sign)), "")
    if not operator:
        raise BadFilter(f"Filter operator for {name} is not valid")
    values = _values(name, value_type, operator, rest[len(operator) :], switches)
    return Filter(name=name, field=field, type=value_type, operator=operator, values=values)


def _values(name: str, value_type: Type, operator: str, raw: str, switches: Switches) -> tuple[str, ...]:
    match value_type:
        case Type.ID | Type.INTEGER:
            values = tuple(part.strip() for part in raw.split(",")) if operator == "=" else (raw,)
            if not all(_INTEGER.fullmatch(value) for value in values):
                raise BadFilter(f"Filter value for {name} must be a number")
            if 0 < switches.filter_list_limit < len(values):
                raise BadFilter(f"Filter value for {name} has too many entries")
            return tuple(str(int(value)) for value in values)
        case Type.INSTANT:
            return (_instant_value(name, raw, switches),)
        case Type.DATE:
            if not _DATE.fullmatch(raw) or ("*" in raw and operator != "="):
                raise BadFilter(f"Filter value for {name} must be a date")
        case Type.BOOLEAN:
            if raw not in ("true", "false"):
                raise BadFilter(f"Filter value for {name} must be true or false")
        case _:
            pass
    return (raw,)


def _instant_value(name: str, raw: str, switches: Switches) -> str:
    """Return the bound without its Z; such texts compare like the instants, also with a fraction behind."""
    found = _INSTANT.fullmatch(raw)
    if found is None:
        raise BadFilter(f"Filter value for {name} must be a date and time")
    seconds, fraction, offset = found.groups()
    if offset != "Z" and switches.filter_offset == "refused":
        raise BadFilter(f"Filter value for {name} must be in UTC")
    if fraction and switches.filter_fraction == "refused":
        raise BadFilter(f"Filter value for {name} must have whole seconds")
    try:
        at = datetime.fromisoformat(f"{seconds}{offset}").astimezone(UTC)
    except ValueError as error:
        raise BadFilter(f"Filter value for {name} must be a date and time") from error
    kept = (fraction or "").rstrip("0").rstrip(".") if switches.filter_fraction == "honoured" else ""
    return f"{at:%Y-%m-%dT%H:%M:%S}{kept}"


def checker(wanted: Filter) -> Callable[[Record], bool]:
    """Return the test of a filter on a record in stored form."""
    field = wanted.field
    match wanted.operator:
        case "*":
            return lambda record: True  # noqa: ARG005 - every operator takes both
        case "?":
            return lambda record: record.get(field) is not None
        case "!?":
            return lambda record: record.get(field) is None
        case _:
            pass
    match wanted.type:
        case Type.ID | Type.INTEGER:
            return _number_test(wanted)
        case Type.TEXT:
            return _text_test(wanted)
        case Type.BOOLEAN:
            return _boolean_test(wanted)
        case Type.LIST:
            sought = wanted.values[0]
            return lambda record: sought in [str(entry) for entry in _entries(record.get(field))]
        case _:
            return _time_test(wanted)


def _entries(value: object) -> Iterable[object]:
    return value if isinstance(value, (list, tuple)) else ()


def _number_test(wanted: Filter) -> Callable[[Record], bool]:
    field, sought = wanted.field, frozenset(int(value) for value in wanted.values)
    bound = int(wanted.values[0])
    by_order = _order(wanted.operator)

    def passes(record: Record) -> bool:
        value = record.get(field)
        if value is None or not str(value).lstrip("-").isdecimal():
            return False
        number = int(str(value))
        match wanted.operator:
            case "=":
                return number in sought
            case "!=":
                return number not in sought
            case _:
                return by_order((number > bound) - (number < bound))

    return passes


def _order(operator: str) -> Callable[[int], bool]:
    match operator:
        case ">=":
            return lambda sign: sign >= 0
        case ">":
            return lambda sign: sign > 0
        case "<=":
            return lambda sign: sign <= 0
        case "<":
            return lambda sign: sign < 0
        case _:
            return lambda sign: sign == 0


def _time_test(wanted: Filter) -> Callable[[Record], bool]:
    field, bound, by_order = wanted.field, wanted.values[0], _order(wanted.operator)
    if wanted.type is Type.DATE and "*" in bound:
        pattern = re.compile(bound.replace("*", r"\d"))
        return lambda record: pattern.fullmatch(str(record.get(field) or "")) is not None

    def passes(record: Record) -> bool:
        value = record.get(field)
        if value is None:
            return False
        text = str(value).removesuffix("Z")
        return by_order((text > bound) - (text < bound))

    return passes


def _text_test(wanted: Filter) -> Callable[[Record], bool]:
    field, sought = wanted.field, wanted.values[0].casefold()
    match wanted.operator:
        case "~":
            return lambda record: sought in str(record.get(field) or "").casefold()
        case "~~":
            parts = (re.escape(part) for part in sought.split("%"))
            pattern = re.compile(".*".join(parts), re.DOTALL)
            return lambda record: pattern.fullmatch(str(record.get(field) or "").casefold()) is not None
        case "!=":
            return lambda record: str(record.get(field) or "").casefold() != sought
        case _:
            return lambda record: str(record.get(field) or "").casefold() == sought


def _boolean_test(wanted: Filter) -> Callable[[Record], bool]:
    field, sought, equal = wanted.field, wanted.values[0] == "true", wanted.operator == "="

    def passes(record: Record) -> bool:
        value = record.get(field)
        # Unanswered is neither true nor false, so it passes no test for equality.
        return (value is sought) if equal else (value is not sought)

    return passes
