"""Keeping what the books hold: contacts and documents in, changed subjects out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, select, update

from ligament.core.contacts import contact_number
from ligament.core.intents import Subject, SubjectKind, subject_from_key
from ligament.core.ledgers import (
    BooksContact,
    BooksDocument,
    Chart,
    ContactGroup,
    ContactStatus,
    TrackingCategory,
    TrackingOption,
)
from ligament.core.receipts import Effect
from ligament.core.records import Party, PartyKind
from ligament.store.database import columns
from ligament.store.database.bulk import delete_in, gone_from_clinic, of_clinic, of_kind, select_in, upsert
from ligament.store.database.codec import decode, encode
from ligament.store.database.search_keys import folded, history_key, stamp
from ligament.store.database.tables import (
    books_amounts,
    books_contacts,
    books_documents,
    books_reference,
    contact_links,
    document_links,
    practice_rows,
)
from ligament.store.mirror import erased, uses
from ligament.store.mirror.merges import move_documents, survivors

R = TypeVar("R", BooksContact, BooksDocument)
_NAMELESS = of_clinic(books_contacts.c.id).where(books_contacts.c.name_key == "")
_FORGOTTEN = of_kind(practice_rows.c.id, practice_rows.c.body).where(
    practice_rows.c.removed, practice_rows.c.name_key == ""
)
_PEOPLE_GONE = (
    of_clinic(contact_links.c.contact_id, practice_rows.c.body)
    .join(
        practice_rows,
        (practice_rows.c.clinic == contact_links.c.clinic)
        & (contact_links.c.party == practice_rows.c.kind + ":" + practice_rows.c.id),
    )
    .where(practice_rows.c.removed)
)


def contact_row(clinic: str, contact: BooksContact) -> dict[str, Any]:
    return {
        "clinic": clinic,
        "id": contact.id,
        "number": contact.number.replace("\x00", ""),
        "email_key": folded(contact.email.reveal()),
        "name_key": folded(contact.name.reveal()),
        "status": contact.status.value,
        "updated_at": stamp(contact.updated_at),
        "body": encode(contact),
    }


def document_row(clinic: str, document: BooksDocument, survivor: str = "") -> dict[str, Any]:
    """Return the row that keeps a document; `survivor` is the contact that its own was merged into."""
    return {
        "clinic": clinic,
        "id": document.id,
        "kind": document.kind.value,
        "number": document.number.replace("\x00", ""),
        "history_key": history_key(document.number),
        "contact_id": survivor or document.contact_id,
        "status": document.status.value,
        "open_amount": str(document.open_amount),
        "is_open": document.open_amount > 0,
        "updated_at": stamp(document.updated_at),
        "reference": document.reference.replace("\x00", ""),
        "body": encode(document),
        **columns.of_document(document),
    }


def keep(
    connection: Connection, clinic: str, contacts: Iterable[BooksContact], documents: Iterable[BooksDocument]
) -> frozenset[Subject]:
    """Keep what is newer than what is kept; return the subjects linked to what changed in content."""
    held = _without_forgotten(connection, clinic, tuple(contacts))
    people = _keep_rows(connection, books_contacts, [contact_row(clinic, contact) for contact in held], BooksContact)
    move_documents(connection, clinic, [contact for contact in held if contact.id in people])
    told: dict[str, BooksDocument] = {}
    for document in erased.books_documents(connection, clinic, documents):
        if document.id not in told or told[document.id].updated_at <= document.updated_at:
            told[document.id] = document
    told.update(_with_known_money(connection, clinic, told.values()))
    papers = _keep_rows(
        connection,
        books_documents,
        _document_rows(connection, clinic, told.values()),
        BooksDocument,
        lambda rows: _keep_amounts(connection, clinic, rows, told),
    )
    uses.learn(connection, clinic, told.values())
    parties = of_clinic(contact_links.c.party)
    subjects = of_clinic(document_links.c.subject)
    linked = select_in(connection, parties, contact_links.c.contact_id, people, clinic=clinic)
    posted = select_in(connection, subjects, document_links.c.books_id, papers, clinic=clinic)
    return frozenset(
        subject_from_key(key) for key in [*(row.party for row in linked), *(row.subject for row in posted)]
    )


def _with_known_money(
    connection: Connection, clinic: str, documents: Iterable[BooksDocument]
) -> dict[str, BooksDocument]:
    """Return the documents whose answer left out what is paid and used on them, with what is known of that.

    Forgotten, a payment of ours would look as if somebody had taken it off; the next whole reading says what stands.
    """
    hiding = {document.id: document for document in documents if document.hides_its_money()}
    if not hiding:
        return {}
    statement = of_clinic(books_documents.c.id, books_documents.c.body)
    known = select_in(connection, statement, books_documents.c.id, hiding.keys(), clinic=clinic)
    held = {row.id: decode(BooksDocument, row.body) for row in known}
    return {
        key: replace(hiding[key], payments=before.payments, allocations=before.allocations)
        for key, before in held.items()
    }


def _document_rows(connection: Connection, clinic: str, documents: Iterable[BooksDocument]) -> list[dict[str, Any]]:
    """Return the rows of documents, filed under the contacts they belong to by now."""
    held = tuple(documents)
    merged = survivors(connection, clinic, {document.contact_id for document in held})
    return [document_row(clinic, document, merged.get(document.contact_id, "")) for document in held]


def add_groups(connection: Connection, clinic: str, made: Sequence[ContactGroup]) -> None:
    """Keep contact groups that were just made with the chart, so that no later plan makes them again."""
    chart = kept_chart(connection, clinic) if made else None
    if chart is None:
        return
    ids = {group.id for group in made}
    groups = (*(group for group in chart.groups or () if group.id not in ids), *made)
    _keep_chart(connection, clinic, replace(chart, groups=groups))


def add_options(connection: Connection, clinic: str, effects: Iterable[Effect]) -> None:
    """Keep tracking options that were just made with the chart: somebody may rename one before it is read again."""
    made: dict[str, list[TrackingOption]] = {}
    for effect in effects:
        if effect.option is not None and effect.action.option is not None:
            made.setdefault(effect.action.option.category_id, []).append(effect.option)
    chart = kept_chart(connection, clinic) if made else None
    if chart is None:
        return
    tracking = tuple(_with_options(category, made.get(category.id, ())) for category in chart.tracking)
    _keep_chart(connection, clinic, replace(chart, tracking=tracking))


def _with_options(category: TrackingCategory, made: Sequence[TrackingOption]) -> TrackingCategory:
    ids = {option.id for option in made}
    return replace(category, options=(*(one for one in category.options if one.id not in ids), *made))


def kept_chart(connection: Connection, clinic: str) -> Chart | None:
    """Return the chart as it is kept, or nothing where it was never read."""
    body = connection.execute(select(books_reference.c.body).where(*_chart_of(clinic))).scalar_one_or_none()
    return decode(Chart, body) if body is not None else None


def _keep_chart(connection: Connection, clinic: str, chart: Chart) -> None:
    connection.execute(update(books_reference).where(*_chart_of(clinic)).values(body=encode(chart)))


def _chart_of(clinic: str) -> tuple[ColumnElement[bool], ...]:
    return books_reference.c.clinic == clinic, books_reference.c.name == "chart"


def nameless(contact: BooksContact) -> BooksContact:
    """Return a contact without the person: what stays when somebody is forgotten."""
    return BooksContact(
        id=contact.id,
        number=contact.number,
        status=contact.status,
        merged_into=contact.merged_into,
        updated_at=contact.updated_at,
    )


def _without_forgotten(
    connection: Connection, clinic: str, contacts: Sequence[BooksContact]
) -> tuple[BooksContact, ...]:
    """Keep contacts of forgotten people without the person, however often the books show them."""
    ids = {contact.id for contact in contacts}
    found = select_in(connection, _PEOPLE_GONE, contact_links.c.contact_id, ids, clinic=clinic)
    forgotten = {row.contact_id for row in found if decode(Party, row.body).deleted}
    numbered = _numbered_for_forgotten(connection, clinic, contacts)
    # Their documents, which are read behind them, are kept without texts too.
    erased.mark(connection, clinic, erased.CONTACT, numbered)
    forgotten |= numbered
    # One that was merged away belongs to nobody any more, but was forgotten together with the person.
    left = {contact.id: contact.merged_into for contact in contacts if contact.status is not ContactStatus.ACTIVE}
    forgotten |= {row.id for row in select_in(connection, _NAMELESS, books_contacts.c.id, left, clinic=clinic)}
    while more := {key for key, survivor in left.items() if survivor in forgotten} - forgotten:
        forgotten |= more
    return tuple(nameless(contact) if contact.id in forgotten else contact for contact in contacts)


def _numbered_for_forgotten(connection: Connection, clinic: str, contacts: Sequence[BooksContact]) -> set[str]:
    """Return the contacts that bear a forgotten person's number: after an old backup no link leads to them."""
    found: set[str] = set()
    for kind in PartyKind:
        prefix = contact_number(Subject(kind=SubjectKind(kind.value), id=""))
        numbered = {one.number.removeprefix(prefix): one.id for one in contacts if one.number.startswith(prefix)}
        kept = select_in(connection, _FORGOTTEN, practice_rows.c.id, numbered, clinic=clinic, kind=kind.value)
        found |= {numbered[row.id] for row in kept if decode(Party, row.body).deleted}
    return found


def _keep_amounts(
    connection: Connection, clinic: str, rows: Sequence[Mapping[str, Any]], told: Mapping[str, BooksDocument]
) -> None:
    """Keep what documents come to by tax type, in the place of what they came to before."""
    ids = [row["id"] for row in rows]
    delete_in(connection, gone_from_clinic(books_amounts), books_amounts.c.document_id, ids, clinic=clinic)
    upsert(connection, books_amounts, [cut for key in ids for cut in columns.amounts_of(clinic, told[key])])


def _nothing_more(rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep nothing beside the rows."""


def _keep_rows(
    connection: Connection,
    table: Table,
    wanted: Sequence[dict[str, Any]],
    kind: type[R],
    beside: Callable[[Sequence[Mapping[str, Any]]], None] = _nothing_more,
) -> set[str]:
    """Write the rows that are new or newer and differ; return the ids whose content changed.

    `beside` keeps what hangs on the rows written.
    """
    newest: dict[str, dict[str, Any]] = {}
    for row in wanted:
        other = newest.get(row["id"])
        if other is None or other["updated_at"] <= row["updated_at"]:
            newest[row["id"]] = row
    if not newest:
        return set()
    clinic = wanted[0]["clinic"]
    statement = of_clinic(table.c.id, table.c.updated_at, table.c.body)
    known = {row.id: row for row in select_in(connection, statement, table.c.id, newest.keys(), clinic=clinic)}
    changed: list[dict[str, Any]] = []
    touched: set[str] = set()
    for identifier, row in newest.items():
        before = known.get(identifier)
        # A late answer must not undo a newer one: pages and single reads overtake each other.
        if before is not None and (before.updated_at > row["updated_at"] or before.body == row["body"]):
            continue
        changed.append(row)
        if before is None or _says_other(kind, before.body, row):
            touched.add(identifier)
    upsert(connection, table, changed)
    beside(changed)
    return touched


def _says_other(kind: type[R], before: bytes, row: Mapping[str, Any]) -> bool:
    """Say whether more than the instant of the last change differs."""
    old, new = decode(kind, before), decode(kind, row["body"])
    return replace(old, updated_at=new.updated_at) != new
