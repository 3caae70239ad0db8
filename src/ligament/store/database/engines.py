"""The engines of SQLite and PostgreSQL: how a connection is opened, and what it is told before anybody uses it."""

from __future__ import annotations

import os
import select
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import StaticPool

BUSY_S = 30
_OTHERS = 100
_KIND = 0xFF
_SQLITE_MANNERS = (
    f"PRAGMA busy_timeout={BUSY_S * 1000}",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    # What is deleted is overwritten, so that an erased person does not linger in free pages.
    "PRAGMA secure_delete=ON",
    # A damaged or foreign file is met with suspicion: pages are checked as they are read, and its schema runs nothing.
    "PRAGMA cell_size_check=ON",
    "PRAGMA trusted_schema=OFF",
)


def engine_of(url: str) -> Engine:
    """Make the engine of the database at a URL; nothing is opened yet."""
    address = _address(url)
    return _sqlite(address) if address.get_backend_name() == "sqlite" else _postgres(address)


def _address(url: str) -> URL:
    """Name the driver of a PostgreSQL URL, which people write without one."""
    address = make_url(url)
    if address.drivername in {"postgresql", "postgres"}:
        return address.set(drivername="postgresql+psycopg")
    return address


def _postgres(address: URL) -> Engine:
    """Make an engine that lets go of a connection whose server has gone, before anything is asked of it."""
    engine = create_engine(address)

    @event.listens_for(engine, "checkout")
    def look(connection: Any, _record: object, _proxy: object) -> None:  # noqa: ANN401 - the driver's own connection
        # An idle connection has nothing to read but its end. Asking the server would cost as much as the question.
        waiting = select.poll()
        waiting.register(connection.pgconn.socket, select.POLLIN)
        if waiting.poll(0):
            raise InvalidatePoolError

    return engine


def owner_only(file: Path) -> None:
    """Let only its owner read a SQLite file and what stands beside it, whatever the folder and the umask.

    An empty file is a database to SQLite, and the files it makes beside one get the same rights. One that is there is
    never opened here: to close it would give back every lock that this process holds on it, and the next process to
    leave would take the log away from under this one.
    """
    with suppress(OSError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
    for ending in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            beside = file.with_name(file.name + ending)
            beside.chmod(0o600)


def _sqlite(address: URL) -> Engine:
    """Make an engine whose transactions begin when we say so, and whose writers wait for each other."""
    arguments: dict[str, Any] = {"timeout": BUSY_S, "check_same_thread": False}
    in_memory = address.database in {None, "", ":memory:"}
    if not in_memory and address.database is not None:
        owner_only(Path(address.database))
    pool: dict[str, Any] = {"poolclass": StaticPool} if in_memory else {}
    engine = create_engine(address, connect_args=arguments, **pool)

    @event.listens_for(engine, "connect")
    def set_manners(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
        # The driver must not begin or commit by itself: DDL has to take part in transactions.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _SQLITE_MANNERS:
            cursor.execute(pragma)
        _keep_a_log(cursor)
        cursor.close()

    return engine


def _keep_a_log(cursor: sqlite3.Cursor) -> None:
    """Let readers and a writer work at once, by a log beside the file; whoever opens a new file changes this.

    SQLite lets nobody wait who has begun to read and finds another changing it, but it lets a writer wait.
    """
    for _ in range(_OTHERS):
        try:
            if cursor.execute("PRAGMA journal_mode").fetchone()[0] not in {"wal", "memory"}:
                cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & _KIND != sqlite3.SQLITE_BUSY:
                raise
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("COMMIT")
        else:
            return
