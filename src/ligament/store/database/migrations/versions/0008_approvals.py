"""What waits for approval: a table, where it was one text; what waited then goes on waiting."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

# A copy of the tables as they were then, never edited.
metadata = sa.MetaData()
approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("clinic", sa.Text, primary_key=True),
    sa.Column("mark", sa.Text, primary_key=True),
    sa.Column("place", sa.BigInteger, nullable=False),
    *(
        sa.Column(name, sa.Text, nullable=False, server_default="")
        for name in ("action_key", "plan", "document", "asked_at", "voices")
    ),
)
notes = sa.table("notes", sa.column("clinic"), sa.column("name"), sa.column("value"))
_LONG_AGO = "2026-01-01T00:00:00.000000Z"


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    connection = op.get_bind()
    for row in connection.execute(sa.select(notes).where(notes.c.name == "waiting")).all():
        held = json.loads(row.value or "{}")
        rows = [_row(row.clinic, place, held["plan"], action) for place, action in enumerate(held.get("actions", ()))]
        if rows:
            connection.execute(sa.insert(approvals), rows)
    connection.execute(sa.delete(notes).where(notes.c.name.in_(["waiting", "approved_marks"])))


def _row(clinic: str, place: int, plan: str, action: dict[str, Any]) -> dict[str, Any]:
    return {
        "clinic": clinic,
        "mark": action["mark"],
        "place": place,
        "action_key": "",
        "plan": plan,
        "document": json.dumps(action),
        "asked_at": _LONG_AGO,
        "voices": "[]",
    }


def downgrade() -> None:
    metadata.drop_all(op.get_bind())
