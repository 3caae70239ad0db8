"""The written rulebook loads and says every default; the key of the vault changes without ever being lost."""

from __future__ import annotations

import base64
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ligament.app.errors import trouble_of
from ligament.app.safety.vault import rotate_key
from ligament.app.setup.init import rulebook_text, write_rulebook
from ligament.core.notes import PAUSED_NOTE
from ligament.core.rules.model import Rulebook
from ligament.store.database.errors import WrongKey
from ligament.store.shared.heartbeats import ALIVE_S, Heartbeats, executor_name
from ligament.store.shared.values import SharedValues
from ligament.store.vault.vault import Vault
from ligament.wiring import vault_rotation
from ligament.wiring.clinic import open_clinic
from ligament.wiring.clocks import SystemClock
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.file_lock import AnotherRun, alone
from ligament.wiring.settings import load_settings

SECRET = "canary-6b0f2c11-kept"
_NO_PROCESS = 4_194_305
"""A number beyond the greatest that a process can have."""
RULEBOOK = '[clinic]\nname = "{name}"\n[accounts]\ndefault = "200"\n[payments]\naccount = "090"\n'
ENV: Mapping[str, str] = {}
FIRST, SECOND = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))


class PowerCut(Exception):
    """The machine stops here."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home of two clinics, each with a secret in the vault and an entry in the journal."""
    folder = tmp_path / "home"
    (folder / "clinics").mkdir(parents=True)
    for name in ("North", "South"):
        (folder / "clinics" / f"{name}.toml").write_text(RULEBOOK.format(name=name), encoding="utf-8")
    for name in ("North", "South"):
        with open_clinic(load_settings(home=folder, environ=ENV), name=name) as app:
            app.vault.put("practice/key", SECRET)
            app.store.keep_note(PAUSED_NOTE, name)
    return folder


def kept(home: Path, environ: Mapping[str, str] = ENV) -> set[str | None]:
    """Open every clinic anew and read its secret."""
    found = set()
    for name in ("North", "South"):
        with open_clinic(load_settings(home=home, environ=environ), name=name) as app:
            found.add(app.vault.get("practice/key"))
    return found


# --- the rulebook -----------------------------------------------------------------------------------------------------


def test_the_written_rulebook_loads_and_holds_the_defaults(tmp_path: Path) -> None:
    verdict = write_rulebook(tmp_path / "home", environ=ENV)
    assert verdict.code == 0
    book = load_settings(home=tmp_path / "home", environ=ENV).clinic().rulebook
    blank = Rulebook()
    assert book.invoices == blank.invoices
    assert book.contacts == blank.contacts
    assert book.approval == blank.approval
    assert book.sync == blank.sync
    assert book.tracking == blank.tracking
    assert book.alerts == blank.alerts
    assert (book.accounts.default, book.payments.account) == ("", "")
    assert book.taxes == {}


def names(table: Mapping[str, Any], path: str = "") -> set[str]:
    """Return the dotted names of every key, without the clinic's own words."""
    found = set()
    for key, value in table.items():
        found.add(f"{path}{key}")
        if isinstance(value, dict):
            found |= names(value, f"{path}{key}.")
    return found


def test_the_written_rulebook_has_every_key_of_the_contract(shared_dir: Path) -> None:
    page = (shared_dir / "SPEC.md").read_text(encoding="utf-8")
    contract = tomllib.loads(page.partition("## 11.")[2].partition("```toml")[2].partition("```")[0])
    examples = {"accounts.items.RB-01", "payments.methods.HICAPS"}
    written = tomllib.loads(re.sub(r"^# (start_on|none|\"GST 10)", r"\1", rulebook_text(), flags=re.MULTILINE))
    clinics_own = {"rules", "contact_rules", "recalls", "lookups"}
    missing = {
        name for name in names(contract) - names(written) - examples if name.partition(".")[0] not in clinics_own
    }
    assert missing <= {"mailchimp", "mailchimp.audience"}, "a connector's own section comes with the connector"
    assert all(f"# [{entry}" in rulebook_text() for entry in ("[rules]]", "[contact_rules]]", "[recalls]]", "lookups."))


def test_a_rulebook_is_never_overwritten(tmp_path: Path) -> None:
    write_rulebook(tmp_path, environ=ENV)
    (tmp_path / "ligament.toml").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="left as it is"):
        write_rulebook(tmp_path, environ=ENV)
    assert (tmp_path / "ligament.toml").read_text(encoding="utf-8") == "mine"


# --- the key ----------------------------------------------------------------------------------------------------------


def test_a_new_key_opens_everything_of_every_clinic(home: Path) -> None:
    former = (home / "vault.key").read_text(encoding="ascii")
    verdict = rotate_key(home, rotate=True, environ=ENV)
    present = (home / "vault.key").read_text(encoding="ascii")
    assert present != former
    assert present.strip() not in str(verdict.document)
    assert (home / "vault.key").stat().st_mode & 0o777 == 0o600
    assert not list(home.glob("vault.key.*"))
    assert kept(home) == {SECRET}
    (home / "vault.key").write_text(former, encoding="ascii")
    with pytest.raises(WrongKey):
        kept(home)


def test_without_rotate_the_vault_is_only_tried(home: Path) -> None:
    former = (home / "vault.key").read_text(encoding="ascii")
    assert "opens" in rotate_key(home, rotate=False, environ=ENV).document["sentence"]
    assert (home / "vault.key").read_text(encoding="ascii") == former
    (home / "vault.key").write_text(FIRST, encoding="ascii")
    with pytest.raises(WrongKey, match=r"vault\.key"):
        rotate_key(home, rotate=False, environ=ENV)


@pytest.mark.parametrize("step", ["prepare", "rotate", "rotated", "put_in_force"])
@pytest.mark.parametrize("first", ["North", "South"])
def test_a_power_cut_at_any_step_loses_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, step: str, first: str
) -> None:
    cut_at(monkeypatch, step)
    with pytest.raises(PowerCut):
        rotate_key(home, rotate=True, environ=ENV)
    monkeypatch.undo()
    with open_clinic(load_settings(home=home, environ=ENV), name=first) as app:
        assert app.vault.get("practice/key") == SECRET
        app.store.keep_note(PAUSED_NOTE, "again")
    assert kept(home) == {SECRET}
    rotate_key(home, rotate=True, environ=ENV)
    assert kept(home) == {SECRET}
    assert not list(home.glob("vault.key.*"))


def cut_at(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Stop before a step, or right after the database turned."""
    real = Vault.rotate

    def stop(*_: Any) -> None:
        raise PowerCut

    def turn_and_stop(vault: Vault, key: bytes) -> None:
        real(vault, key)
        raise PowerCut

    if step in {"prepare", "put_in_force"}:
        monkeypatch.setattr(vault_rotation, step, stop)
    else:
        monkeypatch.setattr(Vault, "rotate", stop if step == "rotate" else turn_and_stop)


def test_who_waited_for_another_change_of_the_key_changes_it_once_more(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(*given: Any) -> Any:
        monkeypatch.undo()
        rotate_key(home, rotate=True, environ=ENV)
        return alone(*given)

    monkeypatch.setattr("ligament.app.safety.vault.alone", overtaken)
    rotate_key(home, rotate=True, environ=ENV)
    assert kept(home) == {SECRET}
    assert not list(home.glob("vault.key.*"))


def test_the_key_is_not_changed_under_a_service_that_goes_on_with_the_former_one(home: Path) -> None:
    former = (home / "vault.key").read_text(encoding="ascii")
    with open_clinic(load_settings(home=home, environ=ENV), name="North") as app:
        beats = Heartbeats(values=SharedValues(app.database))
        beats.beat("service-1", SystemClock().now())
        with pytest.raises(AnotherRun, match=r"stop it, .* counts as gone in \d+ seconds?$"):
            rotate_key(home, rotate=True, environ=ENV)
        beats.leave("service-1")
    assert (home / "vault.key").read_text(encoding="ascii") == former
    rotate_key(home, rotate=True, environ=ENV)
    assert kept(home) == {SECRET}


def test_a_service_of_this_machine_that_was_killed_is_not_waited_for(home: Path) -> None:
    with open_clinic(load_settings(home=home, environ=ENV), name="North") as app:
        beats, now = Heartbeats(values=SharedValues(app.database)), SystemClock().now()
        living = executor_name("desk-1")
        place = living.partition("@")[2].partition(".")[0]
        beats.beat(living, now)
        assert beats.busy_s(now) == ALIVE_S
        beats.leave(living)
        beats.beat(f"desk-2@{place}.{_NO_PROCESS}", now)
        assert beats.busy_s(now) == 0
        # Of a process of another machine nothing is known.
        beats.beat(f"desk-3@elsewhere.{_NO_PROCESS}", now - timedelta(seconds=ALIVE_S - 5))
        assert beats.busy_s(now) == 5
        beats.leave(f"desk-3@elsewhere.{_NO_PROCESS}")
    rotate_key(home, rotate=True, environ=ENV)


def test_a_clinic_with_nothing_kept_does_not_bring_the_former_key_back(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "clinics" / "Blank.toml").write_text(RULEBOOK.format(name="Blank"), encoding="utf-8")
    cut_at(monkeypatch, "rotated")
    with pytest.raises(PowerCut):
        rotate_key(home, rotate=True, environ=ENV)
    monkeypatch.undo()
    with open_clinic(load_settings(home=home, environ=ENV), name="Blank") as app:
        app.vault.put("practice/key", SECRET)
    assert kept(home) == {SECRET}


def test_a_key_of_the_environment_is_changed_there(home: Path) -> None:
    key = (home / "vault.key").read_text(encoding="ascii").strip()
    with pytest.raises(ConfigurationError, match="LIGAMENT_VAULT_KEY_NEW") as told:
        rotate_key(home, rotate=True, environ={"LIGAMENT_VAULT_KEY": key})
    assert key not in str(told.value)
    both = {"LIGAMENT_VAULT_KEY": key, "LIGAMENT_VAULT_KEY_NEW": SECOND}
    assert SECOND not in str(rotate_key(home, rotate=True, environ=both).document)
    assert kept(home, both) == {SECRET}
    assert kept(home, {"LIGAMENT_VAULT_KEY": SECOND}) == {SECRET}
    with pytest.raises(WrongKey):
        kept(home, {"LIGAMENT_VAULT_KEY": key})


def test_two_processes_may_both_finish_a_change(home: Path) -> None:
    vault_rotation.prepare(home, bytes(32))
    vault_rotation.put_in_force(home)
    vault_rotation.put_in_force(home)
    assert base64.b64decode((home / "vault.key").read_text(encoding="ascii")) == bytes(32)


def test_the_present_key_counts_while_it_fits(home: Path) -> None:
    settings = load_settings(home=home, environ=ENV)
    with open_clinic(settings, name="North") as app:
        prepared = replace(settings, next_vault_key=bytes(32))
        assert vault_rotation.settled_key(prepared, app.database, app.clock.now) == settings.vault_key


def test_a_wrong_vault_key_is_a_matter_of_configuration() -> None:
    """Trying later cannot help, so it is not told like a system that is away."""
    found = trouble_of(WrongKey("The vault key is not the one this was kept with."))
    assert found is not None
    assert found.code == 2
