"""Nobody is archived by us while something of theirs waits to be posted: it could never be posted then (choice C25)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.faults.comparing import contact_with
from tests.faults.findings import Violation

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.world import Books
    from ligament.simkit.messages import Request, Response
    from tests.faults.checker import Checker
    from tests.faults.expected import Expected

_OK = 200


@dataclass(slots=True)
class Barred:
    """What we had been told of the practice's invoices, and what of it waited when we archived somebody's contact.

    Nobody can know of an invoice before a list shows it: a credit note that is written for somebody who was archived
    hours ago waits for a person, rightly. So what counts is what we knew when the archiving left.
    """

    checker: Checker
    told: dict[str, Expected] = field(default_factory=dict)
    """Each invoice as it was when the practice last told us of it."""
    under: dict[str, frozenset[str]] = field(default_factory=dict)
    """The invoices that waited when the archiving of a contact left, by the contact's id."""

    def answered(self, request: Request, response: Response) -> None:
        """Keep what an answer of the practice told us of invoices; one that arrived broken told nothing."""
        if request.method != "GET" or "/invoices" not in request.path or response.status != _OK:
            return
        try:
            said = json.loads(response.body)
        except ValueError:
            return
        for one in said.get("invoices", [said]):
            versions = self.checker.versions.get(str(one.get("id")))
            if versions:
                self.told[str(one["id"])] = versions[-1]

    def leaves(self, request: Request) -> None:
        """One of our writes to the books leaves: remember what waited of everybody whom it archives."""
        if request.method == "GET" or not request.path.endswith("/Contacts"):
            return
        for element in json.loads(request.body)["Contacts"]:
            if element.get("ContactStatus") == "ARCHIVED":
                self._archives(element["ContactID"])

    def _archives(self, contact_id: str) -> None:
        books = self.checker.sim.books.only()
        posted = {one.reference for one in (*books.invoices.values(), *books.credit_notes.values())}
        number = books.contacts[contact_id].number
        self.under[contact_id] = frozenset(
            key
            for key, told in self.told.items()
            if told.reference not in posted and _bills(told, number) and _bills(self.checker.versions[key][-1], number)
        )

    def books_edited(self, contact_id: str, contact: Any) -> None:
        """A person changed a contact: whom they archived themselves was not archived by us."""
        if contact.status == "ARCHIVED":
            self.under.pop(contact_id, None)

    def judge(self, listed: Iterable[Any], books: Books) -> None:
        """Judge what is still held after healing."""
        posted = {one.reference for one in (*books.invoices.values(), *books.credit_notes.values())}
        for one in listed:
            versions = self.checker.versions.get(str(one["source_id"]), [])
            if not versions or versions[-1].reference in posted:
                continue
            now = versions[-1]
            contact = contact_with(books, now.party)
            if contact is None or contact.status != "ARCHIVED":
                continue
            if now.invoice_id in self.under.get(contact.contact_id, ()):
                raise Violation("barred", f"{contact.number} was archived while {now.number} waits to be posted")


def _bills(version: Expected, number: str) -> bool:
    """Say whether that version was there to be posted, to that contact."""
    return version.party == number and not version.gone and bool(version.total)
