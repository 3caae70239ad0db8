"""Recalls: as little of people and appointments as is needed to say who is due."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Boolean, Column, Index, MetaData, Table, Text

revision = "0007"
down_revision = "0006"

# A copy of the tables as they were then, never edited: later steps build on exactly this.
metadata = MetaData()


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


recall_people = Table(
    "recall_people",
    metadata,
    _key("clinic"),
    _key("id"),
    _text("first"),
    _text("email"),
    _text("email_key"),
    _text("accepts"),
    _flag("archived"),
    _flag("merged"),
)
recall_bookings = Table(
    "recall_bookings",
    metadata,
    _key("clinic"),
    _key("id"),
    _text("type_id"),
    _text("starts_at"),
    _text("day"),
    _flag("gone"),
    Index("recall_bookings_type", "clinic", "type_id", "starts_at"),
    Index("recall_bookings_starts", "clinic", "starts_at"),
)
recall_visits = Table(
    "recall_visits",
    metadata,
    _key("clinic"),
    _key("id"),
    _text("booking_id"),
    _text("patient_id"),
    _flag("off"),
    Index("recall_visits_booking", "clinic", "booking_id", "patient_id"),
)


def upgrade() -> None:
    metadata.create_all(op.get_bind())
