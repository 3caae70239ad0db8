"""The books of a story: its shorthand put into the simulated Xero, and what people do there between runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from ligament.connectors.xero.simulator import Organisation, World, books_of, control, custom_app
from ligament.connectors.xero.simulator.charts import tracking_category
from ligament.connectors.xero.simulator.records import Account, Document, Payment, TaxRate, TrackingCategory, User
from ligament.connectors.xero.simulator.world import guid
from tests.stories.loading import Shape, Story, books_key, over
from tests.stories.practice import instant

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
ADDRESS_KEYS = ("AddressLine1", "AddressLine2", "AddressLine3", "City", "Region", "PostalCode", "Country")
_REGIONS: dict[str, dict[str, str]] = {
    "AU": {},
    "NZ": {"version": "NZ", "country_code": "NZ", "timezone": "NEWZEALANDSTANDARDTIME", "zone": "Pacific/Auckland"},
    "UK": {"version": "UK", "country_code": "GB", "timezone": "GMTSTANDARDTIME", "zone": "Europe/London"},
}
_LISTS = ("accounts", "tracking", "contacts", "invoices", "payments")


class Ledger:
    """What people did in the books so far; `made` are the payments they entered, by their id in the story."""

    def __init__(self, story: Story) -> None:
        self._now = instant(story.now)
        self._given = _merged(story.books, story.body.get("books") or {})
        self._made: dict[str, str] = {}

    def open(self) -> World:
        """Return Xero with this organisation's chart and what its people entered before the first run."""
        world = _empty(self._given)
        for one in self._given["contacts"]:
            world = self._contact(world, one, instant(one["updated"]) if one.get("updated") else LONG_AGO)
        for one in self._given["invoices"]:
            world = self._invoice(world, one, _midnight(one.get("date")) or self._now)
        for one in self._given["payments"]:
            world = self._payment(world, one, _midnight(one.get("date")) or self._now)
        return self._settings(world, self._given)

    def apply(self, world: World, changes: Shape, at: datetime) -> World:
        """Let people make the changes of one step."""
        locked = {"organisation": {"period_lock": None, "year_lock": None}}
        if changes.get("organisation"):
            # Who moves a lock and corrects a document does so in the order that works.
            world = self._settings(world, locked)
            self._given["organisation"] |= changes["organisation"]
        for one in changes.get("contacts") or ():
            world = self._contact(world, one, instant(one["updated"]) if one.get("updated") else at)
        for one in changes.get("invoices") or ():
            world = self._invoice(world, one, at)
        for one in changes.get("payments") or ():
            world = self._payment(world, one, at)
        kept: Shape = {key: changes[key] for key in ("tax_archived", "accounts_archived", "tracking") if key in changes}
        return self._settings(world, {**kept, "organisation": self._given["organisation"]})

    # --- settings ----------------------------------------------------------------------------------------------------

    def _settings(self, world: World, changes: Shape) -> World:
        books = world.only()
        organisation = changes["organisation"]
        world = control.set_lock_dates(
            world, period=_day(organisation.get("period_lock")), year_end=_day(organisation.get("year_lock"))
        )
        if "pays_tax" in organisation:
            books = world.only()
            world = world.with_books(
                replace(books, organisation=replace(books.organisation, pays_tax=organisation["pays_tax"]))
            )
        books = world.only()
        if "tax_archived" in changes:
            gone = set(changes["tax_archived"])
            books = replace(books, tax_rates={key: _marked(it, key in gone) for key, it in books.tax_rates.items()})
        if "accounts_archived" in changes:
            gone = set(changes["accounts_archived"])
            books = replace(books, accounts={key: _marked(it, it.code in gone) for key, it in books.accounts.items()})
        if "tracking" in changes:
            world = world.with_books(books)
            return _with_tracking(world, changes["tracking"])
        return world.with_books(books)

    # --- records -----------------------------------------------------------------------------------------------------

    def _contact(self, world: World, one: Shape, at: datetime) -> World:
        element = _contact_element(one)
        found = contact_id(world, one.get("number") or one["name"])
        if found is None:
            world, found = control.create_contact(world, {"Name": one.get("name", one.get("number")), **element}, at=at)
        elif set(element) - {"ContactNumber"}:
            element.pop("ContactNumber", None)
            world = control.edit_contact(world, found, element, at=at)
        status = world.only().contacts[found].status
        if one.get("status") == "ARCHIVED" and status == "ACTIVE":
            return control.archive_contact(world, found, at=at)
        if one.get("status") == "ACTIVE" and status != "ACTIVE":
            return control.restore_contact(world, found, at=at)
        return world

    def _invoice(self, world: World, one: Shape, at: datetime) -> World:
        element = _invoice_element(world, one)
        found = world.only().invoice_by_number.get(one["number"].casefold())
        if found is not None:
            return control.edit_invoice(world, found, element, at=at)
        status = element.pop("Status", "AUTHORISED")
        first = status if status in {"DRAFT", "SUBMITTED"} else "AUTHORISED"
        start = {"Type": "ACCREC", "InvoiceNumber": one["number"], "LineAmountTypes": "Inclusive", "Status": first}
        element.setdefault("DueDate", element.get("Date"))
        world, made = control.create_invoice(world, {**start, **element}, at=at)
        if status in {"VOIDED", "DELETED"}:
            world = control.edit_invoice(world, made, {"Status": status}, at=at)
        return world

    def _payment(self, world: World, one: Shape, at: datetime) -> World:
        found = self._made.get(one["id"]) or self._of_ours(world, one.get("reference", ""))
        if found is not None and one.get("status") == "DELETED":
            return control.delete_payment(world, found, at=at)
        if found is not None:
            return self._edited_payment(world, found, one, at)
        invoice = world.only().invoice_by_number[one["invoice"].casefold()]
        world, made = control.pay_invoice(
            world,
            invoice,
            at=at,
            amount=one.get("amount"),
            account_code=one.get("account", "090"),
            paid_on=_day(one.get("date")),
            reference=one.get("reference", ""),
            is_reconciled=bool(one.get("reconciled")),
        )
        self._made[one["id"]] = made
        return world

    def _of_ours(self, world: World, reference: str) -> str | None:
        """Return the payment that Ligament made under that reference."""
        live = (it for it in world.only().payments.values() if it.reference == reference and it.status != "DELETED")
        ours = (it.payment_id for it in live if it.payment_id not in self._made.values())
        return next(ours, None) if reference else None

    def _edited_payment(self, world: World, found: str, one: Shape, at: datetime) -> World:
        if one.get("reconciled"):
            return control.reconcile_payment(world, found, at=at)
        books = world.only()
        held = books.payments[found]
        changed = replace(held, is_reconciled=bool(one.get("reconciled", held.is_reconciled)), updated_at=at)
        return world.with_books(replace(books, payments={**books.payments, found: changed}))


def _merged(base: Shape, given: Shape) -> Shape:
    """Lay a story's books over the base catalogue; records merge by key."""
    out = over(
        {key: value for key, value in base.items() if key not in _LISTS},
        {key: value for key, value in given.items() if key not in _LISTS},
    )
    for kind in _LISTS:
        rows: dict[object, Shape] = {books_key(one, kind): dict(one) for one in base.get(kind) or ()}
        for one in given.get(kind) or ():
            rows[books_key(one, kind)] = {**rows.get(books_key(one, kind), {}), **one}
        out[kind] = list(rows.values())
    return out


def _empty(given: Shape) -> World:
    region, organisation = given.get("region", "AU"), given.get("organisation") or {}
    default = {"AU": "BASEXCLUDED"}.get(region, "NONE")
    name = "Books of the story"
    made = Organisation(
        organisation_id=guid("tenant", name),
        name=name,
        base_currency=organisation.get("currency", "AUD"),
        pays_tax=organisation.get("pays_tax", True),
        created_at=LONG_AGO,
        **_REGIONS[region],  # type: ignore[arg-type]
    )
    books = books_of(
        made,
        accounts=[_account(one, region, default, made.base_currency) for one in given["accounts"]],
        tax_rates=[_tax_rate(one) for one in given["tax_rates"][region]],
        tracking=[tracking_category(one["name"], *one["options"]) for one in given["tracking"]],
        users=[User(email="owner@books.example", first_name="Oona", last_name="Books", is_subscriber=True)],
    )
    return World.new(books, apps=[custom_app(books)])


def _account(one: Shape, region: str, default: str, currency: str) -> Account:
    is_bank = one["type"] == "BANK"
    return Account(
        code=one["code"],
        name=one["name"],
        type=one["type"],
        tax_type=one.get("tax", default) if region == "AU" else "NONE",
        enable_payments=bool(one.get("payments")),
        system_account=one.get("system", ""),
        bank_account_number="000000123456" if is_bank else "",
        currency=currency if is_bank else "",
    )


def _tax_rate(one: Shape) -> TaxRate:
    usual = {"ASSET", "LIABILITY", "EQUITY"}
    classes = usual | ({"REVENUE"} if one["revenue"] else set()) | ({"EXPENSE"} if one["expenses"] else set())
    return TaxRate(tax_type=one["type"], name=one["name"], rate=Decimal(one["rate"]), applies_to=frozenset(classes))


def _with_tracking(world: World, wanted: list[Shape]) -> World:
    books = world.only()
    held = {it.name: it for it in books.tracking.values()}
    fresh = books_of(books.organisation, accounts=(), tax_rates=(), tracking=[
        tracking_category(one["name"], *one["options"]) for one in wanted
    ])  # fmt: skip
    rows = dict(books.tracking)
    for made in fresh.tracking.values():
        before = held.get(made.name)
        rows[before.category_id if before else made.category_id] = _joined(before, made)
    return world.with_books(replace(books, tracking=rows))


def _joined(before: TrackingCategory | None, made: TrackingCategory) -> TrackingCategory:
    if before is None:
        return made
    known = {it.name: it for it in before.options}
    return replace(before, options=tuple(known.get(it.name, it) for it in made.options))


def _marked(record: Any, gone: bool) -> Any:
    return replace(record, status="ARCHIVED" if gone else "ACTIVE")


def _contact_element(one: Shape) -> dict[str, object]:
    element: dict[str, object] = {}
    for key, name in (("number", "ContactNumber"), ("name", "Name"), ("email", "EmailAddress")):
        if key in one:
            element[name] = one[key]
    if one.get("phones"):
        element["Phones"] = [
            {"PhoneType": kind, "PhoneNumber": number, "PhoneAreaCode": "", "PhoneCountryCode": ""}
            for kind, number in one["phones"].items()
        ]
    slots = [
        {"AddressType": slot, **dict(zip(ADDRESS_KEYS, one[key] or [""] * len(ADDRESS_KEYS), strict=True))}
        for key, slot in (("street", "STREET"), ("pobox", "POBOX"))
        if key in one
    ]
    if slots:
        element["Addresses"] = slots
    return element


def _invoice_element(world: World, one: Shape) -> dict[str, object]:
    element: dict[str, object] = {}
    for key, name in (("date", "Date"), ("due", "DueDate"), ("status", "Status"), ("reference", "Reference")):
        if key in one:
            element[name] = one[key]
    if "sent" in one:
        element["SentToContact"] = one["sent"]
    if "contact" in one:
        element["Contact"] = {"ContactID": contact_id(world, one["contact"])}
    if "lines" in one:
        element["LineItems"] = [
            {
                "Description": line["text"],
                "Quantity": Decimal(line["qty"]),
                "UnitAmount": Decimal(line["unit"]),
                "AccountCode": line["account"],
                "TaxType": line["tax"],
            }
            for line in one["lines"]
        ]
    return element


def contact_id(world: World, key: str) -> str | None:
    """Return the contact with that number, or else with that name."""
    books = world.only()
    folded = key.casefold()
    if (found := books.contact_by_number.get(folded) or books.contact_by_name.get(folded)) is not None:
        return found
    return next((it.contact_id for it in books.contacts.values() if it.name.casefold() == folded), None)


def document_of(world: World, payment: Payment) -> Document:
    """Return the document a payment stands on."""
    books = world.only()
    table = {"invoices": books.invoices, "credit_notes": books.credit_notes}[payment.target]
    return table[payment.document_id]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _midnight(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
