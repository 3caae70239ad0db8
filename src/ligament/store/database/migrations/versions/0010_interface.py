"""The interface: answers that a repeated call gets again, and runs that somebody asked for."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, Table, Text

revision = "0010"
down_revision = "0009"

# A copy of the tables as they were then, never edited: later steps build on exactly this.
metadata = MetaData()


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


api_answers = Table(
    "api_answers",
    metadata,
    Column("token", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    _text("call"),
    _text("holder"),
    _text("made_at"),
    Column("status", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=True),
    Index("api_answers_made", "made_at"),
)
asked_runs = Table(
    "asked_runs",
    metadata,
    Column("clinic", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    *(
        _text(name)
        for name in ("kind", "wish", "state", "actor", "source", "holder", "asked_at", "began_at", "ended_at")
    ),
    _text("sentence"),
    _text("summary"),
    Index("asked_runs_state", "state"),
)


def upgrade() -> None:
    metadata.create_all(op.get_bind())
