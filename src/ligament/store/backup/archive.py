"""What a backup is made of, and putting it back: a copied SQLite file, or every table as lines of JSON."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, LargeBinary, MetaData, Table, func, inspect, select, text

from ligament.store.database.errors import StoreDamaged
from ligament.store.database.schema import bring_up_to_date, revision_of
from ligament.store.database.tables import data_keys, journal, journal_heads, metadata, secrets
from ligament.store.journal.chain import Head

_BLOCK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a database holds, as far as a backup tells: the end of each clinic's journal, and the keys it needs."""

    revision: str
    heads: Mapping[str, Head] = field(default_factory=dict)
    entries: Mapping[str, int] = field(default_factory=dict)
    key_ids: frozenset[str] = frozenset()


def contents(connection: Connection) -> Contents:
    """Look at a database of any revision; an empty one has the revision ""."""
    revision = revision_of(connection)
    if not revision:
        return Contents(revision="")
    heads = {row.clinic: Head(sequence=row.sequence, hash=row.hash, mac=row.mac) for row in _all(connection)}
    counted = connection.execute(select(journal.c.clinic, func.count().label("n")).group_by(journal.c.clinic))
    keys: set[str] = set()
    for table in (secrets, data_keys):
        keys |= set(connection.execute(select(table.c.key_id).distinct()).scalars())
    return Contents(
        revision=revision, heads=heads, entries={row.clinic: row.n for row in counted}, key_ids=frozenset(keys)
    )


def _all(connection: Connection) -> Iterable[Any]:
    return connection.execute(select(journal_heads))


# --- every table as lines of JSON -------------------------------------------------------------------------------------


def dumped(connection: Connection) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Give every table of ours with its rows, one line each; all of one moment when the connection sees one."""
    for table in our_tables(connection):
        yield table.name, _lines(connection, table)


def our_tables(connection: Connection) -> list[Table]:
    """Return the tables as they are in this database, of whatever revision."""
    found = MetaData()
    wanted = set(inspect(connection).get_table_names()) & metadata.tables.keys()
    found.reflect(connection, only=sorted(wanted))
    return found.sorted_tables


def _lines(connection: Connection, table: Table) -> Iterator[bytes]:
    rows = connection.execution_options(yield_per=_BLOCK).execute(select(table).order_by(*table.primary_key.columns))
    for row in rows:
        # Bytes become base64.
        yield msgspec.json.encode(dict(row._mapping)) + b"\n"  # noqa: SLF001 - its public name for a row as a mapping


def loaded(connection: Connection, revision: str, tables: Iterable[tuple[str, Iterable[bytes]]]) -> None:
    """Put tables back in the place of all that is there, at the revision they were written at, and upgrade them.

    Everything happens in the transaction that is handed in.
    """
    _cleared(connection)
    bring_up_to_date(connection, revision)
    made = {table.name: table for table in our_tables(connection)}
    for name, lines in tables:
        if name not in made:
            raise StoreDamaged("The backup holds a table that is none of ours, so nothing of it was put back.", name)
        table = made[name]
        binary = [column.name for column in table.columns if isinstance(column.type, LargeBinary)]
        block: list[dict[str, Any]] = []
        for line in lines:
            row = msgspec.json.decode(line)
            for column in binary:
                row[column] = base64.b64decode(row[column]) if row[column] is not None else None
            block.append(row)
            if len(block) == _BLOCK:
                connection.execute(table.insert(), block)
                block = []
        if block:
            connection.execute(table.insert(), block)
    bring_up_to_date(connection)


def _cleared(connection: Connection) -> None:
    """Take all tables of ours away, with the guards of the journal."""
    for name in (*metadata.tables, "alembic_version"):
        connection.execute(text(f'DROP TABLE IF EXISTS "{name}" CASCADE'))
    for guard in ("journal_refuse", "journal_refuse_delete"):
        connection.execute(text(f"DROP FUNCTION IF EXISTS {guard}() CASCADE"))
