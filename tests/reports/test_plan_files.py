"""A plan shows the documents as the books will show them, with sums, on the screen and in files."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from tests.cli.kit import Clinic, served


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with served(tmp_path_factory.mktemp("plan") / "home") as made:
        made.invoice({"name": "Consult", "unit_price": "95"}, paid=True)
        made.invoice({"name": "Tape", "unit_price": "20", "tax_name": "GST", "tax_rate": "10"})
        yield made


def test_the_sums_of_a_plan_are_those_of_its_documents(clinic: Clinic) -> None:
    document = clinic.run("plan", "--json").json
    assert document["totals"]["by_account"] == {"200": "117.00"}
    assert document["totals"]["by_tax"] == {"EXEMPTOUTPUT": "95.00", "OUTPUT": "22.00"}
    assert document["totals"]["by_month"] == {"2026-11": "117.00"}
    kinds = [action["kind"] for action in document["actions"]]
    assert kinds[:2] == ["invoices", "invoices"]
    assert "invoices" not in kinds[2:]


def test_people_see_the_sums_after_the_documents(clinic: Clinic) -> None:
    said = clinic.run("plan").out
    assert said.index("CLK-1") < said.index("What the new documents come to") < said.index("Next:")
    assert "117.00" in said


def test_a_plan_goes_into_several_files_at_once(clinic: Clinic, tmp_path: Path) -> None:
    files = {ending: tmp_path / f"plan.{ending}" for ending in ("xlsx", "html", "csv", "json")}
    outputs = [part for file in files.values() for part in ("--output", str(file))]
    answer = clinic.run("plan", *outputs)
    assert answer.code == 1, answer.said
    book = openpyxl.load_workbook(files["xlsx"])
    assert {"Summary", "Documents", "Lines", "By account", "By tax type", "By month"} <= set(book.sheetnames)
    last = [cell.value for cell in book["Documents"][book["Documents"].max_row]]
    assert Decimal(str(last[6])) == 117
    with files["csv"].open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert sorted((row["number"], row["contact"], row["amount"]) for row in rows) == [
        ("CLK-1", "Ada Sample", "95.00"), ("CLK-2", "Ada Sample", "22.00"),
    ]  # fmt: skip
    assert "CLK-1" in files["html"].read_text(encoding="utf-8")
    assert set(json.loads(files["json"].read_text(encoding="utf-8"))["totals"]) == {"by_account", "by_tax", "by_month"}


@pytest.mark.parametrize("name", ["plan.pdf", "plan", "plan.txt"])
def test_an_ending_that_a_plan_has_no_form_for_is_a_mistake(clinic: Clinic, tmp_path: Path, name: str) -> None:
    answer = clinic.run("plan", "--output", str(tmp_path / name))
    assert answer.code == 2
    assert ".xlsx" in answer.said
