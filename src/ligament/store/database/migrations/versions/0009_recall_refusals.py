"""Recalls: the addresses that a mailing list must never be given again, as marks that do not say them."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, MetaData, Table, Text

revision = "0009"
down_revision = "0008"

# A copy of the table as it was then, never edited: later steps build on exactly this.
metadata = MetaData()

recall_refusals = Table(
    "recall_refusals",
    metadata,
    Column("clinic", Text, primary_key=True),
    Column("mark", Text, primary_key=True),
    Column("reason", Text, nullable=False, server_default=""),
    Column("seen_at", Text, nullable=False, server_default=""),
)


def upgrade() -> None:
    metadata.create_all(op.get_bind())
