"""Quick lists: what waits is read in the order in which it opened, and which key a secret was kept with by seeking."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"

_INDEXES = (
    "CREATE INDEX holds_open ON holds (clinic, opened_at, id) WHERE closed_at IS NULL",
    "CREATE INDEX data_keys_key ON data_keys (clinic, key_id)",
)


def upgrade() -> None:
    for statement in _INDEXES:
        op.execute(statement)
