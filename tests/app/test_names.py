"""What the screen calls a record, every command knows it by: its number here, ours in the books, and the next ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from ligament.app.approvals import approve, refuse, waiting
from ligament.app.holds import dismiss, retry, show_hold
from ligament.app.journal import JournalFilter
from ligament.app.lists import documents, entries
from ligament.app.plans import explain, plan
from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero.simulator import control as office
from ligament.core.document_numbers import names_meant, practice_number
from ligament.wiring.errors import ConfigurationError
from tests.support.stage import RULEBOOK, Stage, stage


@pytest.fixture
def clinic(tmp_path: Path) -> Stage:
    return stage(tmp_path / "home")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("CLK-4", "4"),
        ("clk-4", "4"),
        ("CLK-4-2", "4"),
        ("CLK-4-A1", "4"),
        ("CLK-4/paid", "4"),
        ("CLK-4-2/paid", "4"),
        ("CLK-A1411500000000000043", "A1411500000000000043"),
        ("CLK-1410000000000000007", "1410000000000000007"),
        ("CLK-C-1402000000000000003", "1402000000000000003"),
        ("INV-4", ""),
        ("4", ""),
    ],
)
def test_the_practices_number_is_found_in_ours(ours: str, theirs: str) -> None:
    assert practice_number(ours, "CLK-") == theirs
    assert practice_number(ours.replace("CLK-", "Bay/"), "Bay/") == (theirs if ours.startswith("CLK-") else "")


def test_a_number_without_anything_before_it_is_itself() -> None:
    assert practice_number("4", "") == practice_number("4-2", "") == "4"
    assert names_meant(" 4 ", "CLK-") == {"4"}


def test_what_was_posted_is_explained_by_its_number_in_the_books(clinic: Stage) -> None:
    clinic.invoice(paid=True)
    clinic.sync()
    with clinic.app() as app:
        assert explain(app, "CLK-1").document["posted"] == explain(app, "1").document["posted"] != []
        with pytest.raises(ConfigurationError):
            explain(app, "INV-1")


def test_what_waits_is_shown_retried_and_left_by_our_number(clinic: Stage) -> None:
    clinic.invoice(tax_name="Luxury", tax_rate="25")
    clinic.sync()
    with clinic.app() as app:
        (hold,) = show_hold(app, "CLK-1").document["holds"]
        assert hold["number"] == "1"
        assert explain(app, "CLK-1").document["holds"] != []
        assert retry(app, "CLK-1").document["retried"] == [hold["id"]]
        assert dismiss(app, "clk-1").document["dismissed"] == [hold["id"]]
        with pytest.raises(ConfigurationError):
            show_hold(app, "INV-1")


def test_the_second_document_of_one_invoice_is_never_taken_for_another_invoice(tmp_path: Path) -> None:
    """CLK-1-2 is invoice 1 posted again; it is neither invoice 2, nor is it meant by whoever says 2."""
    clinic = stage(tmp_path / "home", rulebook=RULEBOOK.replace('void = "auto"', 'void = "auto"\ncreate = "ask"'))
    first = clinic.invoice()
    clinic.sync()
    with clinic.app() as app:
        approve(app)
    clinic.sync()
    at = clinic.pass_time(minutes=1)
    clinic.practice.change(lambda world: desk.archive_invoice(world, first, at=at))
    clinic.sync()
    at = clinic.pass_time(minutes=1)
    clinic.practice.change(lambda world: desk.unarchive_invoice(world, first, at=at))
    clinic.invoice(price="60.00")
    with clinic.app() as app:
        plan(app)
        assert [action["number"] for action in waiting(app)["actions"]] == ["CLK-1-2", "CLK-2"]
        assert [action["number"] for action in explain(app, "2").document["actions"]] == ["CLK-2"]
        assert refuse(app, ["2"], reason="not yet").document["refused"] == 1
        assert [action["number"] for action in waiting(app)["actions"]] == ["CLK-1-2"]
        assert approve(app, ["CLK-1-2"]).document["approved"] == 1
    clinic.sync()
    with clinic.app() as app:
        (row,) = documents(app, text="", number="CLK-1-2", after="", limit=10)
        assert row["number"] == "1"
        found = [entry["subject"] for entry in entries(app, JournalFilter(record="CLK-1-2"), before=0, limit=50)]
        assert set(found) == {f"invoice:{first}"}


def test_a_number_that_both_sides_have_means_the_practices_record(clinic: Stage) -> None:
    clinic.invoice()
    second = clinic.invoice(tax_name="Luxury", tax_rate="25")
    clinic.sync()
    (document,) = clinic.kept_books().invoices.values()
    at = clinic.pass_time(minutes=1)
    clinic.books.change(lambda world: office.edit_invoice(world, document.document_id, {"InvoiceNumber": "2"}, at=at))
    clinic.sync()
    with clinic.app() as app:
        shown = show_hold(app, "2").document["holds"]
    assert {hold["source_id"] for hold in shown} == {second}
