"""What the demo lets a bookkeeper do about people: look at an e-mail address, and change a telephone number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator.control import edit_contact

if TYPE_CHECKING:
    from datetime import datetime

    from ligament.connectors.xero.simulator.records import Contact
    from ligament.connectors.xero.simulator.world import World


def _contact(world: World, number: str) -> Contact | None:
    return next((held for held in world.only().contacts.values() if held.number == number), None)


def email(world: World, number: str) -> str:
    """Return the e-mail address of the contact with that number, or an empty text."""
    held = _contact(world, number)
    return held.email if held is not None and held.status == "ACTIVE" else ""


def change_mobile(world: World, number: str, phone: str, at: datetime) -> World:
    """The bookkeeper types another mobile number."""
    held = _contact(world, number)
    if held is None:
        return world
    return edit_contact(world, held.contact_id, {"Phones": [{"PhoneType": "MOBILE", "PhoneNumber": phone}]}, at=at)
