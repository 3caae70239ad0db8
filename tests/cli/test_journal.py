"""The journal as it is typed: shown, verified, exported, and a break in it accepted; that of the installation too."""

from __future__ import annotations

import json
import sqlite3

from tests.cli.kit import Clinic


def test_the_journal_is_shown_verified_and_exported(clinic: Clinic) -> None:
    clinic.invoice()
    clinic.run("sync", "--once")
    page = clinic.run("journal")
    assert "run finished" in page.out
    assert "Ada" not in page.out
    verified = clinic.run("journal", "verify")
    assert verified.code == 0
    assert "none changed and none missing" in verified.out
    lines = clinic.run("journal", "export").out.splitlines()
    assert [json.loads(one)["sequence"] for one in lines] == list(range(1, len(lines) + 1))
    file = clinic.home / "journal.jsonl"
    assert clinic.run("journal", "export", "--output", str(file)).code == 0
    assert len(file.read_text(encoding="utf-8").splitlines()) == len(lines)
    assert file.stat().st_mode & 0o077 == 0
    assert len(clinic.run("journal", "export", "--json").json["entries"]) == len(lines)


def test_a_kind_of_entry_that_there_is_not_is_refused_and_no_file_is_written(clinic: Clinic) -> None:
    file = clinic.home / "journal.csv"
    refused = clinic.run("journal", "export", "--kind", "decison", "--output", str(file))
    assert refused.code == 2
    assert 'Did you mean "decision"?' in " ".join(refused.err.split())
    assert "run_started" in refused.err
    assert not file.exists()
    assert clinic.run("journal", "export", "--kind", "decision", "--installation").code == 2
    # That nothing of a kind has happened yet is no mistake.
    assert clinic.run("journal", "export", "--kind", "decision", "--output", str(file)).code == 0
    assert clinic.run("journal", "export", "--kind", "access.joined", "--installation").code == 0


def test_verify_names_the_first_entry_that_somebody_changed(clinic: Clinic) -> None:
    clinic.invoice()
    clinic.run("sync", "--once")
    with sqlite3.connect(clinic.home / "ligament.db") as database:
        guards = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in guards:
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE journal SET actor = 'somebody else' WHERE sequence = 4")
    answer = clinic.run("journal", "verify", "--json")
    assert answer.code == 1
    assert answer.json["broken_at"] == 4
    assert "broken at entry 4" in clinic.run("journal", "verify").out
    accepted = clinic.run("journal", "accept", "--because", "the disk was replaced")
    assert accepted.code == 0
    assert "Entry 4" in accepted.out
    assert clinic.run("journal", "verify").code == 0


def test_a_head_that_was_written_down_is_compared(clinic: Clinic) -> None:
    clinic.invoice()
    clinic.run("sync", "--once")
    entry = clinic.run("journal", "export", "--json").json["entries"][2]
    head = f"{entry['sequence']}:{entry['hash']}"
    assert clinic.run("journal", "verify", "--head", head).code == 0
    other = clinic.run("journal", "verify", "--json", "--head", f"{entry['sequence']}:{'0' * 64}")
    assert (other.code, other.json["broken_at"]) == (1, 3)
    assert clinic.run("journal", "verify", "--head", "yesterday").code == 2


# --- the journal of the installation ----------------------------------------------------------------------------------


def test_the_journal_of_users_and_tokens_is_shown_exported_and_a_break_in_it_accepted(clinic: Clinic) -> None:
    assert clinic.run("users", "add", "kim@example.org", "--role", "owner").code == 0
    assert clinic.run("tokens", "add", "n8n", "--scope", "read").code == 0
    page = clinic.run("journal", "--installation")
    assert "token made" in page.out
    assert "journal export --installation --output" in page.out
    lines = clinic.run("journal", "export", "--installation").out.splitlines()
    kinds = [json.loads(one)["kind"] for one in lines]
    assert "access.token_made" in kinds
    file = clinic.home / "users.csv"
    assert clinic.run("journal", "export", "--installation", "--output", str(file)).code == 0
    assert len(file.read_text(encoding="utf-8").splitlines()) == len(lines) + 1
    assert file.stat().st_mode & 0o077 == 0
    assert clinic.run("journal", "export", "--installation", "--kind", "access.token_made").out.splitlines() == [
        one for one, kind in zip(lines, kinds, strict=True) if kind == "access.token_made"
    ]
    assert clinic.run("journal", "accept", "--installation", "--because", " ").code == 2
    whole = clinic.run("journal", "accept", "--installation", "--because", "nothing happened")
    assert "nothing to accept" in whole.out

    with sqlite3.connect(clinic.home / "ligament.db") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE journal SET actor = 'somebody else' WHERE clinic = '*' AND sequence = 1")
    broken = clinic.run("journal", "verify")
    assert broken.code == 1
    assert "journal accept --installation --because" in broken.out
    # The clinic's own journal is whole: accepting there mends nothing.
    assert "nothing to accept" in clinic.run("journal", "accept", "--because", "a mistake").out
    assert clinic.run("journal", "verify").code == 1
    accepted = clinic.run("journal", "accept", "--installation", "--because", "the disk was replaced")
    assert accepted.code == 0
    assert "Entry 1" in accepted.out
    assert clinic.run("journal", "verify").code == 0
    told = clinic.run("journal", "export", "--installation").out.splitlines()
    assert "the disk was replaced" in told[-1]
