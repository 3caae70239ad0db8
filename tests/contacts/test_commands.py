"""`find`, `duplicates`, `privacy` and a conflict, as a person types and sees them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ligament.connectors.cliniko.simulator import control
from ligament.connectors.xero.simulator import control as desk
from tests.cli.kit import NOW, Clinic, served
from tests.support.practice import PATIENT, RULEBOOK

NUMBER = f"CLK-{PATIENT}"


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    with served(tmp_path / "home") as made:
        made.write(RULEBOOK + '[contacts.wins]\nemail = "ask"\n')
        made.run("sync", "--once", "--json")
        yield made


def test_find_shows_the_pair_and_its_history(clinic: Clinic) -> None:
    shown = clinic.run("find", "ada sample")
    assert shown.code == 0
    assert NUMBER in shown.out
    assert "ada@example.org" in shown.out
    assert "Create" not in shown.err
    assert clinic.run("find", PATIENT, "--json").json["found"][0]["contact_number"] == NUMBER
    nothing = clinic.run("find", "nobody")
    assert nothing.code == 1
    assert 'Nothing called "nobody"' in nothing.out


def test_duplicates_and_the_preview_write_nothing(clinic: Clinic) -> None:
    assert "0 probable duplicates" in clinic.run("duplicates").out
    shown = clinic.run("privacy", "--preview", "initials")
    assert shown.code == 0
    assert "A. S." in shown.out
    assert "Nothing was written" in shown.out
    assert clinic.run("privacy", "--json").json["then"] == "full"
    assert clinic.run("privacy", "--destroy-codes", "--yes", "--json").json["destroyed"]


def test_a_conflict_is_seen_and_settled_by_typing(clinic: Clinic) -> None:
    ledger = clinic.books.world.only()
    contact = next(held.contact_id for held in ledger.contacts.values() if held.number == NUMBER)
    at = NOW + timedelta(minutes=5)
    clinic.environ["LIGAMENT_NOW"] = (at + timedelta(minutes=1)).isoformat()
    fields = {"email": "desk@example.org"}
    clinic.practice.change(lambda world: control.edit_record(world, "patients", PATIENT, fields, at=at))
    element = {"EmailAddress": "books@example.org"}
    clinic.books.change(lambda world: desk.edit_contact(world, contact, element, at=at))
    held = clinic.run("sync", "--once", "--json")
    (hold,) = held.json["holds"]
    assert "example.org" not in held.said
    shown = clinic.run("holds", "show", hold["id"])
    assert "In the practice: desk@example.org" in shown.out
    assert "In the books: books@example.org" in shown.out
    assert clinic.run("approve", hold["id"], "--as", "books").code == 0
    assert clinic.run("sync", "--once", "--json").json["holds"] == []
    assert "books@example.org" in clinic.run("find", NUMBER).out
