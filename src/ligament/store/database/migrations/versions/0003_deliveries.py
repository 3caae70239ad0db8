"""Signed webhooks that leave: hooks, what is on its way to them, and how each attempt ended."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

revision = "0003"
down_revision = "0002"

# A copy of the tables as they were then, never edited: later steps build on exactly this.
metadata = MetaData()


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _whole(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


hooks = Table(
    "hooks",
    metadata,
    _key("clinic"),
    _key("id"),
    _text("url"),
    _text("events"),
    _text("state"),
    _text("header"),
    _text("made_at"),
    _text("made_by"),
    _whole("failures"),
    _text("not_before"),
    _text("busy_until"),
)
deliveries = Table(
    "deliveries",
    metadata,
    _key("clinic"),
    _key("id"),
    _text("hook"),
    _text("webhook_id"),
    _text("type"),
    _whole("place"),
    _text("state"),
    _whole("attempts"),
    _whole("status"),
    _text("reason"),
    _text("due_at"),
    _text("made_at"),
    Column("ended_at", Text, nullable=True),
    Column("body", LargeBinary, nullable=False),
    Index("deliveries_due", "clinic", "hook", "state", "due_at"),
    Index("deliveries_place", "clinic", "place"),
    Index("deliveries_ended", "state", "ended_at"),
)
delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    _key("clinic"),
    _key("delivery"),
    Column("number", Integer, primary_key=True),
    _text("at"),
    _whole("status"),
    _text("reason"),
    _whole("ms"),
)


def upgrade() -> None:
    metadata.create_all(op.get_bind())
