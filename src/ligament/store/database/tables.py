"""Every table, keyed by clinic; bodies are the records as JSON, the other columns are what is searched."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

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


def _cents(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


def _table(name: str, *parts: Any) -> Table:  # noqa: ANN401 - columns and constraints
    return Table(name, metadata, _key("clinic"), *parts)


# --- what the practice says -----------------------------------------------------------------------------------------
practice_rows = _table(
    "practice_rows",
    _key("kind"), _key("id"),
    _maybe("parent_id"), _text("revision"), _text("updated_at"), _flag("removed"), _text("number"),
    _maybe("visit_id"), _maybe("original_id"), _maybe("party_id"), _text("name_key"), _bytes("body"),
    _text("day"), _cents("cents"), _cents("tax_cents"), _text("status"), _text("closed_at"), _text("closed_next"),
    Index("practice_rows_parent", "clinic", "kind", "parent_id"),
    Index("practice_rows_visit", "clinic", "kind", "visit_id"),
    Index("practice_rows_original", "clinic", "kind", "original_id"),
    Index("practice_rows_party", "clinic", "kind", "party_id"),
    Index("practice_rows_updated", "clinic", "kind", "updated_at"),
    Index("practice_rows_number", "clinic", "kind", "number"),
    Index("practice_rows_day", "clinic", "kind", "day"),
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
    _text("day"), _cents("cents"), _cents("tax_cents"), _cents("open_cents"), _cents("paid_cents"),
    _cents("used_cents"), _text("paid_on"), _text("written"),
    Index("books_documents_number", "clinic", "kind", "number"),
    Index("books_documents_contact", "clinic", "contact_id", "kind"),
    Index("books_documents_open", "clinic", "is_open"),
    Index("books_documents_updated", "clinic", "kind", "updated_at"),
    Index("books_documents_day", "clinic", "day"),
    Index("books_documents_reference", "clinic", "reference"),
    Index("books_documents_twins", "clinic", "contact_id", "kind", "cents", "day"),
)  # fmt: skip
books_amounts = _table("books_amounts", _key("document_id"), _key("tax_type"), _cents("cents"))
books_reference = _table("books_reference", _key("name"), _text("read_at"), _bytes("body"))

# --- whose texts were erased: what is read again about these comes without them --------------------------------------
erased_records = _table("erased_records", _key("kind"), _key("id"))

# --- what connects them ---------------------------------------------------------------------------------------------
contact_links = _table(
    "contact_links",
    _key("party"), _text("contact_id"), _bytes("body"),
    UniqueConstraint("clinic", "contact_id", name="contact_links_one_party"),
)  # fmt: skip
document_links = _table(
    "document_links",
    _key("subject"), _key("role"), Column("version", Integer, primary_key=True),
    _text("books_id"), _text("kind"), _text("number"), _bytes("body"), _text("written"),
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
_IS_OPEN = text("closed_at IS NULL")
holds = _table(
    "holds",
    _key("id"),
    _text("subject"), _text("code"), _text("kind"), _text("number"), _text("run_id"),
    _text("opened_at"), _maybe("closed_at"), _bytes("body"),
    Index("holds_closed", "clinic", "closed_at"),
    # Of what is open alone, on PostgreSQL too, as its migration makes it: to say so here would load that database's
    # part of the library at each start.
    Index("holds_open", "clinic", "opened_at", "id", sqlite_where=_IS_OPEN),
    Index("holds_subject", "clinic", "subject"),
)  # fmt: skip
contact_notes = _table("contact_notes", _key("subject"), _key("field"), _text("kind"))
comparisons = _table(
    "comparisons",
    _key("id"),
    _text("started_at"), _text("finished_at"), _text("first_day"), _text("last_day"), _flag("full"), _flag("balanced"),
    _bytes("body"),
)  # fmt: skip
variances = _table(
    "variances",
    _key("id"),
    _text("subject"), _text("kind"), _text("state"), _text("needs"), _text("number"),
    _text("first_seen_at"), _text("last_seen_at"), _bytes("body"),
    Index("variances_state", "clinic", "state"),
)  # fmt: skip
decisions = _table("decisions", _key("key"), _text("subject"), _bytes("body"))
refusals = _table(
    "refusals", _key("action_key"), _text("subject"), _text("content"), _text("words"), _text("refused_at")
)
approvals = _table(
    "approvals",
    _key("mark"),
    _whole("place"), _text("action_key"), _text("plan"), _text("document"), _text("asked_at"), _text("voices"),
)  # fmt: skip
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
journal_archives = _table(
    "journal_archives",
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    _whole("last"), _text("previous"), _text("hash"), _text("since"), _text("until"), _text("made_at"), _text("file"),
    _text("content"), _text("mac"),
)  # fmt: skip
journal_owners = _table("journal_owners", _key("owner"), _key("subject"))
journal_heads = _table("journal_heads", _whole("sequence"), _text("hash"), _text("mac"))
secrets = _table("secrets", _key("name"), _text("key_id"), _bytes("sealed"), _text("kept_at"))
data_keys = _table(
    "data_keys",
    _key("owner"), _text("key_id"), _text("fingerprint"), _bytes("wrapped"),
    Index("data_keys_key", "clinic", "key_id"),
)  # fmt: skip
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

# --- what the engine remembers between processes: small values, and hints that arrived from outside -----------------
beats = _table("beats", _key("name"), _text("value"))
webhook_events = _table(
    "webhook_events",
    _key("kind"), _key("resource"), _text("tenant"),
    _text("state"), _whole("turn"), _text("event_at"), _text("received_at"),
    Index("webhook_events_state", "state", "clinic"),
)  # fmt: skip

# --- who may come in; what is kept of passwords, tokens and codes opens nothing --------------------------------------
users = Table(
    "users",
    metadata,
    _key("id"),
    Column("email", Text, nullable=False, unique=True),
    _text("name"), _text("role"), _text("clinics"), _text("state"), _text("password_hash"), _text("recovery"),
    _text("used_steps"), _text("invitation"), _text("invited_until"), _text("made_by"), _text("made_at"),
    _text("seen_at"),
)  # fmt: skip
sessions = Table(
    "sessions",
    metadata,
    _key("id"),
    _text("user_id"), _text("stage"), _text("began_at"), _text("seen_at"), _text("confirmed_at"), _text("address"),
    _text("agent"), _text("flash"),
    Index("sessions_user", "user_id"),
)  # fmt: skip
api_tokens = Table(
    "api_tokens",
    metadata,
    _key("name"),
    Column("digest", Text, nullable=False, unique=True),
    _text("scopes"), _text("clinic"), _text("until"), _text("made_by"), _text("made_at"), _text("used_at"),
)  # fmt: skip
access_failures = Table(
    "access_failures",
    metadata,
    _key("subject"),
    _text("times"), _whole("strikes"), _text("blocked_until"), _text("changed_at"),
    Index("access_failures_changed", "changed_at"),
)  # fmt: skip
approval_links = Table(
    "approval_links",
    metadata,
    _key("id"),
    _text("clinic"), _text("person"), _text("marks"), _text("shown"), _text("made_at"), _text("expires_at"),
    _text("used_at"),
    Index("approval_links_person", "clinic", "person", "used_at"),
)  # fmt: skip

# --- signed webhooks that leave: where to, what is on its way, and how each attempt ended -----------------------------
hooks = _table(
    "hooks",
    _key("id"),
    _text("url"), _text("events"), _text("state"), _text("header"), _text("made_at"), _text("made_by"),
    _whole("failures"), _text("not_before"), _text("busy_until"),
)  # fmt: skip
deliveries = _table(
    "deliveries",
    _key("id"),
    _text("hook"), _text("webhook_id"), _text("type"), _whole("place"), _text("state"), _whole("attempts"),
    _whole("status"), _text("reason"), _text("due_at"), _text("made_at"), _maybe("ended_at"), _bytes("body"),
    Index("deliveries_due", "clinic", "hook", "state", "due_at"),
    Index("deliveries_place", "clinic", "place"),
    Index("deliveries_ended", "state", "ended_at"),
)  # fmt: skip
delivery_attempts = _table(
    "delivery_attempts",
    _key("delivery"), Column("number", Integer, primary_key=True),
    _text("at"), _whole("status"), _text("reason"), _whole("ms"),
)  # fmt: skip

# --- who may be asked back: as little of people and appointments as that needs ----------------------------------------
recall_people = _table(
    "recall_people", _key("id"), _text("first"), _text("email"), _text("email_key"), _text("accepts"),
    _flag("archived"), _flag("merged"),
)  # fmt: skip
recall_bookings = _table(
    "recall_bookings", _key("id"), _text("type_id"), _text("starts_at"), _text("day"), _flag("gone"),
    Index("recall_bookings_type", "clinic", "type_id", "starts_at"),
    Index("recall_bookings_starts", "clinic", "starts_at"),
)  # fmt: skip
recall_refusals = _table("recall_refusals", _key("mark"), _text("reason"), _text("seen_at"))
recall_visits = _table(
    "recall_visits", _key("id"), _text("booking_id"), _text("patient_id"), _flag("off"),
    Index("recall_visits_booking", "clinic", "booking_id", "patient_id"),
)  # fmt: skip

# --- the interface: what a repeated call gets again, and runs that somebody asked for ---------------------------------
api_answers = Table(
    "api_answers",
    metadata,
    _key("token"), _key("key"),
    _text("call"), _text("holder"), _text("made_at"), _whole("status"),
    Column("sealed", LargeBinary, nullable=True),
    Index("api_answers_made", "made_at"),
)  # fmt: skip
asked_runs = _table(
    "asked_runs", _key("id"),
    _text("kind"), _text("wish"), _text("state"), _text("actor"), _text("source"), _text("holder"), _text("asked_at"),
    _text("began_at"), _text("ended_at"), _text("sentence"), _text("summary"),
    Index("asked_runs_state", "state"),
)  # fmt: skip
