"""A database as the first release left it: its tables, made by its own migration, with whatever a clinic had in them."""

from __future__ import annotations

from sqlalchemy import inspect, text

from ligament.store.archive import dumped, loaded
from ligament.store.engine import open_database
from ligament.store.schema import bring_up_to_date, revision_of

FIRST = "0001"


def age_to_first(url: str) -> None:
    """Take a database back to the first revision: the tables of later ones are gone, everything else stays."""
    database = open_database(url, as_it_is=True)
    with database.writing("test") as connection:
        first = make_first(connection)
        for name in set(inspect(connection).get_table_names()) - first - {"alembic_version"}:
            connection.execute(text(f'DROP TABLE "{name}"'))
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    database.close()


def make_first(_connection: object) -> set[str]:
    """Return the names of the tables of the first revision."""
    from ligament.store.migrations.versions import __path__ as _  # noqa: F401, PLC0415 - they are where they should be

    made = open_database("sqlite://", as_it_is=True)
    with made.writing("test") as connection:
        bring_up_to_date(connection, FIRST)
        assert revision_of(connection) == FIRST
        names = set(inspect(connection).get_table_names())
    made.close()
    return names - {"alembic_version"}


__all__ = ["age_to_first", "dumped", "loaded", "make_first"]
