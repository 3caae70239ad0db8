"""What a restore finds: tables of the version before, trouble that passes, a full disk, and a disk without links."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from ligament.app.safety import put_back as putting
from ligament.app.safety import restore as restoring
from ligament.core.intents import Subject, SubjectKind
from ligament.store.database.connection import Database, open_database
from ligament.store.database.errors import StoreFull, StoreUnreachable
from ligament.store.database.schema import NEWEST
from ligament.store.shared.leases import Leases
from ligament.store.shared.values import SharedValues
from ligament.wiring.clocks import SystemClock
from ligament.wiring.file_lock import AnotherRun
from ligament.wiring.leftovers import as_restore
from tests.backup.kit import backed_up, knows, put_back, verified
from tests.backup.older import age_to_first, revision
from tests.backup.test_access import access, user
from tests.support.stage import Stage

BEFORE = "0014"


def take_back(clinic: Stage) -> None:
    """Leave the tables as the version before this one did, right after its program was replaced."""
    database = open_database(clinic.settings().database_url, as_it_is=True)
    with database.writing("test") as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("DROP STATISTICS practice_rows_kinds")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0014'")
    database.close()


# --- right after an upgrade -------------------------------------------------------------------------------------------


def test_what_no_backup_undoes_is_known_before_anybody_opened_the_new_version(clinic: Stage) -> None:
    patient = clinic.patient(40, "Zelda", "Quagmire")
    clinic.invoice(patient=patient)
    clinic.sync()
    with access(clinic) as opened:
        for name in ("kim", "left"):
            opened.users.add(user(name))
    file = backed_up(clinic)
    with clinic.app() as app:
        app.store.forget(Subject(kind=SubjectKind.PATIENT, id=patient))
    with access(clinic) as opened:
        opened.users.remove("left")
    take_back(clinic)
    assert put_back(clinic, file)["restored"]
    assert revision(clinic.settings().database_url) == NEWEST
    assert not knows(clinic, "Quagmire")
    with access(clinic) as opened:
        assert [one.id for one in opened.users.all()] == ["kim"]
    assert verified(clinic)["holds"]


def test_people_erased_since_stay_erased_also_in_the_oldest_tables(clinic: Stage) -> None:
    patient = clinic.patient(40, "Zelda", "Quagmire")
    clinic.invoice(patient=patient)
    clinic.sync()
    file = backed_up(clinic)
    with clinic.app() as app:
        app.store.forget(Subject(kind=SubjectKind.PATIENT, id=patient))
    age_to_first(clinic.settings().database_url)
    assert put_back(clinic, file)["restored"]
    assert not knows(clinic, "Quagmire")


def test_a_service_of_the_version_before_is_noticed_and_nothing_changed(clinic: Stage) -> None:
    clinic.sync()
    file = backed_up(clinic)
    begin_service(clinic)
    take_back(clinic)
    with pytest.raises(AnotherRun, match="ligament serve"):
        put_back(clinic, file)
    assert revision(clinic.settings().database_url) == BEFORE


def begin_service(clinic: Stage) -> None:
    with clinic.app() as app:
        SharedValues(app.database).keep("*", "executor/desk-1", SystemClock().now().isoformat())


def test_a_service_that_begins_while_a_person_says_yes_is_noticed(clinic: Stage) -> None:
    clinic.sync()
    file = backed_up(clinic)

    def agreed(_: object) -> bool:
        begin_service(clinic)
        return True

    with pytest.raises(AnotherRun, match="ligament serve"):
        restoring.restore(file, clinic.home, agreed, environ=clinic.environ, now=lambda: clinic.time.at)
    assert verified(clinic)["gaps"] == []


def test_one_that_begins_between_the_answer_and_the_locks_is_noticed_too(
    clinic: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic.sync()
    file = backed_up(clinic)

    def late(home: Path, pause_ms: Callable[[int], None], patience_ms: int) -> AbstractContextManager[None]:
        begin_service(clinic)
        return as_restore(home, pause_ms, patience_ms)

    monkeypatch.setattr(restoring, "as_restore", late)
    with pytest.raises(AnotherRun, match="ligament serve"):
        put_back(clinic, file)
    assert verified(clinic)["gaps"] == []


@pytest.mark.postgres
def test_another_machine_that_works_on_the_tables_of_before_is_noticed(tmp_path: Path, postgres_url: str) -> None:
    from tests.support.stage import stage  # noqa: PLC0415 - one test needs it

    clinic = stage(tmp_path / "home", database=postgres_url.replace("postgresql+psycopg://", "postgresql://"))
    clinic.sync()
    file = backed_up(clinic)
    with clinic.app() as app:
        Leases(app.database, "Riverside", SystemClock().now).take("cycle", "elsewhere/1", 60)
    take_back(clinic)
    with pytest.raises(AnotherRun, match="another worker"):
        put_back(clinic, file)


# --- trouble on the way -----------------------------------------------------------------------------------------------


def everything(clinic: Stage) -> dict[str, bytes]:
    passing = ("-wal", "-shm", ".lock")
    return {file.name: file.read_bytes() for file in clinic.home.iterdir() if not file.name.endswith(passing)}


def test_a_database_that_does_not_answer_for_a_moment_is_not_put_aside(
    file_clinic: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_clinic.sync()
    file = backed_up(file_clinic)
    before = everything(file_clinic)

    def away(_: Database, **__: bool) -> AbstractContextManager[Connection]:
        raise StoreUnreachable("The database does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "reading", away)
        with pytest.raises(StoreUnreachable):
            put_back(file_clinic, file)
    assert everything(file_clinic) == before


def test_a_restore_that_is_refused_leaves_no_copy_behind(file_clinic: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    file_clinic.sync()
    file = backed_up(file_clinic)

    def full(*_: object) -> None:
        (kept,) = file_clinic.home.glob("ligament.db.before-restore-*")
        assert kept.stat().st_size
        raise StoreFull("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "take_over", full)
        with pytest.raises(StoreFull):
            put_back(file_clinic, file)
    assert not list(file_clinic.home.glob("*.before-restore-*"))
    assert not list(file_clinic.home.glob("*.restoring*"))
    assert verified(file_clinic)["gaps"] == []


def test_the_kept_copy_stays_when_only_the_tidying_fails(file_clinic: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    file_clinic.sync()
    file = backed_up(file_clinic)
    real = Database.take_over

    def replaced(database: Database, draft: Path) -> None:
        def trouble(_: Database) -> None:
            raise StoreUnreachable("The database does not answer.")

        real(database, draft)
        monkeypatch.setattr(Database, "scrub", trouble)

    monkeypatch.setattr(Database, "take_over", replaced)
    with pytest.raises(StoreUnreachable):
        put_back(file_clinic, file)
    assert len(list(file_clinic.home.glob("ligament.db.before-restore-*"))) == 1


# --- second names -----------------------------------------------------------------------------------------------------


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    target, old = tmp_path / "ligament.db", tmp_path / "ligament.db.before-restore-1"
    target.write_bytes(b"the only one")
    return target, old


def test_what_was_kept_before_is_never_overwritten(pair: tuple[Path, Path]) -> None:
    target, old = pair
    old.write_bytes(b"kept before")
    with pytest.raises(FileExistsError):
        putting._also_named(target, old)
    assert (target.read_bytes(), old.read_bytes()) == (b"the only one", b"kept before")


@pytest.mark.parametrize("there", [False, True])
def test_a_disk_without_second_names_keeps_a_copy_and_leaves_the_only_one(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, *, there: bool
) -> None:
    target, old = pair

    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", no_links)
    if there:
        old.write_bytes(b"kept before")
        with pytest.raises(FileExistsError):
            putting._also_named(target, old)
    else:
        putting._also_named(target, old)
        assert old.stat().st_mode & 0o777 == 0o600
    assert target.read_bytes() == b"the only one"
    assert old.read_bytes() == (b"kept before" if there else b"the only one")
