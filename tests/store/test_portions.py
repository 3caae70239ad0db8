"""A selection is cut into portions that hold everything once, never cut a patient in two, and begin with the oldest."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ligament.ports.memory import Selection
from ligament.ports.practice import PracticePage
from tests.store.makers import invoice, patient, payer, visit

if TYPE_CHECKING:
    from ligament.core.records import PracticeRecord
    from tests.store.homes import Home, Opened

ALL = Selection(invoices=None, parties=None, visits=None)


def practice(opened: Opened, *rows: PracticeRecord) -> None:
    opened.store.keep_practice_page(PracticePage(stream="s", rows=rows))


def a_clinic(opened: Opened) -> None:
    for number in ("8", "9", "10"):
        practice(
            opened, patient(number), invoice(f"{number}1", party_id=number), invoice(f"{number}2", party_id=number)
        )
    practice(opened, visit("7", party_id="9"), invoice("5"), payer("4", "Insurer"))


def test_what_is_small_comes_back_as_it_is(opened: Opened) -> None:
    a_clinic(opened)
    chosen = Selection(invoices=frozenset({"81", "101"}))
    assert opened.store.portions(chosen, 2) == (chosen,)
    assert opened.store.portions(ALL, 100) == (ALL,)
    assert opened.store.portions(Selection(), 1) == (Selection(),)


def test_the_portions_hold_everything_once(opened: Opened) -> None:
    a_clinic(opened)
    cut = opened.store.portions(ALL, 1)
    assert len(cut) > 1
    for kind, wanted in (
        ("invoices", ["101", "102", "5", "81", "82", "91", "92"]),
        ("visits", ["7"]),
        ("parties", ["patient:10", "patient:8", "patient:9", "payer:4"]),
    ):
        assert sorted(held for portion in cut for held in getattr(portion, kind)) == wanted


def test_a_patient_is_never_cut_in_two(opened: Opened) -> None:
    a_clinic(opened)
    nine = next(portion for portion in opened.store.portions(ALL, 1) if "patient:9" in (portion.parties or ()))
    assert nine == Selection(
        invoices=frozenset({"91", "92"}), visits=frozenset({"7"}), parties=frozenset({"patient:9"})
    )


def test_payers_come_first_and_then_the_oldest_patients(opened: Opened) -> None:
    a_clinic(opened)
    first, *others = opened.store.portions(ALL, 1)
    assert (first.invoices, first.parties) == (frozenset({"5"}), frozenset({"payer:4"}))
    assert [portion.parties for portion in others] == [frozenset({f"patient:{number}"}) for number in (8, 9, 10)]


def test_a_portion_takes_patients_until_it_is_full(opened: Opened) -> None:
    a_clinic(opened)
    sizes = [
        sum(len(ids or ()) for ids in (portion.invoices, portion.visits, portion.parties))
        for portion in opened.store.portions(ALL, 5)
    ]
    assert sizes == [5, 7]


def test_only_what_is_chosen_is_cut_and_what_is_gone_stays_chosen(opened: Opened) -> None:
    a_clinic(opened)
    chosen = Selection(invoices=frozenset({"82", "102", "77"}), parties=frozenset({"patient:10", "patient:6"}))
    cut = opened.store.portions(chosen, 1)
    assert sorted(held for portion in cut for held in portion.invoices or ()) == ["102", "77", "82"]
    assert sorted(held for portion in cut for held in portion.parties or ()) == ["patient:10", "patient:6"]
    assert all(not portion.visits for portion in cut)


def test_portions_are_the_same_every_time(opened: Opened) -> None:
    a_clinic(opened)
    ways = [opened.store.portions(ALL, 2) for _ in range(3)]
    assert all(one == other for one, other in pairwise(ways))


def test_another_clinics_records_are_in_no_portion(home: Home) -> None:
    a_clinic(home.open("clinic"))
    assert home.open("other").store.portions(ALL, 1) == (ALL,)
