"""Reports stand on a page of their own with their files; what does not exist is no page."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import openpyxl

from tests.web.at_work import at_work, shop_over
from tests.web.conftest import Shop

NAMES = (("revenue", "Revenue"), ("gst", "Tax on sales"), ("debtors", "Who owes"), ("payers", "Payers"))


def test_every_report_has_a_page_and_its_files(tmp_path: Path) -> None:
    with shop_over(at_work(tmp_path / "home")) as shop:
        person = shop.owner()
        for name, words in NAMES:
            page = person.get(f"/c/riverside-physio/reports?name={name}")
            assert page.status == 200
            assert f"<h1>{words}</h1>" in page.text
            with_rows = "<tbody>" in page.text
            assert with_rows is (f"/c/riverside-physio/reports/{name}.xlsx" in page.text)
            assert with_rows is (name != "payers"), "the clinic sold something, and nobody else paid"


def test_before_anything_was_read_no_report_offers_a_file(shop: Shop) -> None:
    person = shop.owner()
    for name, words in NAMES:
        page = person.get(f"/c/north/reports?name={name}")
        assert f"<h1>{words}</h1>" in page.text
        assert "This clinic is not connected yet" in page.text
        assert ".xlsx" not in page.text


def test_files_come_as_attachments_in_the_form_that_was_asked_for(shop: Shop) -> None:
    client = shop.owner().client
    table = client.get("/c/north/reports/revenue.csv?from=2026-10-01&to=2026-10-31&by=practitioner")
    assert table.status_code == 200
    assert table.headers["content-disposition"] == 'attachment; filename="revenue-2026-10-01-2026-10-31.csv"'
    assert next(csv.reader(io.StringIO(table.text)))[:2] == ["practitioner", "gross"]
    sheet = client.get("/c/north/reports/debtors.xlsx")
    assert openpyxl.load_workbook(io.BytesIO(sheet.content)).sheetnames[0] == "Summary"
    journal = client.get("/c/north/journal.csv")
    assert journal.headers["content-disposition"] == 'attachment; filename="journal.csv"'
    assert journal.text.startswith("sequence,at,actor")
    assert client.get("/c/north/journal.json").json()["entries"] is not None


def test_every_download_carries_a_plain_name_of_our_own(shop: Shop) -> None:
    client = shop.owner().client
    for path in (
        'reports/revenue.csv?from=2026-10-01&by=practitioner&filename="x"%0d%0aSet-Cookie:a', "reports/gst.xlsx",
        "journal.csv?record=../../x%22", "journal.json?kind=%0d%0a",
    ):  # fmt: skip
        told = client.get(f"/c/north/{path}").headers["content-disposition"]
        assert re.fullmatch(r'attachment; filename="[A-Za-z0-9][A-Za-z0-9.-]*"', told), told


def test_what_is_no_report_is_no_page(shop: Shop) -> None:
    client = shop.owner().client
    for path in (
        "reports/revenue.docx", "reports/nothing.csv", "reports/revenue.csv?from=never", "reconciliation/x.pdf",
        "reconciliation/x", "journal.csv?from=never",
    ):  # fmt: skip
        assert client.get(f"/c/north/{path}").status_code == 404, path


def test_a_day_that_is_none_is_said_on_the_page(shop: Shop) -> None:
    page = shop.owner().get("/c/north/reports?name=revenue&from=2026-13-01")
    assert page.status == 422
    assert "is no day" in page.text
