"""A record as JSON: all documented fields, relations as links, and the drifting types as the switches say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ligament.connectors.cliniko.simulator.kinds import Type
from ligament.connectors.cliniko.simulator.kinds_diary import GROUP_APPOINTMENTS, INDIVIDUAL_APPOINTMENTS
from ligament.connectors.cliniko.simulator.values import json_text

if TYPE_CHECKING:
    from ligament.connectors.cliniko.simulator.kinds import Kind, Record
    from ligament.connectors.cliniko.simulator.switches import Switches
    from ligament.connectors.cliniko.simulator.world import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What rendering depends on besides the record: the address that links start with, and the switches."""

    base: str
    switches: Switches

    @property
    def key(self) -> tuple[object, ...]:
        """Return what tells two styles apart; a short tuple, because it is compared for each row of each page."""
        switches = self.switches
        return (
            self.base,
            switches.ids,
            switches.decimals,
            switches.total_including_tax,
            switches.quantity,
            switches.missing_relation,
            switches.missing_text,
            switches.unknown_fields,
        )


def row_text(kind: Kind, row: Row, style: Style, key: tuple[object, ...]) -> str:
    """Return the JSON text of a row, remembered for the last style it was rendered in."""
    memo_key = (kind.name, key)
    text = row.memo.get(memo_key)
    if text is None:
        text = record_text(kind, row.fields, style)
        row.memo.clear()
        row.memo[memo_key] = text
    return text


def record_text(kind: Kind, record: Record, style: Style) -> str:
    """Return the JSON text of a record."""
    if kind.name == "bookings":
        kind = GROUP_APPOINTMENTS if "patient_id" not in record else INDIVIDUAL_APPOINTMENTS
        return record_text_of(kind, record, style, "bookings")
    return record_text_of(kind, record, style, kind.name)


def record_text_of(kind: Kind, record: Record, style: Style, path: str) -> str:
    """Return the JSON text of a record whose own link lies under `path`."""
    record_id = str(record["id"])
    document: dict[str, object] = {"id": _id(record_id, style)}
    numbers: list[str] = []
    for name, value_type in kind.fields.items():
        value = record.get(name, kind.defaults.get(name))
        if value_type is Type.DECIMAL and value is not None and _is_number(name, style.switches):
            # Written by hand: a JSON number with exactly these digits, without passing through a binary fraction.
            numbers.append(f'"{name}":{_number(str(value))}')
        elif value is not None or value_type is not Type.ID or style.switches.missing_relation != "omitted":
            document[name] = _value(value, value_type, style)
    document |= _derived(kind, record)
    document |= _relations(kind, record, record_id, style)
    if style.switches.unknown_fields:
        document["x_introduced_without_notice"] = {"anything": [1, "two", None]}
    document["links"] = {"self": f"{style.base}/{path}/{record_id}"}
    text = json_text(document)
    return f"{text[:-1]},{','.join(numbers)}}}" if numbers else text


def _id(text: str, style: Style) -> object:
    return int(text) if style.switches.ids == "number" and text.isdecimal() else text


def _is_number(name: str, switches: Switches) -> bool:
    if name == "total_including_tax":
        return switches.total_including_tax == "number"
    if name == "quantity":
        return switches.quantity == "number"
    return switches.decimals == "number"


def _number(text: str) -> str:
    return text.removesuffix(".0")


def _value(value: object, value_type: Type, style: Style) -> object:
    if value_type is Type.TEXT and value is None and style.switches.missing_text == "empty":
        return ""
    if value_type is Type.ID and value is not None:
        return _id(str(value), style)
    return value


_STATUS = {10: "Open", 20: "Paid", 30: "Closed", 40: "Open credit"}
_METHOD = {1: "Legacy", 2: "Tax exclusive", 3: "Tax inclusive"}
_CONTACT_TYPE = {0: "Standard", 1: "Doctor", 2: "3rd Party Payer"}
# Reason 30 is written without capitals in the documentation of 2022; the schema of 2025 has these words.
_REASON = {
    10: "Feeling Better",
    20: "Condition Worse",
    30: "Sick",
    31: "COVID-19 related",
    40: "Away",
    50: "Other",
    60: "Work",
}


def _word(words: dict[int, str], code: object) -> str | None:
    return words.get(code) if isinstance(code, int) else None


def _derived(kind: Kind, record: Record) -> dict[str, object]:
    """Return the fields that follow from others: words for codes, labels, deprecated twins."""
    match kind.name:
        case "invoices":
            return {
                "status_description": _word(_STATUS, record.get("status")),
                "calculation_method_description": _word(_METHOD, record.get("calculation_method")),
            }
        case "invoice_items":
            # The deprecated twin carries the rate, not an amount [fact 7].
            return {"tax_amount": record.get("tax_rate")}
        case "taxes":
            return {"amount": record.get("rate", "0.0")}
        case "patients" | "practitioners":
            given = (record.get("first_name"), record.get("last_name"))
            return {"label": record.get("label") or " ".join(str(part) for part in given if part)}
        case "businesses":
            return {"label": record.get("label") or record.get("display_name") or record.get("business_name")}
        case "contacts":
            return {"type": _word(_CONTACT_TYPE, record.get("type_code", 0))}
        case "individual_appointments" | "attendees":
            return {"cancellation_reason_description": _word(_REASON, record.get("cancellation_reason"))}
        case _:
            return {}


def _relations(kind: Kind, record: Record, record_id: str, style: Style) -> dict[str, object]:
    found: dict[str, object] = {}
    missing = style.switches.missing_relation
    for name, path in kind.one.items():
        target = record.get(f"{name}_id")
        if target:
            found[name] = {"links": {"self": f"{style.base}/{path}/{target}"}}
        elif missing != "omitted":
            found[name] = None if missing == "null" else {}
    for name, template in kind.many.items():
        found[name] = {"links": {"self": f"{style.base}/{template.replace('{id}', record_id)}"}}
    return found


def settings_text(settings: Record, style: Style, *, public: bool) -> str:
    """Return the account's settings, for everyone or for those who may see all of them."""
    document = {name: dict(group) if isinstance(group, dict) else group for name, group in settings.items()}
    account = document.get("account")
    if isinstance(account, dict) and "id" in account:
        account["id"] = _id(str(account["id"]), style)
    if public:
        for group, private in _NOT_PUBLIC.items():
            shown = document.get(group)
            if isinstance(shown, dict):
                document[group] = {name: value for name, value in shown.items() if name not in private}
    return json_text(document)


_NOT_PUBLIC = {
    "account": ("email_from", "first_name", "last_name", "compliance"),
    "integrations": ("medipass",),
    "patient_privacy": (
        "anonymise_appointments_on_deletion",
        "anonymise_booking_notifications",
        "anonymise_invoices_and_payments_on_deletion",
        "baa_requested",
    ),
}
