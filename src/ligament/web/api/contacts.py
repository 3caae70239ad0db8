"""Contacts: patients and payers side by side with their contacts in the books."""

from __future__ import annotations

from ligament.app.contacts.find import pair
from ligament.app.lists import contacts
from ligament.web.api.answers import ContactAnswer, ContactRow
from ligament.web.api.call import CLINIC, Asking, Call, Told
from ligament.web.api.problems import nothing_there
from ligament.web.api.shapes import RecordFilter


def listed(asking: Asking) -> Told:
    """List patients and payers, all or those that a text or number means."""
    wanted, pager = asking.query_as(RecordFilter), asking.pages
    with asking.opened() as clinic:
        rows = contacts(clinic, text=wanted.q, number=wanted.number, after=pager.after_text, limit=pager.limit)
    return Told(document=pager.cut(rows, lambda row: (f"{row['kind']}:{row['source_id']}",), dict))


def show(asking: Asking) -> Told:
    """Tell one pair with everything that belongs to it."""
    wanted = asking.values["source_id"]
    with asking.opened() as clinic:
        for key in dict.fromkeys([f"patient:{wanted}", f"payer:{wanted}", wanted]):
            found = pair(clinic, key)
            if found["state"] != "unknown" or found["contact_id"]:
                contact = found["contact_id"]
                links = [{"contact_id": contact, "number": found["contact_number"], "origin": found["origin"]}]
                return Told(document={"id": found["source_id"], **found, "links": links if contact else []})
    raise nothing_there()


CALLS = (
    Call(
        path=f"{CLINIC}/contacts",
        answer=listed,
        does="Patients and payers, with their contacts in the books.",
        gives=ContactRow,
        query=RecordFilter,
        is_list=True,
    ),
    Call(
        path=f"{CLINIC}/contacts/{{source_id}}",
        answer=show,
        does="One pair side by side: fields, links, documents, holds, history.",
        gives=ContactAnswer,
    ),
)
