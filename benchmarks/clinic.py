"""A made-up clinic of any size in the simulated systems; everything in it is invented and the same every time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from ligament.connectors.cliniko import simulator as practice
from ligament.connectors.cliniko.simulator import control
from ligament.connectors.xero import simulator as books

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
START = datetime(2026, 7, 2, 1, tzinfo=UTC)
PLACE, WHO = "1400100000000000011", "1400300000000000021"
FIRST = ("Ada", "Ben", "Chiara", "Duc", "Elif", "Farid", "Grace", "Hana", "Ivo", "Jun")
LAST = ("Abbott", "Baros", "Chen", "Dunne", "Egan", "Fourie", "Grigg", "Haddad", "Ito", "Jovic")
RULEBOOK = """
[clinic]
name = "Made-up clinic"
[invoices]
start_on = 2026-07-01
[accounts]
default = "200"
[taxes]
none = "EXEMPTOUTPUT"
"GST 10" = "OUTPUT"
[payments]
account = "090"
[approval]
first_run = "auto"
max_existing_changes = 100000
[sync]
xero_daily_calls = 5000
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a clinic is; in every 10 invoices 3 have a second line, and one in `open_every` is not paid.

    The first invoice was raised at `since`.
    """

    patients: int
    invoices: int
    open_every: int = 50
    since: datetime = START

    def payments(self) -> int:
        """Return how many invoices are paid."""
        return sum(1 for place in range(self.invoices) if not self.is_open(place))

    def items(self) -> int:
        """Return how many lines there are."""
        return sum(2 if has_product(place) else 1 for place in range(self.invoices))

    def is_open(self, place: int) -> bool:
        """Say whether the invoice at that place is still open."""
        return place % self.open_every == 0


SMALL = Size(patients=60, invoices=500, open_every=2)
LARGE = Size(patients=2_000, invoices=10_000)


def has_product(place: int) -> bool:
    """Say whether the invoice at that place has a second, taxed line."""
    return place % 10 in {2, 5, 8}


def patient_id(place: int) -> str:
    """Return a patient's id."""
    return str(1_410_000_000_000_000_000 + place)


def invoice_id(place: int) -> str:
    """Return an invoice's id."""
    return str(1_412_000_000_000_000_000 + place)


def patients(size: Size) -> Iterator[dict[str, Any]]:
    """Yield patients as Cliniko names their fields."""
    for place in range(size.patients):
        first, last = FIRST[place % 10], f"{LAST[place // 10 % 10]}{_letters(place // 100)}"
        made_at = START - timedelta(days=400) + timedelta(minutes=place)
        yield {
            "id": patient_id(place),
            "first_name": first,
            "last_name": last,
            "label": f"{first} {last}",
            "email": f"p{place}@patients.example",
            "address_1": f"{place} Made-up Street",
            "city": "Richmond",
            "state": "VIC",
            "post_code": "3121",
            "country_code": "AU",
            "country": "Australia",
            "patient_phone_numbers": [
                {"number": f"0491 {place:06d}", "phone_type": "Mobile", "normalized_number": f"61491{place:06d}"}
            ],
            "created_at": made_at,
            "updated_at": made_at,
        }


def _letters(number: int) -> str:
    return "" if not number else chr(97 + number % 26) + _letters(number // 26)


def raised_at(place: int, size: Size) -> datetime:
    """Return when an invoice was raised: evenly from the start to an hour before now."""
    return size.since + (NOW - timedelta(hours=1) - size.since) * place / size.invoices


def invoices(size: Size) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield invoices with their items as Cliniko names their fields."""
    for place in range(size.invoices):
        yield _invoice(place, size)


def _invoice(place: int, size: Size) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    at = raised_at(place, size).replace(microsecond=0)
    items = [_item(place, 1, "Consultation", Decimal(80 + place % 40), None)]
    if has_product(place):
        items.append(_item(place, 2, "Tape", Decimal("11.00"), Decimal(10)))
    total = sum((item["total_including_tax"] for item in items), Decimal(0))
    tax = Decimal("1.00") if has_product(place) else Decimal(0)
    is_open = size.is_open(place)
    stamps = {"created_at": at, "updated_at": at}
    made = {
        "id": invoice_id(place),
        "number": place + 1,
        "issue_date": at.date().isoformat(),
        "status": 10 if is_open else 20,
        "status_description": "Open" if is_open else "Paid",
        "closed_at": None if is_open else at + timedelta(minutes=5),
        "calculation_method": 3,
        "calculation_method_description": "Tax inclusive",
        "total_amount": total,
        "tax_amount": tax,
        "net_amount": total - tax,
        "discounted_amount": Decimal(0),
        "invoice_to": "",
        "patient_id": patient_id(place % size.patients),
        "business_id": PLACE,
        "practitioner_id": WHO,
        **stamps,
    }
    return made, [{**item, **stamps} for item in items]


def _item(place: int, position: int, name: str, price: Decimal, tax: Decimal | None) -> dict[str, Any]:
    return {
        "id": str(1_412_500_000_000_000_000 + 1000 * place + position),
        "invoice_id": invoice_id(place),
        "name": name,
        "code": name[:4].upper(),
        "quantity": Decimal(1),
        "unit_price": price,
        "tax_name": None if tax is None else "GST",
        "tax_rate": tax,
        "tax_amount": tax,
        "discounted_amount": Decimal(0),
        "total_including_tax": price,
        "net_price": price if tax is None else price - Decimal("1.00"),
    }


def practice_world(size: Size) -> practice.World:
    """Return the simulated Cliniko with everything in it."""
    world = practice.World.empty()
    place = {"business_name": "Riverside", "label": "Riverside", "time_zone_identifier": "Australia/Melbourne"}
    world = practice.put(world, "businesses", {"id": PLACE, **place})
    who = {"first_name": "Ben", "last_name": "Hands", "label": "Ben Hands", "active": True}
    world = practice.put(world, "practitioners", {"id": WHO, **who})
    world = practice.put_many(world, "patients", patients(size))
    rows, items = [], []
    for made, lines in invoices(size):
        rows.append(made)
        items.extend(lines)
    world = practice.put_many(world, "invoices", rows)
    world = practice.put_many(world, "invoice_items", items)
    return replace(world, next_number=size.invoices + 1)


def books_world(daily_calls: int = 5_000) -> books.World:
    """Return the simulated Xero: an Australian organisation with nothing posted, and so many calls a day."""
    made = books.australian_books()
    return books.World.new(made, apps=[books.custom_app(made, day_limit=daily_calls)])


def edited(world: practice.World, places: list[int], at: datetime) -> practice.World:
    """Let the desk change the price of the only line of open invoices."""
    for place in places:
        item = [{"name": "Consultation", "unit_price": Decimal("77.00"), "quantity": Decimal(1)}]
        world = control.edit_invoice(world, invoice_id(place), {}, item, at=at)
    return world


def paid(world: practice.World, places: list[int], at: datetime) -> practice.World:
    """Let the desk take money for open invoices."""
    for place in places:
        world, _ = control.pay_invoice(world, invoice_id(place), at=at)
    return world
