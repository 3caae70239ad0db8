"""From a story's shorthand to records as Cliniko names their fields (README of the stories, section 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Protocol

from tests.stories.loading import Shape

PREFIX = {
    "businesses": "14001",
    "users": "14002",
    "practitioners": "14003",
    "appointment_types": "1403",
    "items": "1404",
    "products": "1405",
    "taxes": "1406",
    "concession_types": "1401",
    "concession_prices": "14015",
    "payers": "1402",
    "patients": "1410",
    "appointments": "1411",
    "group_appointments": "1411",
    "attendees": "14115",
    "invoices": "1412",
}
PATHS = {
    **{kind: kind for kind in PREFIX},
    "items": "billable_items",
    "payers": "contacts",
    "appointments": "individual_appointments",
}
LENGTH = 19
COUNTRIES = {"AU": "Australia", "NZ": "New Zealand", "GB": "United Kingdom", "UK": "United Kingdom", "IE": "Ireland"}
DIALLING = {"AU": "61", "NZ": "64", "GB": "44", "UK": "44", "IE": "353"}
PHONES = {"mobile": "Mobile", "mobile2": "Mobile", "home": "Home", "work": "Work", "fax": "Fax", "other": "Other"}
STATUS = {10: "Open", 20: "Paid", 30: "Closed", 40: "Open credit"}
METHOD = {1: "Legacy", 2: "Tax exclusive", 3: "Tax inclusive"}
LEGACY, EXCLUSIVE, INCLUSIVE = 1, 2, 3
HUNDRED, ZERO = Decimal(100), Decimal(0)
CENT, FINEST = Decimal("0.01"), Decimal("0.000001")

Record = dict[str, Any]


class Shelf(Protocol):
    """Where merged shorthand is looked up."""

    def found(self, kind: str, key: object) -> Shape:
        """Return one record."""

    def all(self, kind: str) -> Any:
        """Return all of a kind."""


def identifier(kind: str, number: int) -> str:
    """Return the 19 digits of an id: prefix, zeros, number."""
    prefix = PREFIX[kind]
    return prefix + str(number).zfill(LENGTH - len(prefix))


def line_identifier(number: int, position: int) -> str:
    """Return the id of an invoice's line, its position counted from 1."""
    return str(1_412_500_000_000_000_000 + 1000 * number + position)


def round2(amount: Decimal) -> Decimal:
    """Round to cents, half away from zero."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def _exact(amount: Decimal) -> Decimal:
    return amount.quantize(FINEST, rounding=ROUND_HALF_UP)


# --- the catalogue ----------------------------------------------------------------------------------------------------


def _charged(shelf: Shelf, code: str) -> tuple[str, Shape]:
    for kind in ("items", "products"):
        for one in shelf.all(kind):
            if one["code"] == code:
                return kind, one
    raise AssertionError(f"the catalogue has no item {code}")


def _tax_id(shelf: Shelf, label: str) -> str | None:
    name, rate = tax_of(label)
    return next(
        (
            identifier("taxes", one["id"])
            for one in shelf.all("taxes")
            if (one["name"], Decimal(one["rate"])) == (name, rate)
        ),
        None,
    )


def tax_of(label: str) -> tuple[str | None, Decimal]:
    """Return name and rate of a tax written as `GST 10`; `none` is no tax."""
    if label == "none":
        return None, ZERO
    name, _, rate = label.rpartition(" ")
    return name, Decimal(rate)


def catalogue(kind: str, one: Shape, shelf: Shelf) -> Iterator[tuple[str, Record]]:
    """Yield the records of one entry of the catalogue with the paths they belong to."""
    key = identifier(kind, one["id"])
    match kind:
        case "businesses":
            named = {"business_name": one["name"], "display_name": one["name"], "label": one["name"]}
            yield kind, {"id": key, **named, "time_zone_identifier": one.get("zone"), "country_code": "AU"}
        case "users":
            yield kind, {"id": key, "first_name": one["first"], "last_name": one["last"], "email": one["email"]}
        case "practitioners":
            full = f"{one['first']} {one['last']}"
            named = {"first_name": one["first"], "last_name": one["last"], "display_name": full, "label": full}
            yield kind, {"id": key, **named, "user_id": identifier("users", one["user"])}
        case "taxes":
            yield kind, {"id": key, "name": one["name"], "rate": one["rate"], "amount": one["rate"]}
        case "items":
            fields = {"name": one["name"], "item_code": one["code"], "price": one["price"], "item_type": "Service"}
            yield "billable_items", {"id": key, **fields, "tax_id": _tax_id(shelf, one["tax"])}
        case "products":
            price, (_, rate) = Decimal(one["price"]), tax_of(one["tax"])
            prices = {"price_ex_tax": price, "price_including_tax": round2(price * (1 + rate / HUNDRED))}
            fields = {"name": one["name"], "item_code": one["code"], **prices}
            yield kind, {"id": key, **fields, "tax_id": _tax_id(shelf, one["tax"])}
        case "concession_types":
            yield kind, {"id": key, "name": one["name"]}
        case "concession_prices":
            of_item = identifier("items", _charged(shelf, one["item"])[1]["id"])
            of_type = concession_id(shelf, one["concession"])
            yield kind, {"id": key, "price": one["price"], "billable_item_id": of_item, "concession_type_id": of_type}
        case "appointment_types":
            yield from _appointment_type(key, one, shelf)
        case _:
            raise AssertionError(f"{kind} is no part of the catalogue")


def concession_id(shelf: Shelf, name: str | None) -> str | None:
    """Return the id of a concession type by its name."""
    named = (one for one in shelf.all("concession_types") if one["name"] == name)
    return next((identifier("concession_types", one["id"]) for one in named), None)


def _appointment_type(key: str, one: Shape, shelf: Shelf) -> Iterator[tuple[str, Record]]:
    yield "appointment_types", {"id": key, "name": one["name"], "max_attendees": one["max"]}
    for position, charge in enumerate(one.get("charges") or (), 1):
        kind, charged = _charged(shelf, charge["item"])
        relation = "billable_item" if kind == "items" else "product"
        base = 1_403_500_000_000_000_000 if kind == "items" else 1_403_600_000_000_000_000
        discount = charge.get("discount", 0)
        is_money = not isinstance(discount, str)
        yield (
            f"appointment_type_{relation}s",
            {
                "id": str(base + 1000 * one["id"] + position),
                "appointment_type_id": key,
                f"{relation}_id": identifier(kind, charged["id"]),
                "quantity": Decimal(charge.get("qty", 1)),
                "is_monetary_discount": is_money and bool(discount),
                "discounted_amount": Decimal(discount) if is_money and discount else None,
                "discount_percentage": None if is_money else Decimal(discount.rstrip("%")),
            },
        )


# --- people -----------------------------------------------------------------------------------------------------------


def _phones(one: Shape, country: str) -> list[Record]:
    code = DIALLING.get(one.get("country_code") or country, "61")
    made = []
    for name, kind in PHONES.items():
        if one.get(name):
            digits = re.sub(r"\D", "", one[name])
            normal = code + digits[1:] if digits.startswith("0") else digits
            made.append({"number": one[name], "phone_type": kind, "normalized_number": normal})
    return made


def _place(one: Shape) -> Record:
    lines = [*(one.get("address") or ()), None, None, None]
    code = one.get("country_code")
    return {
        "address_1": lines[0],
        "address_2": lines[1],
        "address_3": lines[2],
        "city": one.get("city"),
        "state": one.get("state"),
        "post_code": one.get("post_code"),
        "country_code": code,
        "country": COUNTRIES.get(code, code) if code else None,
    }


def person(kind: str, one: Shape, shelf: Shelf, country: str) -> Record:
    """Return a patient, or a payer as the contact it is in Cliniko."""
    common = {
        "id": identifier(kind, one["id"]),
        "email": one.get("email"),
        **_place(one),
        "archived_at": one.get("archived_at"),
    }
    if kind == "payers":
        return {
            **common,
            "type": "3rd Party Payer",
            "type_code": 2,
            "company_name": one.get("company"),
            "phone_numbers": [],
        }
    merged = one.get("merged_with")
    return {
        **common,
        "title": one.get("title"),
        "first_name": one.get("first", ""),
        "last_name": one.get("last", ""),
        "label": f"{one.get('first', '')} {one.get('last', '')}".strip(),
        "patient_phone_numbers": _phones(one, country),
        "concession_type_id": concession_id(shelf, one.get("concession")),
        "merged_with_patient_id": None if merged is None else identifier("patients", merged),
        "merged_at": None if merged is None else one.get("archived_at"),
    }


# --- invoices ---------------------------------------------------------------------------------------------------------


def invoice(one: Shape, shelf: Shelf) -> tuple[Record, list[Record]]:
    """Return an invoice and its items."""
    number, method = one["number"], one.get("method", INCLUSIVE)
    items = [_item(line, one, position, shelf) for position, line in enumerate(one["lines"], 1)]
    total, tax = _header(items, method)
    given = one.get("header") or {}
    total, tax = Decimal(given.get("total", total)), Decimal(given.get("tax", tax))
    status = one.get("status", 10)
    patient, attendee = one.get("patient"), one.get("attendee")
    original = one.get("original")
    made = {
        "id": identifier("invoices", number),
        "number": number,
        "issue_date": one["issued"],
        "status": status,
        "status_description": STATUS.get(status, "Something new"),
        "calculation_method": method,
        "calculation_method_description": METHOD[method],
        "closed_at": one.get("closed_at"),
        "archived_at": one.get("archived_at"),
        "total_amount": total,
        "tax_amount": tax,
        "net_amount": total - tax,
        "discounted_amount": sum((item["discounted_amount"] for item in items), ZERO),
        "invoice_to": "\r\n".join(_addressee(one, shelf)) or None,
        "patient_id": None if patient is None else identifier("patients", patient),
        "business_id": identifier("businesses", one.get("business", 11)),
        "practitioner_id": identifier("practitioners", one.get("practitioner", 21)),
        "attendee_id": None if attendee is None else identifier("attendees", attendee),
        "appointment_id": None if attendee is None else booking_of(attendee, shelf),
        "original_invoice_id": None if original is None else identifier("invoices", original),
    }
    return made, items


def invoice_created(one: Shape, made: Record) -> str:
    """Return when it was raised: a credit note when it was closed, else half an hour into its day."""
    is_credit = one.get("original") is not None or one.get("status") == 40 or made["total_amount"] < 0
    if is_credit and one.get("closed_at"):
        return str(one["closed_at"])
    return f"{one['issued']}T00:30:00Z"


def booking_of(attendee: int, shelf: Shelf) -> str | None:
    """Return the booking an attendee belongs to."""
    for one in shelf.all("appointments"):
        if one["attendee"] == attendee:
            return identifier("appointments", one["id"])
    for one in shelf.all("group_appointments"):
        if any(held["id"] == attendee for held in one["attendees"]):
            return identifier("appointments", one["id"])
    return None


def _addressee(one: Shape, shelf: Shelf) -> list[str]:
    if one.get("invoice_to") is not None:
        return list(one["invoice_to"])
    if one.get("patient") is None:
        return []
    patient = shelf.found("patients", one["patient"])
    return [f"{patient.get('first', '')} {patient.get('last', '')}".strip(), *(patient.get("address") or ())]


def _item(line: Shape, one: Shape, position: int, shelf: Shelf) -> Record:
    kind, charged = _charged(shelf, line["item"])
    label = str(line.get("tax", charged["tax"]))
    name, rate = tax_of(label)
    quantity, unit = Decimal(line.get("qty", 1)), Decimal(str(line.get("unit", charged["price"])))
    amounts = _amounts(quantity, unit, rate, line.get("discount", 0), one.get("method", INCLUSIVE))
    relation = "billable_item_id" if kind == "items" else "product_id"
    return {
        "id": line_identifier(one["number"], position),
        "invoice_id": identifier("invoices", one["number"]),
        "name": charged["name"],
        "code": charged["code"],
        relation: identifier(kind, charged["id"]),
        "concession_type_name": line.get("concession", ""),
        "quantity": quantity,
        "unit_price": unit,
        "tax_name": name,
        "tax_rate": None if name is None else rate,
        "tax_amount": None if name is None else rate,
        "archived_at": one.get("archived_at"),
        **amounts,
    }


def _amounts(quantity: Decimal, unit: Decimal, rate: Decimal, discount: object, method: int) -> Record:
    factor = 1 + rate / HUNDRED
    base = quantity * unit * (factor if method == LEGACY else 1)
    is_percent = isinstance(discount, str)
    taken = base * Decimal(discount.rstrip("%")) / HUNDRED if isinstance(discount, str) else Decimal(str(discount))
    left = base - taken
    total = left * factor if method == EXCLUSIVE else left
    return {
        "discounted_amount": _exact(taken),
        "discount_percentage": _exact(taken / base * HUNDRED) if base else ZERO,
        "is_monetary_discount": not is_percent and bool(taken),
        "total_including_tax": _exact(total),
        "net_price": _exact(left if method == EXCLUSIVE else total / factor),
    }


def _header(items: list[Record], method: int) -> tuple[Decimal, Decimal]:
    rates = {item["tax_rate"] or ZERO for item in items}

    def summed(field: str, rate: Decimal) -> Decimal:
        return sum((item[field] for item in items if (item["tax_rate"] or ZERO) == rate), ZERO)

    gross = sum((item["total_including_tax"] for item in items), ZERO)
    net = sum((item["net_price"] for item in items), ZERO)
    if method == LEGACY:
        return round2(gross), round2(gross - net)
    if method == EXCLUSIVE:
        tax = sum((round2(summed("net_price", rate) * rate / HUNDRED) for rate in rates), ZERO)
        return round2(net) + tax, tax
    tax = sum((round2(summed("total_including_tax", rate) * rate / (HUNDRED + rate)) for rate in rates), ZERO)
    return round2(gross), tax


# --- visits -----------------------------------------------------------------------------------------------------------


def visit(kind: str, one: Shape, shelf: Shelf) -> Iterator[tuple[str, Record]]:
    """Yield an appointment and the people who attend it."""
    key = identifier("appointments", one["id"])
    booked = {
        "id": key,
        "appointment_type_id": identifier("appointment_types", one["type"]),
        "business_id": identifier("businesses", one.get("business", 11)),
        "practitioner_id": identifier("practitioners", one.get("practitioner", 21)),
        "starts_at": one["starts"],
        "ends_at": one["ends"],
    }
    people = one["attendees"] if kind == "group_appointments" else [{**one, "id": one["attendee"]}]
    if kind == "group_appointments":
        listed = [identifier("patients", held["patient"]) for held in people]
        yield kind, {**booked, "patient_ids": listed, "max_attendees": 8}
    else:
        patient = shelf.found("patients", one["patient"])
        yield (
            "individual_appointments",
            {
                **booked,
                "patient_id": identifier("patients", one["patient"]),
                "patient_name": f"{patient.get('first', '')} {patient.get('last', '')}".strip(),
                "patient_arrived": one.get("arrived") is True,
                "did_not_arrive": one.get("arrived") is False,
                "cancelled_at": one.get("cancelled_at"),
            },
        )
    for held in people:
        yield (
            "attendees",
            {
                "id": identifier("attendees", held["id"]),
                "booking_id": key,
                "patient_id": identifier("patients", held["patient"]),
                "arrived": held.get("arrived"),
                "cancelled_at": held.get("cancelled_at"),
            },
        )
