"""The accounting system as the flow sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from ligament.connectors.xero import answers, listing, lookups, mapping, receipts, signin, streams, writing
from ligament.connectors.xero.streams import understood
from ligament.core.ledgers import Chart, DocumentKind
from ligament.ports.errors import Broken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from ligament.connectors.xero import wire
    from ligament.connectors.xero.client import Query, XeroClient
    from ligament.connectors.xero.signin import Pin
    from ligament.core.ids import BooksId
    from ligament.core.ledgers import (
        BooksContact,
        BooksDocument,
        BooksPayment,
        BooksReceipt,
        BooksUser,
        ContactGroup,
        Organisation,
        RecordedChange,
    )
    from ligament.core.writes import BooksWrite, ElementResult, PreparedCall, Verb
    from ligament.ports.books import BooksPage, KnownBooks

_WEB = "https://go.xero.com"
_VIEWS = {
    "contact": "/Contacts/View/{id}",
    "invoice": "/AccountsReceivable/View.aspx?InvoiceID={id}",
    "credit_note": "/AccountsReceivable/ViewCreditNote.aspx?creditNoteID={id}",
    "payment": "/Bank/ViewTransaction.aspx?bankTransactionID={id}",
}


class XeroBooks:
    """One pinned organisation; `page_size` is for lists, `short_code` for links when it is already known.

    `close` ends the connection that it came from.
    """

    def __init__(
        self,
        client: XeroClient,
        pin: Pin,
        *,
        short_code: str = "",
        page_size: int = streams.PAGE_SIZE,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        if client.tenant_id.lower() != pin.tenant_id.lower():
            raise ValueError("The client is for another organisation than the pinned one.")
        self._client = client
        self._pin = pin
        self._short_code = short_code
        self._page_size = page_size
        self.close = close

    # --- the organisation and its chart ----------------------------------------------------------------------------

    def organisation(self) -> Organisation:
        """Read the organisation with its lock dates; raises SignInAgain when it is not the pinned one."""
        rows = self._list("Organisation").organisations
        if len(rows) != 1:
            raise Broken("Xero did not name exactly one organisation.", f"{len(rows)} organisations")
        found = understood(lambda: mapping.organisation(rows[0]))
        signin.check_pinned(found, self._pin)
        self._client.base.learn(found.currency)
        self._short_code = found.short_code or self._short_code
        return found

    def chart(self) -> Chart:
        """Read accounts, tax rates and tracking categories: three calls."""
        accounts = self._list("Accounts").accounts
        rates = self._list("TaxRates").tax_rates
        categories = self._list("TrackingCategories", (("includeArchived", "true"),)).tracking_categories
        base = self._client.base.among(accounts)
        return understood(
            lambda: Chart(
                accounts=tuple(mapping.account(row, base) for row in accounts),
                tax_rates=tuple(mapping.tax_rate(row) for row in rates),
                tracking=tuple(mapping.category(row) for row in categories),
            )
        )

    def groups(self) -> tuple[ContactGroup, ...]:
        """Read the contact groups, without their members: one call."""
        return tuple(mapping.group(row) for row in self._list("ContactGroups").contact_groups)

    def users(self) -> tuple[BooksUser, ...]:
        return tuple(mapping.user(row) for row in self._list("Users").users)

    # --- listing reads ---------------------------------------------------------------------------------------------

    def read(
        self, cursors: Mapping[str, str], known: KnownBooks, now: datetime, only: frozenset[str] | None = None
    ) -> Iterator[BooksPage]:
        wanted = tuple(one for one in streams.STREAMS if only is None or one.name in only)
        return streams.read(self._client, cursors, known, now, self._page_size, wanted)

    def received(self, since: date | None) -> tuple[BooksReceipt, ...] | None:
        return receipts.received(self._client, since, self._page_size)

    def count_documents(self, kind: str, first: date, last: date) -> int:
        return listing.count_documents(self._client, DocumentKind(kind), first, last)

    def list_documents(self, kind: str, first: date, last: date) -> Iterator[BooksPage]:
        return listing.list_documents(self._client, DocumentKind(kind), first, last, self._page_size)

    # --- writes ----------------------------------------------------------------------------------------------------

    def prepare(self, verb: Verb, writes: Sequence[BooksWrite]) -> PreparedCall:
        """Turn writes into the exact bytes of one call; raises ValueError beyond `batch_size` or 3 MB."""
        return writing.prepare(verb, writes)

    def batch_size(self, verb: Verb) -> int:
        return writing.batch_size(verb)

    def send(self, call: PreparedCall, key: str) -> tuple[ElementResult, ...]:
        """Send a prepared call once and judge each element; raises the five port errors."""
        return answers.judge(call, self._client.write(call, key), self._client.base)

    # --- look-ups --------------------------------------------------------------------------------------------------

    def find_contacts(self, numbers: Sequence[str]) -> tuple[BooksContact, ...]:
        return lookups.contacts_by_number(self._client, numbers)

    def contacts_by_id(self, ids: Sequence[BooksId]) -> tuple[BooksContact, ...]:
        """Read contacts by id, archived ones too; 40 per call."""
        return lookups.contacts_by_id(self._client, ids)

    def last_edit(self, contact_id: BooksId) -> RecordedChange | None:
        return lookups.last_edit(self._client, contact_id)

    def last_person(self, kind: str, books_id: BooksId) -> RecordedChange | None:
        return lookups.last_person(self._client, DocumentKind(kind), books_id)

    def find_invoices(self, numbers: Sequence[str]) -> tuple[BooksDocument, ...]:
        """Look up invoices by number, in any status; 40 per call."""
        return lookups.invoices_by_number(self._client, numbers)

    def find_credit_notes(self, numbers: Sequence[str], references: Sequence[str]) -> tuple[BooksDocument, ...]:
        """Look up credit notes by number and reference (both given in the same order); one call each."""
        return lookups.credit_notes_by_number(self._client, numbers, references)

    def documents_by_id(self, kind: str, ids: Sequence[BooksId]) -> tuple[BooksDocument, ...]:
        """Read invoices (40 per call) or credit notes (one call each) by id."""
        if DocumentKind(kind) is DocumentKind.INVOICE:
            return lookups.invoices_by_id(self._client, ids)
        return lookups.credit_notes_by_id(self._client, ids)

    def payment(self, payment_id: BooksId) -> BooksPayment | None:
        return lookups.payment(self._client, payment_id)

    def payments_on(self, invoice_id: BooksId) -> tuple[BooksPayment, ...]:
        """Read every payment that an invoice ever had; the invoice itself no longer lists those that were deleted."""
        return lookups.payments_on(self._client, invoice_id)

    def removed_payments(self) -> Iterator[tuple[BooksId, BooksPayment]]:
        return listing.removed_payments(self._client, self._page_size)

    def link_for(self, kind: str, books_id: BooksId) -> str:
        """Return a web address where a person sees that record, or an empty text for other kinds."""
        view = _VIEWS.get(kind)
        if view is None or not books_id:
            return ""
        path = view.format(id=quote(books_id, safe=""))
        if not self._short_code:
            return _WEB + path
        # With the short code the page opens in the right organisation, whichever the person looked at last.
        code, target = quote(self._short_code, safe="!"), quote(path, safe="")
        return f"{_WEB}/organisationlogin/default.aspx?shortcode={code}&redirecturl={target}"

    def _list(self, path: str, query: Query = ()) -> wire.Envelope:
        answer = self._client.read(path, query)
        if answer is None:
            raise Broken("Xero does not know one of its own lists.", f"404 on {path}")
        return answer.envelope
