"""Cliniko's rows as they come over the wire: only the fields we may keep, every value read leniently but exactly.

There is no field here for notes, medical data, dates of birth, Medicare or DVA numbers, or the extra information on
invoices: what has no field is dropped while the bytes are decoded and never exists in this process.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

import msgspec

from ligament.connectors.cliniko import values
from ligament.core.oddities import MARK, is_odd_text
from ligament.net.mending import mended

Given = Any
"""A JSON value of any type."""

_DIGITS = re.compile(r"\A\d{1,20}\Z")
_LAST_SEGMENT = re.compile(r"/([^/?#]+)/?(?:[?#].*)?\Z")

T = TypeVar("T", bound="Row")


Unreadable = values.Unreadable
amount, amount_or_none, yes_no = values.amount, values.amount_or_none, values.yes_no
instant, instant_or_none, day = values.instant, values.instant_or_none, values.day


class Row(msgspec.Struct, kw_only=True):
    """What every row has."""

    id: Given = None
    created_at: Given = None
    updated_at: Given = None
    archived_at: Given = None
    deleted_at: Given = None


class InvoiceRow(Row, kw_only=True):
    """A row of /invoices."""

    number: Given = None
    issue_date: Given = None
    status: Given = None
    status_description: Given = None
    closed_at: Given = None
    total_amount: Given = None
    tax_amount: Given = None
    calculation_method: Given = None
    invoice_to: Given = None
    patient: Given = None
    practitioner: Given = None
    business: Given = None
    attendee: Given = None
    appointment: Given = None
    original_invoice: Given = None


class ItemRow(Row, kw_only=True):
    """A row of /invoice_items."""

    invoice: Given = None
    billable_item: Given = None
    product: Given = None
    code: Given = None
    name: Given = None
    quantity: Given = None
    unit_price: Given = None
    discount_percentage: Given = None
    discounted_amount: Given = None
    is_monetary_discount: Given = None
    concession_type_name: Given = None
    tax_name: Given = None
    tax_rate: Given = None
    total_including_tax: Given = None


class PersonRow(Row, kw_only=True):
    """What patients and contacts have in common."""

    first_name: Given = None
    last_name: Given = None
    email: Given = None
    address_1: Given = None
    address_2: Given = None
    address_3: Given = None
    city: Given = None
    state: Given = None
    post_code: Given = None
    country: Given = None
    country_code: Given = None


class PatientRow(PersonRow, kw_only=True):
    """A row of /patients."""

    preferred_first_name: Given = None
    patient_phone_numbers: Given = None
    concession_type: Given = None
    invoice_default_to: Given = None
    invoice_email: Given = None
    old_reference_id: Given = None
    merged_with_patient: Given = None
    custom_fields: Given = None


class ContactRow(PersonRow, kw_only=True):
    """A row of /contacts."""

    type: Given = None
    type_code: Given = None
    preferred_name: Given = None
    company_name: Given = None
    phone_numbers: Given = None


class AttendeeRow(Row, kw_only=True):
    """A row of /attendees."""

    booking: Given = None
    patient: Given = None
    arrived: Given = None
    cancelled_at: Given = None


class BookingRow(Row, kw_only=True):
    """A row of /individual_appointments, /group_appointments or /bookings."""

    starts_at: Given = None
    ends_at: Given = None
    cancelled_at: Given = None
    practitioner: Given = None
    business: Given = None
    appointment_type: Given = None


class NamedRow(Row, kw_only=True):
    """A row of /appointment_types or /recall_types."""

    name: Given = None


class BusinessRow(Row, kw_only=True):
    """A row of /businesses."""

    business_name: Given = None
    display_name: Given = None
    label: Given = None
    time_zone_identifier: Given = None


class PractitionerRow(Row, kw_only=True):
    """A row of /practitioners."""

    first_name: Given = None
    last_name: Given = None
    display_name: Given = None
    label: Given = None
    active: Given = None
    user: Given = None


class UserRow(Row, kw_only=True):
    """A row of /users, and /user itself."""

    email: Given = None
    role: Given = None
    active: Given = None


class BillableItemRow(Row, kw_only=True):
    """A row of /billable_items."""

    name: Given = None
    item_code: Given = None
    price: Given = None
    tax: Given = None


class ProductRow(Row, kw_only=True):
    """A row of /products."""

    name: Given = None
    item_code: Given = None
    price_including_tax: Given = None
    tax: Given = None


class TaxRow(Row, kw_only=True):
    """A row of /taxes."""

    name: Given = None
    rate: Given = None


class ConcessionTypeRow(Row, kw_only=True):
    """A row of /concession_types."""

    name: Given = None


class ConcessionPriceRow(Row, kw_only=True):
    """A row of /concession_prices."""

    price: Given = None
    billable_item: Given = None
    concession_type: Given = None


class ChargeRow(Row, kw_only=True):
    """A row of /appointment_type_billable_items or /appointment_type_products."""

    appointment_type: Given = None
    billable_item: Given = None
    product: Given = None
    quantity: Given = None
    discount_percentage: Given = None
    discounted_amount: Given = None
    is_monetary_discount: Given = None


class SettingsRow(msgspec.Struct, kw_only=True):
    """What is read of /settings and /settings/public."""

    account: Given = None
    integrations: Given = None


ROWS: tuple[type[Row], ...] = (
    Row, InvoiceRow, ItemRow, PersonRow, PatientRow, ContactRow, AttendeeRow, BookingRow, BusinessRow, PractitionerRow,
    UserRow, BillableItemRow, ProductRow, TaxRow, ConcessionTypeRow, ConcessionPriceRow, ChargeRow, NamedRow,
)  # fmt: skip
"""Every row there is, so that all can be prepared before threads share them."""


_ANYTHING = msgspec.json.Decoder(float_hook=Decimal)


@cache
def _decoder(row: type[Row]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(row, float_hook=Decimal)


def decode(raw: bytes | msgspec.Raw, row: type[T]) -> T:
    """Decode one row; what is no object at all becomes a row without an id, which nobody keeps.

    A field that cannot be read holds `MARK`, for which the readers below raise Unreadable; the others are as they are.
    """
    try:
        decoded: T = _decoder(row).decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError, ArithmeticError):
        return _field_by_field(bytes(raw), row)
    return decoded


def _field_by_field(raw: bytes, row: type[T]) -> T:
    try:
        given = msgspec.json.decode(mended(raw), type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        return row()
    return row(**{name: _field(given[name]) for name in row.__struct_fields__ if name in given})


def _field(raw: msgspec.Raw) -> Given:
    try:
        return _ANYTHING.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError, ArithmeticError):
        return MARK


def is_odd(value: Given) -> bool:
    """Say whether a value, or anything in it, could not be read or cannot be kept."""
    if isinstance(value, str):
        return is_odd_text(value)
    if isinstance(value, dict):
        return any(map(is_odd, value.values())) or any(map(is_odd, value))
    return isinstance(value, list) and any(map(is_odd, value))


def odd_fields(row: Row, but: Collection[str] = ()) -> list[str]:
    """Return the names of the fields that hold something odd."""
    return [name for name in row.__struct_fields__ if name not in but and is_odd(getattr(row, name))]


def text(value: Given) -> str:
    """Return text, an empty one for null and for what is odd; numbers as they are written."""
    if value is None or isinstance(value, (dict, list, bool)):
        return ""
    found = str(value)
    return "" if is_odd_text(found) else found


def identifier(value: Given) -> str | None:
    """Return an id as text, whether it came as text or as a number; None when there is none."""
    found = "" if isinstance(value, (bool, Decimal)) else text(value).strip()
    return found if _DIGITS.match(found) else None


def related(value: Given) -> str | None:
    """Return the id a relation points to; a missing key, null and {} all mean none (facts 4.2)."""
    links = value.get("links") if isinstance(value, dict) else None
    address = links.get("self") if isinstance(links, dict) else None
    match = _LAST_SEGMENT.search(address) if isinstance(address, str) else None
    return identifier(match.group(1)) if match else None


def whole(value: Given) -> int | None:
    """Return a whole number from a number or its text; None for anything else."""
    found = text(value).strip()
    return int(found) if re.fullmatch(r"-?\d{1,9}", found) else None


def parts(value: Given, name: str) -> list[dict[str, Any]]:
    """Return the objects in a list inside an object, none for anything else."""
    found = value.get(name) if isinstance(value, dict) else None
    return objects(found)


def objects(value: Given) -> list[dict[str, Any]]:
    """Return the objects in a list, none for anything else."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
