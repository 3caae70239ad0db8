"""A restore that is killed leaves whole copies behind: the next run removes them, and never those of a living one."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from ligament.app.safety import backup as backing
from ligament.app.safety import put_back as putting
from ligament.app.safety.drafts import folder_of, fresh
from ligament.store.backup.fresh import refilled
from ligament.wiring.leftovers import as_restore, remove_leftovers
from tests.backup.kit import backed_up, put_back
from tests.support.stage import Stage, stage


def never(_: int) -> None:
    raise AssertionError("nobody waits here")


def killed(clinic: Stage, file: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Kill a restore at the moment when both copies are there, and return them."""
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(putting, "refilled", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        try:
            put_back(clinic, file)
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    return copies(clinic)


def copies(clinic: Stage) -> list[Path]:
    return sorted(clinic.home.rglob("*.restoring*"))


def test_the_next_run_removes_what_a_killed_restore_left(file_clinic: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    file_clinic.sync()
    left = killed(file_clinic, backed_up(file_clinic), monkeypatch)
    assert {"ligament.db.restoring", "ligament.db.restoring-from"} <= {file.name for file in left}
    (file_clinic.home / "ligament.toml.restoring").write_text("half a rulebook", encoding="utf-8")
    file_clinic.sync()
    assert copies(file_clinic) == []


@pytest.mark.postgres
def test_what_a_killed_restore_was_putting_aside_is_removed_too(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = stage(tmp_path / "home", database=postgres_url)
    clinic.sync()
    file = backed_up(clinic)
    monkeypatch.setattr(backing, "seal_of", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    child = os.fork()
    if child == 0:
        try:
            put_back(clinic, file)
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    monkeypatch.undo()
    assert len(list(clinic.home.glob(".database.before-restore-*"))) == 1
    # As a run does first; the run itself waits until the dead one's lease among machines is over.
    remove_leftovers(clinic.home, postgres_url)
    assert list(clinic.home.glob(".database.before-restore-*")) == []


def test_the_copies_of_a_restore_that_is_under_way_are_left_to_it(file_clinic: Stage) -> None:
    file_clinic.sync()
    draft = file_clinic.home / "ligament.db.restoring"
    with as_restore(file_clinic.home, never, 0):
        draft.write_bytes(b"being made")
        file_clinic.sync()
        assert draft.read_bytes() == b"being made"
    file_clinic.sync()
    assert not draft.exists()


def test_a_restore_holds_the_home_while_it_makes_its_copies(
    file_clinic: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_clinic.sync()
    file = backed_up(file_clinic)
    seen: list[str] = []

    def looked_at(*arguments: object) -> None:
        remove_leftovers(file_clinic.home, f"sqlite:///{file_clinic.home / 'ligament.db'}")
        seen.extend(file.name for file in copies(file_clinic))
        refilled(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(putting, "refilled", looked_at)
    assert put_back(file_clinic, file)["restored"]
    assert {"ligament.db.restoring", "ligament.db.restoring-from"} <= set(seen)
    assert copies(file_clinic) == []


# --- backups ----------------------------------------------------------------------------------------------------------


def killed_backup(clinic: Stage, file: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Kill a backup at the moment when the draft and the copy of the database are there, and return their names."""
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(backing, "_blocks", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        try:
            backed_up(clinic, str(file))
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    return drafts(file.parent)


def drafts(folder: Path) -> set[str]:
    return {found.name for found in folder.iterdir() if ".ligament-backup." in found.name}


def test_the_next_backup_removes_what_a_killed_one_left(file_clinic: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The draft, and the folder with a whole copy of the database; whatever the name of the next one is."""
    file_clinic.sync()
    folder = file_clinic.home / "copies"
    folder.mkdir()
    left = killed_backup(file_clinic, folder / "monday.zip", monkeypatch)
    assert len(left) == 2
    strangers = {".notes.ligament-backup.zip", ".notes.ligament-backup."}
    for name in strangers:
        (folder / name).write_text("somebody's own", encoding="utf-8")
    backed_up(file_clinic, str(folder / "tuesday.zip"))
    assert drafts(folder) == strangers
    assert (folder / "tuesday.zip").exists()


def test_a_backup_under_way_keeps_its_draft(file_clinic: Stage) -> None:
    file_clinic.sync()
    folder = file_clinic.home / "copies"
    folder.mkdir()
    with fresh(folder / "monday.zip") as (_, draft), folder_of(draft) as copies_of_monday:
        backed_up(file_clinic, str(folder / "tuesday.zip"))
        assert draft.exists()
        assert copies_of_monday.exists()
    assert drafts(folder) == set()
    assert {file.name for file in folder.iterdir()} == {"monday.zip", "tuesday.zip"}
