"""What the screen calls a record, every command knows it by: its number here, ours in the books, and the next ones."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ligament.app.approvals import approve, keep_asked, refuse, waiting
from ligament.app.holds import dismiss, retry, show_hold
from ligament.app.journal import JournalFilter
from ligament.app.lists import documents, entries
from ligament.app.plans import explain, plan
from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero.simulator import control as office
from ligament.core.document_numbers import is_exactly, names_meant, names_of_number, practice_number
from ligament.core.ids import BooksId
from ligament.core.intents import Subject, SubjectKind
from ligament.core.ledgers import DocumentKind
from ligament.core.plans import Action, ActionKind, DocumentRef, UnpaymentStep, without_paid
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


def test_a_number_that_means_two_records_is_refused_and_nothing_is_dismissed(clinic: Stage) -> None:
    """Somebody gave the document of invoice 1 the number that invoice 2 would have: neither is taken for the other."""
    first = clinic.invoice()
    clinic.sync()
    second = clinic.invoice(tax_name="Luxury", tax_rate="25")
    (document,) = clinic.kept_books().invoices.values()
    at = clinic.pass_time(minutes=1)
    edited = {"InvoiceNumber": "CLK-2"}
    clinic.books.change(lambda world: office.edit_invoice(world, document.document_id, edited, at=at))
    clinic.sync()
    for say in (dismiss, retry, show_hold, explain, lambda app, name: approve(app, [name])):
        for typed in ("CLK-2", "CLK-2/paid"):
            with clinic.app() as app, pytest.raises(ConfigurationError, match="means two records here") as told:
                say(app, typed)
            assert first in str(told.value)
            assert second in str(told.value)
    with clinic.app() as app:
        (left,) = dismiss(app, second).document["dismissed"]
        (hold,) = show_hold(app, second).document["holds"]
        assert (hold["id"], hold["source_id"]) == (left, second)


USED = "CLK-2>CLK-1"


def using_credit(home: Path, asks: str, waits: list[str]) -> Stage:
    """Set a stage on which credit note 2 is used on invoice 1, and what the rulebook asks about waits for a yes."""
    clinic = stage(home, rulebook=RULEBOOK.replace('void = "auto"', f'void = "auto"\n{asks}'))
    first = clinic.invoice()
    clinic.sync()
    with clinic.app() as app:
        approve(app)
    clinic.sync()
    at = clinic.pass_time(seconds=30)

    def change(world: Any) -> Any:
        lines = [{"name": "Refund", "quantity": "-1.0", "unit_price": "95.00"}]
        world, note = desk.reverse_invoice(world, first, lines, at=at)
        return desk.apply_credit(world, note, first, at=at)[0]

    clinic.practice.change(change)
    clinic.sync()
    assert numbers(clinic) == waits
    return clinic


def numbers(clinic: Stage) -> list[str]:
    """Return the numbers of what waits for a yes."""
    with clinic.app() as app:
        return [str(action["number"]) for action in waiting(app)["actions"]]


def test_the_use_of_a_credit_note_goes_by_the_numbers_of_both() -> None:
    assert names_of_number("CLK-3-2>CLK-1", "CLK-") == {"CLK-3-2>CLK-1", "CLK-3-2", "3", "CLK-1", "1"}
    assert names_meant("CLK-3>CLK-1", "CLK-") == {"CLK-3>CLK-1"}
    assert practice_number("CLK-3>CLK-1", "CLK-") == ""
    assert is_exactly(" CLK-1/paid ", "CLK-1/paid", "CLK-")
    assert not is_exactly("1", "1", ""), "the practice's own number means all about its record"


@pytest.mark.parametrize("name", ["1", "2", "CLK-1", "CLK-2", USED])
def test_the_use_of_a_credit_note_is_answered_by_either_number(tmp_path: Path, name: str) -> None:
    clinic = using_credit(tmp_path / "home", 'payment = "ask"', [USED])
    with clinic.app() as app:
        assert [action["number"] for action in explain(app, name).document["actions"]] == [USED]
        assert refuse(app, [name], reason="not yet").document["refused"] == 1
    clinic.sync()
    with clinic.app() as app:
        (refused,) = explain(app, name).document["refused"]
        assert "not yet" in refused["sentence"]
        (hold,) = show_hold(app, name).document["holds"]
        assert hold["number"] == USED
        assert retry(app, name).document["retried"] == [hold["id"]]
    clinic.sync()
    with clinic.app() as app:
        assert approve(app, [name]).document["approved"] == 1


def test_the_number_of_a_credit_note_in_the_books_means_it_and_not_its_use(tmp_path: Path) -> None:
    clinic = using_credit(tmp_path / "home", 'create = "ask"\npayment = "ask"', ["CLK-2", USED])
    with clinic.app() as app:
        assert [action["number"] for action in explain(app, "CLK-2").document["actions"]] == ["CLK-2"]
        assert len(explain(app, "2").document["actions"]) == 2
        assert approve(app, ["CLK-2"]).document["approved"] == 1
    assert numbers(clinic) == [USED]
    with clinic.app() as app:
        assert refuse(app, ["2"], reason="not yet").document["refused"] == 2


def taking_back(reference: str) -> Action:
    """Return the taking back of our payment of invoice 1, or of what was posted for it again."""
    amount, invoice = Decimal("95.00"), Subject(kind=SubjectKind.INVOICE, id="1410000000000000008")
    number = without_paid(reference)
    paper = DocumentRef(kind=DocumentKind.INVOICE, number=number, id=BooksId(f"d-{number}"))
    step = UnpaymentStep(payment_id=BooksId(f"p-{number}"), document=paper, amount=amount, reference=reference)
    sentence = f"Take back our payment {reference}."
    return Action(
        kind=ActionKind.UNPAY, subject=invoice, number=reference, sentence=sentence, amount=amount, unpayment=step
    )


ALL_PAID = ["CLK-1/paid", "CLK-1-2/paid"]


@pytest.mark.parametrize("by", ["number", "mark"])
@pytest.mark.parametrize("choice", ["approve", "refuse"])
def test_the_whole_number_or_mark_of_an_action_means_no_other(clinic: Stage, by: str, choice: str) -> None:
    with clinic.app() as app:
        keep_asked(app, [taking_back("CLK-1/paid"), taking_back("CLK-1-2/paid")])
        first, second = waiting(app)["actions"]
        approve(app, [first[by]]) if choice == "approve" else refuse(app, [first[by]], reason="not yet")
        assert waiting(app)["actions"] == [second]


@pytest.mark.parametrize(
    ("name", "again"),
    [("CLK-1/paid", ["CLK-1/paid"]), ("CLK-1-2/paid", ["CLK-1-2/paid"]), ("CLK-1", ALL_PAID), ("1", ALL_PAID)],
)
def test_what_was_refused_is_tried_again_by_its_whole_number_and_all_of_it_by_that_of_its_record(
    clinic: Stage, name: str, again: list[str]
) -> None:
    with clinic.app() as app:
        keep_asked(app, [taking_back(number) for number in ALL_PAID])
        refuse(app, ["1"], reason="not yet")
        told = retry(app, name).document
        left = {key.rpartition("|")[2] for key in app.store.refused_by_people()}
        assert left == set(ALL_PAID) - set(again)
        assert told["retried"]
        assert ("stays so" in told["sentence"]) == bool(left)
        assert retry(app, "1").document["retried"] if left else True


def test_the_practices_number_means_all_about_its_record(clinic: Stage) -> None:
    with clinic.app() as app:
        keep_asked(app, [taking_back("CLK-1/paid"), taking_back("CLK-1-2/paid")])
        assert refuse(app, ["1"], reason="not yet").document["refused"] == 2
