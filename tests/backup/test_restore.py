"""A backup put back, however old, makes nothing twice and finds again everything that was posted since."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from ligament.app.plans import whole
from ligament.app.safety import put_back as putting
from ligament.app.safety import restore as restoring
from ligament.app.sync import sync
from ligament.core.ids import RunId
from ligament.core.intents import Subject, SubjectKind
from ligament.core.notes import BOOKS_PIN_NOTE, RECONCILE_DUE_NOTE
from ligament.ports.errors import SignInAgain
from ligament.store.database.connection import Database, open_database
from ligament.store.journal.audit import verify
from ligament.store.shared.values import EVERYBODY, SharedValues
from tests.backup.kit import backed_up, cut_off, knows, links, put_back, twice, verified
from tests.backup.older import age_to_first
from tests.support.stage import Stage

STRANGER = {"id": "777", "subdomain": "other-side", "name": "Other Side Physio"}


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
        actions = {action["action"] for action in whole(app).document["actions"]}
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
    assert first["bytes"]["xero"] > 4 * second["bytes"]["xero"]


def test_a_restore_ends_with_a_comparison_that_is_due(worked: tuple[Stage, Path, list[str]]) -> None:
    clinic, file, _ = worked
    with clinic.app() as opened:
        assert not opened.store.note(RECONCILE_DUE_NOTE)
    put_back(clinic, file)
    clinic.sync()
    with clinic.app() as opened:
        # The next turn makes it: tests/service/test_comparisons.py.
        assert opened.store.note(RECONCILE_DUE_NOTE) == "restore"


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


def test_who_has_the_database_open_meanwhile_goes_on_with_what_was_put_back(file_clinic: Stage) -> None:
    file_clinic.sync()
    file = backed_up(file_clinic)
    file_clinic.invoice()
    file_clinic.sync()
    waiting = opened(file_clinic, "ligament.db")
    before = how_many(waiting)
    kept = put_back(file_clinic, file)["kept"]
    assert how_many(waiting) == before - 1
    SharedValues(waiting).keep(EVERYBODY, "something", "after the restore")
    waiting.close()
    now, replaced = opened(file_clinic, "ligament.db"), opened(file_clinic, kept[0])
    assert SharedValues(now).one(EVERYBODY, "something") == "after the restore"
    assert how_many(replaced) == before
    now.close()
    replaced.close()
    assert verified(file_clinic)["holds"]
    assert (file_clinic.home / kept[0]).stat().st_mode & 0o777 == 0o600


def opened(clinic: Stage, name: str) -> Database:
    return open_database(f"sqlite:///{clinic.home / name}", as_it_is=True)


def how_many(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM document_links").scalar_one())


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
        patch.setattr(putting, "_replaced", lambda *_: [])
        put_back(clinic, file)
    clinic.clear_log()
    clinic.sync()
    assert clinic.writes() == []
    found = verified(clinic)
    assert found["holds"], found
    assert len(found["gaps"]) == 1


def test_a_rulebook_is_there_at_every_moment_of_a_restore(file_clinic: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    file_clinic.sync()
    file = backed_up(file_clinic)
    rulebook = file_clinic.home / "ligament.toml"
    rulebook.write_text(rulebook.read_text(encoding="utf-8") + "\n# changed since\n", encoding="utf-8")
    real = Path.replace

    def looked_at(one: Path, other: Path) -> Path:
        assert rulebook.is_file()
        return real(one, other)

    monkeypatch.setattr(Path, "replace", looked_at)
    assert put_back(file_clinic, file)["restored"]
    assert "changed since" not in rulebook.read_text(encoding="utf-8")
    assert [one for one in file_clinic.home.glob("ligament.toml.before-restore-*") if "since" in one.read_text()]


def test_people_erased_since_the_backup_are_erased_again(clinic: Stage) -> None:
    patient = clinic.patient(40, "Zelda", "Quagmire")
    clinic.invoice(patient=patient)
    clinic.sync()
    file = backed_up(clinic)
    with clinic.app() as app:
        app.store.forget(Subject(kind=SubjectKind.PATIENT, id=patient))
    assert not knows(clinic, "Quagmire")
    put_back(clinic, file)
    assert not knows(clinic, "Quagmire")


def test_a_sign_in_renewed_since_the_backup_is_kept(clinic: Stage) -> None:
    clinic.sync()
    with clinic.app() as app:
        app.vault.put("xero/tokens", "old")
        app.vault.put("xero/client_id", "old")
    file = backed_up(clinic)
    clinic.pass_time(hours=1)
    with clinic.app() as app:
        app.vault.put("xero/tokens", "renewed")
        app.vault.put("xero/client_id", "changed")
    put_back(clinic, file)
    with clinic.app() as app:
        assert app.vault.get("xero/tokens") == "renewed"
        assert app.vault.get("xero/client_id") == "old"


def test_a_backup_from_before_the_connection_leaves_the_clinic_with_its_own_practice_and_books(clinic: Stage) -> None:
    with clinic.app():
        file = backed_up(clinic)
    clinic.invoice()
    clinic.sync()
    clinic.clear_log()
    put_back(clinic, file)
    own = clinic.practice.world
    clinic.practice.change(lambda world: replace(world, settings={**world.settings, "account": STRANGER}))
    with clinic.app() as app, pytest.raises(SignInAgain, match="another practice"):
        sync(app)
    assert clinic.writes() == []
    with clinic.app() as app:
        assert app.store.note(BOOKS_PIN_NOTE) == clinic.kept_books().organisation.organisation_id
    clinic.practice.change(lambda world: replace(world, settings=own.settings))
    assert clinic.sync()["created"]["invoices"] == 0
    assert verified(clinic)["holds"]


def test_fences_and_used_up_limits_are_not_taken_back(clinic: Stage) -> None:
    clinic.sync()
    file = backed_up(clinic)
    for _ in range(3):
        clinic.sync()
    count = "SELECT count(*) FROM window_calls"
    fence = "SELECT max(fence) FROM leases"
    with clinic.app() as app, app.database.reading() as connection:
        before = [connection.exec_driver_sql(text).scalar() or 0 for text in (count, fence)]
    put_back(clinic, file)
    with clinic.app() as app, app.database.reading() as connection:
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


def test_verification_of_a_journal_without_any_restore_has_no_gaps(clinic: Stage) -> None:
    clinic.sync()
    with clinic.app() as app:
        assert verify(app.journal).gaps == ()
        assert replace(verify(app.journal)).holds
        assert app.runs.one(RunId("none")) is None
