"""Staff actions on invoices: create, edit, archive, unarchive and reverse to a credit note [6.1, 7.2, 7.6]."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ligament.connectors.cliniko.simulator.arithmetic import compute_line, header_fields, line_fields
from ligament.connectors.cliniko.simulator.kinds_billing import INVOICE_ITEMS, INVOICES
from ligament.connectors.cliniko.simulator.settling import adopt, payments_of, settle, settle_all
from ligament.connectors.cliniko.simulator.ui_records import archive_record, unarchive_record
from ligament.connectors.cliniko.simulator.values import as_decimal, decimal_text, stamp, stored_record
from ligament.connectors.cliniko.simulator.world import World, add, amend, find, get, remove, table_index

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ligament.connectors.cliniko.simulator.kinds import Record


def create_invoice(world: World, invoice: Record, items: Sequence[Record], *, at: datetime) -> tuple[World, str]:
    """Raise an invoice and return its id.

    `invoice` gives at least `patient_id`; number, issue date (the UTC date of `at`), addressee, method and totals are
    filled in unless given. `items` give name, quantity, unit_price, tax_name, tax_rate, and either discount_percentage
    or discounted_amount with is_monetary_discount. The status follows from the total.
    """
    given = stored_record(INVOICES, invoice)
    patient = find(world, "patients", given.get("patient_id")) or {}
    start: dict[str, object] = {
        "issue_date": at.date().isoformat(),
        "calculation_method": world.calculation_method,
        "invoice_to": _addressee(patient),
        "patient_extra_information": patient.get("invoice_extra_information"),
        "status": 10,
        "closed_at": None,
        "created_at": stamp(at),
        "updated_at": stamp(at),
    }
    if "number" not in given:
        credit = bool(given.get("original_invoice_id")) and not world.switches.credit_notes_share_numbers
        world, start["number"] = _next_number(world, credit=credit)
    method = int(str(given.get("calculation_method") or world.calculation_method))
    totals = header_fields((compute_line(item, method) for item in items), method)
    world, invoice_id = add(world, "invoices", {**start, **totals, **given})
    for item in items:
        world, _ = add(world, "invoice_items", _item_fields(world, invoice_id, item, method, at))
    return settle(world, invoice_id, at=at, bump=False), invoice_id


def _next_number(world: World, *, credit: bool) -> tuple[World, int]:
    if credit:
        return replace(world, next_credit_number=world.next_credit_number + 1), world.next_credit_number
    return replace(world, next_number=world.next_number + 1), world.next_number


def _addressee(patient: Record) -> str | None:
    if patient.get("invoice_default_to"):
        return str(patient["invoice_default_to"])
    name = " ".join(str(patient[part]) for part in ("title", "first_name", "last_name") if patient.get(part))
    place = " ".join(str(patient[part]) for part in ("city", "state", "post_code") if patient.get(part))
    lines = (name, patient.get("address_1"), place, patient.get("country"))
    return "\r\n".join(str(line) for line in lines if line) or None


def _item_fields(world: World, invoice_id: str, item: Record, method: int, at: datetime) -> dict[str, object]:
    computed = line_fields(compute_line(item, method), world.switches)
    times: dict[str, object] = {"created_at": stamp(at), "updated_at": stamp(at)}
    return {**times, **stored_record(INVOICE_ITEMS, item), **computed, "invoice_id": invoice_id}


def items_of(world: World, invoice_id: str) -> list[Record]:
    """Return the items of an invoice that are not removed, in order of creation."""
    return [
        row.fields
        for row in table_index(world.table("invoice_items"), "invoice_id").get(invoice_id, ())
        if row.fields.get("archived_at") is None and row.fields.get("deleted_at") is None
    ]


def edit_invoice(
    world: World, invoice_id: str, changes: Record, items: Sequence[Record] | None = None, *, at: datetime
) -> World:
    """Edit an invoice, also a paid one; `items`, when given, become its whole set of lines.

    The switch `editing_items` says whether lines keep their ids. When only lines changed and no total moved, the
    switch `item_rename_bumps_invoice` says whether the invoice's `updated_at` moves.
    """
    world = adopt(world, invoice_id)
    changed = stored_record(INVOICES, changes)
    before = get(world, "invoices", invoice_id)
    if items is not None:
        method = int(str(changed.get("calculation_method") or before.get("calculation_method") or 1))
        world = _change_items(world, invoice_id, items, method, at)
        changed = header_fields((compute_line(item, method) for item in items), method) | changed
    moved = any(before.get(name) != value for name, value in changed.items())
    bump = moved or world.switches.item_rename_bumps_invoice
    world = amend(world, "invoices", invoice_id, changed, at=at, bump=bump)
    return world if "closed_at" in changes else settle(world, invoice_id, at=at, bump=moved)


def _change_items(world: World, invoice_id: str, items: Sequence[Record], method: int, at: datetime) -> World:
    old = [str(item["id"]) for item in items_of(world, invoice_id)]
    keep = old[: len(items)] if world.switches.editing_items == "updates" else []
    for item_id, item in zip(keep, items, strict=False):
        fields = _item_fields(world, invoice_id, item, method, at)
        wanted = {name: value for name, value in fields.items() if name not in ("id", "created_at", "updated_at")}
        before = get(world, "invoice_items", item_id)
        if any(before.get(name) != value for name, value in wanted.items()):
            world = amend(world, "invoice_items", item_id, wanted, at=at)
    for item_id in old[len(keep) :]:
        world = _remove_item(world, item_id, at)
    for item in items[len(keep) :]:
        fields = _item_fields(world, invoice_id, item, method, at)
        # A line carried over from before gets a new id like any other new line.
        world, _ = add(world, "invoice_items", {name: value for name, value in fields.items() if name != "id"})
    return world


def _remove_item(world: World, item_id: str, at: datetime) -> World:
    match world.switches.removed_items_are:
        case "gone":
            return remove(world, "invoice_items", item_id)
        case "deleted":
            return amend(world, "invoice_items", item_id, {"deleted_at": stamp(at)}, at=at)
        case "archived":
            return amend(world, "invoice_items", item_id, {"archived_at": stamp(at)}, at=at)


def archive_invoice(world: World, invoice_id: str, *, at: datetime) -> World:
    """Archive an invoice; its items and payments follow as the switches say, which reopens other invoices."""
    world = adopt(world, invoice_id)
    if world.switches.archiving_invoice_archives_items:
        for item in items_of(world, invoice_id):
            world = archive_record(world, "invoice_items", str(item["id"]), at=at)
    world = archive_record(world, "invoices", invoice_id, at=at)
    if not world.switches.archiving_invoice_archives_payments:
        return world
    touched: set[str] = set()
    for payment in payments_of(world, invoice_id):
        touched |= set(payment.allocations)
        world = amend(world, "payments", payment.id, {"archived_at": stamp(at)}, at=at)
    return settle_all(world, sorted(touched - {invoice_id}), at=at)


def unarchive_invoice(world: World, invoice_id: str, *, at: datetime) -> World:
    """Bring an archived invoice back with the items that were removed together with it; payments stay archived."""
    before = get(world, "invoices", invoice_id)
    gone_at = before.get("archived_at") or before.get("deleted_at")
    for row in table_index(world.table("invoice_items"), "invoice_id").get(invoice_id, ()):
        if gone_at is not None and gone_at in (row.fields.get("archived_at"), row.fields.get("deleted_at")):
            world = unarchive_record(world, "invoice_items", str(row.fields["id"]), at=at)
    return settle(unarchive_record(world, "invoices", invoice_id, at=at), invoice_id, at=at)


def reverse_invoice(
    world: World, invoice_id: str, items: Sequence[Record] | None = None, *, at: datetime
) -> tuple[World, str]:
    """Raise a credit note against an invoice and return its id.

    Without `items` all lines are reversed by negative quantities; the given ones replace them (a partial refund, a
    write-off). Refund it or apply it with the payment actions.
    """
    original = get(world, "invoices", invoice_id)
    lines = list(items) if items is not None else [_reversed_line(item) for item in items_of(world, invoice_id)]
    copied = ("patient_id", "practitioner_id", "business_id", "invoice_to", "calculation_method", "appointment_id")
    fields = {name: original[name] for name in copied if original.get(name) is not None}
    return create_invoice(world, {**fields, "original_invoice_id": invoice_id}, lines, at=at)


def _reversed_line(item: Record) -> Record:
    left_out = ("id", "created_at", "updated_at", "net_price", "total_including_tax")
    line = {name: value for name, value in item.items() if name not in left_out}
    line["quantity"] = decimal_text(-as_decimal(item.get("quantity")))
    if item.get("is_monetary_discount"):
        # The sign of a money discount on a credit note is not documented; only a negative one gives the mirror image.
        line["discounted_amount"] = decimal_text(-as_decimal(item.get("discounted_amount")))
    return {**line, "source_item_id": item["id"]}
