"""After an older backup, contacts of ours that nobody would make today are linked again and followed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.cliniko.simulator.world import amend
from tests.backup.kit import backed_up, put_back
from tests.support.practice import PATIENT, RULEBOOK
from tests.support.stage import Stage, stage

ON_DOCUMENT = RULEBOOK.replace("[approval]", '[contacts]\ncreate = "on_document"\n[approval]') + 'void = "auto"\n'


def changed(clinic: Stage, patient: str, **told: Any) -> None:
    at = clinic.pass_time(minutes=2)
    clinic.practice.change(lambda world: amend(world, "patients", patient, told, at=at))


def contact_of(clinic: Stage, patient: str) -> Any:
    return next(one for one in clinic.kept_books().contacts.values() if one.number == f"CLK-{patient}")


def quiet(clinic: Stage) -> None:
    clinic.clear_log()
    clinic.sync()
    assert clinic.writes() == []


def merged(clinic: Stage, patient: str) -> None:
    at = clinic.pass_time(minutes=2)
    clinic.practice.change(lambda world: desk.merge_patients(world, loser_id=patient, survivor_id=PATIENT, at=at))


def archived(clinic: Stage, patient: str) -> None:
    changed(clinic, patient, archived_at=_stamp(clinic.time.at))


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize("leave", [archived, merged])
def test_who_left_since_the_first_run_is_archived_though_the_backup_knows_no_contact(
    tmp_path: Path, leave: Any
) -> None:
    clinic = stage(tmp_path / "home")
    clinic.sync()
    file = backed_up(clinic)
    patient = clinic.patient(8, "Bea", "Other")
    clinic.sync()
    leave(clinic, patient)
    put_back(clinic, file)
    for _ in range(2):
        assert clinic.sync()["holds"] == []
    assert contact_of(clinic, patient).status == "ARCHIVED"
    assert contact_of(clinic, PATIENT).status == "ACTIVE"
    quiet(clinic)


def test_whose_only_document_was_voided_is_still_followed(tmp_path: Path) -> None:
    clinic = stage(tmp_path / "home", rulebook=ON_DOCUMENT)
    clinic.sync()
    file = backed_up(clinic)
    patient = clinic.patient(8, "Bea", "Other")
    invoice = clinic.invoice(patient=patient)
    clinic.sync()
    at = clinic.pass_time(minutes=2)
    clinic.practice.change(lambda world: desk.archive_invoice(world, invoice, at=at))
    clinic.sync()
    put_back(clinic, file)
    clinic.sync()
    changed(clinic, patient, email="new@mail.example")
    clinic.sync()
    assert contact_of(clinic, patient).email == "new@mail.example"
    assert len(clinic.kept_books().contacts) == 1
    quiet(clinic)
