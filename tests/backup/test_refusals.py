"""A backup is taken of one moment and put back only when that is safe; otherwise nothing is changed."""

from __future__ import annotations

import json
import stat
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ligament.app.safety import restore as restoring
from ligament.app.safety.backup import back_up
from ligament.app.safety.restore import restore
from ligament.app.safety.sealing import seal_of
from ligament.core.notes import PAUSED_NOTE
from ligament.store.database.connection import open_database
from ligament.store.database.errors import NewerStore, WrongKey
from ligament.store.shared.leases import Leases
from ligament.store.shared.values import SharedValues
from ligament.wiring.clinic import open_clinic
from ligament.wiring.clocks import SystemClock
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.file_lock import AnotherRun, alone
from ligament.wiring.vault_keys import vault_key
from tests.backup.kit import backed_up, links, put_back, verified
from tests.support.stage import Stage

OTHER_KEY = "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="


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
        app.vault.put("practice/key", "canary-4c1d-secret")
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
        with open_clinic(clinic.settings(), outside=clinic.outside()) as app:
            number = 0
            while not stop.is_set() or number < 30:
                number += 1
                app.store.keep_note(PAUSED_NOTE, str(number))
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
        with clinic.app() as app, app.database.reading() as connection:
            noted = connection.exec_driver_sql("SELECT count(*) FROM journal WHERE kind = 'note'").scalar()
            value = app.store.note(PAUSED_NOTE)
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
        app.vault.put("practice/key", "secret")
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
        manifest["seal"] = seal_of(manifest, vault_key(file_clinic.home, file_clinic.environ))
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
        SharedValues(app.database).keep("*", "executor/desk-1", SystemClock().now().isoformat())
    with pytest.raises(AnotherRun, match="ligament serve"):
        put_back(clinic, file)


@pytest.mark.postgres
def test_nothing_is_restored_while_another_machine_works(tmp_path: Path, postgres_url: str) -> None:
    from tests.support.stage import stage  # noqa: PLC0415 - one test needs it

    clinic = stage(tmp_path / "home", database=postgres_url.replace("postgresql+psycopg://", "postgresql://"))
    clinic.sync()
    file = backed_up(clinic)
    with clinic.app() as app:
        Leases(app.database, "Riverside", SystemClock().now).take("cycle", "elsewhere/1", 60)
    with pytest.raises(AnotherRun, match="another worker"):
        put_back(clinic, file)
