"""Validation of what a client writes; the errors become a 422 with one text per field [2.6]."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from ligament.connectors.cliniko.simulator.kinds import Type
from ligament.connectors.cliniko.simulator.world import find

if TYPE_CHECKING:
    from ligament.connectors.cliniko.simulator.kinds import Kind, Record
    from ligament.connectors.cliniko.simulator.world import World

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_EMAILS = frozenset({"email", "invoice_email", "email_reply_to"})
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})")
_PHONE_TYPES = ("Fax", "Home", "Mobile", "Other", "Work")


def errors_in(world: World, kind: Kind, given: Record, *, creating: bool) -> dict[str, str]:
    """Return what is wrong with the given writable fields: field to text, empty when all is well."""
    errors: dict[str, str] = {}
    for name in kind.required:
        if (creating or name in given) and _is_blank(given.get(name)):
            errors[name] = "can't be blank"
    for name, value in given.items():
        if name in errors or value is None:
            continue
        trouble = _trouble(world, kind, name, value)
        if trouble:
            errors[name] = trouble
    return errors


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _trouble(world: World, kind: Kind, name: str, value: object) -> str:
    wrong_type = _type_trouble(kind.writable[name], value)
    if wrong_type:
        return wrong_type
    if name in kind.choices and value not in (*kind.choices[name], ""):
        return "is not included in the list"
    longest = kind.longest.get(name, 0)
    if longest and isinstance(value, str) and len(value) > longest:
        return f"is too long (maximum is {longest} characters)"
    if name in _EMAILS and value and not _EMAIL.fullmatch(str(value)):
        return "is invalid"
    if name.endswith("phone_numbers") and isinstance(value, (list, tuple)):
        return _phones_trouble(value)
    if kind.writable[name] is Type.ID and value != "" and not _points_somewhere(world, kind, name, value):
        return "must exist"
    return ""


def _type_trouble(wanted: Type, value: object) -> str:
    match wanted:
        case Type.TEXT:
            return "" if isinstance(value, str) else "is invalid"
        case Type.BOOLEAN:
            return "" if isinstance(value, bool) else "is invalid"
        case Type.INTEGER:
            return "" if isinstance(value, int) and not isinstance(value, bool) else "is not a number"
        case Type.DECIMAL:
            return "" if _is_decimal(value) else "is not a number"
        case Type.ID:
            return "" if str(value).isdecimal() or value == "" else "is invalid"
        case Type.DATE:
            return "" if value == "" or _is_date(value) else "is invalid"
        case Type.INSTANT:
            return "" if isinstance(value, str) and _INSTANT.fullmatch(value) else "is invalid"
        case Type.LIST:
            return "" if isinstance(value, (list, tuple)) else "is invalid"
        case Type.OBJECT:
            return "" if isinstance(value, dict) else "is invalid"


def _is_decimal(value: object) -> bool:
    if isinstance(value, bool):
        return False
    try:
        return Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False


def _is_date(value: object) -> bool:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return len(str(value)) == len("2026-01-01")


def _phones_trouble(phones: list[object] | tuple[object, ...]) -> str:
    for phone in phones:
        if not isinstance(phone, dict) or not phone.get("number"):
            return "is invalid"
        if phone.get("phone_type", "Mobile") not in _PHONE_TYPES:
            return "phone type is not included in the list"
    return ""


_TARGETS = {
    "referring_doctor_id": ("contacts",),
    "booking_id": ("individual_appointments", "group_appointments"),
    "product_supplier_id": ("product_suppliers",),
}


def _points_somewhere(world: World, kind: Kind, name: str, value: object) -> bool:
    relation = name.removesuffix("_id")
    targets = _TARGETS.get(name) or (kind.one[relation],)
    return any(find(world, target, value) is not None for target in targets)
