"""Links that answer what waits for approval."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Index, MetaData, Table, Text

revision = "0012"
down_revision = "0011"

# A copy of the tables as they were then, never edited: later steps build on exactly this.
metadata = MetaData()
approval_links = Table(
    "approval_links",
    metadata,
    Column("id", Text, primary_key=True),
    *(
        Column(name, Text, nullable=False, server_default="")
        for name in ("clinic", "person", "marks", "shown", "made_at", "expires_at", "used_at")
    ),
    Index("approval_links_person", "clinic", "person", "used_at"),
)


def upgrade() -> None:
    metadata.create_all(op.get_bind())


def downgrade() -> None:
    metadata.drop_all(op.get_bind())
