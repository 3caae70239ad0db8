"""What a client may change through the API: create, update, archive, unarchive, delete and cancel [4.3, 5]."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from ligament.connectors.cliniko.simulator.access import refusal
from ligament.connectors.cliniko.simulator.described import CANCELLING, unknown_fields
from ligament.connectors.cliniko.simulator.kinds import Kind, Record, Type, Verb
from ligament.connectors.cliniko.simulator.render import Style, record_text
from ligament.connectors.cliniko.simulator.ui_diary import book, cancel_attendee, cancel_booking
from ligament.connectors.cliniko.simulator.ui_records import archive_record, unarchive_record
from ligament.connectors.cliniko.simulator.validation import errors_in
from ligament.connectors.cliniko.simulator.values import as_decimal, stamp
from ligament.connectors.cliniko.simulator.world import World, add, amend, find, get, remove
from ligament.simkit.messages import Request, Response, json_response

if TYPE_CHECKING:
    from datetime import datetime

Answer = tuple[World, Response]

JSON = ("Content-Type", "application/json; charset=utf-8")
COUNTRIES = MappingProxyType(
    {"AU": "Australia", "NZ": "New Zealand", "GB": "United Kingdom", "IE": "Ireland", "CA": "Canada"}
)
DIALLING = MappingProxyType({"AU": "61", "NZ": "64", "GB": "44", "IE": "353", "CA": "1"})


def create(world: World, kind: Kind, request: Request, style: Style) -> Answer:
    """Create a record: 201 with the record and its address, or 422."""
    given, trouble = _read(world, kind, request, creating=True)
    if trouble is not None:
        return world, trouble
    fields = {**_completed(world, kind, given), "created_at": stamp(request.at), "updated_at": stamp(request.at)}
    if kind.name == "individual_appointments":
        after, record_id = book(world, fields, at=request.at)
    else:
        after, record_id = add(world, kind.name, fields)
    text = record_text(kind, get(after, kind.name, record_id), style)
    headers = (JSON, ("Location", f"{style.base}/{kind.name}/{record_id}"))
    return after, Response(status=201, headers=headers, body=text.encode())


def update(world: World, kind: Kind, record_id: str, request: Request, style: Style) -> Answer:
    """Update a record: 200 with the record, or 422. A write that changes nothing leaves `updated_at` alone."""
    given, trouble = _read(world, kind, request, creating=False)
    if trouble is not None:
        return world, trouble
    before = get(world, kind.name, record_id)
    changes = _completed(world, kind, given, before)
    changed = any(before.get(name) != value for name, value in changes.items())
    after = amend(world, kind.name, record_id, changes, at=request.at) if changed else world
    text = record_text(kind, get(after, kind.name, record_id), style)
    return after, Response(status=200, headers=(JSON,), body=text.encode())


def act(world: World, kind: Kind, record_id: str, verb: Verb, request: Request) -> World:
    """Archive, unarchive, delete or cancel a record."""
    match verb:
        case Verb.ARCHIVE:
            return archive_record(world, kind.name, record_id, at=request.at)
        case Verb.UNARCHIVE:
            return unarchive_record(world, kind.name, record_id, at=request.at)
        case Verb.DELETE:
            return remove(world, kind.name, record_id)
        case Verb.CANCEL:
            return _cancel(world, kind, record_id, _body(request) or {}, at=request.at)
        case _:
            raise ValueError(verb)


def unknown_in_cancelling(request: Request) -> list[str]:
    """Return what the body of a cancelling holds that the description does not know."""
    return sorted(set(_body(request) or {}) - CANCELLING)


def _cancel(world: World, kind: Kind, record_id: str, body: Record, *, at: datetime) -> World:
    reason = body.get("cancellation_reason")
    note = body.get("cancellation_note")
    cancel: Callable[..., World] = cancel_booking if kind.name == "individual_appointments" else cancel_attendee
    return cancel(
        world,
        record_id,
        at=at,
        reason=reason if isinstance(reason, int) else 50,
        note=note if isinstance(note, str) else None,
    )


def _body(request: Request) -> dict[str, object] | None:
    if not request.body:
        return {}
    try:
        document = json.loads(request.body, parse_float=Decimal)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _read(world: World, kind: Kind, request: Request, *, creating: bool) -> tuple[Record, Response | None]:
    """Return the writable part of the body, or the answer that refuses it."""
    body = _body(request)
    if body is None:
        return {}, refusal(world.switches, 400, "The body is not a JSON object")
    odd = unknown_fields(kind, body, creating=creating) if world.switches.unknown_write_fields == "refused" else []
    if odd:
        return {}, refusal(world.switches, 400, f"The description of this request has no {', '.join(odd)}")
    given = {name: value for name, value in body.items() if name in kind.writable}
    if kind.name == "patients" and body.get("unsubscribe_sms_marketing") is True:
        given["accepted_sms_marketing"] = False
    checked = {name: value for name, value in given.items() if name in kind.writable}
    if world.switches.post_with_unknown_patient == 500 and _names_unknown_patient(world, checked):  # noqa: PLR2004 - the number is the protocol's own
        return {}, Response(status=500, headers=(("Content-Type", "text/html; charset=utf-8"),), body=b"<h1>Error</h1>")
    errors = errors_in(world, kind, checked, creating=creating)
    if errors:
        texts = dict.fromkeys(errors) if world.switches.null_error_values else errors
        return {}, json_response(422, {"message": "Validation Failed", "errors": texts})
    return given, None


def _names_unknown_patient(world: World, given: Record) -> bool:
    named = given.get("patient_id")
    return named is not None and find(world, "patients", named) is None


def _completed(world: World, kind: Kind, given: Record, before: Record | None = None) -> dict[str, object]:
    """Return the fields in stored form together with those that follow from them."""
    fields = {name: _stored(kind.writable.get(name, Type.TEXT), value) for name, value in given.items()}
    if "country_code" in fields:
        fields["country"] = COUNTRIES.get(str(fields["country_code"]).upper())
    for name in ("patient_phone_numbers", "phone_numbers"):
        if name in fields and world.switches.phone_normalisation:
            code = fields.get("country_code") or (before or {}).get("country_code")
            fields[name] = _normalised(fields[name], DIALLING.get(str(code or "AU"), "61"))
    if kind.name == "products" and "price" in fields:
        fields |= _product_prices(world, fields, before or {})
    return fields


def _stored(value_type: Type, value: object) -> object:
    if value_type in (Type.ID, Type.DATE) and value == "":
        return None
    if value_type is Type.ID and value is not None:
        return str(value)
    if value_type is Type.DECIMAL and value is not None:
        return f"{as_decimal(value):f}" if "." in str(value) else f"{as_decimal(value):f}.0"
    return value


def _normalised(phones: object, dialling: str) -> object:
    if not isinstance(phones, (list, tuple)):
        return phones
    return [
        {
            "number": str(phone.get("number")),
            "normalized_number": _dialled(str(phone.get("number")), dialling),
            "phone_type": phone.get("phone_type", "Mobile"),
        }
        for phone in phones
        if isinstance(phone, dict)
    ]


def _dialled(number: str, dialling: str) -> str:
    digits = "".join(sign for sign in number if sign.isdecimal())
    return dialling + digits[1:] if digits.startswith("0") else digits


def _product_prices(world: World, fields: dict[str, object], before: Record) -> dict[str, object]:
    tax = find(world, "taxes", fields.get("tax_id", before.get("tax_id")))
    factor = 1 + as_decimal(tax.get("rate") if tax else None) / 100
    price = as_decimal(fields.pop("price"))
    without = price / factor if fields.pop("price_includes_tax", False) else price
    cents = Decimal("0.01")
    return {
        "price_ex_tax": str(without.quantize(cents)),
        "price_including_tax": str((without * factor).quantize(cents)),
    }
