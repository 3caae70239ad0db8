"""The first minutes: writing a rulebook, getting it wrong, and being told what to do."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.kit import Clinic, process
from tests.support.practice import RULEBOOK

COMMANDS = (
    "init", "connect", "doctor", "plan", "sync", "approve", "holds", "holds show", "holds retry", "holds dismiss",
    "journal", "journal verify", "journal accept", "journal export", "vault", "demo",
)  # fmt: skip
CANARY = "canary-4f1c9e77-secret"


def test_init_writes_a_rulebook_and_a_key_that_only_the_owner_reads(clinic: Clinic, tmp_path: Path) -> None:
    home = tmp_path / "fresh"
    answer = clinic.run("init", "--home", str(home))
    assert answer.code == 0
    assert "ligament.toml" in answer.out
    assert f"ligament plan --home {home}" in answer.out
    assert stat.S_IMODE((home / "vault.key").stat().st_mode) == 0o600
    assert (home / "vault.key").read_text(encoding="ascii").strip() not in answer.said


def test_init_never_overwrites_a_rulebook(clinic: Clinic) -> None:
    answer = clinic.run("init")
    assert answer.code == 2
    assert "left as it is" in answer.err
    assert (clinic.home / "ligament.toml").read_text(encoding="utf-8") == RULEBOOK


@pytest.mark.parametrize("in_its_place", [Path.mkdir, lambda file: file.symlink_to("nowhere")])
def test_what_stands_in_the_place_of_a_rulebook_and_is_none_is_told(
    clinic: Clinic, tmp_path: Path, in_its_place: Callable[[Path], None]
) -> None:
    home = tmp_path / "odd"
    home.mkdir()
    in_its_place(home / "ligament.toml")
    for words in (["status"], ["sync", "--once"], ["init"], ["init", "--clinic", "south"]):
        answer = clinic.run(*words, "--home", str(home))
        assert answer.code == 2, words
        assert "this is no file" in answer.err
    assert not (home / "clinics").exists()


def test_init_makes_no_key_file_when_the_key_comes_from_the_environment(clinic: Clinic, tmp_path: Path) -> None:
    home = tmp_path / "fresh"
    assert clinic.run("init", "--home", str(home), LIGAMENT_VAULT_KEY="A" * 43 + "=").code == 0
    assert not (home / "vault.key").exists()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("[payments]", '[payments]\nacount = "090"', ("line 11", "acount", 'Did you mean "account"?')),
        ("start_on = 2026-07-01", 'start_on = "July"', ("line 4", "invoices.start_on", "2026-07-01")),
        ('default = "200"', "", ("accounts.default", "needed")),
        ('account = "090"', "", ("payments.account", "needed")),
        ('first_run = "auto"', 'first_run = "ask above ten"', ("line 13", "approval.first_run", "ask above 500.00")),
        ("[approval]", "[approval", ("line 12",)),
    ],
)
def test_a_wrong_rulebook_is_told_with_file_line_and_what_to_write(
    clinic: Clinic, before: str, after: str, words: tuple[str, ...]
) -> None:
    clinic.write(RULEBOOK.replace(before, after))
    answer = clinic.run("plan")
    assert answer.code == 2
    assert answer.out == ""
    assert "ligament.toml" in answer.err
    for word in words:
        assert word in answer.err
    told = clinic.run("plan", "--json")
    assert told.code == 2
    assert told.json["error"]["code"] == "configuration"


def test_without_a_rulebook_init_is_named(tmp_path: Path) -> None:
    answer = process("plan", environ={"LIGAMENT_HOME": str(tmp_path / "none")})
    assert answer.code == 2
    assert "ligament init" in answer.err
    assert not (tmp_path / "none").exists()


def test_a_day_that_is_none_names_the_option(clinic: Clinic) -> None:
    answer = clinic.run("plan", "--since", "22/11/2026")
    assert answer.code == 2
    assert "--since" in answer.err
    assert "2026-07-01" in answer.err


def test_a_home_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    answer = process("init", "--home", str(tmp_path / "file" / "home"), environ={})
    assert answer.code == 2
    assert "cannot be used" in answer.err
    assert "Traceback" not in answer.said


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_everything_a_command_takes(clinic: Clinic, command: str) -> None:
    answer = clinic.run(*command.split(), "--help", COLUMNS="200", TERM="dumb")
    assert answer.code == 0
    if command != "demo":
        assert "--home" in answer.out
    assert "--json" in answer.out
    wanted = {"plan": "--since --output --explain", "sync": "--once --watch --full", "approve": "--yes --as PLAN"}
    for word in wanted.get(command, "").split():
        assert word in answer.out


def test_help_lists_every_command_and_the_exit_codes(clinic: Clinic) -> None:
    answer = clinic.run("--help", COLUMNS="200", TERM="dumb")
    for command in COMMANDS:
        assert command.split()[0] in answer.out
    assert "Exit codes" in answer.out


def test_an_unknown_option_is_wrong_usage(clinic: Clinic) -> None:
    assert clinic.run("sync", "--twice").code == 2


@pytest.mark.parametrize(
    "words", [("sync", "--once", "--nonsense"), ("frobnicate",), ("plan", "--since"), ("serve", "--port", "many")]
)
def test_wrong_usage_with_json_is_one_document_too(clinic: Clinic, words: tuple[str, ...]) -> None:
    answer = clinic.process(words[0], "--json", *words[1:]) if len(words) > 1 else clinic.process(*words, "--json")
    assert answer.code == 2
    assert answer.json["error"]["code"] == "usage"
    assert answer.json["error"]["sentence"]
    assert answer.err


def test_wrong_usage_without_json_leaves_standard_output_empty(clinic: Clinic) -> None:
    answer = clinic.process("sync", "--once", "--nonsense")
    assert (answer.code, answer.out) == (2, "")


@pytest.mark.parametrize("url", ["mysql://clinic:canary-pass@db.example/ligament", "clinic.db", "://"])
def test_a_database_that_we_cannot_use_is_told_without_its_password(clinic: Clinic, url: str) -> None:
    answer = clinic.run("sync", "--once", "--json", LIGAMENT_DATABASE_URL=url)
    assert answer.code == 2
    assert "LIGAMENT_DATABASE_URL" in answer.json["error"]["sentence"]
    assert "canary-pass" not in answer.said


def test_a_system_that_cannot_be_reached_ends_with_three(clinic: Clinic) -> None:
    clinic.practice.stop()
    answer = clinic.run("plan", "--json")
    assert answer.code == 3
    assert answer.json["error"]["code"] == "try_later"


def test_missing_credentials_end_with_three_and_name_connect(clinic: Clinic) -> None:
    answer = clinic.run("plan", without=("CLINIKO_API_KEY",))
    assert answer.code == 3
    assert "ligament connect" in answer.err


@pytest.mark.parametrize("command", ["plan", "doctor", "connect cliniko", "sync --once"])
def test_a_refused_key_is_never_printed(clinic: Clinic, command: str) -> None:
    answer = clinic.run(*command.split(), CLINIKO_API_KEY=f"{CANARY}-au1", XERO_CLIENT_SECRET=CANARY)
    assert answer.code == 3
    assert CANARY not in answer.said


@pytest.mark.parametrize("key", ["short", "MS0xABC DEF-au2", "MS0xABCDEF-zz99999"])
def test_what_cannot_be_a_key_is_3_with_a_sentence_before_anybody_is_called(clinic: Clinic, key: str) -> None:
    answer = clinic.run("plan", CLINIKO_API_KEY=key, without=("LIGAMENT_CLINIKO_URL", "LIGAMENT_NOW"))
    assert answer.code == 3
    assert "The Cliniko API key" in answer.err
    assert key not in answer.said


def test_an_address_elsewhere_is_refused(clinic: Clinic) -> None:
    answer = clinic.run("plan", LIGAMENT_CLINIKO_URL="https://example.org/v1", without=("LIGAMENT_NOW",))
    assert answer.code == 2
    assert "does not belong" in answer.err
    assert "LIGAMENT_CLINIKO_URL" in answer.err
    assert "take the variable away" in answer.err


def test_a_rulebook_in_another_encoding_is_told_with_the_cure(clinic: Clinic) -> None:
    (clinic.home / "ligament.toml").write_bytes("[clinic]\nname = 'Río'\n".encode("latin-1"))
    answer = clinic.run("plan")
    assert answer.code == 2
    assert "encoding UTF-8" in answer.err


def test_an_unforeseen_error_tells_its_kind_and_no_values(clinic: Clinic) -> None:
    answer = clinic.process("plan", "--json", LIGAMENT_DATABASE_URL=f"no-such-database://{CANARY}")
    assert answer.code in {2, 3, 70}
    assert "error" in answer.json
    assert "Traceback" not in answer.said
    assert CANARY not in answer.said
