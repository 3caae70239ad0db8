"""What is downloaded is what the command writes, under a name and a type that say what it is."""

from __future__ import annotations

import csv
import io
import json

import openpyxl
import pytest

from ligament.app.downloads import comparison_download, journal_download, report_download
from ligament.app.reconcile import reconcile
from ligament.app.reports.reports import wish
from ligament.wiring.errors import ConfigurationError
from tests.contacts.kit import Clinic
from tests.reports.kit import busy_clinic, told


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    return busy_clinic(tmp_path_factory.mktemp("downloads") / "home")


def test_a_report_downloads_as_a_table_and_as_a_spreadsheet(clinic: Clinic) -> None:
    with clinic.app() as app:
        table = report_download(app, wish("revenue"), ".csv")
        sheet = report_download(app, wish("revenue"), ".xlsx")
    assert (table.name, table.media_type) == ("revenue-2026-10-01-2026-11-30.csv", "text/csv; charset=utf-8")
    rows = list(csv.DictReader(io.StringIO(table.body.decode())))
    assert [row["total"] for row in rows] == [row["total"] for row in told(clinic, "revenue")["rows"]]
    assert "Revenue" in openpyxl.load_workbook(io.BytesIO(sheet.body)).sheetnames


def test_a_comparison_downloads_in_every_form_and_only_the_newest_lists_all_records(clinic: Clinic) -> None:
    clinic.later()
    with clinic.app() as app:
        first = reconcile(app).document
        clinic.later()
        second = reconcile(app).document
        files = {
            ending: comparison_download(app, second["run_id"], ending) for ending in (".xlsx", ".pdf", ".csv", ".html")
        }
        document = comparison_download(app, second["run_id"], ".json")
        earlier = comparison_download(app, first["run_id"], ".xlsx")
        assert comparison_download(app, "no-such-run", ".pdf") is None
    assert all(file is not None and file.body for file in files.values())
    assert document is not None
    assert json.loads(document.body)["totals"] == second["totals"]
    newest = files[".xlsx"]
    assert newest is not None
    assert earlier is not None
    assert openpyxl.load_workbook(io.BytesIO(newest.body))["All records"].max_row > 1
    assert openpyxl.load_workbook(io.BytesIO(earlier.body))["All records"].max_row == 1


def test_the_journal_downloads_whole(clinic: Clinic) -> None:
    with clinic.app() as app:
        lines = journal_download(app, ".jsonl").body.decode().splitlines()
        rows = list(csv.DictReader(io.StringIO(journal_download(app, ".csv").body.decode())))
    assert len(rows) == len(lines) > 3


def test_a_form_that_there_is_not_is_a_mistake(clinic: Clinic) -> None:
    with clinic.app() as app:
        with pytest.raises(ConfigurationError):
            report_download(app, wish("revenue"), ".docx")
        with pytest.raises(ConfigurationError):
            journal_download(app, ".pdf")
