"""Contact views: pairs, conflicts, duplicates and the privacy preview on the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ligament.app.contacts import find as finding
from ligament.cli.views.paper import Column, count, day, heading, line, moment, money, table
from ligament.wiring.rulebooks import system_titles

Document = Mapping[str, Any]


_PRACTICE_TITLE, _BOOKS_TITLE = system_titles()


_SHOWN = 30


_LISTED = {
    "put_back": "not taken over",
    "emptied": "emptied on one side",
    "refused": "refused by the books",
    "not_held": "cannot be held",
    "waits": "waits for your choice",
    finding.DIALLED: "kept back by the privacy dial",
}


_FIELDS = {
    "email": "e-mail",
    "phone_mobile": "mobile phone",
    "phone_default": "home phone",
    "phone_direct": "work phone",
    "phone_fax": "fax",
}


def show_sentence(document: Document, command: object) -> None:
    del command
    line(document["sentence"])


def show_found(document: Document, command: object) -> None:
    """Print a pair with its fields, documents, holds and history."""
    del command
    if not document["found"] and not document["practitioners"]:
        line(f'Nothing called "{document["query"]}" is kept here.', style="bold")
    for one in document["found"]:
        _show_pair(one)
    for person in document["practitioners"]:
        heading(f"{person['name']} (practitioner {person['id']})")
        line(f"User of {_BOOKS_TITLE}: {person['owner'] or 'none with the same e-mail'}")
        if person["tracking"]:
            line(f"Tracking option: {person['tracking']}")
    if document["more"]:
        line(f"And {document['more']:,} more. Say more of the name.")


def _show_pair(one: Document) -> None:
    place = f"{one['kind']} {one['source_id']} ({one['state']})" if one["source_id"] else "nobody in the practice"
    contact = f"contact {one['contact_number'] or one['contact_id']} ({one['contact_state'] or 'not read'})"
    heading(f"{place.capitalize()} - {contact if one['contact_id'] else 'no contact'}")
    columns = (Column("Field"), Column(_PRACTICE_TITLE), Column(_BOOKS_TITLE), Column("Agreed"), Column(""))
    rows = [
        [
            _field(row),
            row["practice"],
            row["books"],
            row["agreed"],
            _LISTED.get(row.get("listed", ""), "" if row["same"] else "differs"),
        ]
        for row in one["fields"]
    ]
    table(columns, rows)
    for group in one.get("groups", ()):
        line(f"In the contact group {group['name']}{', put there by us' if group['ours'] else ''}.")
    for payer in one.get("payers", ()):
        line(f"Billed by default to {payer['name']} ({payer['source_id']}).")
    _show_patients(one.get("patients", ()))
    _show_papers(one.get("documents", ()))
    for hold in one.get("holds", ()):
        line(f"Waits ({hold['id']}): {hold['sentence']}", style="yellow")
    for refused in one.get("refused", ()):
        named = f"{refused['kind'].replace('_', ' ').capitalize()} {refused['number']}".rstrip()
        line(f"{named}: {refused['sentence']}")
    _show_history(one.get("history", ()))


def _field(row: Document) -> str:
    return _FIELDS.get(row["field"], str(row["field"]).replace("_", " "))


def _show_patients(patients: Sequence[Document]) -> None:
    if patients:
        line(f"Pays for {count(len(patients), 'patient')}:")
    for patient in patients[:_SHOWN]:
        line(f"  {patient['name']} ({patient['source_id']})")


def _show_papers(documents: Sequence[Document]) -> None:
    rows = [
        [
            str(paper["number"]),
            day(paper["issued_on"]),
            money(paper["total"]),
            paper["status"],
            ", ".join(held["number"] for held in paper["books"]),
        ]
        for paper in documents[-_SHOWN:]
    ]
    titles = (
        Column("Invoice"),
        Column("Issued"),
        Column("Total", right=True),
        Column("Status"),
        Column("In the books"),
    )
    table(titles, rows)


def _show_history(entries: Sequence[Document]) -> None:
    rows = [
        [
            moment(entry["at"]),
            str(entry["actor"]),
            (entry["action"] or entry["kind"]).replace("_", " "),
            "erased" if entry["erased"] else ", ".join(entry["changed"]),
        ]
        for entry in entries
    ]
    table((Column("When"), Column("Who"), Column("What"), Column("Fields")), rows)


def show_duplicates(document: Document, command: object) -> None:
    """Print probable duplicates of each side."""
    del command
    for side, title in (("practice", _PRACTICE_TITLE), ("books", _BOOKS_TITLE)):
        pairs = document[side]
        alike = [pair for pair in pairs if pair["alike"]]
        heading(f"{title}: {count(len(alike), 'probable duplicate')}, {len(pairs) - len(alike):,} with other names")
        rows = [[*(_record(one) for one in pair["records"]), ", ".join(pair["shares"])] for pair in pairs[:_SHOWN]]
        table((Column("One"), Column("Other"), Column("Same")), rows)
        if len(pairs) > _SHOWN:
            line(f"And {len(pairs) - _SHOWN:,} more: --json lists them all.")
    line("Nothing is merged by Ligament. Merge in the system itself; the pair follows.")


def _record(one: Document) -> str:
    return f"{one['name']} ({one['number'] or one['id']})"


def show_preview(document: Document, command: object) -> None:
    """Print what the books would hold with the dial elsewhere."""
    del command
    line(
        f"The dial for each {document['class']} stands at {document['now']}; shown is {document['then']}.", style="bold"
    )
    for person in document["people"]:
        heading(f"{person['number']}")
        if not person["fields"]:
            line("No contact now, and none would be made: look at what waits.")
        rows = [[_field(row), row["now"], row["then"]] for row in person["fields"]]
        table((Column("Field"), Column("Now"), Column("Then")), rows)
    for name in document["pooled"]:
        line(f"Documents go to the contact {name}.")
    line("Nothing was written. Change the dial in ligament.toml, and the next plan shows every change.")
