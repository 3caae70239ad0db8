"""New SQLite databases for tests: made once by the real migrations in each process, then copied by their statements.

Running thirteen migrations took a fifth of the time of all tests. What starts a process of its own, meets an older
database or asks for PostgreSQL still runs them, and so do the tests of the migrations themselves.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ligament.store.database import connection as opening
from ligament.store.database.engines import engine_of
from ligament.store.database.schema import NEWEST, bring_up_to_date, revision_of

if TYPE_CHECKING:
    import pytest
    from sqlalchemy import Connection


def copy_fresh_tables(patch: pytest.MonkeyPatch) -> None:
    """Let every database that is opened from now on get its first tables from the copy."""
    patch.setattr(opening, "bring_up_to_date", _ready)


def _ready(connection: Connection) -> None:
    if connection.dialect.name != "sqlite" or revision_of(connection):
        bring_up_to_date(connection)
        return
    for statement in _statements():
        connection.exec_driver_sql(statement)


@cache
def _statements() -> tuple[str, ...]:
    """Return what makes the tables as the migrations leave them, the mark of the newest one included."""
    database = opening.Database(engine_of("sqlite://"))
    with database.writing("schema") as connection:
        bring_up_to_date(connection, NEWEST)
    with database.reading() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        found = tuple(raw.iterdump())
    database.close()
    kept = [statement for statement in found if statement not in {"BEGIN TRANSACTION;", "COMMIT;"}]
    # The table of the newest migration is the first, as the migrations make it.
    return tuple(sorted(kept, key=lambda statement: "alembic_version" not in statement))
