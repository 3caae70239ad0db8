"""Small tools for many rows: insert or overwrite, and select by long lists of ids."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Delete, Row, Select, Table, text
from sqlalchemy.dialects import postgresql, sqlite

CHUNK = 500
"""How many ids one statement asks for; well below what either database takes."""


def chunks(values: Iterable[str]) -> Iterator[list[str]]:
    """Cut values into lists that fit one statement, in a fixed order."""
    ordered = sorted(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, overwriting those with the same primary key; every row has the same columns."""
    if not rows:
        return
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    updates = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    if updates:
        statement = statement.on_conflict_do_update(index_elements=keys, set_=updates)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    connection.execute(statement, list(rows))
    if connection.dialect.name == "postgresql" and len(rows) >= CHUNK:
        # A table that just grew has no statistics yet, and PostgreSQL then reads all of it for every list of ids.
        connection.execute(text(f"ANALYZE {table.name}"))


def select_in(
    connection: Connection, statement: Select[Any], column: Column[Any], values: Collection[str] | None
) -> Iterator[Row[Any]]:
    """Run a select for rows whose column is one of the values, or for all rows when values is None."""
    if values is None:
        yield from connection.execute(statement)
        return
    for chunk in chunks(values):
        yield from connection.execute(statement.where(column.in_(chunk)))


def delete_in(connection: Connection, statement: Delete, column: Column[Any], values: Collection[str]) -> None:
    """Delete the rows whose column is one of the values."""
    for chunk in chunks(values):
        connection.execute(statement.where(column.in_(chunk)))
