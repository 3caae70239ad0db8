"""A list that lags behind our own write is no edit of anybody: what a person typed on the other side stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.port import ClinikoPractice
from ligament.connectors.xero.simulator import control as office
from ligament.core.ids import SourceId
from ligament.core.records import Removal
from ligament.flow.read.deleted_people import DeletionWatch
from ligament.store.journal.erasure import erasures
from tests.support.practice import PATIENT
from tests.support.stage import Stage, stage


def lagging(clinic: Stage) -> None:
    """Let the practice show each change only minutes after it was made."""
    clinic.practice.change(lambda world: replace(world, switches=replace(world.switches, replica_lag_s=240)))


def typed_in_books(clinic: Stage, fields: dict[str, Any]) -> None:
    """Let somebody change the patient's contact in the books."""
    (contact,) = clinic.kept_books().contacts.values()
    at = clinic.pass_time(seconds=5)
    clinic.books.change(lambda world: office.edit_contact(world, contact.contact_id, fields, at=at))


def patient(clinic: Stage) -> Any:
    """Return what the practice holds by now, whatever its lists show."""
    return cliniko.get(clinic.practice.world, "patients", PATIENT)


def email_of(clinic: Stage) -> tuple[str, str]:
    """Return what both sides say."""
    (contact,) = clinic.kept_books().contacts.values()
    return patient(clinic)["email"], contact.email


def test_what_was_just_written_to_the_practice_is_not_taken_back_by_a_read_that_lags(tmp_path: Path) -> None:
    """Seed 818: the patient was read again before a second change, and the e-mail of before the first came back."""
    clinic = stage(tmp_path / "home")
    clinic.invoice()
    clinic.sync()
    lagging(clinic)
    clinic.pass_time(minutes=30)
    typed_in_books(clinic, {"EmailAddress": "typed@books.example"})
    clinic.sync()
    typed_in_books(clinic, {"Phones": [{"PhoneType": "MOBILE", "PhoneNumber": "0491 570 156"}]})
    clinic.clear_log()
    clinic.sync()
    assert clinic.writes() == []
    assert email_of(clinic) == ("typed@books.example", "typed@books.example")
    clinic.pass_time(minutes=30)
    clinic.sync()
    assert email_of(clinic) == ("typed@books.example", "typed@books.example")
    (phone,) = patient(clinic)["patient_phone_numbers"]
    assert phone["number"] == "0491 570 156"


def test_nobody_is_erased_because_one_answer_right_before_a_write_knows_nothing_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = stage(tmp_path / "home")
    clinic.invoice()
    clinic.sync()
    clinic.pass_time(minutes=30)
    typed_in_books(clinic, {"EmailAddress": "typed@books.example"})
    gone = (Removal(kind="patient", id=SourceId(PATIENT), revision="gone"),)
    with monkeypatch.context() as once:
        once.setattr(ClinikoPractice, "read_parties", lambda *_: gone)
        once.setattr(DeletionWatch, "settle", lambda *_: None)
        clinic.sync()
    with clinic.app() as opened:
        assert erasures(opened.journal) == []
    clinic.pass_time(minutes=30)
    clinic.sync()
    assert email_of(clinic) == ("typed@books.example", "typed@books.example")
