"""People who are deleted on either side: nothing of them stays, however that shows."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from ligament.app.contacts.find import find
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control
from ligament.connectors.xero.simulator import control as desk
from ligament.store.journal.audit import export, verify
from tests.contacts.kit import ANA, BEN, NOW, Clinic

TRACES = (b"Silva", b"silva", b"ana@example", b"0491 570 156", b"61491570156", b"Made-up Street")


def files_with(home: Path, traces: tuple[bytes, ...]) -> list[str]:
    return [
        f"{path.name}: {trace.decode()}"
        for path in home.rglob("*")
        if path.is_file() and path.name != "ligament.toml"
        for trace in traces
        if trace in path.read_bytes()
    ]


def bill_ana(clinic: Clinic) -> None:
    invoice = clinic.invoice(ANA, invoice_to="Ana Silva\n1 Made-up Street")
    at = clinic.later()
    clinic.practice.change(lambda world: control.pay_invoice(world, invoice, at=at)[0])


def test_a_deleted_patient_leaves_no_trace_and_the_ledger_stays(clinic: Clinic) -> None:
    clinic.sync()
    bill_ana(clinic)
    clinic.sync()
    assert files_with(clinic.home, TRACES)
    at = clinic.later()
    clinic.practice.change(lambda world: control.delete_patient(world, ANA, at=at, anonymise=True))
    with clinic.heard() as said:
        clinic.sync()
        clinic.sync()
    assert said == []
    assert files_with(clinic.home, TRACES) == []
    with clinic.app() as app:
        assert verify(app.journal).holds
        assert [entry["subject"] for entry in export(app.journal) if entry["kind"] == "erased"] == [f"patient:{ANA}"]
        (found,) = find(app, ANA).document["found"]
    assert found["state"] == "deleted"
    assert found["fields"] == []
    assert {entry["erased"] for entry in found["history"] if entry["kind"] == "receipt"} == {True}
    assert clinic.contact(f"CLK-{ANA}").name == "Ana Silva"
    assert [held.number for held in clinic.books.world.only().invoices.values()] == ["CLK-1"]


def test_a_forgotten_person_does_not_come_back_through_the_books(clinic: Clinic) -> None:
    clinic.sync()
    bill_ana(clinic)
    clinic.sync()
    at = clinic.later()
    clinic.practice.change(lambda world: control.delete_patient(world, ANA, at=at, anonymise=True))
    clinic.sync()
    clinic.edit_contact(clinic.contact(f"CLK-{ANA}").contact_id, Name="Ana Silva-Okafor")
    clinic.sync()
    clinic.sync(full=True)
    assert files_with(clinic.home, TRACES) == []


def test_a_contact_merged_away_before_is_forgotten_with_the_person(clinic: Clinic) -> None:
    clinic.sync()
    bill_ana(clinic)
    for name in ("Silva Family Trust", "Silva Holdings"):
        at = clinic.later()
        clinic.books.change(lambda world, name=name, at=at: desk.create_contact(world, {"Name": name}, at=at)[0])  # type: ignore[misc]
        winner = next(held.contact_id for held in clinic.contacts() if held.name == name)
        with clinic.app() as app:
            (found,) = find(app, ANA).document["found"]
        loser, at = found["contact_id"], clinic.later()
        clinic.books.change(partial(desk.merge_contacts, loser_id=loser, winner_id=winner, at=at))
        clinic.sync()
    assert files_with(clinic.home, TRACES)
    at = clinic.later()
    clinic.practice.change(lambda world: control.delete_patient(world, ANA, at=at, anonymise=True))
    clinic.sync()
    assert files_with(clinic.home, TRACES) == []
    clinic.sync(full=True)
    assert files_with(clinic.home, TRACES) == []


def test_a_patient_who_answers_404_is_noticed_by_an_invoice_that_lost_them(clinic: Clinic) -> None:
    clinic.sync()
    bill_ana(clinic)
    clinic.sync()

    def vanish(world: cliniko.World) -> cliniko.World:
        at = clinic.clock.now()
        for invoice in control.invoices_of(world, ANA):
            fields = {"patient_id": None, "invoice_to": None}
            world = control.edit_record(world, "invoices", invoice, fields, at=at)
        return drop(world, ANA)

    clinic.later()
    clinic.practice.change(vanish)
    clinic.sync()
    clinic.sync()
    with clinic.app() as app:
        (found,) = find(app, ANA).document["found"]
    assert found["state"] == "deleted"
    assert files_with(clinic.home, TRACES) == []


def drop(world: cliniko.World, patient: str) -> cliniko.World:
    """Take a patient out of the practice without a trace, as no list shows somebody who is deleted for good."""
    from dataclasses import replace  # noqa: PLC0415

    table = world.table("patients")
    rows = {key: row for key, row in table.rows.items() if key != patient}
    return replace(world, tables={**world.tables, "patients": replace(table, rows=rows)})


def test_a_deletion_that_leaves_no_other_sign_is_found_by_asking(clinic: Clinic) -> None:
    clinic.sync()
    for change in (control.archive_record, control.delete_patient):
        at = clinic.later()
        arguments = ("patients", ANA) if change is control.archive_record else (ANA,)
        clinic.practice.change(lambda world, change=change, at=at, given=arguments: change(world, *given, at=at))  # type: ignore[misc]
        clinic.sync()
    assert files_with(clinic.home, TRACES)
    clinic.later(1800)
    clinic.sync()
    assert files_with(clinic.home, TRACES) == []


def archive_and_delete(clinic: Clinic, patient: str) -> None:
    """Archive somebody and delete them for good, before anybody looks again."""
    at = clinic.later()
    clinic.practice.change(lambda world: control.archive_record(world, "patients", patient, at=at))
    clinic.practice.change(lambda world: control.delete_patient(world, patient, at=at))


def test_somebody_archived_and_deleted_between_two_looks_is_missed_within_a_day(clinic: Clinic) -> None:
    clinic.sync()
    archive_and_delete(clinic, ANA)
    clinic.sync()
    assert files_with(clinic.home, TRACES)
    clinic.later(24 * 3600)
    clinic.sync()
    assert files_with(clinic.home, TRACES) == []
    with clinic.app() as app:
        assert [entry["subject"] for entry in export(app.journal) if entry["kind"] == "erased"] == [f"patient:{ANA}"]


def test_somebody_archived_and_deleted_between_two_looks_is_missed_by_a_whole_reading(clinic: Clinic) -> None:
    clinic.sync()
    archive_and_delete(clinic, ANA)
    clinic.sync(full=True)
    assert files_with(clinic.home, TRACES) == []
    assert clinic.patient(BEN)
    with clinic.app() as app:
        (found,) = find(app, BEN).document["found"]
    assert found["state"] == "active"


def test_a_newcomer_does_not_hide_somebody_who_is_gone(clinic: Clinic) -> None:
    clinic.sync()
    at = clinic.later()
    between = {"id": f"{ANA[:-1]}15", "first_name": "Cora", "last_name": "Lind", "created_at": at, "updated_at": at}
    clinic.practice.change(lambda world: cliniko.put(world, "patients", between))
    archive_and_delete(clinic, ANA)
    clinic.later(24 * 3600)
    clinic.sync()
    assert files_with(clinic.home, TRACES) == []


def test_few_calls_find_who_is_missing_among_many(clinic: Clinic) -> None:
    many = [str(int(BEN) + number) for number in range(1, 601)]
    for number, patient in enumerate(many):
        row = {"id": patient, "first_name": "Nr", "last_name": f"{number}", "created_at": NOW, "updated_at": NOW}
        clinic.practice.change(lambda world, row=row: cliniko.put(world, "patients", row))  # type: ignore[misc]
    clinic.sync()
    for patient in (ANA, many[400], many[599]):
        archive_and_delete(clinic, patient)
    clinic.later(24 * 3600)
    asked = len(clinic.practice.log)
    clinic.sync()
    calls = [one.request for one in clinic.practice.log[asked:] if one.request.path.startswith("/v1/patients")]
    assert len(calls) < 30
    assert files_with(clinic.home, TRACES) == []
    with clinic.app() as app:
        gone = {entry["subject"] for entry in export(app.journal) if entry["kind"] == "erased"}
    assert gone == {f"patient:{patient}" for patient in (ANA, many[400], many[599])}


def test_an_answer_by_which_nobody_is_left_forgets_nobody(clinic: Clinic) -> None:
    many = [str(int(BEN) + number) for number in range(1, 20)]
    for patient in many:
        row = {"id": patient, "first_name": "Nr", "last_name": patient[-2:], "created_at": NOW, "updated_at": NOW}
        clinic.practice.change(lambda world, row=row: cliniko.put(world, "patients", row))  # type: ignore[misc]
    clinic.sync()
    as_it_was = clinic.practice.world.table("patients")
    for patient in (ANA, BEN, *many):
        clinic.practice.change(lambda world, patient=patient: drop(world, patient))  # type: ignore[misc]
    clinic.later(24 * 3600)
    clinic.sync()
    assert files_with(clinic.home, TRACES)
    clinic.practice.change(lambda world: replace(world, tables={**world.tables, "patients": as_it_was}))
    clinic.sync()
    with clinic.app() as app:
        assert not [entry for entry in export(app.journal) if entry["kind"] == "erased"]


def test_a_crash_before_forgetting_is_made_good(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.sync()
    bill_ana(clinic)
    clinic.sync()
    at = clinic.later()
    clinic.practice.change(lambda world: control.delete_patient(world, ANA, at=at, anonymise=True))
    from ligament.store.memory import ClinicStore  # noqa: PLC0415

    with monkeypatch.context() as patched:
        patched.setattr(ClinicStore, "forget", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            clinic.sync()
    assert files_with(clinic.home, TRACES)
    clinic.sync()
    assert files_with(clinic.home, TRACES) == []


def test_the_database_is_a_real_file_here(clinic: Clinic) -> None:
    clinic.sync()
    (path,) = clinic.home.glob("ligament.db")
    with sqlite3.connect(path) as connection:
        assert connection.execute("select count(*) from contact_links").fetchone() == (2,)
