"""What every write must look like, judged from its bytes and the books just before it: form, repeats, locks, money."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.faults.findings import Violation

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.world import Books
    from ligament.simkit.messages import Request
    from tests.faults.checker import Checker

_ID = {"Invoices": "InvoiceID", "CreditNotes": "CreditNoteID", "Contacts": "ContactID"}
_DOCUMENTS = ("Invoices", "CreditNotes")
_NUMBER = {"Invoices": "InvoiceNumber", "CreditNotes": "CreditNoteNumber", "Contacts": "ContactNumber"}


@dataclass(slots=True)
class Forms:
    """Remembers what was made under which key, and which lock dates we had read when a write first left."""

    checker: Checker
    made_under: dict[str, str] = field(default_factory=dict)
    arrived_late: set[str] = field(default_factory=set)
    locked_to: date | None = None
    known_at: dict[str, date | None] = field(default_factory=dict)
    taken_apart: dict[tuple[str, str], datetime] = field(default_factory=dict)
    taken_apart_ever: set[tuple[str, str]] = field(default_factory=set)
    deleted: dict[str, int] = field(default_factory=dict)
    voided: dict[str, int] = field(default_factory=dict)
    """Documents that a person voided, and how many versions of the invoice there were by then."""
    is_credit_told: bool = True
    """Whether a list could have told us, since an old backup was put back, where credit is used."""
    restored: bool = False

    def judge(self, request: Request, books: Books, *, late: bool, replayed: bool) -> None:
        """Judge one write to the books before it takes effect."""
        key = request.headers.get("idempotency-key", "")
        self.known_at.setdefault(key, self.locked_to)
        path = request.path.strip("/").split("/")[2:]
        batch = len(path) == 1
        if batch and ("summarizeErrors", "false") not in request.query:
            raise Violation("form", f"{request.method} {request.path} leaves summarizeErrors out")
        if not key:
            raise Violation("form", f"{request.method} {request.path} carries no key")
        sent = json.loads(request.body, parse_float=Decimal)
        if batch and path[0] in _ID:
            self._judge_elements(request, path[0], sent[path[0]])
        if replayed:
            # The key answered with what was kept: nothing is done again, so the books of now do not matter.
            return
        if batch and path[0] in _DOCUMENTS:
            self._judge_changes(path[0], sent[path[0]], books)
        made = list(self._made(path, request.method, sent))
        there = [self._is_there(name, said, books) for name, said in made]
        for (name, _), is_there in zip(made, there, strict=True):
            # When some of a call is there and some is not, only its own answer under its own key can tell what
            # became of the rest: sending it again is right, even when that takes so long that the key is forgotten.
            if is_there and (all(there) or self.made_under.get(name) != key):
                self._judge_repeat(name, key, late=late)
        if path[0] == "Payments" and not late:
            self._judge_payments(path, request.method, sent, books)
        if not late:
            self._judge_locks(path, sent, key)

    # --- form ---------------------------------------------------------------------------------------------------------

    def _judge_elements(self, request: Request, plural: str, elements: list[Any]) -> None:
        for element in elements:
            has_id = bool(element.get(_ID[plural]))
            if has_id is (request.method == "PUT"):
                raise Violation(
                    "form", f"{request.method} {plural}: creating is PUT without an id, updating POST with one"
                )
            if plural != "Contacts" and set(element.get("Contact") or {"ContactID"}) != {"ContactID"}:
                raise Violation("form", f"{plural}: more than the id of a contact is sent with a document")

    def _judge_changes(self, plural: str, elements: list[Any], books: Books) -> None:
        for element in elements:
            has_id = bool(element.get(_ID[plural]))
            if has_id and element.get("LineItems"):
                self._judge_line_ids(element, plural, books)
            if has_id and element.get("Status") in {"VOIDED", "DELETED"}:
                self._judge_void(element[_ID[plural]], plural, books)

    def _judge_line_ids(self, element: Any, plural: str, books: Books) -> None:
        held = (books.invoices if plural == "Invoices" else books.credit_notes)[element[_ID[plural]]]
        named = sum(1 for line in element["LineItems"] if line.get("LineItemID"))
        if named < min(len(held.lines), len(element["LineItems"])):
            raise Violation("form", f"{held.number}: lines are sent without their ids, so Xero makes them anew")

    def _judge_void(self, key: str, plural: str, books: Books) -> None:
        held = (books.invoices if plural == "Invoices" else books.credit_notes)[key]
        if held.has_money_on_it:
            raise Violation("money", f"{held.number} is to be voided with money on it")

    # --- nothing twice ------------------------------------------------------------------------------------------------

    def _made(self, path: list[str], method: str, sent: Any) -> Iterator[tuple[str, str]]:
        """Yield what a request makes: a name, and the number or reference it goes by."""
        if method != "PUT":
            return
        if path[0] in _NUMBER and len(path) == 1:
            for element in sent[path[0]]:
                yield f"{path[0]} {element.get(_NUMBER[path[0]])}", element.get(_NUMBER[path[0]]) or ""
        elif path[0] == "Payments":
            for element in sent["Payments"]:
                yield f"payment {element['Reference']}", element["Reference"]

    def _judge_repeat(self, name: str, key: str, *, late: bool) -> None:
        former = self.made_under.get(name)
        if self._misjudged(name, late=late):
            return
        if former is not None and not self._blind():
            if not late:
                raise Violation("repeat", f"{name} is sent to be made though it is there, made by us")
            if former != key:
                raise Violation("repeat", f"{name} was under way under two keys at once")

    def _misjudged(self, name: str, *, late: bool) -> bool:
        """Who has another calendar takes a call that is under way for older than it is. What comes of it is judged."""
        return not self.checker.exact_clocks and (late or name in self.arrived_late)

    def _is_there(self, name: str, said: str, books: Books) -> bool:
        kind = name.partition(" ")[0]
        if kind == "Contacts":
            return said.casefold() in books.contact_by_number
        if kind == "payment":
            return any(one.reference == said and one.status == "AUTHORISED" for one in books.payments.values())
        return any(one.number == said for one in (*books.invoices.values(), *books.credit_notes.values()))

    def _blind(self) -> bool:
        """Lists that lag, or an old backup, may hide from us what we made."""
        return self.restored or bool(self.checker.sim.books.switches.read_lag_s)

    def keep_made(self, request: Request, *, late: bool) -> None:
        """Remember what a request made, under which key, and whether it came late."""
        path = request.path.strip("/").split("/")[2:]
        sent = json.loads(request.body, parse_float=Decimal)
        for name, _ in self._made(path, request.method, sent):
            self.made_under.setdefault(name, request.headers.get("idempotency-key", ""))
            if late:
                self.arrived_late.add(name)

    # --- money and locks ----------------------------------------------------------------------------------------------

    def _judge_payments(self, path: list[str], method: str, sent: Any, books: Books) -> None:
        if method == "POST" and len(path) == 2:
            held = books.payments.get(path[1])
            if held is not None and held.is_reconciled and held.status == "AUTHORISED":
                raise Violation("money", f"the reconciled payment {held.reference} is to be deleted")
            return
        for element in sent.get("Payments", ()):
            invoice = books.invoices.get(element.get("Invoice", {}).get("InvoiceID", ""))
            if invoice is None or invoice.document_id in self.checker.touched:
                continue
            if self._misjudged(f"payment {element['Reference']}", late=False):
                continue
            if Decimal(element["Amount"]) > invoice.outstanding and not self._blind():
                raise Violation(
                    "money", f"{element['Reference']}: {element['Amount']} is sent, {invoice.outstanding} is open"
                )

    def _judge_locks(self, path: list[str], sent: Any, key: str) -> None:
        lock = self.known_at[key]
        if lock is None or len(path) != 1:
            return
        for element in sent.get(path[0], ()):
            day = str(element.get("Date") or "9999-12-31")
            if date.fromisoformat(day[:10]) <= lock:
                raise Violation("lock", f"{path[0]} dated {day} is sent though the books are locked to {lock}")
