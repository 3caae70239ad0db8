"""What people do in Xero's own user interface, and what happens to an organisation from outside the API.

Every function takes a world and gives the next one; where Xero would show an error, it raises `Refused`.
Elements have the shape of the API (`{"Name": ...}`, `{"Type": "ACCREC", ...}`); amounts may be Decimal or text.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator import contacts, documents, payments
from ligament.connectors.xero.simulator.allocations import allocate, remove
from ligament.connectors.xero.simulator.desk import Desk
from ligament.connectors.xero.simulator.documents import CREDIT_NOTE, INVOICE
from ligament.connectors.xero.simulator.errors import Refused
from ligament.connectors.xero.simulator.identity import end_user_grant
from ligament.connectors.xero.simulator.money import round2
from ligament.connectors.xero.simulator.records import BankLine, ContactGroup
from ligament.connectors.xero.simulator.world import Books

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime
    from decimal import Decimal

    from ligament.connectors.xero.simulator.world import World

PERSON = "Rowan Bookkeeper"
"""Who stands in the history of what is done here."""


def create_contact(
    world: World, element: Mapping[str, object], *, at: datetime, tenant_id: str = ""
) -> tuple[World, str]:
    """A person adds a contact; returns its id."""
    desk = _open(world, at, tenant_id)
    made = contacts.create_only(desk, dict(element))
    return _close(world, desk), made.contact_id


def edit_contact(
    world: World, contact_id: str, element: Mapping[str, object], *, at: datetime, tenant_id: str = "", by: str = PERSON
) -> World:
    """A person changes a contact; the ContactNumber cannot be changed in the user interface."""
    if "ContactNumber" in element:
        raise Refused("The contact number can only be changed by the API.")
    desk = _open(world, at, tenant_id)
    desk.person = by
    contacts.update(desk, desk.contacts[contact_id], dict(element))
    return _close(world, desk)


def make_group(world: World, name: str, *, at: datetime, tenant_id: str = "") -> tuple[World, str]:
    """A person makes a contact group; returns its id."""
    desk = _open(world, at, tenant_id)
    made = ContactGroup(group_id=desk.new_id(), name=name)
    desk.groups.put(made.group_id, made)
    return _close(world, desk), made.group_id


def change_group(
    world: World, group_id: str, *, at: datetime, name: str = "", status: str = "", tenant_id: str = ""
) -> World:
    """A person renames or deletes a contact group."""
    desk = _open(world, at, tenant_id)
    former = desk.groups[group_id]
    desk.groups.put(group_id, replace(former, name=name or former.name, status=status or former.status))
    return _close(world, desk)


def set_members(world: World, group_id: str, members: Iterable[str], *, at: datetime, tenant_id: str = "") -> World:
    """A person says who is in a contact group."""
    desk = _open(world, at, tenant_id)
    chosen = tuple(dict.fromkeys(members))
    former = desk.groups[group_id]
    desk.groups.put(group_id, replace(former, members=chosen))
    for key in sorted(set(former.members) ^ set(chosen)):
        # Whether Xero moves the instant of such a contact is not known; a person's hand does here, so that it is read.
        contact = desk.contacts[key]
        contacts.save(desk, replace(contact, updated_at=at), contact)
    return _close(world, desk)


def archive_contact(world: World, contact_id: str, *, at: datetime, tenant_id: str = "") -> World:
    """A person archives a contact."""
    return _set_contact_status(world, contact_id, "ARCHIVED", at, tenant_id)


def restore_contact(world: World, contact_id: str, *, at: datetime, tenant_id: str = "") -> World:
    """A person restores an archived contact, which only the user interface can do."""
    return _set_contact_status(world, contact_id, "ACTIVE", at, tenant_id)


def request_erasure(world: World, contact_id: str, *, at: datetime, tenant_id: str = "") -> World:
    """A person marks a contact for erasure under privacy law."""
    return _set_contact_status(world, contact_id, "GDPRREQUEST", at, tenant_id)


def merge_contacts(world: World, *, loser_id: str, winner_id: str, at: datetime, tenant_id: str = "") -> World:
    """A person merges one contact into another: documents move, the loser is archived and points at the winner."""
    desk = _open(world, at, tenant_id)
    loser, winner = desk.contacts[loser_id], desk.contacts[winner_id]
    if winner.status != "ACTIVE" or loser_id == winner_id:
        raise Refused("A contact can only be merged into another active contact.")
    merged = replace(loser, status="ARCHIVED", merged_to=winner_id, updated_at=at)
    contacts.save(desk, merged, loser)
    contacts.save(desk, replace(winner, updated_at=at), winner)
    for table in (desk.invoices, desk.credit_notes, desk.prepayments, desk.overpayments):
        for key, document in list(table.rows.items()):
            if document.contact_id == loser_id:
                moved_at = at if desk.switches.merge_moves_documents else document.updated_at
                table.put(key, replace(document, contact_id=winner_id, updated_at=moved_at))
    return _close(world, desk)


def create_invoice(
    world: World, element: Mapping[str, object], *, at: datetime, tenant_id: str = ""
) -> tuple[World, str]:
    """A person makes an invoice or bill; returns its id."""
    desk = _open(world, at, tenant_id)
    made, _ = documents.create(desk, INVOICE, dict(element), four_places=True)
    return _close(world, desk), made.document_id


def edit_invoice(
    world: World, invoice_id: str, element: Mapping[str, object], *, at: datetime, tenant_id: str = ""
) -> World:
    """A person changes an invoice, as far as its state allows."""
    desk = _open(world, at, tenant_id)
    documents.update(desk, INVOICE, desk.invoices[invoice_id], dict(element), four_places=True)
    return _close(world, desk)


def approve_invoice(world: World, invoice_id: str, *, at: datetime, tenant_id: str = "") -> World:
    """A person approves a draft."""
    return edit_invoice(world, invoice_id, {"Status": "AUTHORISED"}, at=at, tenant_id=tenant_id)


def void_invoice(world: World, invoice_id: str, *, at: datetime, tenant_id: str = "") -> World:
    """A person voids an invoice that has no money on it."""
    return edit_invoice(world, invoice_id, {"Status": "VOIDED"}, at=at, tenant_id=tenant_id)


def void_credit_note(world: World, note_id: str, *, at: datetime, tenant_id: str = "") -> World:
    """A person voids a credit note that is not used."""
    desk = _open(world, at, tenant_id)
    documents.update(desk, CREDIT_NOTE, desk.credit_notes[note_id], {"Status": "VOIDED"}, four_places=True)
    return _close(world, desk)


def create_credit_note(
    world: World, element: Mapping[str, object], *, at: datetime, tenant_id: str = ""
) -> tuple[World, str]:
    """A person makes a credit note; returns its id."""
    desk = _open(world, at, tenant_id)
    made, _ = documents.create(desk, CREDIT_NOTE, dict(element), four_places=True)
    return _close(world, desk), made.document_id


def pay_invoice(  # noqa: PLR0913 - each argument is one thing a person chooses
    world: World,
    invoice_id: str,
    *,
    at: datetime,
    amount: Decimal | None = None,
    account_code: str = "090",
    paid_on: date | None = None,
    reference: str = "",
    is_reconciled: bool = False,
    tenant_id: str = "",
) -> tuple[World, str]:
    """A person enters a payment, of all that is owed unless an amount is given; returns its id."""
    desk = _open(world, at, tenant_id)
    account = payments.payable_account(desk, {"Account": {"Code": account_code}})
    wanted = payments.Wanted(
        target="invoices",
        document_id=invoice_id,
        account_id=account.account_id,
        paid_on=paid_on or desk.today,
        amount=desk.invoices[invoice_id].outstanding if amount is None else round2(amount),
        reference=reference,
        is_reconciled=is_reconciled,
    )
    made = payments.pay(desk, wanted)
    return _close(world, desk), made.payment_id


def receive_money(  # noqa: PLR0913 - each argument is one thing a person chooses
    world: World,
    amount: Decimal,
    *,
    at: datetime,
    on: date,
    account_code: str = "200",
    bank_code: str = "090",
    reference: str = "",
    tenant_id: str = "",
) -> tuple[World, str]:
    """A person codes money from the bank statement straight to an account; returns the line's id."""
    desk = _open(world, at, tenant_id)
    by_code = {it.code: it for it in desk.accounts.rows.values()}
    line = BankLine(
        line_id=desk.new_id(),
        bank_account_id=by_code[bank_code].account_id,
        account_id=by_code[account_code].account_id,
        on=on,
        amount=round2(amount),
        reference=reference,
        created_at=at,
        updated_at=at,
    )
    desk.bank_lines.put(line.line_id, line)
    return _close(world, desk), line.line_id


def delete_payment(world: World, payment_id: str, *, at: datetime, tenant_id: str = "") -> World:
    """A person removes a payment; in the user interface that works for reconciled ones too."""
    desk = _open(world, at, tenant_id)
    payments.unpay(desk, replace(desk.payments[payment_id], is_reconciled=False))
    return _close(world, desk)


def reconcile_payment(world: World, payment_id: str, *, at: datetime, tenant_id: str = "") -> World:
    """A person matches a payment to the bank statement."""
    desk = _open(world, at, tenant_id)
    desk.payments.put(payment_id, replace(desk.payments[payment_id], is_reconciled=True, updated_at=at))
    return _close(world, desk)


def remove_allocation(world: World, allocation_id: str, *, at: datetime, tenant_id: str = "") -> World:
    """A person takes a credit off an invoice."""
    desk = _open(world, at, tenant_id)
    remove(desk, desk.allocations[allocation_id])
    return _close(world, desk)


def use_credit(world: World, note_id: str, invoice_id: str, amount: str, *, at: datetime, tenant_id: str = "") -> World:
    """A person uses credit on an invoice."""
    desk = _open(world, at, tenant_id)
    allocate(desk, "credit_notes", note_id, {"Invoice": {"InvoiceID": invoice_id}, "Amount": amount})
    return _close(world, desk)


def set_lock_dates(
    world: World, *, period: date | None = None, year_end: date | None = None, tenant_id: str = ""
) -> World:
    """An adviser sets, moves or lifts (None) both lock dates."""
    books = world.only(tenant_id)
    organisation = replace(books.organisation, period_lock_on=period, year_lock_on=year_end)
    return world.with_books(replace(books, organisation=organisation))


def archive_account(world: World, code: str, *, at: datetime, tenant_id: str = "") -> World:
    """A person archives an account of the chart."""
    desk = _open(world, at, tenant_id)
    found = next(it for it in desk.accounts.rows.values() if it.code == code)
    desk.accounts.put(found.account_id, replace(found, status="ARCHIVED", updated_at=at))
    return _close(world, desk)


def rename_account(world: World, code: str, *, new_code: str, at: datetime, tenant_id: str = "") -> World:
    """A person gives an account another code; its id stays."""
    desk = _open(world, at, tenant_id)
    found = next(it for it in desk.accounts.rows.values() if it.code == code)
    desk.accounts.put(found.account_id, replace(found, code=new_code, updated_at=at))
    return _close(world, desk)


def delete_tax_rate(world: World, tax_type: str, *, at: datetime, tenant_id: str = "") -> World:
    """A person deletes a tax rate; documents that have it keep it."""
    desk = _open(world, at, tenant_id)
    desk.tax_rates.put(tax_type, replace(desk.tax_rates[tax_type], status="DELETED"))
    return _close(world, desk)


def rename_tracking(world: World, category_id: str, name: str, *, at: datetime, tenant_id: str = "") -> World:
    """A person renames a tracking category; its id stays."""
    desk = _open(world, at, tenant_id)
    desk.tracking.put(category_id, replace(desk.tracking[category_id], name=name))
    return _close(world, desk)


def archive_option(world: World, category: str, option: str, *, at: datetime, tenant_id: str = "") -> World:
    """Archive one option of a tracking category, both by name."""
    desk = _open(world, at, tenant_id)
    found = next(it for it in desk.tracking.rows.values() if it.name == category)
    options = tuple(replace(it, status="ARCHIVED") if it.name == option else it for it in found.options)
    desk.tracking.put(found.category_id, replace(found, options=options))
    return _close(world, desk)


def disconnect(world: World, *, client_id: str = "", tenant_id: str = "") -> World:
    """A person disconnects an app (or all of them) from an organisation; nobody is told."""
    tenant = tenant_id or world.tenant_id
    kept = {
        key: it
        for key, it in world.connections.items()
        if it.tenant_id != tenant or (client_id and it.client_id != client_id)
    }
    return replace(world, connections=kept)


def revoke_user(world: World, *, client_id: str, user_id: str) -> World:
    """A person withdraws all consent given to an app."""
    return end_user_grant(world, client_id, user_id)


def reset_demo(world: World, fresh: Books, *, tenant_id: str = "") -> World:
    """The demo company starts anew: other ids for everything to come, and the connection dies."""
    former = world.only(tenant_id)
    reset = replace(fresh, generation=former.generation + 1)
    world = disconnect(world, tenant_id=former.organisation.organisation_id)
    others = {key: it for key, it in world.books.items() if key != former.organisation.organisation_id}
    renewed = {**others, reset.organisation.organisation_id: reset}
    consent = tuple(key for key in world.consent_tenants if key in renewed) or (reset.organisation.organisation_id,)
    return replace(world, books=renewed, consent_tenants=consent)


def set_day_limit(world: World, client_id: str, limit: int) -> World:
    """The app moves to another tier: 1,000 calls a day on Starter, 5,000 on the paid ones."""
    return replace(world, apps={**world.apps, client_id: replace(world.apps[client_id], day_limit=limit)})


def break_next_writes(world: World, count: int = 1) -> World:
    """The next writes fail inside Xero with a 500, which is kept under their idempotency key."""
    return replace(world, failing_writes=count)


def _set_contact_status(world: World, contact_id: str, status: str, at: datetime, tenant_id: str) -> World:
    desk = _open(world, at, tenant_id)
    former = desk.contacts[contact_id]
    holder = desk.contact_by_name.get(former.name.casefold())
    if status == "ACTIVE" and holder not in {None, contact_id}:
        raise Refused(f"The contact name {former.name} is already assigned to another contact.")
    contacts.save(desk, replace(former, status=status, updated_at=at), former)
    return _close(world, desk)


def _open(world: World, at: datetime, tenant_id: str) -> Desk:
    desk = Desk(world.only(tenant_id), at=at, switches=world.switches, seed=world.seed)
    desk.person = PERSON
    return desk


def _close(world: World, desk: Desk) -> World:
    return world.with_books(desk.close())
