"""Whose personal detail an entry holds: the party itself, or the party of an invoice or visit."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from ligament.store.database.bulk import of_clinic, of_kind, select_in
from ligament.store.database.tables import books_documents, document_links, journal, journal_owners
from ligament.store.database.tables import practice_rows as rows
from ligament.store.mirror import erased

_PARTIES = of_kind(rows.c.id, rows.c.party_id)
_NOBODYS = of_kind(rows.c.id).where(rows.c.party_id.is_(None))
_PAPERS = of_clinic(books_documents.c.id, books_documents.c.reference)
_POSTED = of_clinic(document_links.c.subject)


def owners(connection: Connection, clinic: str, subjects: Collection[str]) -> dict[str, str]:
    """Return the party of each subject key; empty where it belongs to nobody."""
    found = {key: key if key.startswith(("patient:", "payer:")) else "" for key in subjects}
    for kind in ("invoice", "visit"):
        ids = [key.partition(":")[2] for key in subjects if key.startswith(f"{kind}:")]
        for row in select_in(connection, _PARTIES, rows.c.id, ids, clinic=clinic, kind=kind):
            if row.party_id:
                found[f"{kind}:{row.id}"] = f"patient:{row.party_id}"
    return found


def subjects_of(connection: Connection, clinic: str, party: str) -> frozenset[str]:
    """Return the subject keys whose detail may name a party: itself, its visits, its invoices of now and before."""
    kind, _, identifier = party.partition(":")
    if kind != "patient":
        return frozenset({party})
    statement = select(rows.c.kind, rows.c.id).where(
        rows.c.clinic == clinic, rows.c.kind.in_(("invoice", "visit")), rows.c.party_id == identifier
    )
    sealed = select(journal.c.subject).where(journal.c.clinic == clinic, journal.c.owner == party).distinct()
    left = select(journal_owners.c.subject).where(journal_owners.c.clinic == clinic, journal_owners.c.owner == party)
    told = {row.subject for kept in (sealed, left) for row in connection.execute(kept)} - {""}
    return frozenset({party, *told, *(f"{row.kind}:{row.id}" for row in connection.execute(statement))})


def abandoned(connection: Connection, clinic: str) -> frozenset[str]:
    """Return the subject keys of all invoices that bear no patient any more, and whose texts are not erased yet.

    Only deleting somebody takes the patient off an invoice. Merged, anonymised and deleted between two looks, it was
    never seen with the one who was deleted, and nothing else leads from them to it.
    """
    ids = set(connection.execute(_NOBODYS, {"clinic": clinic, "kind": erased.INVOICE}).scalars())
    return frozenset(f"invoice:{one}" for one in ids - erased.marked(connection, clinic, erased.INVOICE, ids))


def nobodys(connection: Connection, clinic: str, contacts: Collection[str]) -> frozenset[str]:
    """Return the subject keys of invoices that bear no patient any more, and whose documents stand on these contacts.

    Somebody may have been deleted before anything here knew them: then only the books say whose invoices those were.
    """
    papers = list(select_in(connection, _PAPERS, books_documents.c.contact_id, contacts, clinic=clinic))
    posted = select_in(connection, _POSTED, document_links.c.books_id, {row.id for row in papers}, clinic=clinic)
    keys = {row.subject for row in posted} | {f"invoice:{row.reference.rpartition(':')[2]}" for row in papers}
    ids = {key.removeprefix("invoice:") for key in keys if key.startswith("invoice:")}
    kept = select_in(connection, _PARTIES, rows.c.id, ids, clinic=clinic, kind="invoice")
    return frozenset(f"invoice:{row.id}" for row in kept if not row.party_id)
