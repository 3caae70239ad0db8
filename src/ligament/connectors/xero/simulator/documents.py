"""Rules that invoices and credit notes share: states, totals, numbers, lock dates, and what may be edited."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ligament.connectors.xero.simulator import contacts
from ligament.connectors.xero.simulator.document_edits import is_quiet, refuse_paid_edit
from ligament.connectors.xero.simulator.document_texts import amount_types_of, discount_of
from ligament.connectors.xero.simulator.errors import HAS_MONEY, NOT_FOR_MODIFICATION, NUMBER_TAKEN, Refused
from ligament.connectors.xero.simulator.history import record
from ligament.connectors.xero.simulator.lines import LineRules, approved_ready, build, retaxed
from ligament.connectors.xero.simulator.records import ZERO, Document
from ligament.connectors.xero.simulator.refusals import check_number, fitting
from ligament.connectors.xero.simulator.wire import (
    Json,
    read_bool,
    read_date,
    read_decimal,
    read_guid,
    read_objects,
    read_text,
)

if TYPE_CHECKING:
    from datetime import date

    from ligament.connectors.xero.simulator.desk import Desk, Table

_NEXT_STATES = {
    "DRAFT": frozenset({"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"}),
    "SUBMITTED": frozenset({"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"}),
    "AUTHORISED": frozenset({"AUTHORISED", "VOIDED"}),
    "PAID": frozenset({"PAID", "AUTHORISED", "VOIDED"}),
}
_FIRST_STATES = frozenset({"DRAFT", "SUBMITTED", "AUTHORISED"})
_SENT_WARNING = "Only AUTHORISED invoices may have SentToContact updated."


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """The names by which one kind of document goes."""

    plural: str
    id_key: str
    number_key: str
    types: tuple[str, ...]
    unique_type: str
    """The type whose numbers are unique."""
    prefix: str
    is_invoice: bool

    def table(self, desk: Desk) -> Table[Document]:
        """Return the documents of this kind."""
        return desk.invoices if self.is_invoice else desk.credit_notes

    def numbers(self, desk: Desk) -> Table[str]:
        """Return the index of unique numbers of this kind."""
        return desk.invoice_by_number if self.is_invoice else desk.note_by_number


INVOICE = Kind(
    plural="Invoices", id_key="InvoiceID", number_key="InvoiceNumber", types=("ACCREC", "ACCPAY"),
    unique_type="ACCREC", prefix="INV-", is_invoice=True,
)  # fmt: skip
CREDIT_NOTE = Kind(
    plural="CreditNotes", id_key="CreditNoteID", number_key="CreditNoteNumber",
    types=("ACCRECCREDIT", "ACCPAYCREDIT"), unique_type="ACCRECCREDIT", prefix="CN-", is_invoice=False,
)  # fmt: skip


def create(desk: Desk, kind: Kind, element: Json, *, four_places: bool) -> tuple[Document, list[str]]:
    """Make a document from a sent element, or refuse it; returns it with warnings."""
    kind_type = read_text(element, "Type") or ""
    if kind_type not in kind.types:
        raise Refused(f"{kind.plural[:-1]} Type must be specified and one of {', '.join(kind.types)}.")
    status = read_text(element, "Status") or "DRAFT"
    if status not in _FIRST_STATES:
        raise Refused(NOT_FOR_MODIFICATION)
    number = read_text(element, kind.number_key) or ""
    if kind_type == kind.unique_type and number:
        refuse_taken_number(desk, kind, number, "")
    sent_lines = read_objects(element, "LineItems")
    if not sent_lines:
        raise Refused("One or more line items must be specified.")
    amount_types = amount_types_of(element, "Exclusive")
    rules = LineRules(
        line_amount_types=amount_types, status=status, discounts=kind_type == "ACCREC", four_places=four_places
    )
    built = build(desk, sent_lines, (), rules)
    document = Document(
        document_id=desk.new_id(),
        type=kind_type,
        number=number,
        contact_id=contacts.for_document(desk, element).contact_id,
        dated_on=read_date(element, "Date") or desk.today,
        due_on=read_date(element, "DueDate"),
        status=status,
        line_amount_types=amount_types,
        currency=desk.organisation.base_currency,
        branding_theme_id=_default_theme(desk) if kind_type in {"ACCREC", "ACCRECCREDIT"} else "",
        created_by_client=desk.client_id,
        created_at=desk.at,
        updated_at=desk.at,
    )
    document = with_totals(replace(_with_plain_fields(desk, document, element), lines=built))
    document, warnings = _with_sent_mark(document, element)
    if document.status in {"SUBMITTED", "AUTHORISED"}:
        refuse_unready(desk, kind, document)
    document = _numbered(desk, kind, document)
    return save(desk, kind, _settled_at_zero(desk, kind, document)), warnings


def update(desk: Desk, kind: Kind, former: Document, element: Json, *, four_places: bool) -> tuple[Document, list[str]]:
    """Change a document as far as its state allows; returns it with warnings."""
    status = read_text(element, "Status") or former.status
    if status not in _NEXT_STATES.get(former.status, frozenset()):
        raise Refused(NOT_FOR_MODIFICATION, hide=(kind.number_key,))
    if status in {"VOIDED", "DELETED"}:
        return end(desk, kind, former, status), []
    if former.status == "PAID":
        status = "PAID" if former.has_money_on_it else "AUTHORISED"
    changed, warnings = _edited(desk, kind, former, element, status, four_places=four_places)
    if former.has_money_on_it:
        refuse_paid_edit(former, changed)
    if former.status in {"AUTHORISED", "PAID"}:
        refuse_locked(desk, former.dated_on)
    if changed.status in {"SUBMITTED", "AUTHORISED", "PAID"}:
        refuse_unready(desk, kind, changed, was_approved=former.status not in {"DRAFT", "SUBMITTED"})
    changed = _settled_at_zero(desk, kind, changed)
    if not is_quiet(former, changed):
        changed = replace(changed, updated_at=desk.at)
    record(desk, changed.document_id, "Edited", f"{changed.number} was changed.")
    return save(desk, kind, changed, former), warnings


def end(desk: Desk, kind: Kind, former: Document, status: str) -> Document:
    """Void or delete a document; its amounts, lines and number stay as they were."""
    if former.has_money_on_it:
        raise Refused(HAS_MONEY)
    if status == "VOIDED":
        refuse_locked(desk, former.dated_on)
    ended = replace(former, status=status, updated_at=desk.at, fully_paid_on=None)
    kind.table(desk).put(ended.document_id, ended)
    record(desk, ended.document_id, status.capitalize(), f"{ended.number} was {status.casefold()}.")
    if status == "DELETED" and desk.switches.number_free_after_deleted:
        kind.numbers(desk).drop(former.number.casefold())
    return ended


def save(desk: Desk, kind: Kind, document: Document, former: Document | None = None) -> Document:
    """Write a document and keep the number index in step; a former number becomes free."""
    numbers = kind.numbers(desk)
    renumbered = former is not None and former.number != document.number
    if renumbered and former is not None and numbers.get(former.number.casefold()) == former.document_id:
        numbers.drop(former.number.casefold())
    if document.type == kind.unique_type and document.number:
        numbers.put(document.number.casefold(), document.document_id)
    kind.table(desk).put(document.document_id, document)
    _mark_party(desk, document)
    return document


def with_totals(document: Document) -> Document:
    """Return the document with its totals as the sum of its rounded lines."""
    lines_sum = sum((line.line_amount for line in document.lines), ZERO)
    tax = sum((line.tax_amount for line in document.lines), ZERO)
    inclusive = document.line_amount_types == "Inclusive"
    discount = sum((discount_of(line) for line in document.lines), ZERO)
    return replace(
        document,
        sub_total=lines_sum - tax if inclusive else lines_sum,
        total_tax=tax,
        total=lines_sum if inclusive else lines_sum + tax,
        total_discount=discount,
    )


def settle(desk: Desk, table: Table[Document], document: Document, on: date, *, moves: bool) -> Document:
    """Write a document whose paid or credited amount changed: it turns PAID at zero, and back."""
    is_paid = document.outstanding == 0
    settled = replace(
        document,
        status="PAID" if is_paid else "AUTHORISED",
        fully_paid_on=on if is_paid else None,
        updated_at=desk.at if moves else document.updated_at,
    )
    table.put(settled.document_id, settled)
    return settled


def refuse_taken_number(desk: Desk, kind: Kind, number: str, own_id: str) -> None:
    """Refuse a number that another document has, in whatever status."""
    places = [kind.numbers(desk)]
    if desk.switches.shared_number_space:
        places = [desk.invoice_by_number, desk.note_by_number]
    for place in places:
        if (found := place.get(number.casefold())) is not None and found != own_id:
            raise Refused(NUMBER_TAKEN)


def refuse_locked(desk: Desk, on: date) -> None:
    """Refuse a date on or before a lock date."""
    organisation = desk.organisation
    year, period = organisation.year_lock_on, organisation.period_lock_on
    if year is not None and on <= year:
        raise Refused(f"The document date cannot be before the end of year lock date, currently set at {year:%d/%m/%Y}")
    if period is not None and on <= period and not organisation.user_is_adviser:
        raise Refused(f"The document date cannot be before the period lock date, currently set at {period:%d/%m/%Y}")


def refuse_unready(desk: Desk, kind: Kind, document: Document, *, was_approved: bool = False) -> None:
    """Refuse to submit or approve a document that lacks something or lies in a locked period."""
    if kind.is_invoice and document.due_on is None:
        raise Refused("Due Date is required for approved invoices.")
    approved_ready(document.lines)
    if document.total < 0:
        raise Refused("The document total must not be negative.")
    if document.status == "AUTHORISED":
        refuse_locked(desk, document.dated_on)
        if not was_approved:
            _refuse_over_plan(desk, document)


def _edited(
    desk: Desk, kind: Kind, former: Document, element: Json, status: str, *, four_places: bool
) -> tuple[Document, list[str]]:
    amount_types = amount_types_of(element, former.line_amount_types)
    rules = LineRules(
        line_amount_types=amount_types, status=status, discounts=former.type == "ACCREC", four_places=four_places
    )
    sent_lines = read_objects(element, "LineItems")
    if sent_lines is None:
        same = amount_types == former.line_amount_types
        built = former.lines if same else retaxed(desk, former.lines, amount_types)
    else:
        built = build(desk, sent_lines, former.lines, rules)
        if not built:
            raise Refused("One or more line items must be specified.")
    number = read_text(element, kind.number_key) or former.number
    if former.type == kind.unique_type and number.casefold() != former.number.casefold():
        refuse_taken_number(desk, kind, number, former.document_id)
    contact_id = former.contact_id
    if element.get("Contact"):
        contact_id = contacts.for_document(desk, element).contact_id
    changed = replace(
        former,
        status=status,
        line_amount_types=amount_types,
        lines=built,
        number=number,
        contact_id=contact_id,
        dated_on=read_date(element, "Date") or former.dated_on,
        due_on=read_date(element, "DueDate") or former.due_on,
    )
    changed = with_totals(_with_plain_fields(desk, changed, element))
    return _with_sent_mark(changed, element)


def _with_plain_fields(desk: Desk, document: Document, element: Json) -> Document:
    url, reference = read_text(element, "Url"), read_text(element, "Reference")
    if url:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc or "xero" in url.casefold():
            raise Refused("Url must be a valid absolute URL that does not contain 'xero'.")
    reference = fitting(desk.switches, "Reference", reference, 255)
    number = fitting(desk.switches, "Number", document.number, 255) or ""
    check_number(desk.switches, number)
    currency = read_text(element, "CurrencyCode") or document.currency
    base = desk.organisation.base_currency
    if currency != base and currency not in desk.organisation.currencies:
        raise Refused(f"Organisation is not subscribed to currency {currency}")
    theme_id = read_guid(element, "BrandingThemeID")
    if theme_id and desk.themes.get(theme_id) is None:
        raise Refused("The BrandingThemeID is not valid.")
    return replace(
        document,
        number=number,
        url=document.url if url is None else url,
        reference=document.reference if reference is None else reference,
        currency=currency,
        currency_rate=read_decimal(element, "CurrencyRate") or document.currency_rate,
        branding_theme_id=theme_id or document.branding_theme_id,
        expected_on=read_date(element, "ExpectedPaymentDate") or document.expected_on,
    )


def _with_sent_mark(document: Document, element: Json) -> tuple[Document, list[str]]:
    sent = read_bool(element, "SentToContact")
    if sent is None or sent == document.sent_to_contact:
        return document, []
    if document.status not in {"AUTHORISED", "PAID"}:
        return document, [_SENT_WARNING]
    return replace(document, sent_to_contact=sent), []


def _settled_at_zero(desk: Desk, kind: Kind, document: Document) -> Document:
    zero = document.status == "AUTHORISED" and document.total == 0 and kind.is_invoice
    if zero and desk.switches.zero_total_becomes_paid:
        return replace(document, status="PAID", fully_paid_on=document.dated_on)
    return document


def _numbered(desk: Desk, kind: Kind, document: Document) -> Document:
    if document.number or document.type != kind.unique_type:
        return document
    numbers = kind.numbers(desk)
    counter = desk.next_invoice if kind.is_invoice else desk.next_note
    while numbers.get(f"{kind.prefix}{counter:04}".casefold()) is not None:
        counter += 1
    if kind.is_invoice:
        desk.next_invoice = counter + 1
    else:
        desk.next_note = counter + 1
    return replace(document, number=f"{kind.prefix}{counter:04}")


def _mark_party(desk: Desk, document: Document) -> None:
    # Becoming a customer or supplier does not move the contact's UpdatedDateUTC.
    contact = desk.contacts[document.contact_id]
    sells = document.type.startswith("ACCREC")
    if sells and not contact.is_customer:
        desk.contacts.put(contact.contact_id, replace(contact, is_customer=True))
    if not sells and not contact.is_supplier:
        desk.contacts.put(contact.contact_id, replace(contact, is_supplier=True))


def _refuse_over_plan(desk: Desk, document: Document) -> None:
    limit = desk.organisation.invoice_limit
    if limit is None or document.type != "ACCREC":
        return
    month = (desk.today.year, desk.today.month)
    approved = sum(
        1
        for it in desk.invoices.rows.values()
        if it.type == "ACCREC"
        and it.status in {"AUTHORISED", "PAID"}
        and (it.created_at.year, it.created_at.month) == month
    )
    if approved >= limit:
        raise Refused("You have reached the limit of invoices you can approve")


def _default_theme(desk: Desk) -> str:
    themes = sorted(desk.themes.rows.values(), key=lambda it: it.sort_order)
    return themes[0].theme_id if themes else ""
