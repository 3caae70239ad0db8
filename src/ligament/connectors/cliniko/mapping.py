"""From Cliniko's rows to our records; everything that is peculiar to the vendor's data ends here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ligament.connectors.cliniko import wire
from ligament.connectors.cliniko.countries import country_name
from ligament.connectors.cliniko.digest import digest
from ligament.core.ids import SourceId
from ligament.core.money import ZERO
from ligament.core.periods import is_zone
from ligament.core.private import NOTHING, Private
from ligament.core.records import (
    Address,
    Discount,
    Invoice,
    InvoiceStatus,
    Line,
    Location,
    Party,
    PartyKind,
    Phone,
    PhoneKind,
    PracticeSettings,
    Practitioner,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

_STATUSES = {
    10: InvoiceStatus.OPEN,
    20: InvoiceStatus.PAID,
    30: InvoiceStatus.CLOSED,
    40: InvoiceStatus.OPEN_CREDIT,
}
TAX_INCLUSIVE = 3
_LONGEST_NUMBER = 60
_PAYER_CODE = 2
_PAYER_TYPE = "3rd Party Payer"
_PHONE_KINDS = {kind.value: kind for kind in PhoneKind}
# Integrations that are certainly no link to books (facts 6.13); used when nobody said which books are connected.
_NOT_BOOKS = frozenset({"mail_chimp", "mailchimp", "medipass"})
_NO_DATE = date(1970, 1, 1)
NO_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)
_WORDS = {
    "number": "number",
    "issue_date": "issue date",
    "total_amount": "total",
    "tax_amount": "tax",
    "closed_at": "closing time",
    "created_at": "creation time",
    "updated_at": "time of the last change",
    "archived_at": "archiving time",
    "deleted_at": "deletion time",
}


@dataclass(slots=True)
class Reader:
    """Reads fields one by one and remembers the first that cannot be understood."""

    defects: list[str] = field(default_factory=list)

    def read(self, parse: Callable[[wire.Given, str], Any], value: wire.Given, name: str, instead: Any) -> Any:  # noqa: ANN401 - what the parser returns
        """Return the parsed value, or the harmless one instead."""
        try:
            return parse(value, name)
        except wire.Unreadable as trouble:
            self.defects.append(trouble.field)
            return instead


def _source(value: str | None) -> SourceId | None:
    return SourceId(value) if value else None


def _removed_at(row: wire.Row, reader: Reader) -> datetime | None:
    # Archived and deleted both mean removed, whichever of the two is set (facts 3.5).
    archived = reader.read(wire.instant_or_none, row.archived_at, "archived_at", NO_INSTANT)
    deleted = reader.read(wire.instant_or_none, row.deleted_at, "deleted_at", NO_INSTANT)
    removed: datetime | None = archived or deleted
    return removed


def is_removed(row: wire.Row) -> bool:
    """Say whether the row is archived or deleted."""
    return bool(row.archived_at or row.deleted_at)


def _number(value: wire.Given, name: str) -> str:
    found = wire.text(value).strip()
    if not found or isinstance(value, Decimal) or len(found) > _LONGEST_NUMBER:
        raise wire.Unreadable(name)
    return found


def invoice_of(row: wire.InvoiceRow, web_base: str = "") -> Invoice | None:
    """Return the invoice without lines, with `defect` set when a field cannot be understood; None without an id."""
    identifier = wire.identifier(row.id)
    if identifier is None:
        return None
    reader = Reader()
    code = wire.whole(row.status)
    invoice = Invoice(
        id=SourceId(identifier),
        number=reader.read(_number, row.number, "number", ""),
        issued_on=reader.read(wire.day, row.issue_date, "issue_date", _NO_DATE),
        status=_STATUSES.get(code, InvoiceStatus.UNKNOWN) if code is not None else InvoiceStatus.UNKNOWN,
        status_text=wire.text(row.status_description) or wire.text(row.status),
        closed_at=reader.read(wire.instant_or_none, row.closed_at, "closed_at", None),
        total=reader.read(wire.amount, row.total_amount, "total_amount", ZERO),
        tax=reader.read(wire.amount_or_none, row.tax_amount, "tax_amount", ZERO) or ZERO,
        party_id=_source(wire.related(row.patient)),
        practitioner_id=_source(wire.related(row.practitioner)),
        location_id=_source(wire.related(row.business)),
        visit_id=_source(wire.related(row.attendee)),
        booking_id=_source(wire.related(row.appointment)),
        original_id=_source(wire.related(row.original_invoice)),
        addressee=Private(wire.text(row.invoice_to)),
        # Methods 1 and 2, and rows from before the field existed, price without tax (facts 7.1).
        price_excludes_tax=wire.whole(row.calculation_method) != TAX_INCLUSIVE,
        created_at=reader.read(wire.instant, row.created_at, "created_at", NO_INSTANT),
        updated_at=reader.read(wire.instant, row.updated_at, "updated_at", NO_INSTANT),
        removed_at=_removed_at(row, reader),
    )
    reader.defects += wire.odd_fields(row)
    defect = sentence_of("invoice", reader.defects)
    return linked(replace(invoice, defect=defect, revision=digest(invoice, *reader.defects)), web_base)


def linked(invoice: Invoice, web_base: str) -> Invoice:
    """Return the invoice with the address where people see it, which is no part of its revision."""
    return replace(invoice, web_url=f"{web_base}/invoices/{invoice.id}") if web_base else invoice


def sentence_of(record: str, defects: Sequence[str]) -> str:
    """Return which fields of a record cannot be understood, or an empty text."""
    if not defects:
        return ""
    names = ", ".join(_WORDS.get(name, name.replace("_", " ")) for name in dict.fromkeys(defects))
    return f"Cliniko's answer for this {record} has no readable {names}."


def line_of(row: wire.ItemRow) -> Line | None:
    """Return one line; None without an id or an invoice.

    `price_excludes_tax` stays False here: the method belongs to the invoice. A line with an unreadable amount is all
    zeros and says so in its name, so that it can never agree with the invoice's total by chance of a default.
    """
    identifier, invoice_id = wire.identifier(row.id), wire.related(row.invoice)
    if identifier is None or invoice_id is None:
        return None
    reader = Reader()
    tax_name = wire.text(row.tax_name).strip()
    rate = reader.read(wire.amount_or_none, row.tax_rate, "tax_rate", None)
    line = Line(
        id=SourceId(identifier),
        invoice_id=SourceId(invoice_id),
        item_id=_source(wire.related(row.billable_item) or wire.related(row.product)),
        code=wire.text(row.code),
        name=wire.text(row.name),
        quantity=reader.read(wire.amount, row.quantity, "quantity", ZERO),
        unit_price=reader.read(wire.amount, row.unit_price, "unit_price", ZERO),
        discount=reader.read(_discount, row, "discount", None),
        tax_name=tax_name,
        tax_rate=rate if tax_name or rate else None,
        total=reader.read(wire.amount, row.total_including_tax, "total_including_tax", ZERO),
        concession=wire.text(row.concession_type_name),
        removed=is_removed(row),
    )
    reader.defects += wire.odd_fields(row)
    if reader.defects:
        unread = ", ".join(dict.fromkeys(reader.defects))
        line = replace(line, name=f"[unreadable: {unread}]", quantity=ZERO, unit_price=ZERO, discount=None, total=ZERO)
        line = replace(line, defect=sentence_of("invoice's line", reader.defects))
    return replace(line, revision=digest(line, wire.text(row.updated_at)))


def discount_of(row: wire.ItemRow | wire.ChargeRow) -> Discount | None:
    """Return the discount as the desk gave it, None for none; raises Unreadable."""
    return _discount(row, "discount")


def _discount(row: wire.ItemRow | wire.ChargeRow, _name: str) -> Discount | None:
    is_money = wire.yes_no(row.is_monetary_discount) is True
    name = "discounted_amount" if is_money else "discount_percentage"
    value = wire.amount_or_none(row.discounted_amount if is_money else row.discount_percentage, name)
    return Discount(value=value, is_money=is_money) if value else None


def _phones(given: wire.Given) -> tuple[Phone, ...]:
    return tuple(
        Phone(
            kind=_PHONE_KINDS.get(wire.text(entry.get("phone_type")).strip().lower(), PhoneKind.OTHER),
            number=Private(number),
        )
        for entry in wire.objects(given)
        if (number := wire.text(entry.get("number")).strip())
    )


def _address(row: wire.PersonRow) -> Private[Address]:
    lines = (wire.text(row.address_1), wire.text(row.address_2), wire.text(row.address_3))
    return Private(
        Address(
            lines=tuple(line.strip() for line in lines if line.strip()),
            city=wire.text(row.city).strip(),
            region=wire.text(row.state).strip(),
            post_code=wire.text(row.post_code).strip(),
            # `country` is deprecated and may be blank while the code is known (facts 6.3).
            country=wire.text(row.country).strip() or country_name(wire.text(row.country_code)),
        )
    )


def patient_of(row: wire.PatientRow, custom_fields: Collection[str] = ()) -> Party | None:
    """Return a patient, None without an id; `concession` holds the id of the concession type for now."""
    identifier = wire.identifier(row.id)
    if identifier is None:
        return None
    reader = Reader()
    party = Party(
        id=SourceId(identifier),
        kind=PartyKind.PATIENT,
        first=Private(wire.text(row.first_name)),
        last=Private(wire.text(row.last_name)),
        preferred=Private(wire.text(row.preferred_first_name)),
        email=Private(wire.text(row.email).strip()),
        phones=_phones(row.patient_phone_numbers),
        address=_address(row),
        country_code=wire.text(row.country_code).strip().upper(),
        concession=wire.related(row.concession_type) or "",
        invoice_to=Private(wire.text(row.invoice_default_to)),
        invoice_email=Private(wire.text(row.invoice_email).strip()),
        foreign_reference=wire.text(row.old_reference_id),
        custom=_custom(row.custom_fields, custom_fields),
        created_at=reader.read(wire.instant, row.created_at, "created_at", NO_INSTANT),
        updated_at=reader.read(wire.instant, row.updated_at, "updated_at", NO_INSTANT),
        removed_at=_removed_at(row, reader),
        deleted=bool(row.deleted_at),
        merged_into=_source(wire.related(row.merged_with_patient)),
    )
    return _stamped(party, "patient", [*reader.defects, *wire.odd_fields(row, {"custom_fields"})])


def _stamped(party: Party, record: str, defects: Sequence[str]) -> Party:
    return replace(party, defect=sentence_of(record, defects), revision=digest(party, *defects))


def is_payer(row: wire.ContactRow) -> bool:
    """Say whether a contact is a third-party payer; the code is known by elimination only (facts 6.4)."""
    return wire.whole(row.type_code) == _PAYER_CODE or wire.text(row.type) == _PAYER_TYPE


def payer_of(row: wire.ContactRow) -> Party | None:
    """Return a third-party payer, None without an id."""
    identifier = wire.identifier(row.id)
    if identifier is None:
        return None
    reader = Reader()
    party = Party(
        id=SourceId(identifier),
        kind=PartyKind.PAYER,
        first=Private(wire.text(row.first_name)),
        last=Private(wire.text(row.last_name)),
        preferred=Private(wire.text(row.preferred_name)),
        company=Private(wire.text(row.company_name)),
        email=Private(wire.text(row.email).strip()),
        phones=_phones(row.phone_numbers),
        address=_address(row),
        country_code=wire.text(row.country_code).strip().upper(),
        created_at=reader.read(wire.instant, row.created_at, "created_at", NO_INSTANT),
        updated_at=reader.read(wire.instant, row.updated_at, "updated_at", NO_INSTANT),
        removed_at=_removed_at(row, reader),
        deleted=bool(row.deleted_at),
    )
    return _stamped(party, "payer", [*reader.defects, *wire.odd_fields(row)])


def _custom(given: wire.Given, chosen: Collection[str]) -> tuple[tuple[str, Private[str]], ...]:
    """Return the chosen custom fields by token; all others may hold health data and are dropped (failure 96)."""
    sections = wire.parts(given, "sections") if chosen else []
    entries = [entry for part in sections for entry in wire.parts(part, "fields") if entry.get("token") in chosen]
    return tuple((str(entry["token"]), Private(_custom_text(entry))) for entry in entries)


def _custom_text(entry: Mapping[str, Any]) -> str:
    options = [option for option in wire.parts(entry, "options") if option.get("selected")]
    other = entry.get("other")
    texts = [wire.text(option.get("name")) for option in options]
    if isinstance(other, dict) and other.get("selected"):
        texts.append(wire.text(other.get("value")))
    return ", ".join(text for text in texts if text) if texts else wire.text(entry.get("value"))


def location_of(row: wire.BusinessRow) -> Location | None:
    """Return a place, None without an id."""
    identifier = wire.identifier(row.id)
    if identifier is None:
        return None
    name = wire.text(row.display_name) or wire.text(row.label) or wire.text(row.business_name)
    zone = wire.text(row.time_zone_identifier).strip()
    # A zone that nobody here knows is none: the clinic's own stands in for it, and `doctor` says so.
    place = Location(id=SourceId(identifier), name=name, zone=zone if is_zone(zone) else "")
    return replace(place, revision=digest(place))


def practitioner_of(row: wire.PractitionerRow, emails: Mapping[str, str]) -> Practitioner | None:
    """Return somebody who treats, with the e-mail address of their user; None without an id."""
    identifier = wire.identifier(row.id)
    if identifier is None:
        return None
    full = f"{wire.text(row.first_name)} {wire.text(row.last_name)}".strip()
    email = emails.get(wire.related(row.user) or "", "")
    person = Practitioner(
        id=SourceId(identifier),
        name=wire.text(row.display_name) or wire.text(row.label) or full,
        email=Private(email) if email else NOTHING,
        active=wire.yes_no(row.active) is not False,
    )
    return replace(person, revision=digest(person))


def settings_of(row: wire.SettingsRow, shard: str, books: str = "") -> PracticeSettings:
    """Return the settings; `books` names the connected books as Cliniko's integrations do.

    Without a name every integration that is switched on counts, except those that certainly are no books.
    """
    account = row.account if isinstance(row.account, dict) else {}
    subdomain = wire.text(account.get("subdomain")).strip().lower()
    switched_on = {
        name
        for name, part in (row.integrations.items() if isinstance(row.integrations, dict) else ())
        if isinstance(part, dict) and part.get("enabled") is True
    }
    harmless = subdomain.replace("-", "").isalnum() and subdomain.isascii()
    settings = PracticeSettings(
        name=wire.text(account.get("name")),
        country_code=wire.text(account.get("country_code")).strip().upper(),
        native_link_on=books in switched_on if books else bool(switched_on - _NOT_BOOKS),
        account_id=wire.identifier(account.get("id")) or "",
        subdomain=subdomain,
        web_base=f"https://{subdomain}.{shard}.cliniko.com" if harmless and shard else "",
    )
    return replace(settings, revision=digest(settings))
