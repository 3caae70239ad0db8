"""A backup put back, however old, makes nothing twice and finds again everything that was posted since."""

from __future__ import annotations

import json
import stat
import threading
import zipfile
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero.simulator import control as office
from ligament.core.ids import RunId
from ligament.core.intents import Subject, SubjectKind
from ligament.store.audit import verify
from ligament.store.beats import Beats
from ligament.store.engine import open_database
from ligament.store.errors import NewerStore, WrongKey
from ligament.store.leases import Leases
from ligament.wiring import restore as restoring
from ligament.wiring.app import open_app
from ligament.wiring.backup import back_up
from ligament.wiring.clocks import SystemClock
from ligament.wiring.locking import AnotherRun, alone
from ligament.wiring.restore import restore
from ligament.wiring.settings import ConfigurationError
from tests.backup.kit import backed_up, cut_off, links, put_back, twice, verified
from tests.backup.older import age_to_first
from tests.support.stage import Stage

OTHER_KEY = "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="


def work_on(clinic: Stage) -> None:
    """Let weeks of work happen after the backup: new people, invoices, payments, credits and edits."""
    patients = [clinic.patient(number, f"First{number}", f"Last{number}") for number in range(20, 26)]
    for patient in patients:
        clinic.invoice(patient=patient, paid=True)
        clinic.invoice(patient=patient, price="61.35", tax_name="GST", tax_rate="10")
    reversed_ = clinic.invoice(price="44.00")
    at = clinic.pass_time(seconds=30)
    clinic.practice.change(lambda world: desk.reverse_invoice(world, reversed_, at=at)[0])
    clinic.sync()
    clinic.pass_time(days=20)
    clinic.sync()


@pytest.fixture
def worked(clinic: Stage) -> tuple[Stage, Path, list[str]]:
    """A clinic with an old backup and much that happened since; and invoices that were open when it was made."""
    open_ones = [clinic.invoice(price="50.00"), clinic.invoice(price="70.00")]
    clinic.invoice(paid=True)
    clinic.sync()
    file = backed_up(clinic)
    clinic.pay(open_ones[0])
    at = clinic.pass_time(seconds=30)
    (item,) = [one for one in desk.items_of(clinic.practice.world, open_ones[1]) if not one.get("archived_at")]
    changed = [{**{k: item[k] for k in ("id", "name")}, "unit_price": "72.00"}]
    clinic.practice.change(lambda world: desk.edit_invoice(world, open_ones[1], {}, changed, at=at))
    work_on(clinic)
    return clinic, file, open_ones


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


def test_only_the_first_run_after_a_restore_reads_everything(worked: tuple[Stage, Path, list[str]]) -> None:
    clinic, file, _ = worked
    put_back(clinic, file)
    first = clinic.sync(leave_books=True)
    second = clinic.sync()
    assert first["calls"]["xero"]["GET"] > second["calls"]["xero"]["GET"]
    assert first["calls"]["xero"]["bytes"] > 4 * second["calls"]["xero"]["bytes"]


def test_a_restore_is_shown_first_and_needs_a_yes(worked: tuple[Stage, Path, list[str]]) -> None:
    clinic, file, _ = worked
    seen: list[dict[str, Any]] = []

    def look(document: dict[str, Any]) -> bool:
        seen.append(document)
        return False

    before = {path.name: path.read_bytes() for path in clinic.home.iterdir() if path.is_file()}
    verdict = restore(
        file,
        clinic.home,
        look,
        environ=clinic.environ,
        now=lambda: clinic.time.at,
    )
    assert not verdict.document["restored"]
    assert verdict.code == 1
    assert seen[0]["age"] == "20 days"
    assert seen[0]["clinics"][0]["newer_entries"] > 10
    assert {path.name: path.read_bytes() for path in clinic.home.iterdir() if path.is_file()} == before


def test_what_was_replaced_is_kept_and_can_be_put_back_in_turn(clinic: Stage) -> None:
    clinic.sync()
    file = backed_up(clinic)
    clinic.invoice(paid=True)
    clinic.sync()
    before = links(clinic)
    (clinic.home / "ligament.toml").write_text((clinic.home / "ligament.toml").read_text() + "# newer\n")
    done = put_back(clinic, file)
    assert "# newer" not in (clinic.home / "ligament.toml").read_text()
    kept = [clinic.home / name for name in done["kept"]]
    assert all(path.is_file() for path in kept)
    assert any("# newer" in path.read_text() for path in kept if path.name.startswith("ligament.toml"))
    (database,) = [path for path in kept if path.name.startswith(("ligament.db", "database"))]
    if database.suffix == ".backup":
        put_back(clinic, database)
        clinic.sync()
        assert links(clinic) == before
    else:
        opened = open_database(f"sqlite:///{database}")
        with opened.reading() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM document_links").scalar() == len(before[1])
        opened.close()


# --- the backup itself ------------------------------------------------------------------------------------------------


def test_a_backup_holds_no_key_and_no_open_secret(clinic: Stage) -> None:
    clinic.environ.pop("LIGAMENT_VAULT_KEY")
    clinic.sync()
    with clinic.app() as app:
        app.clinic.vault.put("practice/key", "canary-4c1d-secret")
    verdict = back_up(clinic.home.parent / "b", clinic.home, environ=clinic.environ)
    assert "vault.key" in verdict.document["key"]
    key = (clinic.home / "vault.key").read_text().strip().encode()
    with zipfile.ZipFile(clinic.home.parent / "b") as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert "vault.key" not in archive.namelist()
    assert key not in everything
    assert b"canary-4c1d-secret" not in everything
    assert stat.S_IMODE((clinic.home.parent / "b").stat().st_mode) == 0o600


def test_a_backup_taken_while_others_write_is_of_one_moment(clinic: Stage) -> None:
    clinic.sync()
    stop = threading.Event()
    wrote = []

    def write() -> None:
        with open_app(clinic.settings(), outside=clinic.outside()) as app:
            number = 0
            while not stop.is_set() or number < 30:
                number += 1
                app.clinic.store.keep_note("counter", str(number))
                wrote.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    files = [backed_up(clinic, f"backup-{number}.zip") for number in range(4)]
    stop.set()
    writer.join()
    assert wrote
    for file in files:
        put_back(clinic, file)
        found = verified(clinic)
        assert found["holds"], found
        with clinic.app() as app, app.clinic.database.reading() as connection:
            noted = connection.exec_driver_sql("SELECT count(*) FROM journal WHERE kind = 'note'").scalar()
            value = app.clinic.store.note("counter")
        assert noted is not None
        assert value == "" or int(value) <= noted


def test_a_backup_never_overwrites_a_file(file_clinic: Stage) -> None:
    file_clinic.sync()
    file = backed_up(file_clinic)
    with pytest.raises(ConfigurationError, match="already"):
        backed_up(file_clinic)
    assert zipfile.is_zipfile(file)


def test_there_is_nothing_to_back_up_before_the_first_run(file_clinic: Stage) -> None:
    with pytest.raises(ConfigurationError, match="nothing to back up"):
        backed_up(file_clinic)
    assert list(file_clinic.home.parent.glob(".backup*")) == []


# --- what is refused --------------------------------------------------------------------------------------------------


def test_another_vault_key_is_refused_and_nothing_changed(clinic: Stage) -> None:
    clinic.sync()
    with clinic.app() as app:
        app.clinic.vault.put("practice/key", "secret")
    file = backed_up(clinic)
    with pytest.raises(WrongKey, match="another vault key"):
        put_back(clinic, file, LIGAMENT_VAULT_KEY=OTHER_KEY)
    assert verified(clinic)["gaps"] == []


def test_a_home_without_a_key_gets_none_made_up(file_clinic: Stage, tmp_path: Path) -> None:
    file_clinic.sync()
    file = backed_up(file_clinic)
    environ = {name: value for name, value in file_clinic.environ.items() if name != "LIGAMENT_VAULT_KEY"}
    with pytest.raises(ConfigurationError, match="put the vault key"):
        restore(file, tmp_path / "new", lambda _: True, environ=environ)
    assert not (tmp_path / "new" / "vault.key").exists()


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


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9, 0.999])
def test_a_damaged_backup_is_refused_and_nothing_changed(file_clinic: Stage, place: float) -> None:
    file_clinic.invoice(paid=True)
    file_clinic.sync()
    file = backed_up(file_clinic)
    whole = bytearray(file.read_bytes())
    for offset in range(40):
        whole[int(len(whole) * place) - offset - 1] ^= 0xFF
    file.write_bytes(whole)
    before = (file_clinic.home / "ligament.db").read_bytes()
    with pytest.raises(ConfigurationError):
        put_back(file_clinic, file)
    assert (file_clinic.home / "ligament.db").read_bytes() == before
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ConfigurationError, match="damaged"):
        put_back(file_clinic, file)


def test_a_part_that_was_exchanged_is_refused(file_clinic: Stage) -> None:
    file_clinic.sync()
    file = backed_up(file_clinic)
    forged = file.with_name("forged.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(forged, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"# other" if name == "home/ligament.toml" else old.read(name))
    with pytest.raises(ConfigurationError, match=r"home/ligament\.toml is damaged"):
        put_back(file_clinic, forged)


def test_a_name_that_leads_out_of_the_home_is_refused(file_clinic: Stage) -> None:
    file_clinic.sync()
    file = backed_up(file_clinic)
    forged = file.with_name("forged.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(forged, "w") as new:
        manifest = json.loads(old.read("manifest.json"))
        part = manifest["parts"].pop("home/ligament.toml")
        manifest["parts"]["home/../../escaped.toml"] = part
        for name in old.namelist():
            if name == "manifest.json":
                new.writestr(name, json.dumps(manifest))
            else:
                new.writestr(name.replace("home/ligament.toml", "home/../../escaped.toml"), old.read(name))
    with pytest.raises(ConfigurationError, match="damaged"):
        put_back(file_clinic, forged)
    assert not list(file_clinic.home.parent.glob("escaped*"))


def test_a_backup_of_a_newer_version_is_refused(file_clinic: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    file_clinic.sync()
    file = backed_up(file_clinic)
    monkeypatch.setattr(restoring, "NEWEST", "0001")
    with pytest.raises(NewerStore, match="newer version"):
        put_back(file_clinic, file)


def test_another_kind_of_database_is_refused(file_clinic: Stage) -> None:
    file_clinic.sync()
    file = backed_up(file_clinic)
    with pytest.raises(ConfigurationError, match="SQLite database, and this home is on PostgreSQL"):
        put_back(file_clinic, file, LIGAMENT_DATABASE_URL="postgresql://nowhere/none")


def test_nothing_is_restored_while_a_run_is_under_way(clinic: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.sync()
    file = backed_up(clinic)
    monkeypatch.setattr(restoring, "_PATIENCE_MS", 0)
    with alone(clinic.home, "Riverside", lambda _: None, 0), pytest.raises(AnotherRun, match="Riverside"):
        put_back(clinic, file)
    assert verified(clinic)["gaps"] == []


def test_nothing_is_restored_while_a_service_is_alive(clinic: Stage) -> None:
    clinic.sync()
    file = backed_up(clinic)
    with clinic.app() as app:
        Beats(app.clinic.database).keep("*", "executor/desk-1", SystemClock().now().isoformat())
    with pytest.raises(AnotherRun, match="ligament serve"):
        put_back(clinic, file)


@pytest.mark.postgres
def test_nothing_is_restored_while_another_machine_works(tmp_path: Path, postgres_url: str) -> None:
    from tests.support.stage import stage  # noqa: PLC0415 - one test needs it

    clinic = stage(tmp_path / "home", database=postgres_url.replace("postgresql+psycopg://", "postgresql://"))
    clinic.sync()
    file = backed_up(clinic)
    with clinic.app() as app:
        Leases(app.clinic.database, "Riverside", SystemClock().now).take("cycle", "elsewhere/1", 60)
    with pytest.raises(AnotherRun, match="another worker"):
        put_back(clinic, file)


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
