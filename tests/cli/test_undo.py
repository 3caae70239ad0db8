"""The commands `runs` and `undo` as they are typed: what they print, how they end, and what they refuse."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ligament.simkit.faults import Fault, FaultKind, FaultScript, Rule
from tests.cli.kit import NOW, Clinic

KEYS = {"run_id", "undone_run", "taken_back", "restored", "left"}


def test_a_run_is_shown_tried_and_taken_back(clinic: Clinic) -> None:
    clinic.invoice(paid=True)
    run = clinic.run("sync", "--once", "--json").json["run_id"]
    assert run in {one["run_id"] for one in clinic.run("runs", "--json").json["runs"]}
    assert run in clinic.run("runs").out
    assert "CLK-1" in clinic.run("runs", "show", run).out
    clinic.books.clear_log()
    tried = clinic.run("undo", run, "--dry-run", "--json")
    assert tried.code == 0
    assert tried.json.keys() >= KEYS
    asked = clinic.run("undo", run)
    assert asked.code == 1
    assert "--yes" in asked.said
    assert asked.out.count("Would be taken back") == 1
    # Names are for the screen: what a machine is told, and may keep, has numbers.
    assert "Archive the contact Ada Sample (CLK-" in asked.out
    assert "Sample" not in str(tried.json)
    assert {one.request.method for one in clinic.books.log if "/connect/" not in one.request.path} == {"GET"}
    done = clinic.run("undo", run, "--yes", "--json")
    assert done.code == 0
    assert done.json["taken_back"] == tried.json["taken_back"]
    assert done.json["undone_run"] == run
    again = clinic.run("undo", run, "--yes")
    assert again.code == 0
    assert "already" in again.out
    assert "already" in clinic.run("undo", run, "--dry-run").out
    assert "already" in clinic.run("undo", run).out
    held = clinic.run("holds", "--json")
    assert held.code == 1
    assert {one["code"] for one in held.json["holds"]} == {"undone"}


def test_a_run_that_is_none_and_one_that_wrote_nothing_are_told(clinic: Clinic) -> None:
    run = clinic.run("sync", "--once", "--json").json["run_id"]
    unknown = clinic.run("undo", "none", "--yes")
    assert unknown.code == 2
    assert "no run" in unknown.err
    assert clinic.run("runs", "show", "none", "--json").json["error"]
    quiet = clinic.run("sync", "--once", "--json").json["run_id"]
    assert run != quiet
    told = clinic.run("undo", quiet, "--yes")
    assert told.code == 0
    assert "nothing" in told.out


_USED_UP = Fault(kind=FaultKind.ANSWER, status=429, headers=(("X-Rate-Limit-Problem", "day"), ("Retry-After", "36000")))
_NO_ENTRY = Fault(kind=FaultKind.ANSWER, status=403)


@pytest.mark.parametrize(("fault", "code", "why"), [(_USED_UP, 1, "are used up"), (_NO_ENTRY, 3, "Xero")])
def test_an_undo_that_could_not_go_on_is_told_by_the_status_until_it_has_come_to_its_end(
    clinic: Clinic, fault: Fault, code: int, why: str
) -> None:
    clinic.invoice(paid=True)
    run = clinic.run("sync", "--once", "--json").json["run_id"]
    # The payment is let go, and then nothing more.
    clinic.books.faults = FaultScript(rules=(Rule(fault=fault, method="POST", path="/Invoices"),))
    assert clinic.run("undo", run, "--yes").code == code
    clinic.books.faults = FaultScript()
    later = (NOW + timedelta(hours=11)).isoformat()
    assert clinic.run("sync", "--once", LIGAMENT_NOW=later).code == 1
    for asked in (("status",), ("status", "--all")):
        stands = clinic.run(*asked, "--json").json["clinics"][0]
        assert stands["state"] == "parked"
        assert why in stands["sentence"]
        assert f"The undo of {run} has waited since" in stands["sentence"]
        assert f"ligament undo {run} --yes." in stands["sentence"]
        assert (", after " in stands["sentence"]) == (fault is _USED_UP)
    if fault is _NO_ENTRY:
        given_up = clinic.run("undo", run, "--give-up", LIGAMENT_NOW=later)
        assert (given_up.code, "given up" in given_up.out) == (0, True)
        kept = clinic.run("journal", "export", "--kind", "decision").out
        assert f'{{"decision": "undo given up", "run": "{run}"}}' in kept
        again = clinic.run("undo", run, "--give-up", LIGAMENT_NOW=later)
        assert (again.code, "nothing to give up" in again.err) == (2, True)
        # The invoice whose payment it took back goes on waiting, and the contact that it left waits for nobody.
        clinic.run("sync", "--once", LIGAMENT_NOW=later)
        held = clinic.run("holds", "--json").json["holds"]
        assert [(one["code"], one["kind"]) for one in held] == [("undone", "invoice")]
        assert clinic.run("status", "--json").json["clinics"][0]["state"] != "parked"
    else:
        assert clinic.run("undo", run, "--yes", LIGAMENT_NOW=later).code == 0
    stands = clinic.run("status", "--json").json["clinics"][0]
    assert (stands["state"], "undo" in stands["sentence"]) == ("waits", False)
