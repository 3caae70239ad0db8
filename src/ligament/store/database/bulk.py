"""Small tools for many rows: insert or overwrite, and select by long lists of ids.

Statements are built once and given their values when they run: building one costs several times what running it does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Column, Connection, Delete, Row, Select, Table, bindparam, delete, select, text
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

CHUNK = 500
"""How many ids one statement asks for; well below what either database takes."""
_AMONG = "among"
_Narrowed = TypeVar("_Narrowed", Select[Any], Delete)


@cache
def of_clinic(*columns: Column[Any]) -> Select[Any]:
    """Return the select of those columns of all rows of one clinic, which is given as `clinic` when it runs."""
    return select(*columns).where(columns[0].table.c.clinic == bindparam("clinic"))


@cache
def of_kind(*columns: Column[Any]) -> Select[Any]:
    """Return the same for rows of one kind, which is given as `kind`."""
    return of_clinic(*columns).where(columns[0].table.c.kind == bindparam("kind"))


@cache
def all_of_clinic(table: Table) -> Select[Any]:
    """Return the select of all columns of all rows of one clinic, which is given as `clinic` when it runs."""
    return select(table).where(table.c.clinic == bindparam("clinic"))


@cache
def gone_from_clinic(table: Table) -> Delete:
    """Return the delete of all rows of one clinic, which is given as `clinic` when it runs."""
    return delete(table).where(table.c.clinic == bindparam("clinic"))


def chunks(values: Iterable[str]) -> Iterator[list[str]]:
    """Cut values into lists that fit one statement, in a fixed order."""
    ordered = sorted(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, overwriting those with the same primary key; every row has the same columns."""
    if not rows:
        return
    connection.execute(_upsert(connection.dialect.name, table, tuple(rows[0])), list(rows))
    if connection.dialect.name == "postgresql" and len(rows) >= CHUNK:
        # A table that just grew has no statistics yet, and PostgreSQL then reads all of it for every list of ids.
        connection.execute(text(f"ANALYZE {table.name}"))


@cache
def _upsert(dialect: str, table: Table, columns: tuple[str, ...]) -> sqlite.Insert | postgresql.Insert:
    # All drivers of the other database come with it, which a command on a SQLite home need not wait for.
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    statement = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    keys = [column.name for column in table.primary_key]
    updates = {name: statement.excluded[name] for name in columns if name not in keys}
    if updates:
        return statement.on_conflict_do_update(index_elements=keys, set_=updates)
    return statement.on_conflict_do_nothing(index_elements=keys)


def select_in(
    connection: Connection,
    statement: Select[Any],
    column: Column[Any],
    values: Collection[str] | None,
    **given: str,
) -> Iterator[Row[Any]]:
    """Run a select for rows whose column is one of the values, or for all rows when values is None.

    `given` are the values of the statement's own parameters.
    """
    if values is None:
        yield from connection.execute(statement, given)
        return
    for chunk in chunks(values):
        yield from connection.execute(*_narrowed(statement, column, chunk, given))


def delete_in(
    connection: Connection, statement: Delete, column: Column[Any], values: Collection[str], **given: str
) -> None:
    """Delete the rows whose column is one of the values; `given` are the values of the statement's own parameters."""
    for chunk in chunks(values):
        connection.execute(*_narrowed(statement, column, chunk, given))


def _narrowed(
    statement: _Narrowed, column: Column[Any], chunk: list[str], given: Mapping[str, str]
) -> tuple[_Narrowed, dict[str, Any]]:
    """Return the statement for the values of a chunk, and all its values; a single one needs no list, which is dear."""
    if len(chunk) == 1:
        return _being(statement, column), {**given, _AMONG: chunk[0]}
    return _among(statement, column), {**given, _AMONG: chunk}


# Bounded, because nothing stops a caller from building its statement anew each time.
@lru_cache(maxsize=512)
def _being(statement: _Narrowed, column: Column[Any]) -> _Narrowed:
    return statement.where(column == bindparam(_AMONG))


@lru_cache(maxsize=512)
def _among(statement: _Narrowed, column: Column[Any]) -> _Narrowed:
    return statement.where(column.in_(bindparam(_AMONG, expanding=True)))
