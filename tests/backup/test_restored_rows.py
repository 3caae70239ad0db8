"""What a backup remembers and what is gone since: lines taken off an invoice, and credit taken off one later."""

from __future__ import annotations

from pathlib import Path

from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero.simulator import control as office
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


def test_credit_that_a_person_takes_off_after_a_restore_stays_off(tmp_path: Path) -> None:
    """The backup is older than the credit note: that it was used is known again before anybody takes it off."""
    clinic = stage(tmp_path / "home")
    file = backed_up_before(clinic)
    invoice = clinic.invoice(price="95.00")
    at = clinic.pass_time(seconds=30)
    clinic.practice.change(lambda world: desk.reverse_invoice(world, invoice, [REFUND], at=at)[0])
    clinic.sync()
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


def backed_up_before(clinic: Stage) -> Path:
    """Back up what a first run with nothing to do leaves."""
    clinic.sync()
    return backed_up(clinic)
