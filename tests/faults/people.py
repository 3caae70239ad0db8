"""People at work on both sides: each edit is drawn from its own number and done the way the vendors' screens allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control
from ligament.connectors.xero import simulator as xero
from ligament.connectors.xero.simulator import control as desk
from tests.faults import worlds

PracticeEdit = Callable[[cliniko.World, Random, datetime], cliniko.World]
BooksEdit = Callable[[xero.World, Random, datetime], xero.World]


def edit_practice(world: cliniko.World, kind: str, pick: int, at: datetime) -> cliniko.World:
    """Let the practice's staff do one thing; what their screen would not offer does not happen."""
    try:
        return PRACTICE[kind](world, Random(pick), at)
    except (control.NotPossible, IndexError, KeyError):
        return world


def edit_books(world: xero.World, kind: str, pick: int, at: datetime) -> xero.World:
    """Let the bookkeeper do one thing; what Xero would refuse does not happen."""
    try:
        return BOOKS[kind](world, Random(pick), at)
    except (xero.Refused, IndexError, KeyError, StopIteration):
        return world


# --- the practice -----------------------------------------------------------------------------------------------------


def _live(world: cliniko.World, kind: str) -> list[Any]:
    return [one for one in cliniko.records(world, kind) if not one.get("archived_at") and not one.get("deleted_at")]


def _invoice(world: cliniko.World, rng: Random, *, status: tuple[int, ...] = (10, 20, 30), credit: bool = False) -> str:
    fitting = [
        one for one in _live(world, "invoices")
        if one["status"] in status and bool(one.get("original_invoice_id")) is credit
    ]  # fmt: skip
    return str(_one_of(fitting, rng)["id"])


def _one_of(fitting: list[Any], rng: Random) -> Any:
    """People come back to the same few records, so that one edit meets another."""
    return rng.choice(fitting[:2] if rng.random() < 0.5 else fitting)


def _raise(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    return worlds.add_invoice(world, rng, at)


def _raise_for_payer(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    return worlds.add_invoice(world, rng, at, payer=True)


def _raise_taxed(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    return worlds.add_invoice(world, rng, at, taxed=True)


def _edit_lines(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    return control.edit_invoice(world, _invoice(world, rng), {}, worlds.lines_for(rng), at=at)


def _edit_price(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    chosen = _invoice(world, rng, status=(10,))
    price = rng.choice(worlds.PRICES)
    lines = [{**_plain(item), "unit_price": price} for item in control.items_of(world, chosen)]
    return control.edit_invoice(world, chosen, {}, lines, at=at)


def _plain(item: Any) -> dict[str, Any]:
    kept = ("name", "code", "quantity", "unit_price", "tax_name", "tax_rate")
    return {**worlds.PLAIN_LINE, **{name: item[name] for name in kept if item.get(name) is not None}}


def _rename_line(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    chosen = _invoice(world, rng)
    lines = [{**_plain(item), "name": f"Renamed {rng.randint(1, 9)}"} for item in control.items_of(world, chosen)]
    return control.edit_invoice(world, chosen, {}, lines, at=at)


def _edit_date(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    day = (at - timedelta(days=rng.randint(0, 20))).date().isoformat()
    return control.edit_invoice(world, _invoice(world, rng, status=(10,)), {"issue_date": day}, at=at)


def _pay(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    return control.pay_invoice(world, _invoice(world, rng, status=(10,)), at=at)[0]


def _part_pay(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    chosen = _invoice(world, rng, status=(10,))
    half = (control.outstanding(world, chosen) / 2).quantize(Decimal("0.01"))
    return control.pay_invoice(world, chosen, half, at=at)[0]


def _unpay(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    return control.archive_payments_of(world, _invoice(world, rng, status=(20,)), at=at)


def _pay_anew(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    """Pay all invoices again whose payments were taken off them."""
    opened = [
        one for one in _live(world, "invoices")
        if one["status"] == 10 and one.get("_payment_ids")
        and control.outstanding(world, str(one["id"])) == Decimal(str(one["total_amount"]))
    ]  # fmt: skip
    del rng
    for one in opened:
        world = control.pay_invoice(world, str(one["id"]), at=at)[0]
    return world


def _archive(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    return control.archive_invoice(world, _invoice(world, rng), at=at)


def _archive_unpaid(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    """Archive an invoice without money on it, as one that was raised by mistake."""
    return control.archive_invoice(world, _invoice(world, rng, status=(10,)), at=at)


def _unarchive(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    gone = [one for one in cliniko.records(world, "invoices") if one.get("archived_at") or one.get("deleted_at")]
    chosen = _one_of(gone, rng)
    world = control.unarchive_invoice(world, str(chosen["id"]), at=at)
    lines = control.items_of(world, str(chosen["id"]))
    back = sum((Decimal(str(item["total_including_tax"])) for item in lines), Decimal(0))
    if abs(back - Decimal(str(chosen["total_amount"]))) > 1:
        # A line that was replaced in the very second of the archiving would come back beside the one in its place.
        raise control.NotPossible("Its lines of before and after an edit cannot be told apart.")
    return world


def _reverse(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    return control.reverse_invoice(world, _invoice(world, rng), at=at)[0]


def _part_reverse(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    chosen = _invoice(world, rng)
    line = {"name": "Refund", "code": "CON", "quantity": "-1.0", "unit_price": "20.00"}
    return control.reverse_invoice(world, chosen, [line], at=at)[0]


def _apply_credit(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    note = _invoice(world, rng, status=(40,), credit=True)
    patient = cliniko.get(world, "invoices", note)["patient_id"]
    fitting = [one for one in _live(world, "invoices") if one["status"] == 10 and one["patient_id"] == patient]
    return control.apply_credit(world, note, str(rng.choice(fitting)["id"]), at=at)[0]


def _write_off(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    """Reverse a visit that nobody paid, and use the credit on it."""
    chosen = _invoice(world, rng, status=(10,))
    world, note = control.reverse_invoice(world, chosen, at=at)
    return control.apply_credit(world, note, chosen, at=at)[0]


def _credit_elsewhere(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    """Reverse a visit that was paid, and settle a new one of the same price with the credit: no money is taken."""
    paid = cliniko.get(world, "invoices", _invoice(world, rng, status=(20,)))
    world, note = control.reverse_invoice(world, str(paid["id"]), at=at)
    fields = {name: paid[name] for name in ("patient_id", "business_id", "practitioner_id", "calculation_method")}
    lines = [_plain(item) for item in control.items_of(world, str(paid["id"]))]
    world, visit = control.create_invoice(world, fields, lines, at=at)
    return control.apply_credit(world, note, visit, at=at)[0]


def _refund(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    return control.refund_credit(world, _invoice(world, rng, status=(40,), credit=True), at=at)[0]


def _patient(change: Callable[[Random, Any], dict[str, Any]]) -> PracticeEdit:
    def edit(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
        chosen = _one_of(_live(world, "patients"), rng)
        return control.edit_record(world, "patients", str(chosen["id"]), change(rng, chosen), at=at)

    return edit


def _new_phone(rng: Random, _: Any) -> dict[str, Any]:
    return {"patient_phone_numbers": [{"number": f"0491 571 {rng.randint(100, 999)}", "phone_type": "Mobile"}]}


def _refill(rng: Random, one: Any) -> dict[str, Any]:
    """Fill a field that somebody emptied before; where nothing is empty, empty one."""
    return {"email": f"again{rng.randint(100, 999)}@mail.example" if not one.get("email") else ""}


def _patient_corrected(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    """Type an address again that was none."""
    mistyped = [one for one in _live(world, "patients") if "@" not in str(one.get("email") or "@")]
    email = {"email": f"corrected{rng.randint(100, 999)}@mail.example"}
    return control.edit_record(world, "patients", str(_one_of(mistyped, rng)["id"]), email, at=at)


def _patient_new(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    # Those of the first day come a minute apart; this one is there now, before anybody bills them.
    return worlds.add_patient(world, rng, at - timedelta(minutes=len(cliniko.records(world, "patients"))))


def _patient_archive(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    return control.archive_record(world, "patients", str(rng.choice(_live(world, "patients"))["id"]), at=at)


def _patient_billed_and_archived(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    """Bill somebody who owes nothing for a visit of long ago, and archive them at once, as who tidies up does."""
    owing = {str(one["patient_id"]) for one in _live(world, "invoices") if one["status"] in {10, 40}}
    known = {str(one["patient_id"]) for one in _live(world, "invoices")} - owing
    chosen = _one_of([one for one in _live(world, "patients") if str(one["id"]) in known], rng)
    day = (at - timedelta(days=45)).date().isoformat()
    world = worlds.add_invoice(world, rng, at, patient=chosen, payer=False, issue_date=day)
    return control.archive_record(world, "patients", str(chosen["id"]), at=at + timedelta(minutes=1))


def _name_in_line(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    """Write into a line whom it is about, as people do who bill for reports."""
    chosen = _invoice(world, rng)
    about = worlds.named_words(str(cliniko.get(world, "invoices", chosen)["patient_id"]))
    lines = [{**_plain(item), "name": f"Report for {about}"} for item in control.items_of(world, chosen)]
    return control.edit_invoice(world, chosen, {}, lines, at=at)


def _patient_merge(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    live = _live(world, "patients")
    if len(live) < 2:
        return world
    loser, survivor = rng.sample(live, 2)
    return control.merge_patients(world, loser_id=str(loser["id"]), survivor_id=str(survivor["id"]), at=at)


def _patient_gone(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    """Archive somebody and delete them for good within a minute, before anybody looks again."""
    chosen = str(_one_of(_live(world, "patients"), rng)["id"])
    world = control.archive_record(world, "patients", chosen, at=at)
    return control.delete_patient(world, chosen, at=at, anonymise=rng.random() < 0.3)


PRACTICE: dict[str, PracticeEdit] = {
    "raise": _raise,
    "raise_for_payer": _raise_for_payer,
    "raise_taxed": _raise_taxed,
    "edit_lines": _edit_lines,
    "edit_price": _edit_price,
    "edit_date": _edit_date,
    "rename_line": _rename_line,
    "pay": _pay,
    "part_pay": _part_pay,
    "unpay": _unpay,
    "pay_anew": _pay_anew,
    "credit_elsewhere": _credit_elsewhere,
    "write_off": _write_off,
    "archive_unpaid": _archive_unpaid,
    "archive": _archive,
    "unarchive": _unarchive,
    "reverse": _reverse,
    "part_reverse": _part_reverse,
    "apply_credit": _apply_credit,
    "refund": _refund,
    "patient_email": _patient(lambda rng, _: {"email": f"new{rng.randint(100, 999)}@mail.example"}),
    "patient_email_mistyped": _patient(lambda rng, _: {"email": f"mistyped{rng.randint(100, 999)}"}),
    "patient_email_corrected": _patient_corrected,
    "patient_email_gone": _patient(lambda *_: {"email": None}),
    "patient_phone": _patient(_new_phone),
    "patient_name": _patient(lambda rng, _: {"last_name": f"{rng.choice(worlds.LAST)}-Ray"}),
    "patient_refill": _patient(_refill),
    "patient_new": _patient_new,
    "patient_archive": _patient_archive,
    "patient_merge": _patient_merge,
    "patient_gone": _patient_gone,
    "patient_billed_and_archived": _patient_billed_and_archived,
    "name_in_line": _name_in_line,
}


# --- the books --------------------------------------------------------------------------------------------------------


def _document(world: xero.World, rng: Random, *, status: tuple[str, ...] = ("AUTHORISED", "PAID")) -> Any:
    fitting = [one for one in world.only().invoices.values() if one.status in status]
    return _one_of(sorted(fitting, key=lambda one: str(one.number)), rng)


def _due(world: xero.World, rng: Random, at: datetime) -> xero.World:
    chosen = _document(world, rng, status=("AUTHORISED",))
    day = (chosen.dated_on + timedelta(days=rng.randint(30, 60))).isoformat()
    return desk.edit_invoice(world, chosen.document_id, {"DueDate": day}, at=at)


def _reference(world: xero.World, rng: Random, at: datetime) -> xero.World:
    chosen = _document(world, rng, status=("AUTHORISED",))
    url = {"Url": f"https://notes.example/{rng.randint(1, 99)}"}
    return desk.edit_invoice(world, chosen.document_id, url, at=at)


def _line(world: xero.World, rng: Random, at: datetime) -> xero.World:
    chosen = _document(world, rng, status=("AUTHORISED",))
    first = chosen.lines[0]
    lines = [{"LineItemID": line.line_id} for line in chosen.lines]
    lines[0] |= {"Description": f"{first.description} (by hand)"}
    return desk.edit_invoice(world, chosen.document_id, {"LineItems": lines}, at=at)


def _books_pay(world: xero.World, rng: Random, at: datetime) -> xero.World:
    chosen = _document(world, rng, status=("AUTHORISED",))
    amount = None if rng.random() < 0.6 else (chosen.outstanding / 2).quantize(Decimal("0.01"))
    return desk.pay_invoice(world, chosen.document_id, at=at, amount=amount, reference="by hand")[0]


def _pay_again(world: xero.World, rng: Random, at: datetime) -> xero.World:
    """Take a payment off and enter it again by hand, as people do who want another account or day on it."""
    payment = rng.choice([one for one in _live_payments(world) if one.target == "invoices"])
    world = desk.delete_payment(world, payment.payment_id, at=at)
    again = {"at": at, "amount": payment.amount, "reference": "entered again"}
    return desk.pay_invoice(world, payment.document_id, **again)[0]


def _merge_quietly(world: xero.World, rng: Random, at: datetime) -> xero.World:
    """Merge two contacts while the documents keep their old times."""
    active = [one for one in world.only().contacts.values() if one.status == "ACTIVE"]
    if len(active) < 2:
        return world
    loser, winner = rng.sample(active, 2)
    switches = world.switches
    quiet = replace(world, switches=replace(switches, merge_moves_documents=False))
    quiet = desk.merge_contacts(quiet, loser_id=loser.contact_id, winner_id=winner.contact_id, at=at)
    return replace(quiet, switches=switches)


def _contact_refill(world: xero.World, rng: Random, at: datetime) -> xero.World:
    """Fill an address that is empty in the books, as where the practice emptied it or never had one."""
    empty = [one for one in world.only().contacts.values() if one.status == "ACTIVE" and not one.email]
    email = {"EmailAddress": f"filled{rng.randint(100, 999)}@mail.example"}
    return desk.edit_contact(world, rng.choice(empty).contact_id, email, at=at)


def _contact_empty(world: xero.World, rng: Random, at: datetime) -> xero.World:
    """Empty an address in the books, on purpose: nobody fills it again but who types one later (choice C38)."""
    filled = [one for one in world.only().contacts.values() if one.status == "ACTIVE" and one.email]
    chosen = _one_of(sorted(filled, key=lambda one: (not one.number, one.number)), rng)
    return desk.edit_contact(world, chosen.contact_id, {"EmailAddress": ""}, at=at)


def _lock_today(world: xero.World, rng: Random, at: datetime) -> xero.World:
    """Lock up to yesterday or today, over whatever waits."""
    return desk.set_lock_dates(world, period=(at - timedelta(days=rng.choice((0, 1)))).date(), year_end=None)


def _live_payments(world: xero.World) -> list[Any]:
    return [one for one in world.only().payments.values() if one.status == "AUTHORISED"]


def _books_unpay(world: xero.World, rng: Random, at: datetime) -> xero.World:
    return desk.delete_payment(world, rng.choice(_live_payments(world)).payment_id, at=at)


def _reconcile(world: xero.World, rng: Random, at: datetime) -> xero.World:
    return desk.reconcile_payment(world, rng.choice(_live_payments(world)).payment_id, at=at)


def _void(world: xero.World, rng: Random, at: datetime) -> xero.World:
    return desk.void_invoice(world, _document(world, rng, status=("AUTHORISED",)).document_id, at=at)


def _contact(world: xero.World, rng: Random, status: str = "ACTIVE") -> Any:
    fitting = [one for one in world.only().contacts.values() if one.status == status]
    return _one_of(sorted(fitting, key=lambda one: (not one.number, one.number)), rng)


def _contact_email(world: xero.World, rng: Random, at: datetime) -> xero.World:
    email = {"EmailAddress": f"books{rng.randint(100, 999)}@mail.example"}
    return desk.edit_contact(world, _contact(world, rng).contact_id, email, at=at)


def _contact_phone(world: xero.World, rng: Random, at: datetime) -> xero.World:
    phone = {"Phones": [{"PhoneType": "MOBILE", "PhoneNumber": f"0491 572 {rng.randint(100, 999)}"}]}
    return desk.edit_contact(world, _contact(world, rng).contact_id, phone, at=at)


def _contact_archive(world: xero.World, rng: Random, at: datetime) -> xero.World:
    return desk.archive_contact(world, _contact(world, rng).contact_id, at=at)


def _contact_restore(world: xero.World, rng: Random, at: datetime) -> xero.World:
    return desk.restore_contact(world, _contact(world, rng, "ARCHIVED").contact_id, at=at)


def _contact_merge(world: xero.World, rng: Random, at: datetime) -> xero.World:
    if rng.random() < 0.5:
        return world
    loser, winner = _contact(world, rng), _contact(world, rng)
    return desk.merge_contacts(world, loser_id=loser.contact_id, winner_id=winner.contact_id, at=at)


def _lock(world: xero.World, rng: Random, at: datetime) -> xero.World:
    day = (at - timedelta(days=rng.choice((3, 15, 40)))).date()
    return desk.set_lock_dates(world, period=day, year_end=None)


def _unlock(world: xero.World, rng: Random, at: datetime) -> xero.World:
    del rng, at
    return desk.set_lock_dates(world)


def _own_invoice(world: xero.World, rng: Random, at: datetime) -> xero.World:
    element = {
        "Type": "ACCREC",
        "Contact": {"ContactID": _contact(world, rng).contact_id},
        "Status": "AUTHORISED",
        "InvoiceNumber": f"HAND-{rng.randint(1, 9999)}",
        "Date": at.date().isoformat(),
        "DueDate": at.date().isoformat(),
        "LineItems": [{"Description": "By hand", "Quantity": "1", "UnitAmount": "50", "AccountCode": "200"}],
    }
    return desk.create_invoice(world, element, at=at)[0]


def _unallocate(world: xero.World, rng: Random, at: datetime) -> xero.World:
    live = [one for one in world.only().allocations.values() if not one.is_deleted]
    return desk.remove_allocation(world, rng.choice(live).allocation_id, at=at)


BOOKS: dict[str, BooksEdit] = {
    "books_due": _due,
    "books_reference": _reference,
    "books_line": _line,
    "books_pay": _books_pay,
    "books_unpay": _books_unpay,
    "books_void": _void,
    "books_reconcile": _reconcile,
    "books_contact_email": _contact_email,
    "books_contact_phone": _contact_phone,
    "books_contact_archive": _contact_archive,
    "books_contact_restore": _contact_restore,
    "books_contact_merge": _contact_merge,
    "books_lock": _lock,
    "books_unlock": _unlock,
    "books_own_invoice": _own_invoice,
    "books_unallocate": _unallocate,
    "books_pay_again": _pay_again,
    "books_merge_quietly": _merge_quietly,
    "books_contact_refill": _contact_refill,
    "books_contact_empty": _contact_empty,
    "books_lock_today": _lock_today,
}


def expire_tokens(world: xero.World) -> xero.World:
    """Let every access token end now."""
    return replace(world, access_tokens={})
