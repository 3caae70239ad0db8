"""Reports come to the cent to what the practice itself holds, however they are cut, and say what they cannot know."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from ligament.app.reports.reports import wish
from ligament.cli.main import app
from ligament.connectors.xero.simulator import control as desk
from ligament.core.debtors import bucket
from ligament.wiring.errors import ConfigurationError
from tests.contacts.kit import Clinic
from tests.reports.kit import CONSULT, PAYER, busy_clinic, documents, issue, told
from tests.stories.acting import environment


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    return busy_clinic(tmp_path_factory.mktemp("reports") / "home")


def added(rows: list[dict[str, Any]], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows), Decimal())


def test_revenue_is_what_the_practice_holds_without_what_is_archived_or_older_than_the_first_day(
    clinic: Clinic,
) -> None:
    report = told(clinic, "revenue", first="2026-06-01", last="2026-11-30")
    held = documents(clinic)
    assert Decimal(report["totals"]["total"]) == sum(row.total for row in held)
    assert Decimal(report["totals"]["tax"]) == sum(row.tax for row in held)
    assert Decimal(report["totals"]["credited"]) == -sum(row.total for row in held if row.total < 0) > 0
    assert Decimal(report["totals"]["settled"]) == sum(row.total for row in held if row.status == 20) > 0
    assert Decimal(report["totals"]["owed"]) == sum(row.total for row in held if row.status in {10, 40}) > 0
    assert [row["month"] for row in report["rows"]] == ["2026-08", "2026-10", "2026-11"]


def test_a_first_connection_that_an_early_release_noted_as_an_instant_is_the_first_day_too(tmp_path: Path) -> None:
    clinic = busy_clinic(tmp_path / "home")
    book = (clinic.home / "ligament.toml").read_text("utf-8").replace("start_on = 2026-07-01\n", "")
    (clinic.home / "ligament.toml").write_text(book, encoding="utf-8")
    with clinic.app() as opened:
        opened.store.keep_note("connected_on", "2026-10-01T00:00:00Z")
    report = told(clinic, "revenue", first="2026-06-01", last="2026-11-30")
    assert [row["month"] for row in report["rows"]] == ["2026-10", "2026-11"]


@pytest.mark.parametrize("by", ["month", "practitioner", "business", "item", "payer", "payer,month,item"])
def test_however_it_is_cut_revenue_comes_to_the_same(clinic: Clinic, by: str) -> None:
    report = told(clinic, "revenue", first="2026-07-01", last="2026-11-30", by=by)
    whole = told(clinic, "revenue", first="2026-07-01", last="2026-11-30")["totals"]
    for name in ("gross", "credited", "total", "tax", "net", "settled", "owed"):
        assert added(report["rows"], name) == Decimal(report["totals"][name]) == Decimal(whole[name])
    assert report["columns"][: len(by.split(","))] == by.split(",")
    assert all(set(row) == set(report["columns"]) for row in report["rows"])


def test_without_dates_it_is_this_month_and_the_one_before(clinic: Clinic) -> None:
    report = told(clinic, "revenue")
    assert report["period"] == {"from": "2026-10-01", "to": "2026-11-30"}
    assert Decimal(report["totals"]["total"]) == sum(row.total for row in documents(clinic, "2026-10-01", "2026-11-30"))


def test_patients_are_new_in_the_month_of_their_first_invoice_and_come_back_afterwards(clinic: Clinic) -> None:
    report = told(clinic, "revenue", first="2026-07-01", last="2026-11-30")
    counts = {row["month"]: (row["patients_new"], row["patients_returning"]) for row in report["rows"]}
    # The first invoice of one of them is older than the first day, which does not make them new again.
    assert counts == {"2026-08": (0, 1), "2026-10": (1, 1), "2026-11": (0, 2)}
    assert (report["totals"]["patients_new"], report["totals"]["patients_returning"]) == (1, 1)


def test_on_the_settled_basis_the_local_day_of_closing_counts(clinic: Clinic) -> None:
    report = told(clinic, "revenue", first="2026-11-01", last="2026-11-30", basis="settled")
    paid = [row for row in documents(clinic) if row.status == 20]
    assert Decimal(report["totals"]["total"]) == sum(row.total for row in paid)
    # 13:30 UTC on the 5th is half past midnight of the 6th in Melbourne.
    late = told(clinic, "revenue", first="2026-11-06", last="2026-11-06", basis="settled")
    assert Decimal(late["totals"]["total"]) == Decimal("40.76")


def test_what_the_header_says_beyond_the_lines_stands_under_rounding(clinic: Clinic) -> None:
    rows = told(clinic, "revenue", by="item")["rows"]
    assert [(row["item"], row["total"]) for row in rows if row["item"] in {"Odd", "Rounding"}] == [
        ("Odd", "10.00"), ("Rounding", "0.04"),
    ]  # fmt: skip


def test_tax_agrees_in_both_systems_month_by_month(clinic: Clinic) -> None:
    report = told(clinic, "gst", first="2026-07-01", last="2026-11-30")
    assert Decimal(report["totals"]["practice_gross"]) == sum(row.total for row in documents(clinic))
    assert Decimal(report["totals"]["practice_tax"]) == sum(row.tax for row in documents(clinic))
    assert report["totals"]["books_tax"] == report["totals"]["practice_tax"]
    assert report["totals"]["books_gross"] == report["totals"]["practice_gross"]
    for row in report["rows"]:
        assert (row["practice_gross"], row["practice_tax"]) == (row["books_gross"], row["books_tax"])
    assert {row["tax"] for row in report["rows"]} == {"none", "GST 10"}


def test_a_voided_invoice_is_no_tax_of_the_books_any_more(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path / "home")
    issue(clinic, "1410000000000000001", "2026-11-02", CONSULT)
    clinic.sync()
    assert told(clinic, "gst")["totals"]["books_gross"] == "95.00"
    invoice, at = next(iter(clinic.books.world.only().invoices)), clinic.later()
    clinic.books.change(lambda world: desk.void_invoice(world, invoice, at=at))
    clinic.sync()
    totals = told(clinic, "gst")["totals"]
    assert (totals["practice_gross"], totals["books_gross"]) == ("95.00", "0.00")


def test_who_owes_is_told_by_how_long_it_is_overdue_and_credit_lowers_it(clinic: Clinic) -> None:
    report = told(clinic, "debtors")
    held = documents(clinic)
    assert Decimal(report["totals"]["total"]) == sum(row.total for row in held if row.status in {10, 40})
    rows = {row["who"]: row for row in report["rows"]}
    assert rows[PAYER]["current"] == "95.00"  # issued on 28 Oct on 30 days' terms
    assert rows["Ana Silva"]["over_90"] == "95.00"
    assert rows["Ana Silva"]["credit"] == "-13.59"
    assert rows["Ben Okafor"]["days_1_30"] == "105.04"
    assert sum(Decimal(row["total"]) for row in rows.values()) == Decimal(report["totals"]["total"])


def test_an_amount_moves_to_the_next_column_on_the_day_after_its_last() -> None:
    due = date(2026, 11, 30)
    days = (0, 1, 30, 31, 60, 61, 90, 91, 4000)
    names = [bucket(due, due + timedelta(days=one)) for one in days]
    assert names[:3] == ["current", "days_1_30", "days_1_30"]
    assert names[3:] == ["days_31_60", "days_31_60", "days_61_90", "days_61_90", "over_90", "over_90"]


def test_payers_are_told_apart_from_patients(clinic: Clinic) -> None:
    report = told(clinic, "payers")
    assert [(row["payer"], row["invoices"], row["patients"], row["total"]) for row in report["rows"]] == [
        (PAYER, 1, 1, "95.00")
    ]


def test_a_report_says_its_basis_and_what_it_cannot_know(clinic: Clinic) -> None:
    report = told(clinic, "revenue")
    assert any("issued" in note for note in report["notes"])
    assert any("inferred" in note for note in report["notes"])
    assert report["as_of"].endswith("Z")


def test_before_anything_was_read_a_report_says_so(tmp_path: Path) -> None:
    report = told(Clinic(tmp_path / "home"), "revenue")
    assert (report["as_of"], report["rows"], report["totals"]["total"]) == (None, [], "0.00")
    assert "Nothing has been read yet" in report["notes"][0]


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("revenu", {}, 'Did you mean "revenue"'),
        ("revenue", {"by": "moth"}, 'Did you mean "month"'),
        ("debtors", {"by": "month"}, "is not cut by anything"),
        ("revenue", {"first": "2026-13-01"}, '"2026-13-01" is no day'),
        ("revenue", {"first": "2026-12-01", "last": "2026-11-01"}, "ends on 1 Nov 2026 before it begins on 1 Dec 2026"),
        ("revenue", {"basis": "cash"}, '"cash" is not known'),
    ],
)
def test_what_is_not_known_is_a_mistake_with_the_nearest_word(name: str, options: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError) as found:
        wish(name, **options)
    assert words in str(found.value)


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def home(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lead the command to the clinic's home; nothing else is needed, since no report calls anybody."""
    values = {**environment("http://127.0.0.1:9/v1", "http://127.0.0.1:9"), "LIGAMENT_NOW": "2026-11-22T03:00:00Z"}
    for name, value in {**values, "LIGAMENT_HOME": str(clinic.home)}.items():
        monkeypatch.setenv(name, value)
    return clinic.home


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["report", *arguments])


@pytest.mark.usefixtures("home")
def test_the_command_tells_a_table_with_its_sums_and_one_document_for_programs() -> None:
    shown = run("revenue", "--by", "practitioner")
    assert shown.exit_code == 0, shown.output
    for words in ("Ben Hands", "Mia Wong", "Total", "1 Oct 2026 to 30 Nov 2026", "As of 22 Nov 2026 13:"):
        assert words in shown.stdout
    document = json.loads(run("revenue", "--by", "practitioner", "--json").stdout)
    assert set(document) >= {"columns", "rows", "totals", "as_of"}
    assert isinstance(document["totals"]["total"], str)


@pytest.mark.usefixtures("home")
def test_the_command_writes_every_format_and_overwrites_only_when_told(tmp_path: Path) -> None:
    files = [tmp_path / f"revenue{ending}" for ending in (".xlsx", ".csv", ".html", ".pdf", ".json")]
    outputs = [part for file in files for part in ("--output", str(file))]
    done = run("revenue", *outputs)
    assert done.exit_code == 0, done.output
    assert {file.name: oct(file.stat().st_mode & 0o777) for file in files} == {file.name: "0o600" for file in files}
    sheet = openpyxl.load_workbook(files[0])["Revenue"]
    total = json.loads(files[-1].read_text(encoding="utf-8"))["totals"]["total"]
    assert f"{sheet.cell(sheet.max_row, 4).value:.2f}" == total
    before = files[1].read_bytes()
    refused = run("revenue", "--output", str(files[1]))
    assert refused.exit_code == 2
    assert "--force" in refused.output
    assert files[1].read_bytes() == before
    assert run("revenue", "--output", str(files[1]), "--force").exit_code == 0


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("file", "words"), [("revenue.docx", "ending"), ("no/revenue.csv", "does not exist"), ("", "ending")]
)
def test_a_file_that_cannot_be_written_is_a_mistake_before_any_work(tmp_path: Path, file: str, words: str) -> None:
    refused = run("revenue", "--output", str(tmp_path / file))
    assert refused.exit_code == 2
    assert words in refused.output
    assert not list(tmp_path.iterdir())
