"""Differences around invoices: what was never posted, left out or taken back, credit, people, and who treats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from ligament.app.undo import undo
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero.simulator import control as office
from ligament.connectors.xero.simulator.records import User
from tests.reconcile.planting import GST, Scene, desk_record, edit_paid
from tests.support.practice import PLACE

TYPE, ITEM = "1400300000000001403", "1400300000000001404"
Words = Mapping[str, str]


def total(scene: Scene, invoice: str) -> Decimal:
    """Return what an invoice comes to in the practice."""
    return abs(Decimal(str(desk_record(scene.stage, invoice)["total_amount"])))


# --- beside an invoice that stays as it is: another record that differs -----------------------------------------------


def raise_another(scene: Scene, invoice: str) -> Words:
    """Raise one more of the same price, which no run has posted yet."""
    price = total(scene, invoice)
    other = scene.stage.invoice(price=str(price))
    scene.expect(scene.number(other), "missing")
    return {"number": scene.number(other), "price": f"{price:,.2f}"}


def raise_for_nothing(scene: Scene, invoice: str) -> Words:
    """Raise one that comes to nothing."""
    del invoice
    other = scene.stage.invoice(price="0.00")
    scene.expect(scene.number(other), "skipped")
    return {"number": scene.number(other)}


def attend(scene: Scene, invoice: str) -> Words:
    """Let somebody come whom nobody invoices."""
    del invoice
    booking = booked(scene)
    attended(scene, booking)
    scene.expect(booking, "completed_not_invoiced")
    return {"number": booking}


# --- an invoice of its own kind ---------------------------------------------------------------------------------------


def leave_open(scene: Scene, invoice: str) -> None:
    """Leave a credit open on both sides, as it was raised."""
    scene.expect(scene.number(invoice), "credit_not_allocated")


def close_unpaid(scene: Scene, invoice: str) -> None:
    """Close an invoice in the practice that nobody paid."""
    closed = scene.stage.time.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    scene.desk(desk.edit_invoice, invoice, {"status": 30, "closed_at": closed})
    scene.expect(scene.number(invoice), "debtor")


def rounded(scene: Scene, price: str) -> str:
    """Raise an invoice of three lines, whose tax each system rounds in its own way."""
    lines = [{"name": "Consult", "unit_price": price, **GST} for _ in range(3)]
    made: str = scene.desk(desk.create_invoice, PLACE, lines)
    return made


def leave_rounded(scene: Scene, invoice: str) -> None:
    scene.expect(scene.number(invoice), "tax_rounding")


def wait_for_a_word(scene: Scene, invoice: str) -> None:
    """Leave what an undo took back as it is: it waits until somebody says otherwise."""
    scene.expect(scene.number(invoice), "undone")


def undo_last(scene: Scene, run: str) -> None:
    """Undo a run as a process of its own does."""
    scene.stage.pass_time(minutes=1)
    with scene.stage.app() as clinic:
        undo(clinic, run)


def edit_paid_up(scene: Scene, invoice: str) -> Words:
    """Raise the price of a paid invoice in the practice."""
    price = total(scene, invoice) + 3
    edit_paid(scene, invoice, f"{price:.2f}")
    return {"price": f"{price:,.2f}"}


# --- people -----------------------------------------------------------------------------------------------------------


def change_details(scene: Scene, invoice: str) -> Words:
    """Change the name of a contact in the books, where the practice decides about names."""
    contact = scene.stage.kept_books().contacts[scene.document(invoice).contact_id]
    scene.office(office.edit_contact, contact.contact_id, {"Name": f"{contact.name} Elsewhere"})
    scene.expect(contact.number, "contact_field")
    return {"number": contact.number}


def employ(scene: Scene, place: int) -> str:
    """Take on somebody who treats, with a user of the same e-mail address in the books; returns the name."""
    key, user, mail = f"14003{place:05}", f"14002{place:05}", f"hands{place}@clinic.test"

    def practice(world: Any) -> Any:
        world = cliniko.put(world, "users", {"id": user, "first_name": "Ro", "last_name": "Hands", "email": mail})
        named = {"first_name": "Ro", "last_name": f"Hands {place}", "label": f"Ro Hands {place}", "active": True}
        return cliniko.put(world, "practitioners", {"id": key, "user_id": user, **named})

    def books(world: Any) -> Any:
        kept = world.only()
        taken = User(user_id=f"00000000-0000-4000-8000-{place:012}", email=mail, first_name="Ro", last_name="Hands")
        return world.with_books(replace(kept, users={**kept.users, taken.user_id: taken}))

    scene.stage.practice.change(practice)
    scene.stage.books.change(books)
    return f"Ro Hands {place}"


def rename_user(scene: Scene, place: int, mail: str) -> None:
    """Give a user of the books another e-mail address."""

    def books(world: Any) -> Any:
        kept, key = world.only(), f"00000000-0000-4000-8000-{place:012}"
        return world.with_books(replace(kept, users={**kept.users, key: replace(kept.users[key], email=mail)}))

    scene.stage.pass_time(minutes=1)
    scene.stage.books.change(books)


def lose_owner(scene: Scene, invoice: str) -> None:
    """Expect that somebody who treats is no user of the books any more."""
    del invoice
    scene.expect("None", "owner")


# --- visits -----------------------------------------------------------------------------------------------------------


def priced(scene: Scene) -> None:
    """Give one type of appointment its usual price."""

    def change(world: Any) -> Any:
        item = {"id": ITEM, "name": "Consult", "item_code": "C", "price": "95.00"}
        world = cliniko.put(world, "billable_items", item)
        world = cliniko.put(world, "appointment_types", {"id": TYPE, "name": "Standard", "billable_item_id": ITEM})
        row = {"id": "14035", "appointment_type_id": TYPE, "billable_item_id": ITEM, "quantity": "1"}
        return cliniko.put(world, "appointment_type_billable_items", row)

    scene.stage.practice.change(change)


def booked(scene: Scene, **told: Any) -> str:
    """Book an appointment that is over by now, and return the id of the booking."""
    starts = scene.stage.time.at - timedelta(hours=6)
    fields = {**PLACE, "appointment_type_id": TYPE, "starts_at": starts, "ends_at": starts + timedelta(minutes=30)}
    made: str = scene.desk(desk.book, {**fields, **told})
    return made


def attended(scene: Scene, booking: str) -> str:
    """Record that the patient came, and return the attendee's id."""
    attendee: str = desk.attendees_of(scene.stage.practice.world, booking)[0]
    scene.desk(desk.mark_arrival, attendee, arrived=True)
    return attendee
