"""What people answered holds: what waits waits, what was refused stays out, and no process sees it otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from ligament.app.approvals import approve, refuse, waiting
from ligament.app.holds import retry, show_hold
from ligament.app.plans import explain, plan
from ligament.connectors.cliniko.simulator import control
from ligament.wiring.errors import ConfigurationError
from tests.support.practice import PATIENT
from tests.support.stage import RULEBOOK, Stage, stage

ASKING = RULEBOOK.replace('first_run = "auto"', 'first_run = "ask"')
MANY = RULEBOOK + "max_existing_changes = 0\n"
MARK = """
from pathlib import Path
from ligament.core.canonical import canonical
from ligament.wiring.rulebooks import read_clinic
import sys
print(canonical(read_clinic(Path(sys.argv[1])).rulebook))
"""


def rewritten(made: Stage, before: str, after: str) -> None:
    """Edit the rulebook as a person does."""
    file = made.home / "ligament.toml"
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def repriced(made: Stage, invoice: str) -> None:
    """Let somebody change the price on an invoice."""
    at, lines = made.pass_time(seconds=30), [{"name": "Consult", "unit_price": "96.00"}]
    made.practice.change(lambda world: control.edit_invoice(world, invoice, {}, lines, at=at))


def invoices(made: Stage) -> list[str]:
    """Return the numbers of live documents in the books."""
    return sorted(held.number for held in made.kept_books().invoices.values() if str(held.status) != "DELETED")


def asked(made: Stage) -> list[str]:
    """Return the numbers of what waits for approval."""
    with made.app() as clinic:
        return [str(action["number"]) for action in waiting(clinic)["actions"]]


def test_the_rulebook_reads_the_same_in_processes_with_other_hash_seeds(tmp_path: Path) -> None:
    made = stage(tmp_path)
    told = {
        subprocess.run(
            [sys.executable, "-c", MARK, str(made.home / "ligament.toml")],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3", "77")
    }
    assert len(told) == 1
    assert "open_days" in told.pop()


def test_what_waits_goes_on_waiting_when_the_rulebook_changes(tmp_path: Path) -> None:
    made = stage(tmp_path, rulebook=MANY)
    first, second = made.invoice(), made.invoice()
    made.sync()

    for invoice in (first, second):
        repriced(made, invoice)
    assert len(made.sync()["waiting"]) == 2
    rewritten(made, "max_existing_changes = 0", "max_existing_changes = 50")
    assert len(made.sync()["waiting"]) == 2
    assert len(made.sync(full=True)["waiting"]) == 2
    with made.app() as clinic:
        one = waiting(clinic)["actions"][0]["number"]
        assert approve(clinic, [one]).document["approved"] == 1
    document = made.sync()
    assert document["updated"]["invoices"] == 1
    assert [action["number"] for action in document["waiting"]] == asked(made) != []


def test_what_would_be_written_otherwise_by_now_asks_again(tmp_path: Path) -> None:
    made = stage(tmp_path, rulebook=ASKING)
    made.invoice()
    with made.app() as clinic:
        plan(clinic)
        approve(clinic)
    rewritten(made, 'default = "200"', 'default = "210"')
    document = made.sync()
    assert document["created"]["invoices"] == 0
    assert document["waiting"]
    assert invoices(made) == []


def test_the_first_run_is_what_was_approved_and_what_comes_after_follows_the_policy(tmp_path: Path) -> None:
    made = stage(tmp_path, rulebook=ASKING)
    made.patient(8, "Ben", "Other")
    first = made.invoice()
    made.invoice(patient="1410000000000000008")
    with made.app() as clinic:
        numbers = [str(one["number"]) for one in plan(clinic).document["actions"]]
        assert approve(clinic, [first]).document["approved"] >= 1
    made.sync()
    assert len(invoices(made)) == 1
    assert asked(made), "the rest of the first plan waits on"
    made.pay(first)
    document = made.sync()
    assert document["created"]["payments"] == 1
    assert set(asked(made)) <= set(numbers)


def test_a_new_record_does_not_undo_what_was_approved(tmp_path: Path) -> None:
    made = stage(tmp_path, rulebook=ASKING)
    made.invoice()
    with made.app() as clinic:
        plan(clinic)
        approve(clinic)
    made.invoice()
    document = made.sync()
    assert document["created"]["invoices"] == 2
    assert document["waiting"] == []


def test_planning_again_forgets_no_yes(tmp_path: Path) -> None:
    made = stage(tmp_path, rulebook=ASKING)
    made.invoice()
    with made.app() as clinic:
        plan(clinic)
        approve(clinic)
        assert plan(clinic).document["asking"] == 0
        plan(clinic)
    assert made.sync()["created"]["invoices"] == 1


def test_what_was_refused_is_in_no_later_plan_until_somebody_retries_it(tmp_path: Path) -> None:
    made = stage(tmp_path, rulebook=ASKING)
    invoice = made.invoice()
    with made.app() as clinic:
        plan(clinic)
        refuse(clinic, [invoice], reason="posted by hand", by="Kim")
        assert [one for one in plan(clinic).document["actions"] if one["source_id"] == invoice] == []
        shown = show_hold(clinic, invoice).document["holds"]
        assert [hold["code"] for hold in shown] == ["refused"]
        assert "Kim" in shown[0]["sentence"]
        assert "posted by hand" in shown[0]["sentence"]
        assert explain(clinic, invoice).document["refused"][0]["reason"] == "posted by hand"
    for _ in range(2):
        document = made.sync(full=True)
        assert document["created"]["invoices"] == 0
    assert [(skip["source_id"], skip["reason"]) for skip in document["skips"]] == [(invoice, "refused")]
    with made.app() as clinic:
        kinds = [entry for entry in clinic.queries.journal(limit=100) if entry["kind"] == "approval"]
        assert {entry["actor"] for entry in kinds} == {"Kim"}
        retry(clinic, invoice)
        plan(clinic)
        approve(clinic)
    made.sync()
    assert len(invoices(made)) == 1


def test_what_was_refused_asks_again_when_the_record_changes(tmp_path: Path) -> None:
    made = stage(tmp_path, rulebook=ASKING)
    invoice = made.invoice()
    with made.app() as clinic:
        plan(clinic)
        refuse(clinic, [invoice], reason="wrong price")

    repriced(made, invoice)
    with made.app() as clinic:
        plan(clinic)
        approve(clinic)
    made.sync()
    assert len(invoices(made)) == 1


@pytest.mark.parametrize("reason", ["", "   "])
def test_nothing_is_refused_without_a_reason(tmp_path: Path, reason: str) -> None:
    made = stage(tmp_path, rulebook=ASKING)
    made.invoice()
    with made.app() as clinic:
        plan(clinic)
        with pytest.raises(ConfigurationError, match="--reason"):
            refuse(clinic, reason=reason)
    assert asked(made)


def test_four_eyes_want_a_second_person(tmp_path: Path) -> None:
    made = stage(tmp_path, rulebook=ASKING + 'four_eyes = ["create"]\n')
    made.invoice()
    with made.app() as clinic:
        count = len(plan(clinic).document["actions"])
        # The same person's second word is no second person, and whoever approves is told so.
        for _ in range(2):
            said = approve(clinic, by="Kim").document
            assert (said["approved"], said["second"]) == (count, 1)
    assert made.sync()["created"]["invoices"] == 0
    with made.app() as clinic:
        assert [one["approved_by"] for one in waiting(clinic)["actions"]] == [["Kim"]]
        assert approve(clinic, by="Sam").document["second"] == 0
    assert made.sync()["created"]["invoices"] == 1


def test_a_yes_that_was_not_used_ends_after_its_days(tmp_path: Path) -> None:
    made = stage(tmp_path, rulebook=ASKING + "expire_days = 3\n")
    made.invoice()
    with made.app() as clinic:
        plan(clinic)
        approve(clinic)
    made.time.advance(timedelta(days=4))
    assert made.sync()["created"]["invoices"] == 0
    assert asked(made)


def test_what_a_plan_found_can_be_answered_at_once(tmp_path: Path) -> None:
    made = stage(tmp_path, rulebook=ASKING.replace('default = "200"', 'default = ""'))
    invoice = made.invoice()
    with made.app() as clinic:
        held = plan(clinic).document["holds"]
        assert [hold["code"] for hold in held] == ["unmapped_item"]
        assert show_hold(clinic, invoice).document["holds"][0]["id"] == held[0]["id"]
    assert PATIENT


def test_an_invoice_whose_payment_was_refused_says_so_in_every_run_until_somebody_retries_it(tmp_path: Path) -> None:
    made = stage(tmp_path, rulebook=RULEBOOK + 'payment = "ask"\n')
    invoice, other = made.invoice(), made.invoice()
    made.sync()
    for paid in (invoice, other):
        at = made.pass_time(seconds=30)
        made.practice.change(lambda world, paid=paid, at=at: control.pay_invoice(world, paid, at=at)[0])  # type: ignore[misc]
    made.sync()
    with made.app() as clinic:
        refuse(clinic, [invoice], reason="paid at the desk", by="Kim")
        approve(clinic)
    for full in (False, True):
        document = made.sync(full=full)
        assert [(skip["kind"], skip["source_id"], skip["reason"]) for skip in document["skips"]] == [
            ("invoice", invoice, "refused")
        ]
    assert [held.status for held in made.kept_books().invoices.values()].count("PAID") == 1
    with made.app() as clinic:
        retry(clinic, invoice)
        plan(clinic)
        approve(clinic)
    assert made.sync()["skips"] == []
    assert {held.status for held in made.kept_books().invoices.values()} == {"PAID"}
