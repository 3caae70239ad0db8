"""Opening makes and upgrades the tables, all or nothing, and says clearly what is wrong."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from threading import Timer
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from ligament.store.database import schema
from ligament.store.database.connection import clear_errors, open_database
from ligament.store.database.errors import NewerStore, StoreBusy, StoreDamaged, StoreError, StoreFull, StoreUnreachable
from ligament.store.database.tables import metadata
from ligament.store.shared.values import EVERYBODY, SharedValues
from tests.store.makers import patient

if TYPE_CHECKING:
    from pathlib import Path

    from tests.store.homes import Home


def test_migrations_make_exactly_the_tables_the_code_uses(bare_home: Home) -> None:
    with bare_home.open().database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_newest_migration_is_the_one_that_is_run() -> None:
    scripts = ScriptDirectory(str(schema._FOLDER))
    assert scripts.get_heads() == [schema.NEWEST]


def test_opening_again_finds_what_was_kept(home: Home) -> None:
    home.open().store.keep_parties([patient("1")])
    assert home.reopen().store.known_rows().revisions("patient", ["1"]) == {"1": "1"}


def test_a_database_of_a_newer_version_is_left_alone(home: Home) -> None:
    home.open().sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NewerStore, match="newer version"):
        home.reopen()


def test_a_migration_that_dies_midway_leaves_the_old_tables(bare_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ligament.store.database.connection.bring_up_to_date", schema.bring_up_to_date)
        patch.setattr("alembic.runtime.migration.HeadMaintainer.update_to_step", die)
        with pytest.raises(KeyboardInterrupt):
            open_database(bare_home.url)
    engine = create_engine(bare_home.url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    engine.dispose()
    with bare_home.open().database.reading() as connection:
        assert set(metadata.tables) <= set(inspect(connection).get_table_names())


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreUnreachable):
        open_database(f"sqlite:///{tmp_path / 'nowhere' / 'ligament.db'}")


@pytest.mark.parametrize(
    ("complaint", "told"),
    [
        (sqlite3.OperationalError("database or disk is full"), StoreFull),
        (sqlite3.OperationalError("database is locked"), StoreBusy),
        (sqlite3.OperationalError("disk I/O error"), StoreUnreachable),
        (sqlite3.OperationalError("attempt to write a readonly database"), StoreUnreachable),
        (sqlite3.DatabaseError("database disk image is malformed"), StoreDamaged),
        (sqlite3.DatabaseError("file is not a database"), StoreDamaged),
    ],
)
def test_what_the_driver_itself_complains_of_is_damage_only_where_it_is(
    complaint: sqlite3.Error, told: type[StoreError]
) -> None:
    with pytest.raises(told) as caught, clear_errors():
        raise complaint
    assert type(caught.value) is told


def test_a_copy_that_cannot_be_made_is_no_damage(file_home: Home, tmp_path: Path) -> None:
    database = file_home.open().database
    with pytest.raises(StoreUnreachable):
        database.copy_into(tmp_path / "nowhere" / "copy.db")


def test_a_sqlite_home_commits_to_disk_and_waits_for_others(file_home: Home) -> None:
    with file_home.open().database.reading() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "journal_mode")]
        waits = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
    assert found == [2, "wal"]
    assert waits == 30_000
    assert sqlite3.threadsafety


_ANOTHER_PROCESS = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
print(connection.execute("SELECT count(*) FROM beats WHERE value = 'kept'").fetchone()[0])
connection.close()
"""


def test_opening_a_file_once_more_takes_nothing_from_who_has_it_open(tmp_path: Path) -> None:
    file = tmp_path / "ligament.db"

    def seen_by_another_process() -> str:
        command = [sys.executable, "-c", _ANOTHER_PROCESS, str(file)]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()

    service = open_database(f"sqlite:///{file}")
    open_database(f"sqlite:///{file}", as_it_is=True).close()
    assert seen_by_another_process() == "0"
    SharedValues(service).keep(EVERYBODY, "something", "kept")
    assert seen_by_another_process() == "1"
    service.close()


def test_who_opens_a_new_file_waits_for_another_who_is_at_it(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "ligament.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    leaving = Timer(0.5, other.close)
    leaving.start()
    try:
        database = open_database(f"sqlite:///{tmp_path / 'ligament.db'}")
    finally:
        leaving.join()
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    database.close()
