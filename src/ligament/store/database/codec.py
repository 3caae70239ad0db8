"""Records of the core as JSON and back: private values in clear (the database is ours), decimals exactly."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, cast, get_args

import msgspec

from ligament.core.holds import Detail, Hold, HoldCode, HoldKind
from ligament.core.intents import Subject
from ligament.core.private import NOTHING, Private

T = TypeVar("T")

_TAG = "$"
_TAGGED = f'"{_TAG}"'.encode()


def _uncover(value: object) -> object:
    """Give the encoder what is inside a private value."""
    if isinstance(value, Private):
        return value.reveal()
    raise TypeError(f"{type(value).__name__} has no JSON form in the store")


def _cover(kind: Any, value: object) -> object:  # noqa: ANN401 - msgspec hands over any type form
    """Wrap a decoded value that belongs into a private field."""
    return _coverer(kind)(value)


def _private_text(value: object) -> Private[str]:
    return Private(cast("str", value)) if value else NOTHING


def _as_it_is(value: object) -> object:
    return value


@cache
def _coverer(kind: Any) -> Callable[[object], object]:  # noqa: ANN401 - msgspec hands over any type form
    if kind is object:
        return _as_it_is
    inner = get_args(kind)[0]
    if inner is str:
        return _private_text
    return lambda value: Private(msgspec.convert(value, inner, dec_hook=_cover))


_ENCODER = msgspec.json.Encoder(enc_hook=_uncover, order="deterministic")
# What a person was shown has its order, and the fingerprint of a hold depends on it.
_IN_ITS_OWN_ORDER = msgspec.json.Encoder(enc_hook=_uncover)


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401 - any type form
    return msgspec.json.Decoder(kind, dec_hook=_cover)


def encode(value: object) -> bytes:
    """Return a record as JSON; equal records give equal bytes."""
    return _ENCODER.encode(value)


def decode(kind: type[T], body: bytes) -> T:
    """Return the record of that type from its JSON."""
    return cast("T", _decoder(cast("Hashable", kind)).decode(body))


def decoder(kind: type[T]) -> Callable[[bytes], T]:
    """Return the decoding function of a type, for loops."""
    return cast("Callable[[bytes], T]", _decoder(cast("Hashable", kind)).decode)


def builtins(value: object) -> Any:  # noqa: ANN401 - JSON is any
    """Return a record as plain mappings, lists and texts, with private values in clear."""
    return msgspec.to_builtins(value, enc_hook=_uncover, str_keys=True)


# --- free-form detail -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldForm:
    """A hold as it is kept: as the hold itself, with tags where JSON has no type of its own."""

    subject: Subject
    code: HoldCode
    kind: HoldKind
    number: str
    sentence: str
    todo: str
    detail: dict[str, Any]
    proposed: dict[str, Any] | None
    rule: str
    waits_for: str


def encode_hold(hold: Hold) -> bytes:
    """Return a hold as JSON, with everything in its free-form detail."""
    return _IN_ITS_OWN_ORDER.encode(
        HoldForm(
            subject=hold.subject,
            code=hold.code,
            kind=hold.kind,
            number=hold.number,
            sentence=hold.sentence,
            todo=hold.todo,
            detail=_tag_mapping(hold.detail),
            proposed=None if hold.proposed is None else _tag_mapping(hold.proposed),
            rule=hold.rule,
            waits_for=hold.waits_for,
        )
    )


def decode_hold(body: bytes) -> Hold:
    """Return the hold that `encode_hold` wrote."""
    if _TAGGED not in body:
        return decode(Hold, body)
    form = decode(HoldForm, body)
    return Hold(
        subject=form.subject,
        code=form.code,
        kind=form.kind,
        number=form.number,
        sentence=form.sentence,
        todo=form.todo,
        detail=cast("Detail", untag(form.detail)),
        proposed=None if form.proposed is None else cast("Detail", untag(form.proposed)),
        rule=form.rule,
        waits_for=form.waits_for,
    )


class _About(msgspec.Struct, gc=False):
    id: msgspec.Raw


class HoldText(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """A hold as it is kept, its values still in JSON: for lists, which pass a hundred of them on as they are.

    What is not kept in it `shown_as` fills in; it is written in this order, without what is unset or empty.
    """

    id: str | msgspec.UnsetType = msgspec.UNSET
    subject: _About | msgspec.UnsetType
    code: msgspec.Raw
    kind: msgspec.Raw
    source_id: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    number: msgspec.Raw
    sentence: msgspec.Raw
    todo: msgspec.Raw
    detail: dict[str, msgspec.Raw]
    proposed: dict[str, msgspec.Raw] | None = None
    rule: str = ""
    waits_for: str = ""
    waiting_since: str | msgspec.UnsetType = msgspec.UNSET
    closed_at: str | msgspec.UnsetType | None = msgspec.UNSET

    def shown_as(self, kept_as: str, waiting_since: str) -> HoldText:
        """Return it as the interface shows an open hold."""
        assert not isinstance(self.subject, msgspec.UnsetType)
        self.id, self.source_id, self.subject = kept_as, self.subject.id, msgspec.UNSET
        self.waiting_since, self.closed_at = waiting_since, None
        self.detail.pop("shown", None)
        return self


def hold_text(body: bytes) -> HoldText | None:
    """Return the hold that `encode_hold` wrote without reading its values; nothing for one with a tagged value."""
    return None if _TAGGED in body else decode(HoldText, body)


def _tag_mapping(values: Mapping[str, object]) -> dict[str, Any]:
    return cast("dict[str, Any]", tag(dict(values)))


def tag(value: object) -> object:  # noqa: C901, PLR0911 - a table of types, one line each
    """Return a free-form value in JSON types, with `{"$": type, "v": value}` for what JSON cannot tell."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return str(value)
        case Decimal():
            return {_TAG: "decimal", "v": str(value)}
        case datetime():
            return {_TAG: "instant", "v": value.isoformat()}
        case date():
            return {_TAG: "date", "v": value.isoformat()}
        case Private():
            return {_TAG: "private", "v": tag(value.reveal())}
        case tuple() | frozenset() | set():
            held = sorted(value, key=str) if isinstance(value, frozenset | set) else value
            return {_TAG: "tuple", "v": [tag(item) for item in held]}
        case list():
            return [tag(item) for item in value]
        case Mapping():
            plain = {str(key): tag(item) for key, item in value.items()}
            return {_TAG: "map", "v": plain} if _TAG in plain else plain
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {held.name: tag(getattr(value, held.name)) for held in fields(value)}
        case _:
            raise TypeError(f"a detail cannot hold {type(value).__name__}; use text, whole numbers or decimals")


_UNTAG: Mapping[str, Callable[[Any], object]] = {
    "decimal": Decimal,
    "instant": datetime.fromisoformat,
    "date": date.fromisoformat,
    "private": lambda value: Private(untag(value)),
    "tuple": lambda value: tuple(untag(item) for item in value),
    "map": lambda value: {key: untag(item) for key, item in value.items()},
}


def untag(value: object) -> object:
    """Return the free-form value that `tag` wrote."""
    match value:
        case list():
            return [untag(item) for item in value]
        case dict() if _TAG in value:
            return _UNTAG[value[_TAG]](value["v"])
        case dict():
            return {key: untag(item) for key, item in value.items()}
        case _:
            return value
