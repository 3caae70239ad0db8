"""The first tables, and the triggers that keep the journal append-only."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint

revision = "0001"
down_revision = None

# A copy of the tables as they were then, never edited: later steps build on exactly this.
metadata = MetaData()


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _maybe(name: str) -> Column[str]:
    return Column(name, Text, nullable=True)


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _whole(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _table(name: str, *parts: Any) -> Table:  # noqa: ANN401 - columns and constraints
    return Table(name, metadata, _key("clinic"), *parts)


# --- what the practice says -----------------------------------------------------------------------------------------
practice_rows = _table(
    "practice_rows",
    _key("kind"), _key("id"),
    _maybe("parent_id"), _text("revision"), _text("updated_at"), _flag("removed"), _text("number"),
    _maybe("visit_id"), _maybe("original_id"), _maybe("party_id"), _text("name_key"), _bytes("body"),
    Index("practice_rows_parent", "clinic", "kind", "parent_id"),
    Index("practice_rows_visit", "clinic", "kind", "visit_id"),
    Index("practice_rows_original", "clinic", "kind", "original_id"),
    Index("practice_rows_party", "clinic", "kind", "party_id"),
    Index("practice_rows_updated", "clinic", "kind", "updated_at"),
    Index("practice_rows_number", "clinic", "kind", "number"),
)  # fmt: skip

# --- what the books hold --------------------------------------------------------------------------------------------
books_contacts = _table(
    "books_contacts",
    _key("id"),
    _text("number"), _text("email_key"), _text("name_key"), _text("status"), _text("updated_at"), _bytes("body"),
    Index("books_contacts_number", "clinic", "number"),
    Index("books_contacts_updated", "clinic", "updated_at"),
)  # fmt: skip
books_documents = _table(
    "books_documents",
    _key("id"),
    _text("kind"), _text("number"), _text("history_key"), _text("contact_id"), _text("status"), _text("open_amount"),
    _flag("is_open"), _text("updated_at"), _text("reference"), _bytes("body"),
    Index("books_documents_number", "clinic", "kind", "number"),
    Index("books_documents_contact", "clinic", "contact_id", "kind"),
    Index("books_documents_open", "clinic", "is_open"),
    Index("books_documents_updated", "clinic", "kind", "updated_at"),
)  # fmt: skip
books_reference = _table("books_reference", _key("name"), _text("read_at"), _bytes("body"))

# --- what connects them ---------------------------------------------------------------------------------------------
contact_links = _table(
    "contact_links",
    _key("party"), _text("contact_id"), _bytes("body"),
    UniqueConstraint("clinic", "contact_id", name="contact_links_one_party"),
)  # fmt: skip
document_links = _table(
    "document_links",
    _key("subject"), _key("role"), Column("version", Integer, primary_key=True),
    _text("books_id"), _text("kind"), _text("number"), _bytes("body"),
    UniqueConstraint("clinic", "books_id", name="document_links_one_subject"),
    UniqueConstraint("clinic", "kind", "number", name="document_links_one_number"),
)  # fmt: skip
agreements = _table("agreements", _key("subject"), _bytes("body"))
payment_links = _table(
    "payment_links",
    _key("payment_id"), _text("subject"), _bytes("body"),
    Index("payment_links_subject", "clinic", "subject"),
)  # fmt: skip

# --- what became of it ----------------------------------------------------------------------------------------------
outcomes = _table(
    "outcomes",
    _key("subject"), _key("kind"), _text("state"), _text("number"), _text("reason"), _text("run_id"), _bytes("body"),
    Index("outcomes_state", "clinic", "state"),
)  # fmt: skip
holds = _table(
    "holds",
    _key("id"),
    _text("subject"), _text("code"), _text("kind"), _text("number"), _text("run_id"),
    _text("opened_at"), _maybe("closed_at"), _bytes("body"),
    Index("holds_closed", "clinic", "closed_at"),
    Index("holds_subject", "clinic", "subject"),
)  # fmt: skip
decisions = _table("decisions", _key("key"), _text("subject"), _bytes("body"))
refusals = _table(
    "refusals", _key("action_key"), _text("subject"), _text("content"), _text("words"), _text("refused_at")
)
dirty = _table("dirty", _key("subject"))
notes = _table("notes", _key("name"), _text("value"))
cursors = _table("cursors", _key("system"), _key("stream"), _text("value"))
intents = _table(
    "intents",
    _key("id"),
    _text("run_id"), _text("system"), _text("state"), _whole("place"), _maybe("first_sent_at"), _bytes("body"),
    Index("intents_state", "clinic", "state"),
)  # fmt: skip
runs = _table("runs", _key("id"), _text("kind"), _text("started_at"), _maybe("finished_at"), _text("summary"))

# --- what is kept safe ----------------------------------------------------------------------------------------------
journal = _table(
    "journal",
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    _text("at"), _text("actor"), _text("source"), _text("kind"), _text("subject"), _text("public"),
    _text("owner"), Column("sealed", LargeBinary, nullable=True), _text("previous"), _text("hash"),
    Index("journal_subject", "clinic", "subject"),
)  # fmt: skip
journal_heads = _table("journal_heads", _whole("sequence"), _text("hash"), _text("mac"))
secrets = _table("secrets", _key("name"), _text("key_id"), _bytes("sealed"), _text("kept_at"))
data_keys = _table("data_keys", _key("owner"), _text("key_id"), _text("fingerprint"), _bytes("wrapped"))
leases = _table("leases", _key("name"), _text("holder"), _whole("fence"), _text("until"))

# --- what the governor shares between processes; scopes are allowances, not clinics ---------------------------------
window_calls = Table(
    "window_calls",
    metadata,
    _key("scope"),
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    _whole("at_ms"),
    Index("window_calls_at", "scope", "at_ms"),
)
window_slots = Table("window_slots", metadata, _key("scope"), _key("slot"), _whole("until_ms"))
window_numbers = Table("window_numbers", metadata, _key("scope"), _key("name"), _whole("value"))


# --- nobody changes the journal -------------------------------------------------------------------------------------
_REFUSAL = "the journal is append-only"
_SQLITE = tuple(
    f"CREATE TRIGGER journal_no_{verb.lower()} BEFORE {verb} ON journal BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    for verb in ("UPDATE", "DELETE")
)
_FUNCTION = f"""
CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$
"""
_TRIGGER = """
CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()
"""
_POSTGRESQL = (_FUNCTION, _TRIGGER)


def upgrade() -> None:
    """Make the tables and the triggers."""
    connection = op.get_bind()
    metadata.create_all(connection)
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)
