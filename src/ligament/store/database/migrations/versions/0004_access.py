"""Who may come in: users, sessions, tokens of the interface, and who failed how often."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text

revision = "0004"
down_revision = "0003"

# A copy of the tables as they were then, never edited: later steps build on exactly this.
metadata = MetaData()


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _whole(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


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


def upgrade() -> None:
    metadata.create_all(op.get_bind())
