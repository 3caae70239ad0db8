"""Contacts and documents: found by name, e-mail or number, and each as both systems have it, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

from ligament.app.contacts.listing import contact_card, contact_list
from ligament.app.papers import document_card
from ligament.core.access import Right
from ligament.web.beginning import beginning
from ligament.web.list_pages import PAGE_SIZE, page_asked, pages_of
from ligament.web.page import Answer, NotThere, Page, Shown, Visit

_LISTED: Mapping[str, str] = {
    "put_back": "the other side wins, and this is put back",
    "emptied": "one side let go of it",
    "refused": "the books refuse it",
    "not_held": "the books cannot hold it so",
    "waits": "waits for your answer",
    "dialled": "kept back by the privacy setting",
}
"""Why a field differs though nothing is done about it."""
ACTS: Mapping[str, str] = {
    "hold_opened": "Began to wait", "hold_closed": "Waits no more", "decision": "Decided", "approval": "Answered",
    "receipt": "Written", "link": "Linked", "refusal": "Refused by the books", "variance": "Difference",
    "erased": "Erased",
}  # fmt: skip
AMOUNTS = frozenset({"total", "tax", "open_amount"})
DAYS = frozenset({"on", "due_on"})


def show(visit: Visit) -> Answer:
    """Show a page of contacts, or what a search finds."""
    query = visit.query.get("q").strip()
    page = page_asked(visit.query.get("page"))
    with visit.opened() as clinic, clinic.database.one_moment():
        found = contact_list(clinic, query, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
        beginning_with = None if query or found["contacts"] or found["strangers"] else beginning(visit, clinic)
    pages = pages_of(page, len(found["contacts"]), found["total"], "contact", partial(_address, query))
    return Shown(template="contacts", values={**found, "beginning": beginning_with, "query": query, "pages": pages})


def _address(query: str, page: int) -> str:
    return "?" + urlencode({"q": query, "page": page} if query else {"page": page})


def show_contact(visit: Visit) -> Answer:
    """Show one patient, payer or contact."""
    with visit.opened() as clinic, clinic.database.one_moment():
        found = contact_card(clinic, visit.values["contact"])
    if found is None:
        raise NotThere
    named = next((row for row in found["fields"] if row["field"] == "name"), {"practice": "", "books": ""})
    title = named["practice"] or named["books"] or "Contact"
    return Shown(template="contact", values={**found, "title": title, **_words(found)})


def show_document(visit: Visit) -> Answer:
    with visit.opened() as clinic, clinic.database.one_moment():
        found = document_card(clinic, visit.values["document"])
    if found is None:
        raise NotThere
    return Shown(template="document", values={**found, "amounts": AMOUNTS, "days": DAYS, **_words(found)})


def _words(found: Mapping[str, Any]) -> dict[str, Any]:
    differing = sum(1 for row in found["fields"] if row["same"] is False)
    return {"listed": _LISTED, "acts": ACTS, "differing": differing}


PAGES = (
    Page(path="/c/{clinic}/contacts", name="contacts", answer=show, right=Right.LOOK, menu="Contacts"),
    Page(path="/c/{clinic}/contacts/{contact}", name="contact", answer=show_contact, right=Right.LOOK),
    Page(path="/c/{clinic}/documents/{document}", name="document", answer=show_document, right=Right.LOOK),
)
