"""Putting a copied SQLite file back as rows, and as nothing else: its triggers, views and indexes are left behind."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Table

from ligament.store.backup.archive import our_tables
from ligament.store.database.errors import StoreDamaged
from ligament.store.database.schema import bring_up_to_date

MOST_VALUE = 64 << 20
"""How many bytes one value, or one row, has at most."""
_BLOCK = 500
_GUARDS = ("PRAGMA trusted_schema=OFF", "PRAGMA query_only=ON", "PRAGMA cell_size_check=ON")


def refilled(connection: Connection, revision: str, source: Path) -> None:
    """Make the tables of a revision with our own migrations, copy the rows of a file into them, and upgrade them.

    Raises StoreDamaged for a file that does not hold plain tables of that revision.
    """
    bring_up_to_date(connection, revision)
    try:
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as there:
            there.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_VALUE)
            for guard in _GUARDS:
                there.execute(guard)
            for table in our_tables(connection):
                _copied(connection, table, there)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _foreign(type(error).__name__) from None
    bring_up_to_date(connection)


def _copied(connection: Connection, table: Table, there: sqlite3.Connection) -> None:
    """Copy the rows of one table; only a plain table with plain columns is read, so that nothing in the file runs."""
    kept = there.execute("SELECT type, rootpage FROM sqlite_master WHERE name = ?", (table.name,)).fetchone()
    if kept is None or kept[0] != "table" or not kept[1]:
        raise _foreign(table.name)
    plain = {row[1] for row in there.execute(f'PRAGMA table_xinfo("{table.name}")') if not row[6]}
    names = [column.name for column in table.columns]
    if not plain.issuperset(names):
        raise _foreign(table.name)
    listed = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" for _ in names)
    rows = there.execute(f'SELECT {listed} FROM "{table.name}" NOT INDEXED')  # noqa: S608 - names of our own tables
    while block := rows.fetchmany(_BLOCK):
        connection.exec_driver_sql(f'INSERT INTO "{table.name}" ({listed}) VALUES ({marks})', block)  # noqa: S608


def _foreign(what: str) -> StoreDamaged:
    return StoreDamaged("The database in the backup does not hold our tables, so nothing of it was put back.", what)
