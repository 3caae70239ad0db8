"""What people are told about what waits: the real difference, what has to be settled first, and what was answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ligament.app.approvals import refuse
from ligament.app.contacts.find import find
from ligament.app.decisions import open_holds
from ligament.app.holds import answer, retry, show_hold
from ligament.app.plans import explain, plan
from ligament.cli.views.words import next_commands
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control as builder
from ligament.connectors.xero.simulator import control as office
from tests.support.stage import RULEBOOK, Stage, stage

ASKING = RULEBOOK.replace('first_run = "auto"', 'first_run = "ask"')


@pytest.fixture
def clinic(tmp_path: Path) -> Stage:
    return stage(tmp_path / "home")


def edit_practice(clinic: Stage, invoice: str, **line: str) -> None:
    at, lines = clinic.pass_time(seconds=30), [{"name": "Consult", "unit_price": "95.00", **line}]
    clinic.practice.change(lambda world: builder.edit_invoice(world, invoice, {}, lines, at=at))


def edit_books(clinic: Stage, **change: Any) -> None:
    (document,) = clinic.kept_books().invoices.values()
    at = clinic.pass_time(seconds=30)
    clinic.books.change(lambda world: office.edit_invoice(world, document.document_id, change, at=at))


def told(clinic: Stage) -> list[dict[str, Any]]:
    with clinic.app() as app:
        return open_holds(app)


def shown(clinic: Stage, wanted: str) -> dict[str, Any]:
    with clinic.app() as app:
        (one,) = show_hold(app, wanted).document["holds"]
        return dict(one)


def test_an_edit_in_the_books_is_told_value_by_value(clinic: Stage) -> None:
    invoice = clinic.invoice()
    clinic.sync()
    edit_books(clinic, DueDate="2026-12-24")
    edit_practice(clinic, invoice, name="Long consult")
    (hold,) = clinic.sync()["holds"]
    # Both come to the same, so the total is no difference.
    assert hold["code"] == "edited_in_xero"
    assert not {"books_total", "practice_total"} & set(hold["detail"])
    (edit,) = shown(clinic, hold["id"])["differences"]
    assert (edit["field"], edit["books"]) == ("due date", "24 Dec 2026")
    assert edit["wrote"] not in {"", edit["books"]}


def test_an_edited_line_is_told_by_its_parts_and_totals_only_where_they_differ(clinic: Stage) -> None:
    invoice = clinic.invoice()
    clinic.sync()
    (document,) = clinic.kept_books().invoices.values()
    edit_books(clinic, LineItems=[{"LineItemID": line.line_id, "Description": "By hand"} for line in document.lines])
    edit_practice(clinic, invoice, unit_price="61.35")
    (hold,) = clinic.sync()["holds"]
    assert (str(hold["detail"]["books_total"]), str(hold["detail"]["practice_total"])) == ("95.00", "61.35")
    assert shown(clinic, hold["id"])["differences"] == [
        {"field": "line 1, text", "wrote": "Consult", "books": "By hand"}
    ]


def test_an_answer_to_one_edit_is_none_to_the_next(clinic: Stage) -> None:
    """Approved would be written over it what nobody had seen."""
    invoice = clinic.invoice()
    clinic.sync()
    edit_books(clinic, DueDate="2026-12-24")
    edit_practice(clinic, invoice, unit_price="61.35")
    (hold,) = clinic.sync()["holds"]
    with clinic.app() as app:
        answer(app, [hold["id"]], "approve")
    edit_books(clinic, DueDate="2026-12-31")
    report = clinic.sync()
    assert [one["code"] for one in report["holds"]] == ["edited_in_xero"]
    assert report["updated"]["invoices"] == 0
    assert shown(clinic, hold["id"])["differences"][0]["books"] == "31 Dec 2026"


def test_what_waits_for_another_names_it_and_offers_nothing_else_first(clinic: Stage) -> None:
    invoice = clinic.invoice()
    clinic.sync()
    edit_books(clinic, DueDate="2026-12-24")
    edit_practice(clinic, invoice, unit_price="61.35")
    clinic.pay(invoice)
    clinic.sync()
    root, waits = told(clinic)
    assert (root["code"], waits["code"]) == ("edited_in_xero", "waits_for")
    assert [one["id"] for one in waits["settle"]] == [root["id"]]
    assert root["number"] in waits["todo"]
    assert next_commands(waits)[0][0] == f"holds show {root['id']}"
    assert shown(clinic, waits["id"])["settle"] == waits["settle"]


@pytest.mark.parametrize("choice", ["approve", "dismiss"])
def test_an_answered_hold_says_so_until_the_next_run(clinic: Stage, choice: str) -> None:
    invoice = clinic.invoice()
    clinic.sync()
    edit_books(clinic, DueDate="2026-12-24")
    edit_practice(clinic, invoice, unit_price="61.35")
    clinic.sync()
    (hold,) = told(clinic)
    assert "answered" not in hold
    with clinic.app() as app:
        answer(app, [hold["id"]], choice)
    decision = {"approve": "approved", "dismiss": "dismissed"}[choice]
    assert [one["answered"]["decision"] for one in told(clinic)] == [decision]
    assert shown(clinic, hold["id"])["answered"]["decision"] == decision
    clinic.sync()
    assert told(clinic) == []


def test_what_was_refused_is_retried_by_the_id_that_is_shown(tmp_path: Path) -> None:
    clinic = stage(tmp_path / "home", rulebook=ASKING)
    clinic.invoice()
    with clinic.app() as app:
        plan(app)
        refuse(app, reason="not ours")
    (invoice,) = cliniko.records(clinic.practice.world, "invoices")
    with clinic.app() as app:
        held = show_hold(app, str(invoice["number"])).document["holds"]
        assert {one["code"] for one in held} == {"refused"}
        typed = next_commands(held[0])[0][0]
        assert len(retry(app, typed.rpartition(" ")[2]).document["retried"]) == 2
        # Its contact was refused with it, and without that nothing could be posted.
        kinds = {action["action"] for action in plan(app).document["actions"]}
        assert kinds == {"create_contact", "create_document"}


def test_what_waits_for_something_refused_says_what_and_can_be_retried(tmp_path: Path) -> None:
    clinic = stage(tmp_path / "home", rulebook=ASKING)
    clinic.invoice()
    with clinic.app() as app:
        plan(app)
        refuse(app, reason="not ours")
        plan(app)
    (waits,) = told(clinic)
    found = shown(clinic, waits["id"])
    assert [one["code"] for one in found["settle"]] == ["refused"]
    assert "not ours" in found["todo"]
    with clinic.app() as app:
        assert retry(app, found["settle"][0]["id"]).document["retried"]
        retry(app, waits["id"])
        assert len(plan(app).document["actions"]) == 2


def test_what_a_plan_just_skipped_is_explained(clinic: Stage) -> None:
    invoice = clinic.invoice()
    at = clinic.pass_time(seconds=30)
    clinic.practice.change(lambda world: builder.archive_invoice(world, invoice, at=at))
    with clinic.app() as app:
        (skip,) = plan(app).document["skips"]
        for name in (str(skip["number"]), invoice):
            (outcome,) = explain(app, name).document["outcomes"]
            assert (outcome["state"], outcome["reason"]) == ("skipped", "archived")


@pytest.mark.parametrize("words", ["not ours", ""])
def test_a_held_record_that_was_refused_says_by_whom_and_why_and_can_be_retried(tmp_path: Path, words: str) -> None:
    clinic = stage(tmp_path / "home", rulebook=RULEBOOK.replace('default = "200"', 'default = ""'))
    invoice = clinic.invoice()
    (hold,) = clinic.sync()["holds"]
    with clinic.app() as app:
        if words:
            refuse(app, [invoice], reason=words, by="Kim")
        else:
            answer(app, [invoice], "dismiss")
    assert clinic.sync()["skips"][0]["reason"] == "dismissed"
    looked_up = shown(clinic, invoice)
    for one in (looked_up, *explained(clinic, invoice), *found_refused(clinic, invoice)):
        assert one["sentence"].startswith("Refused by Kim: not ours" if words else "Left as it is by ")
    assert (looked_up["code"], looked_up["number"]) == ("refused", hold["number"])
    assert [one["number"] for one in found_refused(clinic, invoice)] == [hold["number"]]
    with clinic.app() as app:
        assert len(retry(app, looked_up["id"]).document["retried"]) == 1
    assert [one["id"] for one in clinic.sync()["holds"]] == [hold["id"]]
    assert explained(clinic, invoice) == []


def test_a_payment_that_was_left_as_it_is_can_be_retried_by_its_number(clinic: Stage) -> None:
    invoice = clinic.invoice(paid=True)
    clinic.sync()
    (posted,) = clinic.kept_books().payments.values()
    at = clinic.pass_time(seconds=30)
    clinic.books.change(lambda world: office.delete_payment(world, posted.payment_id, at=at))
    (hold,) = clinic.sync()["holds"]
    assert (hold["code"], hold["kind"]) == ("payment_removed", "payment")
    assert found_refused(clinic, invoice) == []
    with clinic.app() as app:
        answer(app, [hold["id"]], "dismiss")
    assert clinic.sync()["holds"] == []
    assert shown(clinic, hold["number"])["sentence"].startswith("Left as it is by ")
    assert [one["kind"] for one in found_refused(clinic, invoice)] == ["payment"]
    with clinic.app() as app:
        assert len(retry(app, hold["number"]).document["retried"]) == 1
    assert [one["id"] for one in clinic.sync()["holds"]] == [hold["id"]]
    assert found_refused(clinic, invoice) == []


def test_a_planned_action_that_was_refused_is_told_where_it_is_looked_up(tmp_path: Path) -> None:
    clinic = stage(tmp_path / "home", rulebook=ASKING)
    invoice = clinic.invoice()
    with clinic.app() as app:
        plan(app)
        refuse(app, [invoice], reason="not ours", by="Kim")
    assert [(one["by"], one["reason"]) for one in found_refused(clinic, invoice)] == [("Kim", "not ours")]
    assert [one["sentence"] for one in explained(clinic, invoice)] == ["Refused by Kim: not ours"]


def explained(clinic: Stage, wanted: str) -> list[dict[str, Any]]:
    with clinic.app() as app:
        return list(explain(app, wanted).document["refused"])


def found_refused(clinic: Stage, wanted: str) -> list[dict[str, Any]]:
    with clinic.app() as app:
        (found,) = find(app, wanted).document["found"]
        return list(found["refused"])
