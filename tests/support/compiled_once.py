"""Statements of SQL that tests send: written out once in each process, and not again for each new database.

SQLAlchemy keeps what it wrote with the engine, and nearly every test opens a database with an engine of its own. To
write the same few hundred statements for each took a fifth of the time of all tests. What starts a process of its own
still writes them itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.util import LRUCache

from ligament.store.database import connection as opening
from ligament.store.database.engines import engine_of

if TYPE_CHECKING:
    import pytest
    from sqlalchemy import Engine

_MANY = 4000


class Written(LRUCache[Any, Any]):
    """What was written, by statement and kind of database: databases of one kind in one process take the same SQL."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(_for_any(key), default)

    def __setitem__(self, key: tuple[Any, ...], value: Any) -> None:
        super().__setitem__(_for_any(key), value)


def write_statements_once(patch: pytest.MonkeyPatch) -> None:
    """Let every engine that is made from now on look up its statements in one place."""
    written = Written(_MANY)

    def sharing(url: str) -> Engine:
        engine = engine_of(url)
        engine.update_execution_options(compiled_cache=written)
        return engine

    patch.setattr(opening, "engine_of", sharing)


def _for_any(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect, *rest = key
    return (type(dialect), dialect.server_version_info, *rest)
