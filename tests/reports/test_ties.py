"""Reports tie to the reconciliation to the cent, and its files say what it says."""

from __future__ import annotations

import csv
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ligament.app.reconcile import Period, reconcile, side_by_side
from ligament.app.reports.comparison import comparison_report
from ligament.app.reports.files import wanted_files, write_files
from ligament.connectors.xero.simulator import control as desk
from ligament.core.tables import Report
from tests.contacts.kit import BEN, Clinic
from tests.reconcile.planting import Scene, lower_amount
from tests.reports.kit import CONSULT, busy_clinic, documents, issue, told
from tests.support.stage import stage


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    """Return the busy clinic after somebody voided one invoice in the books and lowered another."""
    made = busy_clinic(tmp_path_factory.mktemp("ties") / "home")
    held = [one for one in made.books.world.only().invoices.values() if one.status == "AUTHORISED"]
    at = made.later()
    made.books.change(lambda world: desk.void_invoice(world, held[0].document_id, at=at))
    line = {"Description": "Less", "Quantity": "1", "UnitAmount": "90", "AccountCode": "200", "TaxType": "EXEMPTOUTPUT"}
    made.books.change(lambda world: desk.edit_invoice(world, held[1].document_id, {"LineItems": [line]}, at=at))
    return made


@pytest.fixture(scope="module")
def compared(clinic: Clinic) -> dict[str, Any]:
    clinic.later()
    with clinic.app() as app:
        return reconcile(app).document


def test_revenue_is_the_practice_side_of_the_reconciliation(clinic: Clinic, compared: dict[str, Any]) -> None:
    assert told(clinic, "revenue")["totals"]["total"] == compared["totals"]["source"]
    months = {row["month"]: row["total"] for row in told(clinic, "revenue", by="month")["rows"]}
    assert months == {one["month"]: one["source"] for one in compared["totals"]["by_month"] if one["source"] != "0.00"}


def test_who_owes_is_what_the_reconciliation_calls_owed(clinic: Clinic, compared: dict[str, Any]) -> None:
    assert told(clinic, "debtors")["totals"]["total"] == compared["totals"]["owed"]["source"]


def test_what_is_issued_ahead_is_owed_in_both(tmp_path: Path) -> None:
    made = busy_clinic(tmp_path / "home")
    issue(made, BEN, "2026-12-15", CONSULT)
    made.sync()
    with made.app() as app:
        owed = reconcile(app).document["totals"]["owed"]["source"]
    assert told(made, "debtors")["totals"]["total"] == owed
    assert Decimal(told(made, "debtors", last="2026-11-30")["totals"]["total"]) == Decimal(owed) - 95


def test_tax_has_the_sums_of_both_sides(clinic: Clinic, compared: dict[str, Any]) -> None:
    report = told(clinic, "gst")
    for one in compared["totals"]["by_tax_rate"]:
        rows = [row for row in report["rows"] if row["tax"] == one["tax"]]
        assert sum(Decimal(row["practice_gross"]) for row in rows) == Decimal(one["source"])
        assert sum(Decimal(row["books_gross"]) for row in rows) == Decimal(one["books"])


# --- files ------------------------------------------------------------------------------------------------------------


def report_of(clinic: Clinic, document: dict[str, Any]) -> Report:
    with clinic.app() as app:
        period = Period.of(document["period"])
        rows = list(side_by_side(app, period))
        return comparison_report(app, document, lambda: rows)


def test_the_workbook_has_every_variance_and_every_record(
    clinic: Clinic, compared: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "compared.xlsx"
    write_files(wanted_files([file]), report_of(clinic, compared), compared)
    book = openpyxl.load_workbook(file)
    assert {"Summary", "Variances", "All records", "By month", "By tax rate"} <= set(book.sheetnames)
    assert book["Variances"].max_row == len(compared["variances"]) + 1
    records = list(book["All records"].iter_rows(min_row=2, values_only=True))
    held = documents(clinic, "2026-10-01", "2026-11-30")
    # An archived one stands there too, as what it was: nothing on either side.
    assert {str(row.fields["number"]) for row in held} <= {str(row[0]) for row in records}
    totals = [Decimal(str(row[6])) for row in records if row[6] is not None]
    assert sum(totals) == Decimal(compared["totals"]["source"])
    months = list(book["By month"].iter_rows(min_row=2, values_only=True))
    assert Decimal(str(months[-1][1])).quantize(Decimal("0.01")) == Decimal(compared["totals"]["source"])


def test_the_list_by_cause_comes_to_the_difference_on_top(
    clinic: Clinic, compared: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "compared.xlsx"
    write_files(wanted_files([file]), report_of(clinic, compared), compared)
    rows = list(openpyxl.load_workbook(file)["Differences by cause"].iter_rows(min_row=2, values_only=True))
    *causes, total = rows
    explained = Decimal(compared["totals"]["explained"])
    assert Decimal(str(total[4])).quantize(Decimal("0.01")) == explained != 0
    assert sum(Decimal(str(row[4])) for row in causes) == explained
    assert sum(int(str(row[2])) for row in causes) == total[2] == len(compared["variances"])


def test_what_somebody_acknowledged_needs_nobody_in_the_list_by_cause_and_is_counted_on_paper(
    clinic: Clinic, compared: dict[str, Any], tmp_path: Path
) -> None:
    waiting = [one for one in compared["variances"] if one["needs"] == "person"]
    assert len(waiting) > 1
    before = [str(row[1]) for row in _causes(clinic, compared, tmp_path / "before.xlsx")]
    assert "a person" in before
    assert "known" not in before
    some = {**compared, "variances": [_known(one) if one is waiting[0] else one for one in compared["variances"]]}
    assert _note(report_of(clinic, some)).startswith("Beside these, 1 difference is known")
    every = {**compared, "variances": [_known(one) if one in waiting else one for one in compared["variances"]]}
    needs = [str(row[1]) for row in _causes(clinic, every, tmp_path / "after.xlsx")]
    assert "known" in needs
    assert "a person" not in needs
    assert _note(report_of(clinic, every)).startswith(f"Nothing is new. {len(waiting)} differences are known")
    assert _note(report_of(clinic, compared)) == ""


def test_the_summary_of_a_workbook_names_the_terms_without_signs(
    clinic: Clinic, compared: dict[str, Any], tmp_path: Path
) -> None:
    """A sign before a name would get a mark, so that no program takes it for a formula, and people would read that."""
    file = tmp_path / "compared.xlsx"
    write_files(wanted_files([file]), report_of(clinic, compared), compared)
    told = {row[0]: row[1] for row in openpyxl.load_workbook(file)["Summary"].iter_rows(values_only=True)}
    totals = compared["totals"]
    terms = {"Cliniko": totals["source"], "Xero": totals["books"], "Explained": totals["explained"]}
    assert {name: Decimal(str(told[name])) for name in terms} == {name: Decimal(told) for name, told in terms.items()}
    assert not any(str(name).startswith("'") for name in told)


def _known(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "state": "known", "note": "agreed"}


def _causes(clinic: Clinic, document: dict[str, Any], file: Path) -> list[Any]:
    write_files(wanted_files([file]), report_of(clinic, document), document)
    *causes, _ = openpyxl.load_workbook(file)["Differences by cause"].iter_rows(min_row=2, values_only=True)
    return causes


def _note(report: Report) -> str:
    (found,) = [table.note for table in report.tables if table.name == "to_do"]
    return found


def test_records_and_differences_of_one_day_stand_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoices = [scene.stage.invoice() for _ in range(11)]
    scene.stage.sync()
    for invoice in invoices[7:]:
        lower_amount(scene, invoice)
    told = scene.compare()
    numbers = [one["number"] for one in told["variances"]]
    assert numbers == ["8", "9", "10", "11"]
    with scene.stage.app() as app:
        rows = [row.number for row in side_by_side(app, Period.of(told["period"]))]
    assert rows == [str(number) for number in range(1, 12)]


def test_csv_lists_the_variances_as_the_document_does(clinic: Clinic, compared: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "compared.csv"
    write_files(wanted_files([file]), report_of(clinic, compared), compared)
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for name in ("id", "kind", "needs", "state", "amount", "sentence"):
        assert [row[name] for row in rows] == [one[name] for one in compared["variances"]]


def test_the_pdf_says_where_the_journal_ends_and_has_two_pages_however_much_differs(
    clinic: Clinic, compared: dict[str, Any], tmp_path: Path
) -> None:
    one = compared["variances"][0]
    many = {**compared, "variances": [{**one, "sentence": one["sentence"] * 3, "number": str(n)} for n in range(300)]}
    many["totals"] = {
        **compared["totals"],
        "by_month": [
            {**compared["totals"]["by_month"][0], "month": f"20{y}-{m:02}"} for y in range(20, 26) for m in range(1, 13)
        ],
    }
    report = report_of(clinic, many)
    stamp = dict(report.stamp)
    assert re.search(r"entry \d+, [0-9a-f]{64}", stamp["Journal's end"])
    assert re.fullmatch(r"[0-9a-f]{64}", stamp["Signed"])
    file = tmp_path / "compared.pdf"
    write_files(wanted_files([file]), report, many)
    pages = re.search(rb"/Type\s*/Pages[^>]*?/Count (\d+)", file.read_bytes())
    assert pages is not None
    assert int(pages.group(1)) == 2


def test_the_command_writes_several_files_at_once(clinic: Clinic, compared: dict[str, Any], tmp_path: Path) -> None:
    files = wanted_files([tmp_path / f"c{ending}" for ending in (".html", ".json", ".pdf")])
    write_files(files, report_of(clinic, compared), compared)
    assert json.loads(files.paths[1].read_text(encoding="utf-8"))["totals"] == compared["totals"]
    page = files.paths[0].read_text(encoding="utf-8")
    for variance in compared["variances"]:
        assert variance["number"] in page
