"""What a backup remembers and what is gone since: lines taken off an invoice, and credit taken off one later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ligament.app.approvals import approve
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero.simulator import control as office
from ligament.ports.errors import PortError
from ligament.simkit.messages import Request, Response
from tests.backup.kit import backed_up, put_back
from tests.support.stage import Stage, stage

REFUND = {"name": "Refund", "quantity": "-1.0", "unit_price": "20.00"}


def test_lines_that_were_taken_off_since_the_backup_do_not_come_back(tmp_path: Path) -> None:
    """A list shows what is there, not what is gone: the old line stayed, and the sum was wrong."""
    clinic = stage(tmp_path / "home")
    gone = cliniko.Switches(editing_items="replaces", removed_items_are="gone")
    clinic.practice.change(lambda world: cliniko.with_switches(world, gone))
    invoice = clinic.invoice(price="95.00")
    clinic.sync()
    file = backed_up(clinic)
    lines = [{"name": "Consult", "unit_price": "61.35"}]
    clinic.practice.change(lambda world: desk.edit_invoice(world, invoice, {}, lines, at=clinic.pass_time(seconds=30)))
    clinic.sync()
    put_back(clinic, file)
    report = clinic.sync()
    assert report["holds"] == []
    assert [str(one.total) for one in clinic.kept_books().invoices.values()] == ["61.35"]


def test_what_somebody_changed_on_a_paid_document_is_asked_about_once_the_money_is_off(tmp_path: Path) -> None:
    """It was found again with another due date than ours, and nobody knows any more who changed it."""
    clinic = stage(tmp_path / "home")
    clinic.sync()
    file = backed_up(clinic)
    invoice = clinic.invoice(paid=True)
    clinic.sync()
    (document,) = clinic.kept_books().invoices.values()
    due = {"DueDate": "2027-02-01"}
    at = clinic.pass_time(minutes=1)
    clinic.books.change(lambda world: office.edit_invoice(world, document.document_id, due, at=at))
    put_back(clinic, file)
    clinic.sync()
    clinic.unpay(invoice)
    clinic.sync()
    told = clinic.sync()
    assert [(hold["code"], hold["detail"]["changed"]) for hold in told["holds"]] == [("edited_in_xero", ["due date"])]
    (document,) = clinic.kept_books().invoices.values()
    assert (document.due_on.isoformat(), document.outstanding) == ("2027-02-01", document.total)
    with clinic.app() as app:
        approve(app, [told["holds"][0]["id"]])
    assert clinic.sync()["holds"] == []
    (document,) = clinic.kept_books().invoices.values()
    assert document.due_on.isoformat() != "2027-02-01"


def test_credit_that_a_person_takes_off_after_a_restore_stays_off(tmp_path: Path) -> None:
    """The backup is older than the credit note: that it was used is known again before anybody takes it off."""
    clinic, file = with_credit_since_backup(tmp_path / "home")
    assert len(clinic.kept_books().allocations) == 1
    put_back(clinic, file)
    clinic.sync()
    (allocation,) = clinic.kept_books().allocations
    at = clinic.pass_time(seconds=30)
    clinic.books.change(lambda world: office.remove_allocation(world, allocation, at=at))
    clinic.clear_log()
    for _ in range(2):
        clinic.sync()
    assert clinic.writes() == []


def test_credit_taken_off_while_both_sides_are_read_stays_off(tmp_path: Path) -> None:
    """The invoices had been read with the credit on them, the credit notes were read without it."""
    clinic, file = with_credit_since_backup(tmp_path / "home")
    put_back(clinic, file)
    (allocation,) = clinic.kept_books().allocations
    just_before(clinic, "/CreditNotes", lambda world, at: office.remove_allocation(world, allocation, at=at))
    clinic.clear_log()
    for _ in range(3):
        clinic.sync()
    assert clinic.writes() == []


@pytest.mark.parametrize("cut", ["/Accounts", "/CreditNotes"])
def test_a_payment_that_a_person_deletes_between_two_runs_after_a_restore_stays_deleted(
    tmp_path: Path, cut: str
) -> None:
    """The first run was cut off after it had read the payment, before anything was linked."""
    clinic = stage(tmp_path / "home")
    file = backed_up_before(clinic)
    clinic.invoice(price="95.00", paid=True)
    clinic.sync()
    put_back(clinic, file)
    handle = clinic.books._handle

    def failing(world: Any, request: Request) -> Any:
        broken = request.method == "GET" and request.path.endswith(cut)
        return (world, Response(status=503)) if broken else handle(world, request)

    clinic.books._handle = failing
    with pytest.raises(PortError):
        clinic.sync()
    clinic.books._handle = handle
    (payment,) = clinic.kept_books().payments
    at = clinic.pass_time(seconds=30)
    clinic.books.change(lambda world: office.delete_payment(world, payment, at=at))
    clinic.clear_log()
    for _ in range(3):
        clinic.sync()
    assert clinic.writes() == []


def test_a_contact_merged_into_that_of_another_patient_leaves_the_other_its_own(tmp_path: Path) -> None:
    """Seed 921: both links were lost; the first took the survivor over, and the second could not be made for ever."""
    clinic = stage(tmp_path / "home")
    file = backed_up_before(clinic)
    clinic.invoice(price="95.00")
    clinic.invoice(price="61.00", patient=clinic.patient(9, "Bram", "Thistle"))
    clinic.sync()
    put_back(clinic, file)
    first, other = clinic.kept_books().contacts
    at = clinic.pass_time(seconds=30)
    clinic.books.change(lambda world: office.merge_contacts(world, loser_id=first, winner_id=other, at=at))
    clinic.clear_log()
    for _ in range(2):
        clinic.sync()
    assert clinic.writes() == []


def with_credit_since_backup(home: Path) -> tuple[Stage, Path]:
    """Return a clinic whose invoice had a credit note used on it after the backup that comes with it."""
    clinic = stage(home)
    file = backed_up_before(clinic)
    invoice = clinic.invoice(price="95.00")
    at = clinic.pass_time(seconds=30)

    def credited(world: Any) -> Any:
        world, note = desk.reverse_invoice(world, invoice, [REFUND], at=at)
        # An open credit is not used; the practice has to say so (choice C06).
        return desk.apply_credit(world, note, invoice, at=at)[0]

    clinic.practice.change(credited)
    clinic.sync()
    return clinic, file


def just_before(clinic: Stage, path: str, act: Callable[[Any, datetime], Any]) -> None:
    """Let a person do something once, just before that list is read."""
    handle, waiting = clinic.books._handle, [act]

    def acting(world: Any, request: Request) -> Any:
        if waiting and request.method == "GET" and request.path.endswith(path):
            world = waiting.pop()(world, request.at)
        return handle(world, request)

    clinic.books._handle = acting


def backed_up_before(clinic: Stage) -> Path:
    """Back up what a first run with nothing to do leaves."""
    clinic.sync()
    return backed_up(clinic)
