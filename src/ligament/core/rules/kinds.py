"""Kinds of value: what may stand behind a key of the rulebook, and how to ask for it when something else does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from ipaddress import ip_network
from typing import Final

from ligament.core.periods import is_zone
from ligament.core.rules import hours, model

_MAIL = re.compile(r"[^@\s()<>]+@[^@\s()<>]+\.[^@\s()<>]+")
_PREFIX = re.compile(r"[A-Za-z0-9_/-]{0,20}")
_CLINIC_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_LONGEST_NUMBER = 40
_MOST_PAUSES = 50
_WEEK_S = 604_800


class _Misfit:
    """The mark for a value that does not fit."""


MISFIT: Final = _Misfit()


class Entry(StrEnum):
    """How a person gives a value on a form; MAYBE is yes, no or nothing, LINES and ADDRESSES are one on each line."""

    TEXT = "text"
    TIME = "time"
    DAY = "day"
    WHOLE = "whole"
    WHOLES = "wholes"
    NUMBER = "number"
    FLAG = "flag"
    MAYBE = "maybe"
    CHOICE = "choice"
    CHOICES = "choices"
    LINES = "lines"
    ADDRESSES = "addresses"
    TABLE = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What may stand behind a key: `read` returns the value or MISFIT, `wanted` asks for the right thing.

    On a form it is given as `entry` says, out of the `options` where there are some; `form_wanted` asks there where
    `wanted` speaks of how the file writes it.
    """

    wanted: str
    read: Callable[[object], object]
    entry: Entry = Entry.TEXT
    options: tuple[str, ...] = ()
    form_wanted: str = ""


def _of(
    wanted: str,
    read: Callable[[object], object | None],
    entry: Entry = Entry.TEXT,
    options: tuple[str, ...] = (),
    form_wanted: str = "",
) -> Kind:
    """Return a kind whose `read` says None when the value does not fit."""

    def checked(value: object) -> object:
        result = read(value)
        return MISFIT if result is None else result

    return Kind(wanted=wanted, read=checked, entry=entry, options=options, form_wanted=form_wanted)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def whole(lowest: int = 0, highest: int = 10**9) -> Kind:
    """Return the kind of a whole number between two bounds, both included."""

    def read(value: object) -> int | None:
        fits = isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest
        return value if fits and isinstance(value, int) else None

    return _of(f"a whole number from {lowest} to {highest}", read, Entry.WHOLE)


def choice(members: type[StrEnum]) -> Kind:
    """Return the kind of one word out of a closed set."""
    return one_of({member.value: member for member in members})


def one_of(options: Mapping[str, object]) -> Kind:
    """Return the kind of one word out of several, each with what it means."""
    wanted = "one of " + ", ".join(f'"{name}"' for name in options)
    return _of(
        wanted, lambda value: options.get(value) if isinstance(value, str) else None, Entry.CHOICE, tuple(options)
    )


def words(options: tuple[str, ...], example: str) -> Kind:
    """Return the kind of a list of words out of a closed set, each once."""

    def read(value: object) -> tuple[str, ...] | None:
        chosen = _texts(value)
        fits = chosen is not None and set(chosen) <= set(options) and len(set(chosen)) == len(chosen)
        return chosen if fits else None

    wanted = f"a list such as {example}, out of " + ", ".join(f'"{name}"' for name in options)
    return _of(wanted, read, Entry.CHOICES, options)


def _texts(value: object) -> tuple[str, ...] | None:
    fits = isinstance(value, list | tuple) and all(isinstance(held, str) for held in value)
    return tuple(str(held) for held in value) if fits and isinstance(value, list | tuple) else None


def decimal(value: object) -> Decimal | None:
    """Return a finite number, or None; numbers with thousands of digits are none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        text = str(value)
        number = Decimal(text) if len(text) <= _LONGEST_NUMBER else Decimal("nan")
    except (InvalidOperation, ValueError):
        return None
    return number if number.is_finite() else None


def _amount(value: object) -> Decimal | None:
    number = decimal(value)
    return number if number is not None and number >= 0 else None


def _people(value: object) -> dict[str, str] | None:
    """Return a table of e-mail addresses, in small letters, and where messages to each person go."""
    held = _codes(value)
    fits = held is not None and all(_MAIL.fullmatch(name) and address for name, address in held.items())
    return {name.casefold(): address for name, address in held.items()} if fits and held is not None else None


def _fraction(value: object) -> Decimal | None:
    number = decimal(value)
    return number if number is not None and 0 <= number <= 1 else None


def _day(value: object) -> date | None:
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def _policy(value: object) -> model.Policy | None:
    if value == "auto":
        return model.Policy(mode=model.PolicyMode.AUTO)
    if value == "ask":
        return model.Policy(mode=model.PolicyMode.ASK)
    if isinstance(value, str) and value.startswith("ask above "):
        amount = decimal(value.removeprefix("ask above ").strip())
        if amount is not None and amount >= 0:
            return model.Policy(mode=model.PolicyMode.ASK_ABOVE, above=amount)
    return None


def _mail_address(value: object) -> str | None:
    return value if isinstance(value, str) and (value == "" or _MAIL.fullmatch(value)) else None


def _yes_no_or_blank(value: object) -> object:
    if value == "" and isinstance(value, str):
        return None
    return value if isinstance(value, bool) else MISFIT


def _networks(value: object) -> tuple[str, ...] | None:
    """Return addresses or networks as they are written, or None when one of them is neither."""
    given = _texts(value)
    try:
        return None if given is None or any(ip_network(text, strict=False) is None for text in given) else given
    except ValueError:
        return None


def _pauses(value: object) -> tuple[int, ...] | None:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= _MOST_PAUSES:
        return None
    one = whole(0, _WEEK_S)
    return None if any(one.read(held) is MISFIT for held in value) else tuple(int(held) for held in value)


def _matching(pattern: re.Pattern[str]) -> Callable[[object], str | None]:
    return lambda value: value if isinstance(value, str) and pattern.fullmatch(value) else None


def _clinic_id(value: object) -> str | None:
    return "" if value == "" and isinstance(value, str) else _matching(_CLINIC_ID)(value)


def _codes(value: object) -> dict[str, str] | None:
    """Return a table of names and codes; one that does not fit is found again, and named, by the reader."""
    fits = isinstance(value, Mapping) and all(isinstance(held, str) for held in value.values())
    return {str(name): str(held) for name, held in value.items()} if fits and isinstance(value, Mapping) else None


def _write_offs(value: object) -> frozenset[str] | None:
    held = value.get("items", []) if isinstance(value, Mapping) else value
    names = _texts(held)
    return None if names is None else frozenset(names)


TEXT = _of('a text in quotes, as in "200"', _text)
TRIMMED = _of(
    'a text in quotes, as in "200"', lambda value: " ".join(value.split()) if isinstance(value, str) else None
)
FLAG = Kind(wanted="true or false", read=lambda value: value if isinstance(value, bool) else MISFIT, entry=Entry.FLAG)
TEXTS = _of('a list of texts in quotes, as in ["Standard consultation"]', _texts, Entry.LINES)
ADDRESSES = _of("a list of addresses in quotes", _texts, Entry.ADDRESSES)
PEOPLE = _of('a table of lines such as "kim@clinic.example" = "mailtos://..."', _people, Entry.TABLE)
AMOUNT = _of("an amount such as 500.00", _amount, Entry.NUMBER)
FRACTION = _of("a number from 0 to 1", _fraction, Entry.NUMBER)
DAY = _of("a date without quotes, as in 2026-07-01", _day, Entry.DAY, form_wanted="a date, as in 2026-07-01")
POLICY = _of(
    '"auto", "ask" or "ask above 500.00"', _policy, Entry.TEXT, ("auto", "ask"), "auto, ask or ask above 500.00"
)
MAIL = _of('an e-mail address such as "desk@clinic.example"', _mail_address)
ZONE = _of(
    'a time zone such as "Australia/Perth"', lambda value: value if isinstance(value, str) and is_zone(value) else None
)
YES_NO_OR_BLANK = Kind(wanted='true, false or ""', read=_yes_no_or_blank, entry=Entry.MAYBE)
PREFIX = _of("up to 20 letters, digits, hyphens, underscores or slashes", _matching(_PREFIX))
CLINIC_ID = _of("up to 63 letters, digits, hyphens or underscores", _clinic_id)
CLOCK_TIME = _of('a time such as "02:00"', hours.clock_time, Entry.TIME)
OPENS_AT = _of('a time such as "07:00"', hours.clock_time, Entry.TIME)
CLOSES_AT = _of('a time such as "20:00"', hours.clock_time, Entry.TIME)
DIGEST_AT = _of('a time such as "08:00"', hours.clock_time, Entry.TIME)
SPAN = _of('two times such as "20:00-07:00", or ""', hours.span)
WEEK_DAY = _of('a day such as "sunday"', hours.week_day, Entry.CHOICE, hours.WEEK_DAYS)
WEEK_DAYS = _of('a list of days such as ["monday", "tuesday"]', hours.week_days, Entry.CHOICES, hours.WEEK_DAYS)
LINK = _of('an address such as "https://ligament.example"', hours.web_address)
NETWORKS = _of(
    'a list of addresses or networks such as ["127.0.0.1", "10.0.0.0/8"]',
    _networks,
    Entry.LINES,
    form_wanted="addresses or networks, one on each line, such as 10.0.0.0/8",
)
PAUSES = _of("a list of 1 to 50 pauses in whole seconds, a week each at most", _pauses, Entry.WHOLES)
DRAFT_OR_NOT = one_of({"AUTHORISED": False, "DRAFT": True})
SKIP_OR_POST = one_of({"skip": False, "post": True})
CODES = _of('a table of "name" = "code" lines', _codes, Entry.TABLE)
WRITE_OFFS = _of('a list of ids, codes or names: items = ["Write off"]', _write_offs, Entry.TABLE)
