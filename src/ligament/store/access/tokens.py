"""Tokens of the interface: kept by their digest, so that nobody can read one out of the database."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from ligament.core.access import Scope
from ligament.store.access.users import LOCK
from ligament.store.database.connection import Database
from ligament.store.database.quick import quickly
from ligament.store.database.search_keys import stamp
from ligament.store.database.tables import api_tokens

_NAMES = tuple(api_tokens.c.keys())
_ALL = select(api_tokens).order_by(api_tokens.c.name)
_BY_DIGEST = select(api_tokens).where(api_tokens.c.digest == bindparam("shown"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token; `clinic` is empty for all clinics, `until` the last day it works (in the installation's calendar)."""

    name: str
    digest: str
    scopes: frozenset[Scope]
    clinic: str = ""
    until: str = ""
    made_by: str = ""
    made_at: str = ""
    used_at: str = ""


class Tokens:
    """The tokens of one installation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> tuple[Token, ...]:
        with self._database.reading() as connection:
            return tuple(map(_token, quickly(connection, _ALL, {})))

    def by_name(self, name: str) -> Token | None:
        return next((token for token in self.all() if token.name == name), None)

    def by_digest(self, digest: str) -> Token | None:
        """Return the token whose text has that digest, or nothing."""
        with self._database.reading() as connection:
            row = next(iter(quickly(connection, _BY_DIGEST, {"shown": digest})), None)
            return _token(row) if row is not None else None

    def add(self, token: Token) -> None:
        """Keep a token; raises AlreadyLinked when there is one of that name."""
        values = {name: getattr(token, name) for name in Token.__slots__}
        row = {**values, "scopes": json.dumps(sorted(scope.value for scope in token.scopes))}
        with self._database.writing(LOCK) as connection:
            connection.execute(insert(api_tokens), [row])

    def remove(self, name: str) -> bool:
        """Let a token end; says whether there was one."""
        with self._database.writing(LOCK) as connection:
            return connection.execute(delete(api_tokens).where(api_tokens.c.name == name)).rowcount == 1

    def used(self, name: str, at: datetime) -> None:
        """Note when a token was last used."""
        with self._database.jotting(LOCK) as connection:
            connection.execute(update(api_tokens).where(api_tokens.c.name == name).values(used_at=stamp(at)))


def _token(row: tuple[Any, ...]) -> Token:
    values = dict(zip(_NAMES, row, strict=True))
    return Token(**{**values, "scopes": _scopes(values["scopes"] or "[]")})


@lru_cache(maxsize=100)
def _scopes(text: str) -> frozenset[Scope]:
    """Return scopes as they are kept; there are few ways to choose them, and they are read for every call."""
    return frozenset(map(Scope, json.loads(text)))
