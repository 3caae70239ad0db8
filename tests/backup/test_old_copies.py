"""Copies that were made before somebody was erased still hold them: the doctor counts them and says what to do."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from ligament.app.doctor.copies import copy_checks
from ligament.connectors.cliniko.simulator import control
from tests.backup.kit import backed_up, put_back
from tests.support.stage import Stage, stage


@pytest.fixture
def clinic(tmp_path: Path) -> Stage:
    made = stage(tmp_path / "home")
    made.patient(7, "Zarathustra", "Quillfeather")
    made.invoice()
    made.sync()
    return made


def erase(clinic: Stage) -> None:
    """Let the practice delete somebody for good."""
    clinic.time.advance(timedelta(minutes=5))
    at = clinic.time.at
    patient = "1410000000000000007"
    clinic.practice.change(lambda world: control.archive_record(world, "patients", patient, at=at))
    clinic.practice.change(lambda world: control.delete_patient(world, patient, at=at))
    clinic.sync(full=True)


def told(clinic: Stage) -> list[tuple[str, str, str]]:
    with clinic.app() as app:
        return [(check.state.value, check.sentence, check.todo) for check in copy_checks(app)]


def test_a_backup_made_before_is_counted_and_one_made_after_is_not(clinic: Stage) -> None:
    ((state, sentence, todo),) = told(clinic)
    assert (state, sentence) == ("warn", "No backup was made from here yet.")
    assert "`ligament backup FILE`" in todo
    before = backed_up(clinic, "before.zip")
    ((state, sentence, _),) = told(clinic)
    assert state == "ok"
    assert str(before) in sentence
    erase(clinic)
    (last, (state, sentence, todo)) = told(clinic)
    assert last[0] == "ok"
    assert state == "warn"
    assert sentence == f"1 old copy still holds a person who was erased since: {before}."
    assert "delete it" in todo
    clinic.time.advance(timedelta(minutes=1))
    backed_up(clinic, "after.zip")
    assert len(told(clinic)) == 2
    before.unlink()
    assert len(told(clinic)) == 1


def test_what_a_restore_put_aside_and_a_backup_in_the_home_count_too(clinic: Stage) -> None:
    before = backed_up(clinic)
    clinic.time.advance(timedelta(hours=1))
    put_back(clinic, before)
    shutil.copy(before, clinic.home / "copied.zip")
    clinic.sync()
    before.unlink()
    assert len(told(clinic)) == 1
    erase(clinic)
    _, (state, sentence, todo) = told(clinic)
    assert state == "warn"
    assert sentence.startswith("2 old copies hold a person who was erased since: ")
    assert "before-restore" in sentence
    assert "copied.zip" in sentence
    assert "delete them" in todo
