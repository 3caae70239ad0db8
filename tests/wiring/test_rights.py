"""Whatever the folder and the umask: what Ligament makes is its owner's alone, and a lost key is not replaced."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ligament.store.database.connection import open_database
from ligament.store.journal.chain import ROOT, Head
from ligament.store.journal.headfile import HeadFile
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.file_lock import AnotherRun, alone, lock_file
from ligament.wiring.vault_keys import KEY_FILE, vault_key


@pytest.fixture
def generous() -> Iterator[None]:
    """Let every new file be read by everybody, unless its maker says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


def rights(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


@pytest.mark.usefixtures("generous")
def test_every_file_is_its_owners_alone_in_a_folder_that_was_there_before(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    vault_key(tmp_path, {})
    HeadFile(tmp_path / "journal-a.head").begin_anew(Head(sequence=0, hash=ROOT, mac=""))
    database = open_database(f"sqlite:///{tmp_path / 'ligament.db'}")
    with database.writing("test") as connection:
        connection.exec_driver_sql("CREATE TABLE one (a)")
    found = rights(tmp_path)
    database.close()
    assert {"ligament.db", "ligament.db-wal", "journal-a.head", KEY_FILE} <= found.keys()
    assert set(found.values()) == {0o600}


def test_a_database_of_an_earlier_release_is_closed_to_others(tmp_path: Path) -> None:
    file = tmp_path / "ligament.db"
    file.touch(0o644)
    open_database(f"sqlite:///{file}").close()
    assert rights(tmp_path)["ligament.db"] == 0o600


@pytest.mark.usefixtures("generous")
@pytest.mark.parametrize("before", [None, 0o644])
def test_the_lock_of_a_run_is_its_owners_alone_even_if_an_earlier_release_made_it(
    tmp_path: Path, before: int | None
) -> None:
    if before is not None:
        lock_file(tmp_path, "riverside").touch(before)
    with (
        alone(tmp_path, "riverside", _no_pause, 0),
        pytest.raises(AnotherRun),
        alone(tmp_path, "riverside", _no_pause, 0),
    ):
        pytest.fail("two runs at once")
    assert rights(tmp_path) == {lock_file(tmp_path, "riverside").name: 0o600}


def _no_pause(_: int) -> None:
    """Wait for nobody."""


@pytest.mark.parametrize("sign", ["ligament.db", "journal-a.head"])
def test_a_lost_key_is_told_of_and_not_replaced(tmp_path: Path, sign: str) -> None:
    (tmp_path / sign).write_text("kept", encoding="ascii")
    with pytest.raises(ConfigurationError, match="No new one is made"):
        vault_key(tmp_path, {})
    assert not (tmp_path / KEY_FILE).exists()


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    (tmp_path / f"journal-a.head.{os.getpid()}").symlink_to(victim)
    HeadFile(tmp_path / "journal-a.head").begin_anew(Head(sequence=0, hash=ROOT, mac=""))
    assert not victim.exists()
