"""A database as the first release left it: the tables of its own migration, with what a clinic had in them."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Connection, inspect, text

from ligament.store.database.connection import open_database
from ligament.store.database.schema import bring_up_to_date, revision_of

FIRST = "0001"


def age_to_first(url: str) -> None:
    """Take a database back to the first revision: the tables of later ones are gone, everything else stays."""
    database = open_database(url, as_it_is=True)
    with database.writing("test") as connection:
        age(connection)
    database.close()


def age(connection: Connection) -> None:
    """Take the tables of an open database back to the first revision."""
    for name in sorted(set(inspect(connection).get_table_names()) - _first_tables()):
        connection.execute(text(f'DROP TABLE "{name}"'))
    connection.execute(text("UPDATE alembic_version SET version_num = :first"), {"first": FIRST})


def revision(url: str) -> str:
    """Return the revision a database is at."""
    database = open_database(url, as_it_is=True)
    with database.reading() as connection:
        found = revision_of(connection)
    database.close()
    return found


@cache
def _first_tables() -> frozenset[str]:
    made = open_database("sqlite://", as_it_is=True)
    with made.writing("test") as connection:
        bring_up_to_date(connection, FIRST)
        names = frozenset(inspect(connection).get_table_names())
    made.close()
    return names
