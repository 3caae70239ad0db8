"""A credit note that would take money instead of giving it is held before anything is sent: no books hold such one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ligament.connectors.cliniko.simulator import control
from tests.contacts.kit import ANA, Clinic
from tests.support.practice import BUSINESS, PRACTITIONER, RULEBOOK

BACK = {"name": "Back", "quantity": "-1", "unit_price": "20"}
FORTH = {"name": "Forth", "quantity": "1", "unit_price": "60"}


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    return Clinic(tmp_path / "home")


def reversal(clinic: Clinic, original: str, *lines: dict[str, str]) -> str:
    """Reverse an invoice in the practice with these lines, and return the id of what reverses it."""
    at, made = clinic.later(), ""

    def reverse(world: Any) -> Any:
        nonlocal made
        place = {"patient_id": ANA, "business_id": BUSINESS, "practitioner_id": PRACTITIONER}
        fields = {**place, "original_invoice_id": original}
        world, made = control.create_invoice(world, fields, list(lines), at=at)
        return world

    clinic.practice.change(reverse)
    return made


def codes(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(hold["code"], hold["source_id"]) for hold in told["holds"]]


@pytest.mark.parametrize("status", ["AUTHORISED", "DRAFT"])
def test_a_credit_note_above_zero_is_held_and_never_sent(clinic: Clinic, status: str) -> None:
    book = RULEBOOK.replace("[invoices]", f'[invoices]\nstatus = "{status}"')
    (clinic.home / "ligament.toml").write_text(book, encoding="utf-8")
    original = clinic.invoice(ANA)
    wrong = reversal(clinic, original, FORTH, BACK)
    with clinic.heard() as said:
        told = clinic.sync()
    assert codes(told) == [("total_mismatch", wrong)]
    assert "40.00" in told["holds"][0]["sentence"]
    assert not [one for one in said if "CreditNotes" in one]
    assert told["failed"]["credit_notes"] == 0
    with clinic.heard() as said:
        clinic.sync()
    assert said == []


def test_a_posted_credit_note_that_turns_round_is_held_and_not_changed(clinic: Clinic) -> None:
    original = clinic.invoice(ANA)
    credit = reversal(clinic, original, BACK)
    assert codes(clinic.sync()) == []
    at = clinic.later()
    clinic.practice.change(lambda world: control.edit_invoice(world, credit, {}, [FORTH, BACK], at=at))
    with clinic.heard() as said:
        told = clinic.sync()
    assert codes(told) == [("total_mismatch", credit)]
    assert said == []
    at = clinic.later()
    clinic.practice.change(lambda world: control.edit_invoice(world, credit, {}, [BACK], at=at))
    assert codes(clinic.sync()) == []
