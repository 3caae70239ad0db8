"""The books' side of a year with an older link: contacts by name alone, and what went wrong as it went wrong."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator import control
from ligament.connectors.xero.simulator.charts import australian_books, custom_app
from ligament.connectors.xero.simulator.money import round2
from ligament.connectors.xero.simulator.world import World
from ligament.simkit.old_link import OldTrouble

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from ligament.connectors.xero.simulator.wire import Json
    from ligament.simkit.old_link import OldSale, OldYear

_PERCENT_WITH_TAX = 110


def world_for(year: OldYear) -> World:
    """Return the books that the older link kept, connected by a custom connection."""
    books = australian_books("Old Mill Allied Health Pty Ltd")
    return post(World.new(books, apps=[custom_app(books)], seed="demo/old"), year)


def post(world: World, year: OldYear) -> World:
    """Post the year as the older link did: never a second contact of one name, and no credit ever used."""
    contacts: dict[str, str] = {}
    for sale in year.sales:
        if sale.person.name not in contacts:
            who = {"Name": sale.person.name, "FirstName": sale.person.first, "LastName": sale.person.last}
            who["EmailAddress"] = sale.person.email
            world, contacts[sale.person.name] = control.create_contact(world, who, at=_at(sale.on))
        if sale.trouble is not OldTrouble.MISSING:
            world = _posted(world, sale, contacts[sale.person.name], year.names(sale))
    return world


def _posted(world: World, sale: OldSale, contact: str, names: tuple[str, str]) -> World:
    at, (number, reference) = _at(sale.on), names
    document = {**_document(sale, contact), "Reference": reference}
    if sale.credits:
        note = {**document, "Type": "ACCRECCREDIT", "CreditNoteNumber": number}
        return control.create_credit_note(world, note, at=at)[0]
    invoice = {**document, "Type": "ACCREC", "InvoiceNumber": number}
    world, made = control.create_invoice(world, invoice, at=at)
    if sale.trouble is OldTrouble.DOUBLED:
        again = {**invoice, "InvoiceNumber": f"AGAIN-{sale.number - 6900:04}"}
        world = control.create_invoice(world, again, at=at + timedelta(hours=1))[0]
    if sale.paid_on is None or sale.trouble is OldTrouble.STUCK_OPEN:
        return world
    world = control.pay_invoice(world, made, at=_at(sale.paid_on), paid_on=sale.paid_on)[0]
    if sale.trouble is OldTrouble.DOUBLED_MONEY:
        amount = _gross(sale)
        world = control.receive_money(world, amount, at=_at(sale.paid_on), on=sale.paid_on, reference="EFTPOS")[0]
    return world


def _document(sale: OldSale, contact: str) -> Json:
    on = sale.on + timedelta(days=40) if sale.trouble is OldTrouble.DATE else sale.on
    taxed = sale.taxed and sale.trouble is not OldTrouble.TAX
    gross = str(_gross(sale))
    line = {
        "Description": "Insoles" if sale.taxed else "Consultation", "Quantity": "1", "UnitAmount": gross,
        "AccountCode": "200", "TaxType": "OUTPUT" if taxed else "EXEMPTOUTPUT",
    }  # fmt: skip
    return {
        "Contact": {"ContactID": contact}, "Date": on.isoformat(), "DueDate": on.isoformat(), "Status": "AUTHORISED",
        "LineAmountTypes": "Inclusive", "LineItems": [line],
    }  # fmt: skip


def _gross(sale: OldSale) -> Decimal:
    return round2(sale.posted * _PERCENT_WITH_TAX / 100) if sale.taxed else sale.posted


def _at(day: date) -> datetime:
    return datetime.combine(day, time(5), UTC)
