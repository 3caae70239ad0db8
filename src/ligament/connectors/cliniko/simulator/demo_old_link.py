"""The practice's side of a year with an older link: its patients, its invoices and what became of them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from ligament.connectors.cliniko.simulator import ui_invoices, ui_payments
from ligament.connectors.cliniko.simulator.ui_settings import set_native_xero
from ligament.connectors.cliniko.simulator.world import World, find, put, records
from ligament.simkit.old_link import OldTrouble

if TYPE_CHECKING:
    from datetime import date

    from ligament.connectors.cliniko.simulator.kinds import Record
    from ligament.simkit.old_link import OldSale, OldYear

_PATIENT = 1410000000000070000
_BUSINESS, _PRACTITIONER = "1400100000000000071", "1400300000000000071"


def world_for(year: OldYear) -> World:
    """Return the account of the clinic with its older link switched on, as it was for the year."""
    return set_native_xero(enter(World.empty(), year), enabled=True)


def switched_off(world: World) -> World:
    """Return the account with the older link switched off."""
    return set_native_xero(world, enabled=False)


def enter(world: World, year: OldYear) -> World:
    """Enter the year as the front desk did."""
    since = _at(year.sales[0].on) - timedelta(days=30)
    place = {"id": _BUSINESS, "business_name": "Old Mill", "label": "Old Mill"}
    world = put(world, "businesses", {**place, "time_zone_identifier": "Australia/Melbourne"})
    person = {"id": _PRACTITIONER, "first_name": "Ada", "last_name": "Reyes", "label": "Ada Reyes", "active": True}
    world = put(world, "practitioners", person)
    for one in year.people:
        fields = {"id": _patient(one.key), "first_name": one.first, "last_name": one.last, "email": one.email}
        world = put(world, "patients", {**fields, "created_at": since, "updated_at": since})
    for sale in year.sales:
        world = _refund(world, sale) if sale.credits else _sell(world, sale)
    return world


def _sell(world: World, sale: OldSale) -> World:
    at = _at(sale.on)
    fields: Record = {
        "patient_id": _patient(sale.person.key),
        "business_id": _BUSINESS,
        "practitioner_id": _PRACTITIONER,
    }
    fields = {**fields, "number": sale.number, "issue_date": sale.on.isoformat()}
    world, made = ui_invoices.create_invoice(world, fields, [_line(sale, str(sale.posted))], at=at)
    if sale.paid_on is not None:
        world = ui_payments.pay_invoice(world, made, at=_at(sale.paid_on))[0]
    if sale.trouble is OldTrouble.AMOUNT:
        edited = _at(sale.paid_on or sale.on) + timedelta(days=2)
        world = ui_invoices.edit_invoice(world, made, {}, [_line(sale, str(sale.price))], at=edited)
        world = ui_payments.pay_invoice(world, made, at=edited)[0]
    if sale.trouble is OldTrouble.NOT_IN_PRACTICE:
        world = ui_invoices.archive_invoice(world, made, at=at + timedelta(days=1))
    return world


def _refund(world: World, sale: OldSale) -> World:
    original = next(str(row["id"]) for row in records(world, "invoices") if row.get("number") == sale.credits)
    world, made = ui_invoices.reverse_invoice(world, original, at=_at(sale.on))
    number = {"number": sale.number, "issue_date": sale.on.isoformat()}
    world = ui_invoices.edit_invoice(world, made, number, at=_at(sale.on))
    assert find(world, "invoices", made)
    return ui_payments.refund_credit(world, made, at=_at(sale.on) + timedelta(hours=1))[0]


def _line(sale: OldSale, price: str) -> Record:
    tax = {"tax_name": "GST", "tax_rate": "10"} if sale.taxed else {}
    return {"name": "Insoles" if sale.taxed else "Consultation", "unit_price": price, "quantity": "1", **tax}


def _patient(key: str) -> str:
    return str(_PATIENT + int(key))


def _at(day: date) -> datetime:
    """Return two in the afternoon of Melbourne, when everything of a day is entered."""
    return datetime.combine(day, time(4), UTC)
