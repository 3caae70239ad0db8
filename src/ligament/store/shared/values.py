"""Small values of the engine that every process of an installation shares; they are no decisions, so no journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import delete, select

from ligament.store.database.bulk import upsert
from ligament.store.database.connection import Database
from ligament.store.database.tables import beats

EVERYBODY = "*"
"""Stands in the place of a clinic for what concerns the whole installation; no clinic is called so."""


class SharedValues:
    """When each clinic was last worked on, and which processes are alive."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def named(self, name: str) -> Mapping[str, str]:
        """Return one value of every clinic that has it."""
        with self._database.reading() as connection:
            rows = connection.execute(select(beats.c.clinic, beats.c.value).where(beats.c.name == name))
            return {row.clinic: row.value for row in rows}

    def one(self, clinic: str, name: str) -> str:
        """Return one value, or an empty text."""
        with self._database.reading() as connection:
            statement = select(beats.c.value).where(beats.c.clinic == clinic, beats.c.name == name)
            return connection.execute(statement).scalar_one_or_none() or ""

    def everybody(self, prefix: str) -> Mapping[str, str]:
        """Return the values of the whole installation whose names begin so, without that beginning."""
        with self._database.reading() as connection:
            rows = connection.execute(select(beats.c.name, beats.c.value).where(beats.c.clinic == EVERYBODY))
            return {row.name.removeprefix(prefix): row.value for row in rows if row.name.startswith(prefix)}

    def keep(self, clinic: str, name: str, value: str) -> None:
        with self._database.writing(f"beats|{clinic}") as connection:
            upsert(connection, beats, [{"clinic": clinic, "name": name, "value": value}])

    def jot(self, clinic: str, name: str, value: str) -> None:
        """Keep a value that a power cut may take back to the one before."""
        with self._database.jotting(f"beats|{clinic}") as connection:
            upsert(connection, beats, [{"clinic": clinic, "name": name, "value": value}])

    def drop(self, clinic: str, name: str) -> bool:
        """Forget a value; says whether this call was the one that did."""
        with self._database.writing(f"beats|{clinic}") as connection:
            gone = delete(beats).where(beats.c.clinic == clinic, beats.c.name == name)
            return connection.execute(gone).rowcount == 1

    def change(self, clinic: str, name: str, how: Callable[[str], str]) -> None:
        """Change a value in one step, so that two processes never undo each other's changes."""
        statement = select(beats.c.value).where(beats.c.clinic == clinic, beats.c.name == name)
        with self._database.writing(f"beats|{clinic}") as connection:
            before = connection.execute(statement).scalar_one_or_none() or ""
            after = how(before)
            if after != before:
                upsert(connection, beats, [{"clinic": clinic, "name": name, "value": after}])
