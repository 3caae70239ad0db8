"""Shapes: the kinds of value that a rule can meet, and the fields of every record it may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A kind of value; `item` is that of a list's elements, `fields` those of a record, None where they are not known.

    `called` is what a sentence calls it.
    """

    kind: str
    called: str
    item: Shape | None = None
    fields: Mapping[str, Shape] | None = field(default=None, hash=False)


TEXT = Shape(kind="text", called="a text")
WHOLE = Shape(kind="number", called="a whole number")
AMOUNT = Shape(kind="number", called="an amount")
FLAG = Shape(kind="flag", called="true or false")
NULL = Shape(kind="null", called="null")
ANY = Shape(kind="any", called="something")


def list_of(item: Shape) -> Shape:
    return Shape(kind="list", called="a list", item=item)


def record(called: str, fields: Mapping[str, Shape]) -> Shape:
    """Return the shape of a record with exactly these fields."""
    return Shape(kind="record", called=called, fields=fields)


def _texts(*names: str) -> dict[str, Shape]:
    return dict.fromkeys(names, TEXT)


ADDRESS_FIELDS = ("address_1", "address_2", "address_3", "city", "state", "post_code", "country")
PHONE_FIELDS = ("mobile", "home", "work", "fax")
CUSTOM_FIELDS = ("account_number", "tax_number", "company_number", "contact_group")
PATIENT_FIELDS = ("first_name", "last_name", "preferred_name", "email", *PHONE_FIELDS, *ADDRESS_FIELDS, *CUSTOM_FIELDS)
PAYER_FIELDS = ("company_name", "first_name", "last_name", "email", *PHONE_FIELDS, *ADDRESS_FIELDS)
LINE = record(
    "a line",
    {
        **_texts("name", "code", "tax_name"),
        **dict.fromkeys(("quantity", "unit_price", "total", "tax_rate"), AMOUNT),
    },
)
FACTS: Mapping[str, Shape] = {
    "invoice": record("an invoice", {"number": ANY, "issue_date": TEXT, "total": AMOUNT, "status": WHOLE}),
    "lines": list_of(LINE),
    "patient": record("a patient", _texts("id", "concession", *PATIENT_FIELDS)),
    "payer": record("a payer", _texts("id", *PAYER_FIELDS)),
    "appointment": record(
        "an appointment", {**_texts("id", "starts_at"), **dict.fromkeys(("in_group", "arrived"), FLAG)}
    ),
    "practitioner": record("a practitioner", _texts("id", "name")),
    "business": record("a business", _texts("id", "name")),
    "clinic": record("the clinic", _texts("name", "country")),
}
"""What a condition may look at (choice C31, SPEC section 8)."""
ABOUT_PEOPLE = ("patient", "payer", "clinic")
"""What a rule about contacts may look at."""
