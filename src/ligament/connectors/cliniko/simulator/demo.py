"""An invented clinic's story told in the simulated Cliniko: people, price list, invoices and what staff did to them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Protocol

from ligament.connectors.cliniko.simulator import control
from ligament.connectors.cliniko.simulator.arithmetic import LEGACY, TAX_EXCLUSIVE, TAX_INCLUSIVE
from ligament.connectors.cliniko.simulator.demo_records import (
    business_record,
    morning,
    patient_record,
    payer_record,
    practitioner_record,
    product_record,
    record_id,
    service_record,
    user_record,
)
from ligament.connectors.cliniko.simulator.handle import handle
from ligament.connectors.cliniko.simulator.kinds import Record
from ligament.connectors.cliniko.simulator.ui_patients import merge_patients
from ligament.connectors.cliniko.simulator.values import as_decimal
from ligament.connectors.cliniko.simulator.world import DEFAULT_KEY, World, amend, find, get, put_many
from ligament.simkit.catalogue import Arithmetic, Item, Payer
from ligament.simkit.story import Bill, Charge, ClinicStory, Deed, DeedKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ligament.simkit.messages import Request
    from ligament.simkit.people import Person

__all__ = ["environment", "handle", "is_write", "totals", "world_for"]

FIRST_NUMBER: Final = 2001
_METHODS: Final = {
    Arithmetic.PER_LINE: LEGACY,
    Arithmetic.TAX_ADDED: TAX_EXCLUSIVE,
    Arithmetic.TAX_INSIDE: TAX_INCLUSIVE,
}
_CONCESSION: Final = "Concession card"


class _Keyed(Protocol):
    @property
    def key(self) -> str: ...


@dataclass(slots=True, kw_only=True)
class _Teller:
    """Tells a story to a world, and remembers which record belongs to which part of the story."""

    story: ClinicStory
    world: World
    bills: Mapping[str, Bill]
    people: Mapping[str, Person]
    items: Mapping[str, Item]
    ids: Mapping[str, str]
    invoices: dict[str, str] = field(default_factory=dict)
    credits: dict[str, str] = field(default_factory=dict)


def world_for(story: ClinicStory) -> World:
    """Return the simulated Cliniko account of an invented clinic."""
    opened = datetime.combine(story.start_on - timedelta(days=400), time(0), UTC)
    world = World.empty(at=opened)
    account = {**_as_record(world.settings["account"]), "name": story.name, "subdomain": "two-coasts"}
    world = replace(world, settings={**world.settings, "account": account}, next_number=FIRST_NUMBER)
    for kind, records in _directory(story):
        world = put_many(world, kind, records)
    teller = _Teller(
        story=story,
        world=world,
        bills={bill.key: bill for bill in story.bills},
        people={person.key: person for person in story.people},
        items={item.key: item for item in story.items},
        ids=_ids(story),
    )
    _merge_and_archive(teller)
    for deed in story.deeds:
        _DEEDS[deed.kind](teller, deed)
    return teller.world


def environment(world: World, url: str) -> dict[str, str]:
    """Return the environment that reaches this world at an address."""
    assert DEFAULT_KEY in world.keys
    return {"CLINIKO_API_KEY": f"{DEFAULT_KEY}-{world.shard}", "LIGAMENT_CLINIKO_URL": f"{url}/v1"}


def is_write(request: Request) -> bool:
    """Say whether a request would change the account."""
    return request.method not in {"GET", "HEAD", "OPTIONS"}


def totals(world: World) -> dict[str, Decimal]:
    """Return what each invoice that is not archived comes to, by its number; credit notes are negative."""
    shown = (row.fields for row in world.table("invoices").rows.values())
    return {
        str(one["number"]): as_decimal(one["total_amount"])
        for one in shown
        if one.get("archived_at") is None and one.get("deleted_at") is None
    }


def _as_record(value: object) -> Record:
    assert isinstance(value, dict)
    return value


# --- who and what there is --------------------------------------------------------------------------------------------


def _ids(story: ClinicStory) -> dict[str, str]:
    """Return the id of every record that others point to, by its key in the story."""
    services = [item for item in story.items if not item.is_product]
    products = [item for item in story.items if item.is_product]
    listed: dict[str, Sequence[_Keyed]] = {
        "businesses": story.places,
        "practitioners": story.practitioners,
        "taxes": story.taxes,
        "billable_items": services,
        "products": products,
        "contacts": story.payers,
        "patients": story.people,
    }
    return {f"{kind}/{it.key}": record_id(kind, n) for kind, those in listed.items() for n, it in enumerate(those)}


def _directory(story: ClinicStory) -> list[tuple[str, list[Record]]]:
    ids = _ids(story)
    services = [item for item in story.items if not item.is_product]
    cheaper = [item for item in services if item.concession_price is not None]
    concession_id = record_id("concession_types", 0)
    prices: list[Record] = [
        {
            "id": record_id("concession_prices", place),
            "price": item.concession_price,
            "billable_item_id": ids[f"billable_items/{item.key}"],
            "concession_type_id": concession_id,
        }
        for place, item in enumerate(cheaper)
    ]
    return [
        ("businesses", [business_record(story, place) for place in range(len(story.places))]),
        ("users", [user_record(story, place) for place in range(len(story.practitioners))]),
        ("practitioners", [practitioner_record(story, place) for place in range(len(story.practitioners))]),
        ("taxes", [{"id": ids[f"taxes/{it.key}"], "name": it.name, "rate": it.rate} for it in story.taxes]),
        ("billable_items", [service_record(item, ids) for item in services]),
        ("products", [product_record(item, ids) for item in story.items if item.is_product]),
        ("concession_types", [{"id": concession_id, "name": _CONCESSION}]),
        ("concession_prices", prices),
        ("contacts", [payer_record(payer, ids) for payer in story.payers]),
        ("patients", [patient_record(person, ids, concession_id) for person in story.people]),
    ]


def _merge_and_archive(teller: _Teller) -> None:
    for person in teller.story.people:
        if person.left_on is None:
            continue
        at, own = morning(person.left_on), teller.ids[f"patients/{person.key}"]
        if person.merged_into:
            survivor = teller.ids[f"patients/{person.merged_into}"]
            teller.world = merge_patients(teller.world, loser_id=own, survivor_id=survivor, at=at)
        else:
            teller.world = control.archive_record(teller.world, "patients", own, at=at)


# --- what happened ----------------------------------------------------------------------------------------------------


def _raise(teller: _Teller, deed: Deed) -> None:
    bill = teller.bills[deed.bill]
    invoice: dict[str, object] = {
        "patient_id": teller.ids[f"patients/{bill.person}"],
        "practitioner_id": teller.ids[f"practitioners/{bill.practitioner}"],
        "business_id": teller.ids[f"businesses/{bill.place}"],
        "issue_date": bill.issued_on,
        "calculation_method": _METHODS[bill.arithmetic],
    }
    payer = next((one for one in teller.story.payers if one.key == bill.payer), None)
    if payer is not None or bill.addressee:
        invoice["invoice_to"] = bill.addressee or (payer and _letter(payer))
    lines = [_line(teller, charge) for charge in bill.charges]
    teller.world, made = control.create_invoice(teller.world, invoice, lines, at=deed.at)
    teller.invoices[bill.key] = made


def _letter(payer: Payer) -> str:
    home = payer.home
    return f"{payer.company}\r\n{home.street}\r\n{home.suburb} {home.state} {home.post_code}"


def _line(teller: _Teller, charge: Charge) -> Record:
    item = teller.items[charge.item]
    kind = "product" if item.is_product else "billable_item"
    tax = next((one for one in teller.story.taxes if one.key == item.tax), None)
    line: dict[str, object] = {
        f"{kind}_id": teller.ids[f"{kind}s/{item.key}"],
        "code": item.code,
        "name": item.name,
        "quantity": charge.quantity,
        "unit_price": charge.price,
        "tax_name": tax.name if tax else None,
        "tax_rate": tax.rate if tax else None,
        "concession_type_name": _CONCESSION if charge.concession else "",
    }
    if charge.percent_off is not None:
        line["discount_percentage"] = charge.percent_off
    if charge.money_off is not None:
        line.update(discounted_amount=charge.money_off, is_monetary_discount=True)
    return line


def _pay(teller: _Teller, deed: Deed) -> None:
    own = teller.invoices[deed.bill]
    if control.outstanding(teller.world, own) > 0:
        teller.world, _ = control.pay_invoice(teller.world, own, deed.amount or None, at=deed.at)


def _reverse(teller: _Teller, deed: Deed) -> None:
    own = teller.invoices[deed.bill]
    if as_decimal(get(teller.world, "invoices", own).get("total_amount")) > 0:
        teller.world, teller.credits[deed.bill] = control.reverse_invoice(teller.world, own, at=deed.at)


def _write_off(teller: _Teller, deed: Deed) -> None:
    own = teller.invoices[deed.bill]
    amount = min(deed.amount, control.outstanding(teller.world, own))
    if amount > 0:
        line = _line(teller, Charge(item="writeoff", quantity=Decimal(-1), price=amount))
        teller.world, made = control.reverse_invoice(teller.world, own, (line,), at=deed.at)
        teller.credits[deed.bill] = made


def _use_credit(teller: _Teller, deed: Deed) -> None:
    credit = teller.credits.get(deed.bill)
    if credit is not None:
        target = teller.invoices[deed.target]
        teller.world, _ = control.apply_credit(teller.world, credit, target, at=deed.at)


def _refund(teller: _Teller, deed: Deed) -> None:
    teller.world, _ = control.refund_credit(teller.world, teller.credits[deed.bill], at=deed.at)


def _archive(teller: _Teller, deed: Deed) -> None:
    teller.world = control.archive_invoice(teller.world, teller.invoices[deed.bill], at=deed.at)


def _misstate_total(teller: _Teller, deed: Deed) -> None:
    own = teller.invoices[deed.bill]
    found = find(teller.world, "invoices", own) or {}
    wrong = as_decimal(found.get("total_amount")) + deed.amount
    teller.world = control.edit_record(teller.world, "invoices", own, {"total_amount": wrong}, at=deed.at)


def _misstate_status(teller: _Teller, deed: Deed) -> None:
    changes = {"status": int(deed.amount), "status_description": "In dispute"}
    teller.world = amend(teller.world, "invoices", teller.invoices[deed.bill], changes, at=deed.at)


_DEEDS: Final[Mapping[DeedKind, Callable[[_Teller, Deed], None]]] = {
    DeedKind.RAISE: _raise,
    DeedKind.PAY: _pay,
    DeedKind.PAY_PART: _pay,
    DeedKind.REVERSE: _reverse,
    DeedKind.WRITE_OFF: _write_off,
    DeedKind.USE_CREDIT: _use_credit,
    DeedKind.REFUND: _refund,
    DeedKind.ARCHIVE: _archive,
    DeedKind.MISSTATE_TOTAL: _misstate_total,
    DeedKind.MISSTATE_STATUS: _misstate_status,
}
