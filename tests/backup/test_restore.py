"""A backup put back, however old, makes nothing twice and finds again everything that was posted since."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero.simulator import control as office
from ligament.core.ids import RunId
from ligament.core.intents import Subject, SubjectKind
from ligament.store.audit import verify
from ligament.store.engine import open_database
from ligament.wiring import restore as restoring
from tests.backup.kit import backed_up, cut_off, links, put_back, twice, verified
from tests.backup.older import age_to_first
from tests.support.stage import Stage


def test_after_an_old_backup_nothing_is_made_twice_and_everything_is_linked_again(
    worked: tuple[Stage, Path, list[str]],
) -> None:
    clinic, file, _ = worked
    before = links(clinic)
    assert len(before[1]) > 10
    clinic.clear_log()
    assert put_back(clinic, file)["restored"]
    assert links(clinic) != before
    report = clinic.sync()
    assert clinic.writes() == []
    assert report["holds"] == []
    assert links(clinic) == before
    assert twice(clinic) == []
    again = clinic.sync()
    assert clinic.writes() == []
    assert sum(again["planned"].values()) == 0
    assert clinic.sync()["calls"] == again["calls"]


def test_a_plan_right_after_a_restore_shows_that_nothing_would_be_made(worked: tuple[Stage, Path, list[str]]) -> None:
    clinic, file, _ = worked
    put_back(clinic, file)
    with clinic.app() as app:
        actions = {action["action"] for action in app.plan().document["actions"]}
    assert actions <= {"link_contact", "link_document"}
    clinic.clear_log()
    clinic.sync()
    assert clinic.writes() == []


def test_a_payment_posted_after_the_backup_is_still_ours_to_take_back(worked: tuple[Stage, Path, list[str]]) -> None:
    clinic, file, open_ones = worked
    put_back(clinic, file)
    clinic.unpay(open_ones[0])
    for _ in range(2):
        clinic.sync()
    number = [one for one in clinic.kept_books().invoices.values() if one.reference.endswith(open_ones[0])]
    assert [(one.status, one.amount_paid) for one in number] == [("AUTHORISED", 0)]


def test_the_journal_tells_where_the_gap_is_and_is_no_alarm(worked: tuple[Stage, Path, list[str]]) -> None:
    clinic, file, _ = worked
    newer = verified(clinic)["entries"]
    put_back(clinic, file)
    clinic.sync()
    found = verified(clinic)
    assert (found["holds"], found["broken_at"]) == (True, None)
    (gap,) = found["gaps"]
    assert gap["last"] == newer
    assert gap["at"] == gap["first"]
    assert f"entries {gap['first']} to {newer} of before" in gap["sentence"]
    clinic.invoice()
    clinic.sync()
    assert verified(clinic)["holds"]


def test_until_both_sides_were_read_to_their_end_once_every_run_reads_all(clinic: Stage) -> None:
    """A plan on half of the books could make somebody a second time whom the other half shows."""
    invoice = clinic.invoice()
    first = clinic.sync(hints=())
    assert (first["created"]["invoices"], invoice) == (1, invoice)
    clinic.invoice()
    second = clinic.sync(hints=())
    assert second["created"]["invoices"] == 0
    assert second["calls"].get("cliniko", {}).get("GET", 0) == 0


def test_only_the_first_run_after_a_restore_reads_everything(worked: tuple[Stage, Path, list[str]]) -> None:
    clinic, file, _ = worked
    put_back(clinic, file)
    first = clinic.sync(leave_books=True)
    second = clinic.sync()
    assert first["calls"]["xero"]["GET"] > second["calls"]["xero"]["GET"]
    assert first["calls"]["xero"]["bytes"] > 4 * second["calls"]["xero"]["bytes"]


def test_a_new_machine_starts_from_a_backup_and_the_key(worked: tuple[Stage, Path, list[str]], tmp_path: Path) -> None:
    clinic, file, _ = worked
    if clinic.environ.get("LIGAMENT_DATABASE_URL"):
        database = open_database(clinic.environ["LIGAMENT_DATABASE_URL"])
        with database.writing("gone") as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        database.close()
    before = len(clinic.kept_books().invoices)
    clinic.home = tmp_path / "new machine"
    put_back(clinic, file, clinic.home)
    clinic.clear_log()
    clinic.sync()
    assert clinic.writes() == []
    assert len(clinic.kept_books().invoices) == before
    assert verified(clinic)["holds"]


# --- what no backup undoes --------------------------------------------------------------------------------------------


def test_a_database_put_back_by_hand_is_still_an_alarm(file_clinic: Stage) -> None:
    file_clinic.sync()
    copy = (file_clinic.home / "ligament.db").read_bytes()
    file_clinic.invoice()
    file_clinic.sync()
    (file_clinic.home / "ligament.db").write_bytes(copy)
    found = verified(file_clinic)
    assert not found["holds"]
    assert "an older copy of the database was put back" in found["reason"]


def test_a_restored_database_that_is_cut_off_is_an_alarm(file_clinic: Stage) -> None:
    file_clinic.sync()
    file = backed_up(file_clinic)
    file_clinic.invoice()
    file_clinic.sync()
    put_back(file_clinic, file)
    copy = (file_clinic.home / "ligament.db").read_bytes()
    file_clinic.sync()
    assert verified(file_clinic)["holds"]
    (file_clinic.home / "ligament.db").write_bytes(copy)
    assert not verified(file_clinic)["holds"]


def test_another_machines_head_at_the_end_that_was_put_aside_is_no_alarm(file_clinic: Stage) -> None:
    file_clinic.sync()
    file = backed_up(file_clinic)
    file_clinic.invoice()
    file_clinic.sync()
    (head,) = file_clinic.home.glob("journal-*.head")
    elsewhere = head.read_bytes()
    put_back(file_clinic, file)
    head.write_bytes(elsewhere)
    assert verified(file_clinic)["holds"]


def test_a_power_cut_between_database_and_journal_is_finished_by_the_next_run(
    clinic: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic.sync()
    file = backed_up(clinic)
    clinic.invoice(paid=True)
    clinic.sync()
    with monkeypatch.context() as patch:
        patch.setattr(restoring, "_told", lambda *_: None)
        patch.setattr(restoring, "_replaced", lambda *_: [])
        put_back(clinic, file)
    clinic.clear_log()
    clinic.sync()
    assert clinic.writes() == []
    found = verified(clinic)
    assert found["holds"], found
    assert len(found["gaps"]) == 1


def test_people_erased_since_the_backup_are_erased_again(clinic: Stage) -> None:
    patient = clinic.patient(40, "Zelda", "Quagmire")
    clinic.invoice(patient=patient)
    clinic.sync()
    file = backed_up(clinic)
    with clinic.app() as app:
        app.clinic.store.forget(Subject(kind=SubjectKind.PATIENT, id=patient))
    assert not _knows(clinic, "Quagmire")
    put_back(clinic, file)
    assert not _knows(clinic, "Quagmire")


def _knows(clinic: Stage, word: str) -> bool:
    with clinic.app() as app, app.clinic.database.reading() as connection:
        bodies = connection.exec_driver_sql("SELECT body FROM practice_rows").scalars().all()
        return any(word.encode() in bytes(body) for body in bodies)


def test_a_sign_in_renewed_since_the_backup_is_kept(clinic: Stage) -> None:
    clinic.sync()
    with clinic.app() as app:
        app.clinic.vault.put("xero/tokens", "old")
        app.clinic.vault.put("xero/client_id", "old")
    file = backed_up(clinic)
    clinic.pass_time(hours=1)
    with clinic.app() as app:
        app.clinic.vault.put("xero/tokens", "renewed")
        app.clinic.vault.put("xero/client_id", "changed")
    put_back(clinic, file)
    with clinic.app() as app:
        assert app.clinic.vault.get("xero/tokens") == "renewed"
        assert app.clinic.vault.get("xero/client_id") == "old"


def test_fences_and_used_up_limits_are_not_taken_back(clinic: Stage) -> None:
    clinic.sync()
    file = backed_up(clinic)
    for _ in range(3):
        clinic.sync()
    count = "SELECT count(*) FROM window_calls"
    fence = "SELECT max(fence) FROM leases"
    with clinic.app() as app, app.clinic.database.reading() as connection:
        before = [connection.exec_driver_sql(text).scalar() or 0 for text in (count, fence)]
    put_back(clinic, file)
    with clinic.app() as app, app.clinic.database.reading() as connection:
        after = [connection.exec_driver_sql(text).scalar() or 0 for text in (count, fence)]
    assert after[0] == before[0]
    assert after[1] > before[1]


# --- work in flight ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [1, 2, 3])
def test_a_call_left_open_in_the_backup_is_looked_up_first(
    clinic: Stage, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    clinic.invoice(paid=True)
    cut_off(clinic, monkeypatch, write=write)
    file = backed_up(clinic)
    clinic.pass_time(minutes=30)
    clinic.sync()
    clinic.invoice(paid=True)
    clinic.sync()
    before = links(clinic)
    put_back(clinic, file)
    clinic.pass_time(hours=1)
    clinic.clear_log()
    report = clinic.sync()
    assert report["recovered"] == 1
    assert clinic.writes() == []
    assert links(clinic) == before
    assert twice(clinic) == []


def test_an_older_schema_is_upgraded_as_it_is_put_back(clinic: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.invoice(paid=True)
    cut_off(clinic, monkeypatch, write=2)
    age_to_first(clinic.settings().database_url)
    file = backed_up(clinic)
    with zipfile.ZipFile(file) as archive:
        assert json.loads(archive.read("manifest.json"))["schema"] == "0001"
    clinic.pass_time(minutes=30)
    clinic.sync()
    clinic.invoice(paid=True)
    clinic.sync()
    before = links(clinic)
    put_back(clinic, file)
    clinic.pass_time(hours=1)
    clinic.clear_log()
    clinic.sync()
    assert clinic.writes() == []
    assert links(clinic) == before
    clinic.invoice()
    assert clinic.sync()["created"]["invoices"] == 1
    assert twice(clinic) == []


def _edited(clinic: Stage, invoice: str, price: str) -> None:
    at = clinic.pass_time(seconds=30)
    (item,) = [one for one in desk.items_of(clinic.practice.world, invoice) if not one.get("archived_at")]
    changed = [{"id": item["id"], "name": item["name"], "unit_price": price}]
    clinic.practice.change(lambda world: desk.edit_invoice(world, invoice, {}, changed, at=at))


def test_an_adjustment_posted_since_the_backup_is_found_again(clinic: Stage) -> None:
    rulebook = clinic.home / "ligament.toml"
    rulebook.write_text(rulebook.read_text().replace("[invoices]", '[invoices]\npaid_edits = "adjust"'))
    made = clinic.invoice(paid=True)
    other = clinic.invoice(paid=True)
    clinic.sync()
    file = backed_up(clinic)
    _edited(clinic, made, "120.00")
    _edited(clinic, other, "60.00")
    for _ in range(2):
        clinic.sync()
    before = links(clinic)
    assert sum(number.endswith("-A1") for number in before[1]) == 2
    put_back(clinic, file)
    clinic.clear_log()
    for _ in range(2):
        assert clinic.sync()["holds"] == []
    assert clinic.writes() == []
    assert links(clinic) == before
    assert twice(clinic) == []


@pytest.mark.parametrize(("then", "last"), [("150.00", "130.00"), ("40.00", "110.00"), ("100.00", "70.00")])
def test_an_adjustment_for_an_earlier_state_is_linked_and_only_what_is_left_is_adjusted(
    file_clinic: Stage, then: str, last: str
) -> None:
    clinic = file_clinic
    rulebook = clinic.home / "ligament.toml"
    rulebook.write_text(rulebook.read_text().replace("[invoices]", '[invoices]\npaid_edits = "adjust"'))
    made = clinic.invoice(price="80.00", paid=True)
    clinic.sync()
    file = backed_up(clinic)
    _edited(clinic, made, then)
    for _ in range(2):
        clinic.sync()
    put_back(clinic, file)
    _edited(clinic, made, last)
    for _ in range(3):
        assert clinic.sync()["holds"] == []
    books = clinic.kept_books()
    ours = [one for one in (*books.invoices.values(), *books.credit_notes.values()) if one.reference.endswith(made)]
    assert len([one for one in ours if one.number.endswith(("-A1", "-A2"))]) == len(ours) - 1 == 2
    assert sum(one.total if one.type == "ACCREC" else -one.total for one in ours) == Decimal(last)
    clinic.clear_log()
    clinic.sync()
    assert clinic.writes() == []
    assert twice(clinic) == []


def test_an_invoice_issued_again_since_the_backup_is_found_again(clinic: Stage) -> None:
    made = clinic.invoice()
    clinic.sync()
    file = backed_up(clinic)
    for change in (desk.archive_invoice, desk.unarchive_invoice):
        at = clinic.pass_time(minutes=5)
        clinic.practice.change(partial(change, invoice_id=made, at=at))
        clinic.sync()
    before = links(clinic)
    assert any(number.endswith("-2") for number in before[1])
    put_back(clinic, file)
    clinic.clear_log()
    for _ in range(2):
        clinic.sync()
    assert clinic.writes() == []
    assert links(clinic) == before


@pytest.mark.parametrize("paid", [False, True])
def test_one_issued_again_that_says_something_else_by_now_asks(file_clinic: Stage, *, paid: bool) -> None:
    clinic = file_clinic
    made = clinic.invoice(price="50.00")
    clinic.sync()
    file = backed_up(clinic)
    _edited(clinic, made, "80.00")
    clinic.sync()
    for change in (desk.archive_invoice, desk.unarchive_invoice):
        at = clinic.pass_time(minutes=5)
        clinic.practice.change(partial(change, invoice_id=made, at=at))
        clinic.sync()
    if paid:
        clinic.pay(made)
        clinic.sync()
    _edited(clinic, made, "50.00")
    put_back(clinic, file)
    clinic.clear_log()
    report = clinic.sync()
    assert [hold["code"] for hold in report["holds"]] == ["paid_edit" if paid else "edited_in_xero"]
    assert clinic.writes() == []


def test_a_void_since_the_backup_is_not_posted_again(clinic: Stage) -> None:
    made = clinic.invoice()
    clinic.sync()
    file = backed_up(clinic)
    at = clinic.pass_time(seconds=30)
    clinic.practice.change(lambda world: desk.archive_invoice(world, made, at=at))
    clinic.sync()
    (document,) = clinic.kept_books().invoices.values()
    assert document.status == "VOIDED"
    put_back(clinic, file)
    clinic.clear_log()
    clinic.sync()
    clinic.sync()
    assert clinic.writes() == []


def test_what_people_did_in_the_books_since_the_backup_stays(clinic: Stage) -> None:
    clinic.invoice()
    clinic.sync()
    file = backed_up(clinic)
    (document,) = clinic.kept_books().invoices.values()
    clinic.books.change(
        lambda world: office.pay_invoice(world, document.document_id, amount=Decimal(10), at=clinic.time.at)[0]
    )
    put_back(clinic, file)
    clinic.clear_log()
    clinic.sync()
    assert clinic.writes() == []


def test_verification_of_a_journal_without_any_restore_has_no_gaps(clinic: Stage) -> None:
    clinic.sync()
    with clinic.app() as app:
        assert verify(app.clinic.journal).gaps == ()
        assert replace(verify(app.clinic.journal)).holds
        assert app.clinic.runs.one(RunId("none")) is None
