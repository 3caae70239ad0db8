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
    """Take the tables of an open database back to the first revision, with the columns and indexes they had then."""
    _put_first_guards_back(connection)
    first = _first_tables()
    now = _shape(connection)
    for name, (columns, indexes) in sorted(now.items()):
        if name not in first:
            connection.execute(text(f'DROP TABLE "{name}"'))
            continue
        for index in sorted(indexes - first[name][1]):
            connection.execute(text(f'DROP INDEX "{index}"'))
        for column in sorted(columns - first[name][0]):
            connection.execute(text(f'ALTER TABLE "{name}" DROP COLUMN "{column}"'))
    connection.execute(text("UPDATE alembic_version SET version_num = :first"), {"first": FIRST})


def _put_first_guards_back(connection: Connection) -> None:
    """Guard the journal as the first release did: by nothing that a later table says."""
    refusal = "the journal is append-only"
    if connection.dialect.name == "sqlite":
        connection.execute(text("DROP TRIGGER IF EXISTS journal_no_delete"))
        guard = f"BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
        connection.execute(text(f"CREATE TRIGGER journal_no_delete {guard}"))
        return
    connection.execute(text("DROP TRIGGER IF EXISTS journal_no_delete ON journal"))
    connection.execute(text("DROP FUNCTION journal_refuse_delete()"))
    connection.execute(text("DROP TRIGGER IF EXISTS journal_no_change ON journal"))
    guard = "BEFORE UPDATE OR DELETE OR TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()"
    connection.execute(text(f"CREATE TRIGGER journal_no_change {guard}"))


def revision(url: str) -> str:
    """Return the revision a database is at."""
    database = open_database(url, as_it_is=True)
    with database.reading() as connection:
        found = revision_of(connection)
    database.close()
    return found


Shape = dict[str, tuple[frozenset[str], frozenset[str]]]
"""The columns and the indexes of every table."""


def _shape(connection: Connection) -> Shape:
    looks = inspect(connection)
    return {
        name: (
            frozenset(column["name"] for column in looks.get_columns(name)),
            frozenset(
                str(index["name"]) for index in looks.get_indexes(name) if not index.get("duplicates_constraint")
            ),
        )
        for name in looks.get_table_names()
    }


@cache
def _first_tables() -> Shape:
    made = open_database("sqlite://", as_it_is=True)
    with made.writing("test") as connection:
        bring_up_to_date(connection, FIRST)
        shape = _shape(connection)
    made.close()
    return shape
