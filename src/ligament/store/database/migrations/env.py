"""Runs migrations on the connection that the store hands over; there is no ini file and no offline mode."""

from __future__ import annotations

from alembic import context

from ligament.store.database.tables import metadata

# The caller began the transaction and ends it, so that tables change completely or not at all.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
