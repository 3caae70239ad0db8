"""What the engine remembers between processes: its beats, and the hints that arrived from outside."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text

revision = "0002"
down_revision = "0001"

# A copy of the tables as they were then, never edited: later steps build on exactly this.
metadata = MetaData()


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _whole(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


beats = Table("beats", metadata, _key("clinic"), _key("name"), _text("value"))
webhook_events = Table(
    "webhook_events",
    metadata,
    _key("clinic"),
    _key("kind"),
    _key("resource"),
    _text("tenant"),
    _text("state"),
    _whole("turn"),
    _text("event_at"),
    _text("received_at"),
    Index("webhook_events_state", "state", "clinic"),
)


def upgrade() -> None:
    metadata.create_all(op.get_bind())
