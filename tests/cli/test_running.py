"""Plan, sync, approve and holds on a served clinic, as a person and as a machine see them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ligament.cli.session import Session
from ligament.cli.watching import Teller
from ligament.service.runner import RunReport
from ligament.simkit.faults import Fault, FaultKind, FaultScript, Rule
from ligament.wiring.settings import Settings
from tests.cli.kit import NOW, SECRETS, Answer, Clinic
from tests.support.practice import RULEBOOK

ODD_TAX = {"name": "Band", "unit_price": "15", "tax_name": "VAT", "tax_rate": "20"}


def asking(clinic: Clinic) -> None:
    """Let the first run ask."""
    clinic.write(RULEBOOK.replace('"auto"', '"ask"'))


def posted(clinic: Clinic) -> list[Any]:
    return list(clinic.books.world.only().invoices.values())


def test_a_plan_writes_nothing_and_tells_what_would_be_posted(clinic: Clinic) -> None:
    clinic.invoice(paid=True)
    answer = clinic.run("plan")
    assert answer.code == 1
    assert answer.out.startswith("3 actions would run")
    assert "21 Nov 2026   95.00  Post CLK-1 over 95.00" in answer.out
    assert "Post invoices          1   95.00" in answer.out
    assert "cash-basis" in answer.out
    assert posted(clinic) == []


def test_a_plan_since_a_day_leaves_older_records_out(clinic: Clinic) -> None:
    clinic.invoice()
    later = clinic.run("plan", "--since", "2026-11-22", "--json")
    assert [action["kind"] for action in later.json["actions"]] == ["contacts"]
    same = clinic.run("plan", "--since", "2026-11-21", "--json")
    assert [action["kind"] for action in same.json["actions"]] == ["invoices", "contacts"]
    assert same.json["actions"][0]["on"] == "2026-11-21"


def test_a_plan_goes_to_a_file_too(clinic: Clinic) -> None:
    clinic.invoice()
    file = clinic.home / "plan.json"
    answer = clinic.run("plan", "--output", str(file), "--json")
    assert json.loads(file.read_text(encoding="utf-8")) == answer.json
    wrong = clinic.run("plan", "--output", str(clinic.home / "none" / "plan.json"))
    assert wrong.code == 2
    assert "--output" in wrong.err


def test_a_run_tells_the_outcome_first_and_that_nothing_was_lost(clinic: Clinic) -> None:
    clinic.invoice(paid=True)
    clinic.invoice(ODD_TAX)
    answer = clinic.run("sync", "--once")
    assert answer.code == 1
    lines = answer.out.splitlines()
    assert lines[0] == "Done: 3 created. 1 thing waits for you."
    assert lines[1] == "Read 3 = planned 2 + unchanged 0 + held 1 + skipped 0"
    assert "Calls used: Cliniko" in answer.out
    assert "Taxes without a tax type (1)" in answer.out


def test_a_second_run_finds_nothing_to_do(clinic: Clinic) -> None:
    clinic.invoice()
    assert clinic.run("sync", "--once").code == 0
    again = clinic.run("sync", "--once")
    assert again.code == 0
    assert again.out.startswith("Done: nothing had to be posted. Nothing waits.")
    assert len(posted(clinic)) == 1


@pytest.mark.parametrize("command", ["plan", "sync --once", "holds", "doctor", "journal", "journal verify", "vault"])
def test_json_is_one_document_and_nothing_else(clinic: Clinic, command: str) -> None:
    clinic.invoice(ODD_TAX)
    answer = clinic.process(*command.split(), "--json")
    assert isinstance(answer.json, dict)
    for secret in SECRETS:
        assert secret not in answer.said


# --- approving --------------------------------------------------------------------------------------------------------


def test_nothing_is_approved_where_nobody_can_be_asked(clinic: Clinic) -> None:
    asking(clinic)
    clinic.invoice()
    assert clinic.run("sync", "--once").code == 1
    answer = clinic.process("approve")
    assert answer.code == 1
    assert "2 actions wait for approval" in answer.out
    assert "nothing was approved: add --yes" in answer.out
    told = clinic.run("approve", "--json")
    assert told.code == 1
    assert told.json["approved"] == 0
    assert len(told.json["waiting"]) == 2
    assert clinic.run("sync", "--once").code == 1
    assert posted(clinic) == []


def test_yes_approves_everything_and_the_next_run_posts_it(clinic: Clinic) -> None:
    asking(clinic)
    clinic.invoice()
    held = clinic.run("sync", "--once")
    assert "Waiting for approval: 2 actions" in held.out
    answer = clinic.run("approve", "--yes")
    assert answer.code == 0
    assert "Approved: 2 planned actions." in answer.out
    assert clinic.run("sync", "--once").code == 0
    assert [invoice.number for invoice in posted(clinic)] == ["CLK-1"]
    assert clinic.run("approve").out.startswith("Nothing waits for approval.")


def test_named_actions_alone_are_approved(clinic: Clinic) -> None:
    asking(clinic)
    first, _ = clinic.invoice(), clinic.invoice()
    clinic.run("sync", "--once")
    plan = clinic.run("approve", "--json").json["plan"]
    some = clinic.run("approve", f"CLK-{first}", "--json")
    # The contact that the invoice needs is approved with it.
    assert (some.code, some.json["approved"]) == (0, 2)
    everything = clinic.run("approve", plan, "--json")
    assert everything.json["approved"] == 3


def test_an_unknown_name_is_told(clinic: Clinic) -> None:
    answer = clinic.run("approve", "99")
    assert answer.code == 2
    assert 'Nothing called "99" waits.' in answer.err
    for words in (("approve", "99"), ("plan", "--explain", "99")):
        mistaken = clinic.run(*words, "--json")
        assert mistaken.code == 2
        assert set(mistaken.json["error"]) == {"code", "sentence", "place"}
        assert "99" in mistaken.err


def test_an_unknown_decision_is_wrong_usage(clinic: Clinic) -> None:
    answer = clinic.run("approve", "99", "--as", "maybe")
    assert answer.code == 2
    assert "cash, separate, practice, books, cliniko, xero" in answer.err
    assert clinic.run("approve", "--as", "cash").code == 2


def test_a_decision_about_a_hold_leaves_planned_actions_alone(clinic: Clinic) -> None:
    asking(clinic)
    number = clinic.invoice()
    clinic.run("sync", "--once")
    answer = clinic.run("approve", number, "--as", "cash", "--json")
    assert answer.code == 1
    assert answer.json["unknown"] == [number]
    assert clinic.run("approve", "--json").json["waiting"]


def test_a_decision_that_fits_nothing_that_is_held_is_wrong_usage_and_says_what_fits(clinic: Clinic) -> None:
    number, _ = held_clinic(clinic)
    for word in ("cash", "separate", "practice", "books"):
        answer = clinic.run("approve", number, "--as", word)
        assert answer.code == 2
        assert "What fits: dismiss." in answer.err
    assert "answered" not in clinic.run("holds", "show", number, "--json").json["holds"][0]


# --- holds ------------------------------------------------------------------------------------------------------------


def held_clinic(clinic: Clinic) -> tuple[str, Answer]:
    number = clinic.invoice(ODD_TAX)
    return number, clinic.run("sync", "--once", "--json")


def test_the_list_of_holds_is_the_one_of_the_run(clinic: Clinic) -> None:
    _, ran = held_clinic(clinic)
    answer = clinic.run("holds", "--json")
    assert answer.code == 1
    assert answer.json == {"holds": ran.json["holds"]}
    assert len(answer.json["holds"]) == 1


def test_no_holds_is_an_empty_list_and_code_zero(clinic: Clinic) -> None:
    answer = clinic.run("holds", "--json")
    assert (answer.code, answer.json) == (0, {"holds": []})
    assert clinic.run("holds").out == "Nothing waits for you.\n"


def test_a_hold_is_shown_by_number_or_id_with_what_to_type(clinic: Clinic) -> None:
    number, ran = held_clinic(clinic)
    identifier = ran.json["holds"][0]["id"]
    for name in (number, identifier):
        answer = clinic.run("holds", "show", name)
        assert answer.code == 1
        assert "waits since 22 Nov 2026" in answer.out
        assert f"ligament holds dismiss {identifier}" in answer.out
    assert clinic.run("holds", "show", identifier, "--home", str(clinic.home)).out.count(f"--home {clinic.home}") == 1
    assert clinic.run("holds", "show", "nobody").code == 2


def test_a_dismissed_hold_does_not_come_back_by_itself(clinic: Clinic) -> None:
    number, _ = held_clinic(clinic)
    assert clinic.run("holds", "dismiss", number).code == 0
    (waits,) = clinic.run("holds", "--json").json["holds"]
    assert waits["answered"]["decision"] == "dismissed"
    assert "Answered (dismissed, by " in clinic.run("holds").out
    assert "Answered (dismissed, by " in clinic.run("holds", "show", number).out
    assert clinic.run("sync", "--once").code == 0
    assert clinic.run("holds", "--json").json == {"holds": []}
    assert clinic.run("holds", "dismiss", number).code == 2


def test_retry_of_nothing_says_so(clinic: Clinic) -> None:
    assert clinic.run("holds", "retry", "all").out.startswith("Nothing that was refused waits")
    answer = clinic.run("holds", "retry", "99")
    assert answer.code == 2
    assert 'Nothing called "99" waits.' in answer.err


def test_retry_counts_what_will_be_tried(clinic: Clinic) -> None:
    number, _ = held_clinic(clinic)
    answer = clinic.run("holds", "retry", number, "--json")
    assert len(answer.json["retried"]) == 1


def test_what_was_refused_is_told_with_who_and_why(clinic: Clinic) -> None:
    asking(clinic)
    clinic.invoice()
    assert clinic.run("plan").code == 1
    assert clinic.run("refuse", "1", "--reason", "posted by hand").code == 0
    for words in (("plan", "--explain", "1"), ("holds", "show", "1"), ("find", "1")):
        said = clinic.run(*words).out
        assert "Refused by" in said
        assert "posted by hand" in said


def test_who_approves_alone_where_two_have_to_is_told_that_nothing_happens_yet(clinic: Clinic) -> None:
    clinic.write(RULEBOOK.replace('"auto"', '"ask"') + '\nfour_eyes = ["create"]\n')
    clinic.invoice()
    assert clinic.run("plan").code == 1
    said = clinic.run("approve", "1", "--yes")
    assert "a second person" in said.out
    assert clinic.run("sync", "--once", "--json").json["created"]["invoices"] == 0
    assert posted(clinic) == []


def test_a_line_of_the_service_shows_the_calendar_of_the_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(home=tmp_path, clinics=(), database_url="", vault_key=bytes(32), now=NOW)
    report = RunReport(clinic="riverside", outcome="done", seconds=1, document={"created": {"invoices": 2}})
    Teller(Session(), settings)(report)
    assert capsys.readouterr().out.startswith(f"{NOW.day} {NOW:%b %Y}")


def test_a_run_that_the_days_limit_cuts_tells_what_it_posted_until_then(clinic: Clinic) -> None:
    for _ in range(3):
        clinic.invoice(paid=True)
    headers = (("X-Rate-Limit-Problem", "day"), ("Retry-After", "36000"))
    used_up = Fault(kind=FaultKind.ANSWER, status=429, headers=headers)
    clinic.books.faults = FaultScript(rules=(Rule(fault=used_up, method="PUT", path="/Payments"),))
    cut = clinic.run("sync", "--once", "--json")
    assert cut.code == 1
    assert cut.json["parked"]
    assert (cut.json["created"]["contacts"], cut.json["created"]["invoices"], len(posted(clinic))) == (1, 3, 3)
    assert cut.json["created"]["payments"] == 0
    # Until the allowance is back not even a question is asked, and nobody is told that all is done.
    again = clinic.run("sync", "--once")
    assert again.code == 1
    assert "Nothing was posted." in again.out
    assert "Nothing waits" not in again.out
    assert "What is left goes on with the next run." in again.out
    stands = clinic.run("status", "--json").json["clinics"][0]
    assert (stands["state"], stands["holds"]) == ("parked", 0)
    assert stands["next_run_at"] > stands["last_run_at"]
    assert stands["sentence"].startswith(cut.json["parked"])
    assert "What is left has waited since" in stands["sentence"]
    shown = clinic.run("status").out
    assert "pauses" in shown
    assert "All is well" not in shown
    clinic.books.faults = FaultScript()
    later = (NOW + timedelta(hours=11)).isoformat()
    assert clinic.run("sync", "--once", "--json", LIGAMENT_NOW=later).json["created"]["payments"] == 3
    assert clinic.run("status", "--json").json["clinics"][0]["state"] == "well"


def test_a_run_that_a_person_began_and_that_failed_is_told_by_the_status(clinic: Clinic) -> None:
    assert clinic.run("sync", "--once").code == 0
    away = Fault(kind=FaultKind.ANSWER, status=403)
    clinic.practice.faults = FaultScript(rules=(Rule(fault=away),))
    assert clinic.run("sync", "--once").code != 0
    stands = clinic.run("status", "--json").json["clinics"][0]
    assert stands["state"] == "troubled"
    assert "Cliniko" in stands["sentence"]
    clinic.practice.faults = FaultScript()
    assert clinic.run("sync", "--once").code == 0
    assert clinic.run("status", "--json").json["clinics"][0]["state"] == "well"


def test_a_debt_that_is_given_up_asks_for_its_account_and_map_offers_one(clinic: Clinic) -> None:
    clinic.invoice({"name": "Write off", "unit_price": "5"})
    (held,) = clinic.run("plan", "--json").json["holds"]
    assert held["code"] == "unmapped_item"
    assert "bad_debt" in held["todo"]
    gaps = {one["key"]: one for one in clinic.run("map", "--json").json["gaps"]}
    assert gaps["accounts.bad_debt"]["options"]
    value = gaps["accounts.bad_debt"]["options"][0]["value"]
    clinic.write(RULEBOOK.replace("[accounts]", f'[accounts]\nbad_debt = "{value}"'))
    assert "accounts.bad_debt" not in {one["key"] for one in clinic.run("map", "--json").json["gaps"]}
