"""The commands `reconcile` and `variances` as they are typed: what they print, how they end, and what they refuse."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.xero.simulator import control as office
from tests.cli.kit import NOW, REPOSITORY, Clinic
from tests.support.practice import RULEBOOK

KEYS = {
    "id", "kind", "needs", "state", "enters", "parts", "source_id", "books_id", "number", "amount", "tax", "date",
    "books_date", "first_seen_at", "sentence", "fix", "note",
}  # fmt: skip


def posted(clinic: Clinic) -> str:
    """Post one open invoice, and return its number."""
    number = clinic.invoice()
    clinic.write(RULEBOOK)
    assert clinic.run("sync", "--once", "--json").code == 0
    return number


def lower(clinic: Clinic, number: str) -> None:
    """Let somebody lower the invoice in the books."""
    held = next(one for one in clinic.books.world.only().invoices.values() if one.number == f"CLK-{number}")
    first = held.lines[0]
    line = {"LineItemID": first.line_id, "Description": "Consult", "AccountCode": "200", "TaxType": first.tax_type}
    changed = {**line, "Quantity": 1, "UnitAmount": Decimal("92.00")}
    at = held.updated_at + timedelta(milliseconds=1)

    def change(world: Any) -> Any:
        return office.edit_invoice(world, held.document_id, {"LineItems": [changed]}, at=at)

    clinic.books.change(change)


def test_the_document_has_every_key_of_the_contract_and_balances(clinic: Clinic) -> None:
    posted(clinic)
    answer = clinic.run("reconcile", "--json")
    told = answer.json
    assert answer.code == 0
    assert told["balanced"] is True
    assert {
        "run_id", "period", "compared", "left_out", "balanced", "totals", "variances", "calls", "bytes", "seconds",
    } <= told.keys()  # fmt: skip
    assert told["period"] == {"from": "2026-10-01", "to": "2026-11-30", "full": False}
    assert told["totals"]["by_tax_rate"] == [{"tax": "none", "source": "95.00", "books": "95.00", "explained": "0.00"}]
    assert told["totals"]["by_month"] == [
        {"month": "2026-11", "source": "95.00", "books": "95.00", "explained": "0.00"}
    ]
    assert told["totals"]["owed"] == {"source": "95.00", "books": "95.00", "explained": "0.00"}
    assert told["totals"]["settled"] == {"source": "0.00", "books": "0.00", "explained": "0.00"}
    assert told["compared"]["source"]["invoices"] == told["compared"]["books"]["invoices"] == 1
    assert set(told["bytes"]) == {"cliniko", "xero"}


def test_a_difference_is_told_in_a_sentence_and_ends_with_1_until_it_is_known(clinic: Clinic) -> None:
    number = posted(clinic)
    lower(clinic, number)
    answer = clinic.run("reconcile", "--json")
    (one,) = answer.json["variances"]
    assert answer.code == 1
    assert one.keys() >= KEYS
    assert one["sentence"] == (
        f"CLK-{number} is 92.00 in Xero and 95.00 in Cliniko: Rowan Bookkeeper changed a line in Xero on 22 Nov 2026."
    )
    assert (one["amount"], one["kind"], one["state"], one["enters"]) == ("3.00", "amount", "new", "totals")
    assert one["parts"] == [{"month": "2026-11", "tax": "none", "amount": "3.00"}]
    assert one["number"] == number
    assert clinic.run("variances", "--json").json["variances"][0]["id"] == one["id"]
    known = clinic.run("variances", "acknowledge", one["id"], "--note", "a present", "--json")
    assert (known.code, known.json["variance"]["state"], known.json["variance"]["note"]) == (0, "known", "a present")
    again = clinic.run("reconcile", "--json")
    assert (again.code, again.json["balanced"]) == (0, True)
    assert again.json["totals"]["explained"] == "3.00"


def test_a_fix_is_planned_approved_and_done_by_the_next_run(clinic: Clinic) -> None:
    number = posted(clinic)
    lower(clinic, number)
    (one,) = clinic.run("reconcile", "--json").json["variances"]
    fixed = clinic.run("variances", "fix", one["id"], "--json")
    assert fixed.code == 1
    assert [action["action"] for action in fixed.json["waiting"]] == ["update_document"]
    assert clinic.run("variances", "show", one["id"], "--json").json["variance"]["state"] == "healing"
    assert clinic.run("approve", "--yes", "--json").code == 0
    assert clinic.run("sync", "--once", "--json").code == 0
    done = clinic.run("reconcile", "--json")
    assert (done.code, done.json["variances"]) == (0, [])
    assert clinic.run("variances", "show", one["id"], "--json").json["variance"]["state"] == "gone"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("reconcile", "--from", "2026-11-30", "--to", "2026-11-01"), "before it begins"),
        (("reconcile", "--from", "yesterday"), "is no day"),
        (("reconcile", "--from", "2026-02-30"), "is no day"),
        (("reconcile", "--from", ""), "is no day"),
        (("reconcile", "--from", "2099-01-01"), "--from: the period ends on"),
        (("audit", "--from", "2026-11-30", "--to", "2026-11-01"), "before it begins"),
        (("audit", "--to", ""), "is no day"),
        (("audit", "--output", "found.doc"), "found.doc"),
        (("reconcile", "--to", "2026-13-01"), "is no day"),
        (("reconcile", "--full", "--from", "2026-11-01"), "--full"),
        (("reconcile", "--output", "compared.doc"), "compared.doc"),
        (("reconcile", "--output", "/nowhere/at/all/compared.json"), "does not exist"),
        (("variances", "show", "v0000000000"), "no variance"),
        (("variances", "acknowledge", "v0000000000", "--note", "x"), "no variance"),
        (("variances", "fix", "v0000000000"), "no variance"),
        (("variances", "fix"), "--all"),
        (("variances", "accept-removed", "--note", "they are"), "shows what it showed before"),
    ],
)
def test_what_cannot_be_is_refused_with_2_and_a_sentence(clinic: Clinic, words: tuple[str, ...], said: str) -> None:
    clinic.write(RULEBOOK)
    answer = clinic.run(*words, "--json")
    assert answer.code == 2, answer.said
    assert said in answer.err
    assert answer.json["error"]
    # Nothing began that never ended.
    assert clinic.run("runs", "--json").json["runs"] == []


def test_where_most_invoices_vanish_it_stops_with_3_and_says_what_goes_on(clinic: Clinic) -> None:
    numbers = [clinic.invoice() for _ in range(3)]
    clinic.write(RULEBOOK)
    assert clinic.run("sync", "--once", "--json").code == 0

    def emptied(world: Any) -> Any:
        for invoice in list(world.table("invoices").rows):
            world = cliniko.remove(world, "invoices", invoice)
        return world

    clinic.practice.change(emptied)
    stopped = clinic.run("reconcile")
    assert stopped.code == 3
    said = " ".join(stopped.err.split())
    assert "no longer shows 3 of 3 invoices" in said
    assert 'ligament variances accept-removed --note "WHY"' in said
    kept = clinic.run("variances", "accept-removed", "--note", "entered by mistake")
    assert kept.code == 0
    assert f"3 invoices were removed ({', '.join(numbers)})" in " ".join(kept.out.split())
    assert "Next: ligament reconcile" in kept.out
    told = clinic.run("reconcile", "--json")
    assert {one["kind"] for one in told.json["variances"]} == {"status"}
    told_again = clinic.run("variances", "accept-removed", "--note", "entered by mistake", "--json")
    assert told_again.code == 2
    assert told_again.json["error"]


def test_a_comparison_that_the_days_limit_cuts_ends_with_1_and_says_when_it_goes_on(clinic: Clinic) -> None:
    posted(clinic)
    (app,) = (name for name, held in clinic.books.world.apps.items() if held.day_limit == 5000)
    used = len([one for one in clinic.books.log if "/api.xro/" in one.request.path])
    clinic.books.change(lambda world: office.set_day_limit(world, app, used + 6))
    cut = clinic.run("reconcile", "--full")
    assert cut.code == 1
    said = " ".join(cut.out.split())
    assert "The calls allowed for today are used up." in said
    goes_on = r"\d+ of \d+ months were read again; what is left follows (at \d|when the allowance is back)"
    assert re.search(goes_on, said)
    assert "compared as it was read last" in said
    again = clinic.run("reconcile", "--full", "--json")
    assert again.code == 1
    assert again.json["parked"]
    assert again.json["totals"]["explained"] == "0.00"
    assert "parked" in clinic.run("runs").out
    # What is left is told by the status too, whatever runs meanwhile, until a comparison as whole as this one is made.
    stands = clinic.run("status", "--json").json["clinics"][0]
    assert stands["state"] == "parked"
    assert stands["sentence"].startswith("The calls allowed for today are used up. What is left of a comparison has")
    assert stands["sentence"].endswith("ligament reconcile --full.")
    clinic.books.change(lambda world: office.set_day_limit(world, app, 5000))
    for verb, state in ((("sync", "--once"), "parked"), (("reconcile",), "parked"), (("reconcile", "--full"), "well")):
        assert clinic.run(*verb, LIGAMENT_NOW=(NOW + timedelta(days=2)).isoformat()).code == 0
        assert clinic.run("status", "--json").json["clinics"][0]["state"] == state, verb


@pytest.mark.parametrize("verb", ["reconcile", "audit"])
def test_a_file_that_is_there_stays_until_somebody_says_otherwise(clinic: Clinic, tmp_path: Path, verb: str) -> None:
    posted(clinic)
    kept, beside = tmp_path / "kept.csv", tmp_path / "beside.json"
    kept.write_text("mine", encoding="utf-8")
    refused = clinic.run(verb, "--output", str(kept), "--output", str(beside))
    assert refused.code == 2
    assert "is there already" in refused.err
    assert "--force" in refused.err
    assert kept.read_text(encoding="utf-8") == "mine"
    assert not beside.exists(), "all of them or none"
    assert clinic.run(verb, "--output", str(kept / "below.csv")).code == 2
    assert clinic.run(verb, "--output", str(kept), "--force").code in {0, 1}
    assert kept.read_text(encoding="utf-8") != "mine"


@pytest.mark.parametrize(("answer", "code", "left"), [("n", 2, "mine"), ("y", 0, "id,number,kind")])
def test_at_a_terminal_it_asks_before_a_file_is_written_over(
    clinic: Clinic, tmp_path: Path, answer: str, code: int, left: str
) -> None:
    posted(clinic)
    kept = tmp_path / "kept.csv"
    kept.write_text("mine", encoding="utf-8")
    typed, terminal = pty.openpty()
    try:
        os.write(typed, f"{answer}\n".encode())
        done = subprocess.run(
            [sys.executable, "-m", "ligament.cli.main", "reconcile", "--output", str(kept)],
            stdin=terminal,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY / "src"), **clinic.environ},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    finally:
        os.close(typed)
        os.close(terminal)
    assert "kept.csv is there already. Overwrite it?" in "".join(done.stderr.split("\n"))
    assert done.returncode == code, done.stderr
    assert kept.read_text(encoding="utf-8").startswith(left)


def test_people_read_the_equation_and_what_to_do_next(clinic: Clinic) -> None:
    number = posted(clinic)
    balanced = clinic.run("reconcile").out
    assert "Balanced" in balanced
    assert re.search(
        r"Calls used: Cliniko \d+, Xero \d+; read: cliniko \d+ kB, xero \d+ kB; \d+\.\d seconds",
        " ".join(balanced.split()),
    )
    lower(clinic, number)
    told = clinic.run("reconcile")
    assert told.code == 1
    assert f"CLK-{number} is 92.00 in Xero and 95.00 in Cliniko" in " ".join(told.out.split())
    assert "ligament variances show v" in told.out


def test_practice_and_books_are_not_written_to(clinic: Clinic) -> None:
    number = posted(clinic)
    lower(clinic, number)
    clinic.practice.clear_log()
    clinic.books.clear_log()
    clinic.run("reconcile", "--full", "--json")
    said = [*clinic.practice.log, *clinic.books.log]
    assert [
        one.request.method for one in said if "/connect/" not in one.request.path and one.request.method != "GET"
    ] == []
