"""Whose texts were erased, so that what is read again about them comes without."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, MetaData, Table, Text

revision = "0011"
down_revision = "0010"

# A copy of the table as it was then, never edited: later steps build on exactly this.
metadata = MetaData()

erased_records = Table(
    "erased_records",
    metadata,
    Column("clinic", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
)


def upgrade() -> None:
    metadata.create_all(op.get_bind())
