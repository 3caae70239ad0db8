"""The records of the made-up clinic: who and what there is, before anything happens."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final

from ligament.connectors.cliniko.simulator.kinds import Record
from ligament.simkit.catalogue import Item, Payer
from ligament.simkit.story import ClinicStory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ligament.simkit.people import Home, Person


_PAYER_CODE: Final = 2


# Each kind of record has its own range of ids, so that they are easy to tell apart in the demo.
_BASES: Final = {
    "businesses": 1_410,
    "users": 1_420,
    "practitioners": 1_430,
    "taxes": 1_440,
    "billable_items": 1_450,
    "products": 1_460,
    "contacts": 1_470,
    "patients": 1_480,
    "concession_types": 1_490,
    "concession_prices": 1_500,
}


def record_id(kind: str, place: int) -> str:
    return str(_BASES[kind] * 1_000_000_000_000_000 + place + 1)


def _address_record(home: Home) -> dict[str, object]:
    return {
        "address_1": home.street,
        "city": home.suburb,
        "state": home.state,
        "post_code": home.post_code,
        "country": "Australia",
        "country_code": "AU",
    }


def business_record(story: ClinicStory, place: int) -> Record:
    it = story.places[place]
    names = dict.fromkeys(("business_name", "display_name", "label"), it.name)
    return {"id": record_id("businesses", place), **names, "time_zone_identifier": it.zone, **_address_record(it.home)}


def user_record(story: ClinicStory, place: int) -> Record:
    it = story.practitioners[place]
    names = {"first_name": it.first, "last_name": it.last, "email": it.email}
    return {"id": record_id("users", place), **names, "role": "practitioner"}


def practitioner_record(story: ClinicStory, place: int) -> Record:
    it = story.practitioners[place]
    return {
        "id": record_id("practitioners", place),
        "first_name": it.first,
        "last_name": it.last,
        "display_name": it.name,
        "label": it.name,
        "designation": it.designation,
        "active": True,
        "user_id": record_id("users", place),
    }


def service_record(item: Item, ids: Mapping[str, str]) -> Record:
    """Return the record of a service or a write-off that can be billed."""
    tax = ids.get(f"taxes/{item.tax}")
    kind = "Other" if item.is_write_off else "Service"
    return {
        "id": ids[f"billable_items/{item.key}"],
        "name": item.name,
        "item_code": item.code,
        "item_type": kind,
        "price": item.price,
        "tax_id": tax,
    }


def product_record(item: Item, ids: Mapping[str, str]) -> Record:
    return {
        "id": ids[f"products/{item.key}"],
        "name": item.name,
        "item_code": item.code,
        "price_including_tax": item.price,
        "tax_id": ids.get(f"taxes/{item.tax}"),
    }


def payer_record(payer: Payer, ids: Mapping[str, str]) -> Record:
    """Return the record of a third-party payer."""
    kind = {"type_code": _PAYER_CODE, "type": "3rd Party Payer", "company_name": payer.company, "email": payer.email}
    return {"id": ids[f"contacts/{payer.key}"], **kind, **_address_record(payer.home)}


def patient_record(person: Person, ids: Mapping[str, str], concession_id: str) -> Record:
    """Return the record of a patient, with phones, address and concession."""
    numbers = (("Mobile", person.mobile), ("Home", person.landline))
    joined = morning(person.joined_on)
    return {
        "id": ids[f"patients/{person.key}"],
        "title": person.title or None,
        "first_name": person.first,
        "last_name": person.last,
        "email": person.email or None,
        "patient_phone_numbers": [{"number": number, "phone_type": kind} for kind, number in numbers if number],
        "concession_type_id": concession_id if person.is_concession else None,
        "created_at": joined,
        "updated_at": joined,
        **_address_record(person.home),
    }


def morning(day: date) -> datetime:
    """Return the first instant of a day, in UTC."""
    return datetime.combine(day, time(0), UTC)
