"""What belongs to no clinic: its journal is shown and verified, and its vault turns without any clinic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ligament.app.journal import journal_page, journal_verify
from ligament.app.safety.vault import rotate_key
from ligament.store.database.connection import open_database
from ligament.wiring.access import open_access, opened_access
from tests.support.stage import Stage, stage


@pytest.fixture
def clinic(tmp_path: Path) -> Stage:
    made = stage(tmp_path / "home")
    made.sync()
    with made.app() as app:
        access = open_access(made.settings, app.database)
        for name in ("first", "second"):
            access.note("user", name, actor="owner", source="web", role="viewer")
    return made


def verified(clinic: Stage) -> tuple[dict[str, Any], int]:
    with clinic.app() as app:
        found = journal_verify(app)
    return found.document, found.code


def test_the_journal_of_the_installation_is_shown_and_verified(clinic: Stage) -> None:
    document, code = verified(clinic)
    assert code == 0
    assert document["installation"] == {"holds": True, "entries": 2, "broken_at": None, "reason": ""}
    with clinic.app() as app:
        shown = journal_page(app, installation=True).document["entries"]
        assert [entry["subject"] for entry in shown] == ["second", "first"]
        assert "second" not in {entry["subject"] for entry in journal_page(app).document["entries"]}


def test_tampering_with_it_is_found(clinic: Stage) -> None:
    database = open_database(f"sqlite:///{clinic.home / 'ligament.db'}")
    with database.writing("test") as connection:
        for (name,) in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text("UPDATE journal SET subject = 'other' WHERE clinic = '*' AND sequence = 1"))
    database.close()
    document, code = verified(clinic)
    assert code == 1
    assert document["holds"]
    assert document["installation"]["broken_at"] == 1


def test_the_vault_turns_in_a_home_without_clinics(tmp_path: Path) -> None:
    home = tmp_path / "empty"
    home.mkdir()
    with opened_access(home) as access:
        access.vault.put("totp/owner", "kept")
        before = (home / "vault.key").read_text()
    assert "new key" in rotate_key(home, rotate=True, environ={}).document["sentence"]
    assert (home / "vault.key").read_text() != before
    with opened_access(home) as access:
        assert access.vault.get("totp/owner") == "kept"
    assert "opens" in rotate_key(home, rotate=False, environ={}).document["sentence"]
