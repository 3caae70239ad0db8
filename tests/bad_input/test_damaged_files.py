"""A damaged database, or a setting that is no text a system takes: a sentence, exit code 2 or 3, nothing written."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from ligament.engine.durable import _prefer_wal
from ligament.service.opening import working
from ligament.service.stopping import StopSign
from ligament.store.database.errors import StoreDamaged
from ligament.wiring.settings import load_settings
from tests.bad_input.desk import Desk

USAGE, UNREACHABLE = 2, 3
PAGE = 4096


def sprinkled(good: bytes) -> bytes:
    chance, told = random.Random(7), bytearray(good)
    for _ in range(400):
        told[chance.randrange(100, len(told))] = chance.randrange(256)
    return bytes(told)


def without_a_page(good: bytes) -> bytes:
    """Lose the first page of the schema's tables after the first."""
    return good[:PAGE] + b"\xff" * PAGE + good[2 * PAGE :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "something else entirely": lambda _: b"not a database" * 1000,
    "only half of it": lambda good: good[: len(good) // 2],
    "torn in the middle of a page": lambda good: good[: PAGE + 777],
    "no beginning": lambda good: bytes(100) + good[100:],
    "bytes that flipped": sprinkled,
    "a lost page": without_a_page,
}


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def database_of(desk: Desk) -> Path:
    """Return the file, with everything in it and nothing beside it."""
    file = desk.home / "ligament.db"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    for beside in desk.home.glob("ligament.db-*"):
        beside.unlink()
    return file


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_database_is_told_and_nothing_is_written(desk: Desk, how: str) -> None:
    desk.sync()
    wrote = desk.wrote()
    file = database_of(desk)
    good = file.read_bytes()
    file.write_bytes(DAMAGE[how](good))
    desk.later()
    told = desk.sync()
    assert told.code == USAGE, told.out + told.err
    assert "damaged" in told.sentences
    assert "ligament restore" in told.sentences
    assert desk.wrote() == wrote
    file.write_bytes(good)
    assert desk.sync().code == 0


@pytest.mark.parametrize("how", ["bytes that flipped", "a lost page", "only half of it"])
def test_a_service_does_not_begin_on_a_damaged_database(desk: Desk, how: str) -> None:
    desk.sync()
    file = database_of(desk)
    file.write_bytes(DAMAGE[how](file.read_bytes()))
    settings = load_settings(home=desk.home, environ=desk.environ)
    with pytest.raises(StoreDamaged), working(settings, sign=StopSign()):
        pass


@pytest.mark.parametrize("content", [b"not a database" * 1000, b"SQLite format 3\x00" + b"\xff" * 9000])
def test_a_damaged_queue_is_put_aside_because_it_is_only_a_queue(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "engine.db"
    file.write_bytes(content)
    _prefer_wal(f"sqlite:///{file}")
    assert (tmp_path / "engine.db.damaged").read_bytes() == content
    connection = sqlite3.connect(file)
    assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
    connection.close()


def test_a_sound_queue_stays(tmp_path: Path) -> None:
    file = tmp_path / "engine.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE waiting (clinic TEXT)")
    connection.close()
    _prefer_wal(f"sqlite:///{file}")
    connection = sqlite3.connect(file)
    assert connection.execute("SELECT count(*) FROM waiting").fetchone() == (0,)
    connection.close()


@pytest.mark.parametrize(
    "name",
    [
        "CLINIKO_API_KEY", "XERO_CLIENT_ID", "XERO_CLIENT_SECRET", "XERO_TENANT_ID", "LIGAMENT_VAULT_KEY",
        "LIGAMENT_DATABASE_URL", "LIGAMENT_CLINIKO_URL", "LIGAMENT_XERO_API_URL", "LIGAMENT_XERO_IDENTITY_URL",
        "LIGAMENT_NOW", "LIGAMENT_LEASE_S", "LIGAMENT_PUBLIC_URL",
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", ["ключ-Ω", "bytes \udcff that are none", "9" * 5000])
def test_a_setting_that_is_no_text_a_system_takes_is_told(desk: Desk, name: str, value: str) -> None:
    told = desk.sync(**{name: value})
    assert told.code in {USAGE, UNREACHABLE}, told.out + told.err
    assert told.sentences
    assert desk.wrote() == 0
