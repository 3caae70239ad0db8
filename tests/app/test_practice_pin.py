"""Each clinic keeps whose practice it reads: another practice's key stops everything before anything is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ligament.app.doctor.doctor import examine
from ligament.app.sync import sync
from ligament.core.notes import CHECKED_KEY_NOTE, PRACTICE_NOTE
from ligament.ports.errors import SignInAgain
from tests.support.stage import Stage, stage


def changed(made: Stage, **account: str) -> None:
    """Let the key lead to another account, or the account's owner rename it."""

    def change(world: Any) -> Any:
        kept = dict(world.settings["account"])
        return replace(world, settings={**world.settings, "account": {**kept, **account}})

    made.practice.change(change)


@pytest.fixture
def connected(tmp_path: Path) -> Stage:
    made = stage(tmp_path)
    made.invoice()
    made.sync()
    made.clear_log()
    return made


@pytest.mark.parametrize("how", [{}, {"full": True}, {"brief": True, "leave_books": True}])
def test_another_practices_records_are_never_read_into_these_books(connected: Stage, how: dict[str, Any]) -> None:
    changed(connected, id="777", subdomain="other-side", name="Other Side Physio")
    connected.patient(9, "Zoe", "Stranger")
    connected.invoice(patient="1410000000000000009")
    with connected.app() as clinic:
        # What was checked with the key before does not count for this one.
        clinic.store.keep_note(CHECKED_KEY_NOTE, "of another key")
        with pytest.raises(SignInAgain, match="another practice"):
            sync(clinic, **how)
    assert connected.writes() == []


def test_a_renamed_practice_is_the_same_practice(connected: Stage) -> None:
    changed(connected, subdomain="new-name", name="New Name Physio")
    connected.invoice()
    assert connected.sync()["created"]["invoices"] == 1
    with connected.app() as clinic:
        assert "New Name Physio" in clinic.store.note(PRACTICE_NOTE)


def test_a_practice_that_no_longer_says_who_it_is_stops_the_run(connected: Stage) -> None:
    changed(connected, id="", subdomain="", name="")
    with connected.app() as clinic, pytest.raises(SignInAgain):
        sync(clinic)


def test_the_doctor_names_both_practices(connected: Stage) -> None:
    changed(connected, id="777", subdomain="other-side", name="Other Side Physio")
    with connected.app() as clinic:
        checks = examine(clinic).document["checks"]
    (found,) = [check for check in checks if "pinned to" in check["sentence"]]
    assert found["state"] == "bad"
    assert "Other Side Physio" in found["sentence"]
