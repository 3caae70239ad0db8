"""Locks on a disk that keeps none, and what stands in the place of a file of ours: a sentence with the cure, and 2."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from ligament.app.errors import trouble_of
from ligament.app.safety.drafts import fresh
from ligament.exports import whole
from ligament.store.journal.chain import Head
from ligament.store.journal.headfile import HeadFile
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.file_lock import alone, lock_file
from ligament.wiring.fresh_files import make_fresh
from ligament.wiring.one_service import only_service
from ligament.wiring.rulebook_writing import held
from ligament.wiring.setup_key import SETUP_KEY_FILE, setup_key
from ligament.wiring.vault_keys import KEY_FILE, vault_key


def _run(home: Path) -> AbstractContextManager[object]:
    return alone(home, "riverside", lambda _: None, 0)


def _service(home: Path) -> AbstractContextManager[object]:
    return only_service(home, "sqlite:///a.db")


def _rulebook(home: Path) -> AbstractContextManager[object]:
    (home / "ligament.toml").touch()
    return held(home / "ligament.toml")


def _backup(home: Path) -> AbstractContextManager[object]:
    return fresh(home / "kept.zip")


def _told(error: ConfigurationError) -> str:
    found = trouble_of(error)
    assert found is not None
    assert found.code == 2
    return " ".join(found.lines)


@pytest.mark.parametrize(
    ("locked", "cure"),
    [(_run, "LIGAMENT_HOME"), (_service, "LIGAMENT_HOME"), (_rulebook, "LIGAMENT_HOME"), (_backup, "another disk")],
)
def test_a_disk_that_keeps_no_locks_is_told_with_the_cure(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    locked: Callable[[Path], AbstractContextManager[object]],
    cure: str,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(ConfigurationError) as raised, locked(tmp_path):
        pytest.fail("nobody can tell whether somebody else is at work")
    assert cure in _told(raised.value)
    assert str(tmp_path) in _told(raised.value)
    assert not list(tmp_path.glob(".*")), "nothing is left behind"


@contextmanager
def _read(what: Callable[[Path], object], home: Path) -> Iterator[None]:
    what(home)
    yield


@pytest.mark.parametrize("in_its_place", [os.mkfifo, os.mkdir])
@pytest.mark.parametrize(
    ("name", "used"),
    [
        (lock_file(Path(), "riverside").name, _run),
        ("serve.lock", _service),
        (KEY_FILE, lambda home: _read(lambda there: vault_key(there, {}), home)),
        (SETUP_KEY_FILE, lambda home: _read(setup_key, home)),
    ],
)
def test_what_is_no_file_in_the_place_of_one_of_ours_is_named(
    tmp_path: Path,
    in_its_place: Callable[[Path], None],
    name: str,
    used: Callable[[Path], AbstractContextManager[object]],
) -> None:
    in_its_place(tmp_path / name)
    with pytest.raises(ConfigurationError, match="Move it away") as raised, used(tmp_path):
        pytest.fail("it was used")
    assert _told(raised.value).startswith(f"{tmp_path / name}: ")


def test_a_pipe_in_the_place_of_the_head_of_a_journal_is_no_head_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "journal-a.head")
    assert HeadFile(tmp_path / "journal-a.head").read() == Head(sequence=0, hash="", mac="")


def test_without_second_names_a_file_that_came_a_moment_ago_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    if not whole._renamed_to_new(_made(tmp_path / "a"), tmp_path / "b"):
        pytest.skip("this system has no renaming that leaves alone what is there")
    # Whoever looks first sees nothing, and is overtaken before it renames.
    monkeypatch.setattr(Path, "exists", lambda _: False)
    (tmp_path / "a.key").write_text("first", encoding="utf-8")
    with pytest.raises(FileExistsError):
        make_fresh(tmp_path / "a.key", "second")
    assert (tmp_path / "a.key").read_text(encoding="utf-8") == "first"


def _made(file: Path) -> Path:
    file.touch()
    return file
