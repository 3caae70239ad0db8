"""Files that are there whole or not at all, however many processes make them and wherever one of them dies."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from ligament.wiring import fresh_files, vault_keys
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.fresh_files import make_fresh
from ligament.wiring.setup_key import make_setup_key, setup_key

if TYPE_CHECKING:
    from pathlib import Path


class _Died(BaseException):
    """The process ended there."""


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "a.key"
    make_fresh(file, "first")
    with pytest.raises(FileExistsError):
        make_fresh(file, "second")
    assert file.read_text(encoding="utf-8") == "first"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["a.key"]


def test_whoever_dies_while_making_the_vault_key_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(_descriptor: int) -> None:
        assert not (tmp_path / vault_keys.KEY_FILE).exists()
        raise _Died

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", die)
        with pytest.raises(_Died):
            vault_keys.vault_key(tmp_path, {})
    made = vault_keys.vault_key(tmp_path, {})
    assert vault_keys.vault_key(tmp_path, {}) == made


def test_whoever_makes_the_vault_key_second_takes_the_first_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first: list[bytes] = []

    def overtaken(file: Path, text: str) -> None:
        monkeypatch.undo()
        first.append(vault_keys.vault_key(tmp_path, {}))
        # By now the other one has a database too.
        (tmp_path / "ligament.db").write_bytes(b"SQLite format 3")
        fresh_files.make_fresh(file, text)

    monkeypatch.setattr(vault_keys, "make_fresh", overtaken)
    assert [vault_keys.vault_key(tmp_path, {})] == first


def test_a_key_and_a_database_that_appear_while_one_looks_are_not_a_missing_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = vault_keys._was_in_use

    def another_starts(home: Path) -> bool:
        found = look(home)
        make_fresh(home / vault_keys.KEY_FILE, "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n")
        (home / "ligament.db").write_bytes(b"SQLite format 3")
        return found

    monkeypatch.setattr(vault_keys, "_was_in_use", another_starts)
    assert vault_keys.vault_key(tmp_path, {}) == b"0123456789abcdef0123456789abcdef"


def test_a_database_without_its_key_gets_no_new_one(tmp_path: Path) -> None:
    (tmp_path / "ligament.db").write_bytes(b"SQLite format 3")
    with pytest.raises(ConfigurationError, match="No new one is made"):
        vault_keys.vault_key(tmp_path, {})


def test_many_who_start_at_once_have_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(lambda _: make_setup_key(tmp_path), range(8)))
    assert keys == {setup_key(tmp_path)}


def test_a_folder_that_knows_no_second_names_gets_its_files_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    made = vault_keys.vault_key(tmp_path, {})
    assert vault_keys.vault_key(tmp_path, {}) == made
    with pytest.raises(FileExistsError):
        make_fresh(tmp_path / vault_keys.KEY_FILE, "second")
    assert vault_keys.vault_key(tmp_path, {}) == made
    assert [file.name for file in tmp_path.iterdir()] == [vault_keys.KEY_FILE]


def test_the_empty_key_of_somebody_who_died_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "setup.key").touch()
    assert len(make_setup_key(tmp_path)) > 20
