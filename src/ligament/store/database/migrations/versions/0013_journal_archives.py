"""Journal archives: which entries left in a file, so that the chain goes on from there, and nothing else may go."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, MetaData, Table, Text

revision = "0013"
down_revision = "0012"

# A copy of the tables as they were then, never edited: later steps build on exactly this.
metadata = MetaData()


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


journal_archives = Table(
    "journal_archives",
    metadata,
    Column("clinic", Text, primary_key=True),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    *(_text(name) for name in ("previous", "hash", "since", "until", "made_at", "file", "content", "mac")),
)
journal_owners = Table(
    "journal_owners",
    metadata,
    Column("clinic", Text, primary_key=True),
    Column("owner", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
)

_REFUSAL = "the journal is append-only"
_KEPT = """
SELECT 1 FROM journal_archives AS kept
WHERE kept.clinic = OLD.clinic AND OLD.sequence BETWEEN kept.first AND kept.last
"""
_SQLITE = (
    "DROP TRIGGER journal_no_delete",
    f"""
    CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal WHEN NOT EXISTS ({_KEPT})
    BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END
    """,
)
_POSTGRESQL = (
    "DROP TRIGGER journal_no_change ON journal",
    """
    CREATE TRIGGER journal_no_change BEFORE UPDATE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()
    """,
    f"""
    CREATE OR REPLACE FUNCTION journal_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS ({_KEPT}) THEN RAISE EXCEPTION '{_REFUSAL}'; END IF;
      RETURN OLD;
    END $$
    """,
    """
    CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
    FOR EACH ROW EXECUTE FUNCTION journal_refuse_delete()
    """,
)


def upgrade() -> None:
    """Make the tables; from now on entries that a file holds may leave, and no others."""
    connection = op.get_bind()
    metadata.create_all(connection)
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)
