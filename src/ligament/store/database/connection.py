"""Opening the database, SQLite or PostgreSQL, and the two ways to use it: reading and writing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from threading import RLock, local
from typing import Any

from msgspec import DecodeError
from sqlalchemy import Connection, Engine, Executable, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.schema import CreateSchema

from ligament.store.database.engines import BUSY_S, engine_of
from ligament.store.database.errors import (
    AlreadyLinked,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreUnreachable,
)
from ligament.store.database.schema import bring_up_to_date

_LOCK_BY_NAME = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_IN_MEMORY = text("SET LOCAL work_mem = '64MB'")
_NO_SORT, _SORT = text("SET LOCAL enable_sort = off"), text("SET LOCAL enable_sort = on")
_CLOCK = text("SELECT clock_timestamp()")
_LOCK_NOT_WAITING = text(
    "SELECT set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock(hashtextextended(:name, 0))"
)
_KEPT = ("PRAGMA synchronous=FULL", "BEGIN IMMEDIATE")
_JOTTED = ("PRAGMA synchronous=NORMAL", "BEGIN IMMEDIATE")
_FULL = ("disk is full", "no space left", "could not extend file")
_DAMAGED = ("malformed", "not a database", "corrupt", "could not decode", "unsupported file format")
_AT_WORK = "Another process is using the database. Try again in a moment."
_BUSY = ("is locked", "lock timeout", "deadlock detected", "could not serialize")
_REFUSALS = {
    "42501": "The database does not let its user do what is needed. Give it all rights on this database.",
    "25006": "The database takes no changes at the moment: it is read-only, as one that stands by is.",
    "3F000": "The database has no schema to keep tables in. Make one for its user, such as `public`.",
}
"""What a server refuses although it is there, by the number of its complaint (SQLSTATE)."""
_TABLES_MISSING = (
    "Tables of ours are missing in the database. Put the newest backup back with `ligament restore FILE`; what was "
    "posted since is found again."
)
_MISSING = frozenset({"42P01", "42703"})


class Database:
    """One database for all clinics of a home; safe to share between threads.

    `is_sqlite` says whether it is a SQLite file, and `file` which; nothing for one in memory or on a server.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        name = engine.url.database
        self.file = Path(name) if self.is_sqlite and name and name != ":memory:" else None
        self._turn = RLock()
        self._moment = local()
        self._reader = engine if self.is_sqlite else engine.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def reading(self, *, everything: bool = False) -> Iterator[Connection]:
        """Give a connection that sees one moment of the database throughout.

        With `everything` a server may join and sum whole tables in memory, where it would sort them on its disk.
        """
        shared: Connection | None = getattr(self._moment, "connection", None)
        with clear_errors(), nullcontext(shared) if shared is not None else self._reader.begin() as connection:
            if shared is None:
                self._begin(connection, "BEGIN")
            if everything and not self.is_sqlite:
                connection.execute(_IN_MEMORY)
            yield connection

    def rows(self, statement: Executable) -> list[Any]:
        """Return the rows of one question."""
        with self.reading() as connection:
            return list(connection.execute(statement))

    @contextmanager
    def one_moment(self) -> Iterator[None]:
        """Let all that this thread reads within see one moment, over one connection; what it writes is apart from it.

        For a few quick questions in a row, each of which would cost less than its own transaction.
        """
        if getattr(self._moment, "connection", None) is not None or (self.is_sqlite and self.file is None):
            # In memory there is but one connection, and whoever writes needs it.
            yield
            return
        with self.reading() as connection:
            self._moment.connection = connection
            try:
                yield
            finally:
                self._moment.connection = None

    @contextmanager
    def writing(self, lock: str) -> Iterator[Connection]:
        """Give a connection inside one transaction, alone among the writers that name the same lock."""
        with self._in_turn(), clear_errors(), self._engine.begin() as connection:
            self._begin(connection, *_KEPT)
            self.hold_lock(connection, lock)
            yield connection

    @contextmanager
    def jotting(self, lock: str) -> Iterator[Connection]:
        """The same for what a power cut may take back: counts of calls, who is at work; nobody waits for the disk."""
        with self._in_turn(), clear_errors(), self._engine.begin() as connection:
            self._begin(connection, *_JOTTED)
            if not self.is_sqlite:
                connection.execute(_LOCK_NOT_WAITING, {"name": f"ligament|{lock}"})
            yield connection

    def _in_turn(self) -> AbstractContextManager[object]:
        """Let the threads of this process write one after the other: SQLite itself lets them sleep and try again."""
        return self._turn if self.is_sqlite else nullcontext()

    def _begin(self, connection: Connection, *words: str) -> None:
        """Begin a transaction of SQLite, whose driver does not; a writer waits for the others at once, not later.

        Said to the driver itself, since these few words would cost as much as everything that follows.
        """
        if not self.is_sqlite:
            return
        driver = connection.connection.dbapi_connection
        assert driver is not None
        cursor = driver.cursor()
        try:
            for statement in words:
                cursor.execute(statement)
        except sqlite3.Error as error:
            raise OperationalError(words[-1], None, error) from error
        finally:
            cursor.close()

    def hold_lock(self, connection: Connection, lock: str) -> None:
        """Wait for a lock that ends with the transaction; a SQLite writer is alone anyway."""
        if not self.is_sqlite:
            connection.execute(_LOCK_BY_NAME, {"name": f"ligament|{lock}"})

    def need_schema(self, name: str) -> None:
        """Make a schema where a server does not have it yet; what goes wrong is told as our own errors."""
        if self.is_sqlite:
            return
        with self.writing("schema") as connection:
            if name not in inspect(connection).get_schema_names():
                connection.execute(CreateSchema(name))

    def server_time(self) -> datetime | None:
        """Return what the database server's clock shows; None for a SQLite file, which has none of its own."""
        if self.is_sqlite:
            return None
        with clear_errors(), self._engine.connect() as connection:
            found: datetime = connection.execute(_CLOCK).scalar_one()
        return found

    def scrub(self) -> None:
        """Leave nothing of what was deleted in the files of a SQLite database."""
        if not self.is_sqlite:
            return
        with clear_errors(), self._engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert raw is not None
            cursor = raw.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.close()

    def copy_into(self, file: Path) -> None:
        """Write a consistent copy of a SQLite database into a new file, also while others write."""
        assert self.is_sqlite
        with clear_errors(), self._engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert raw is not None
            target = sqlite3.connect(file)
            try:
                raw.backup(target)
            finally:
                target.close()

    def take_over(self, file: Path) -> None:
        """Put what another SQLite file holds in the place of everything here, in one transaction.

        Whoever has this file open goes on with it and sees the new content. Another file under its name would leave
        them with one that nobody looks at any more, and as they leave they would remove the log of the new one.
        An error means that nothing was replaced; `scrub` it afterwards.
        """
        assert self.is_sqlite

        def waited(status: int, _left: int, _all: int) -> None:
            # The wait for others is over by then; the driver would try again for ever.
            if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise StoreBusy(_AT_WORK)

        with clear_errors(), self._engine.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            source = sqlite3.connect(file)
            try:
                source.backup(raw, progress=waited)
            finally:
                source.close()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


@contextmanager
def summing_by_hash(connection: Connection) -> Iterator[None]:
    """Let a server sum in tables of hashes: it cannot know how few months there are, and would sort every record."""
    if connection.dialect.name != "postgresql":
        yield
        return
    connection.execute(_NO_SORT)
    yield
    connection.execute(_SORT)


def open_database(url: str, *, as_it_is: bool = False) -> Database:
    """Open the database at a URL (`sqlite:///file`, `postgresql://...`), making or upgrading its tables first.

    With `as_it_is` its tables are left alone.
    """
    database = Database(engine_of(url))
    if as_it_is:
        return database
    with ExitStack() as on_failure:
        on_failure.callback(database.close)
        with database.writing("schema") as connection:
            bring_up_to_date(connection)
        on_failure.pop_all()
    return database


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn the database's complaints into our own errors, which say what to do."""
    try:
        yield
    except IntegrityError as error:
        raise AlreadyLinked(
            "Two records would share what only one may have; nothing was kept.", _first(error)
        ) from error
    except OperationalError as error:
        raise _clear(error) from error
    except DBAPIError as error:
        if error.connection_invalidated or _says(error, _FULL) or _state(error) in _REFUSALS:
            raise _clear(error) from error
        if _state(error) in _MISSING:
            raise StoreDamaged(_TABLES_MISSING, _first(error)) from error
        if _says(error, _DAMAGED):
            raise _damaged(_first(error)) from None
        raise
    except sqlite3.OperationalError as error:
        # As it comes where the driver itself is asked: a full disk is no damage.
        raise _clear(OperationalError("", None, error)) from error
    except sqlite3.DatabaseError as error:
        # Before a connection is one, its complaints come as the driver makes them.
        raise _damaged(type(error).__name__) from None
    except (DecodeError, UnicodeDecodeError) as error:
        # What a row holds may name a person, so that only the kind of the error is told.
        raise _damaged(type(error).__name__) from None


def _damaged(detail: str) -> StoreDamaged:
    sentence = (
        "The database is damaged, so nothing is done with it. Keep a copy of its file, then put the newest backup back "
        "with `ligament restore FILE`; what was posted since is found again."
    )
    return StoreDamaged(sentence, detail)


def assert_sound(file: Path) -> None:
    """Look through a SQLite file; raises StoreDamaged. A damaged page could end the process when it is met later."""
    if not file.is_file():
        return
    with clear_errors():
        connection = sqlite3.connect(file, timeout=BUSY_S)
        try:
            told = connection.execute("PRAGMA quick_check(1)").fetchone()
        finally:
            connection.close()
    if told is None or told[0] != "ok":
        raise _damaged("quick_check")


def _clear(error: DBAPIError) -> StoreError:
    if _says(error, _FULL):
        return StoreFull("The disk is full. Nothing of this step was written; make room and try again.", _first(error))
    if _says(error, _DAMAGED):
        return _damaged(_first(error))
    if _says(error, _BUSY):
        return StoreBusy(_AT_WORK, _first(error))
    return StoreUnreachable(_REFUSALS.get(_state(error), "The database does not answer."), _first(error))


def _state(error: DBAPIError) -> str:
    """Return the number of a server's complaint; empty where the driver tells none."""
    return getattr(error.orig, "sqlstate", None) or ""


def _says(error: DBAPIError, words: tuple[str, ...]) -> bool:
    complaint = str(error.orig).casefold()
    return any(word in complaint for word in words)


def _first(error: DBAPIError) -> str:
    """Return the driver's complaint without the statement and its values, which may be personal."""
    lines = str(error.orig).splitlines() or [type(error.orig).__name__]
    return lines[0]
