"""What a write to Cliniko may hold: the field names of the published description, and of nothing else.

What the live Cliniko does with a name that it does not know is not described; most likely it drops it without a word,
and with it what we meant to say. So this one refuses it, unless `unknown_write_fields` says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ligament.connectors.cliniko.simulator.kinds import Kind

# Described, taken and forgotten: no sync of money needs them back.
_NOT_KEPT: Mapping[str, str] = {
    "appointment_types": "billable_item_id business_ids practitioner_ids product_id treatment_note_template_id",
    "businesses": "appointment_type_ids logo logo_height remove_logo",
    "patients": "country referral_source unsubscribe_sms_marketing",
    "products": "product_supplier_name stock_level",
    "taxes": "amount",
}
# Said once, when the record is made.
_CREATED_WITH: Mapping[str, str] = {
    "appointment_type_billable_items": "appointment_type_id",
    "appointment_type_products": "appointment_type_id",
    "attendees": "booking_id patient_id",
}
# Shown by the API, and not among what can be written.
_NOT_WRITTEN: Mapping[str, str] = {
    "appointment_type_billable_items": "is_monetary_discount",
    "appointment_type_products": "is_monetary_discount",
    "appointment_types": "online_payments_enabled",
}
PARTS: Mapping[str, str] = {
    "custom_fields": "sections",
    "patient_phone_numbers": "number phone_type",
    "phone_numbers": "number phone_type",
    "pronouns": "accusative nominative predicative_possessive pronominal_possessive reflexive",
    "repeat_rule": "number_of_repeats repeat_type repeating_interval",
}
"""The fields whose values are records themselves, with the names that those may hold."""
CANCELLING = frozenset({"apply_to_repeats", "cancellation_note", "cancellation_reason"})


def described(kind: Kind, *, creating: bool) -> frozenset[str]:
    """Return the names that a record of this kind may be written with."""
    known = {*kind.writable, *_NOT_KEPT.get(kind.name, "").split()}
    known -= set(_NOT_WRITTEN.get(kind.name, "").split())
    return frozenset(known if creating else known - set(_CREATED_WITH.get(kind.name, "").split()))


def unknown_fields(kind: Kind, body: Mapping[str, object], *, creating: bool) -> list[str]:
    """Return what in a body the description does not know, such as `patient_phone_numbers.label`."""
    known = described(kind, creating=creating)
    found = [name for name in body if name not in known]
    for name, parts in PARTS.items():
        value = body.get(name)
        held = value if isinstance(value, list) else [value]
        records = [record for record in held if isinstance(record, dict)]
        found += [f"{name}.{part}" for record in records for part in record if part not in parts.split()]
    return list(dict.fromkeys(found))
