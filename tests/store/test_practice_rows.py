"""Pages of the practice: what changed is told, and only that is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ligament.core.ids import SourceId
from ligament.core.private import Private
from ligament.core.records import Location, PracticeSettings, Removal
from ligament.ports.memory import Memory, Selection
from ligament.ports.practice import PracticePage
from tests.store.makers import LATER, THEN, invoice, line, patient, payer, subjects, visit

if TYPE_CHECKING:
    from ligament.core.intents import Subject
    from ligament.core.records import PracticeRecord
    from tests.store.homes import Home, Opened

ALL = Selection(invoices=None, parties=None, visits=None)


def keep(opened: Opened, *rows: PracticeRecord | Removal, whole: tuple[str, ...] = ()) -> frozenset[Subject]:
    page = PracticePage(stream="s", rows=rows, whole_invoices=tuple(SourceId(one) for one in whole))
    return opened.store.keep_practice_page(page)


def test_new_rows_are_changes_and_the_same_rows_again_are_none(opened: Opened) -> None:
    memory: Memory = opened.store
    rows = (patient("1"), payer("5", "ACME"), invoice("7"), visit("9"))
    page = PracticePage(stream="s", rows=rows)
    assert memory.keep_practice_page(page) == subjects("patient:1", "payer:5", "invoice:7", "visit:9")
    assert memory.keep_practice_page(page) == frozenset()


def test_a_row_counts_as_changed_when_its_revision_is_another(opened: Opened) -> None:
    keep(opened, patient("1"), patient("2"))
    assert keep(opened, patient("1", revision="2"), patient("2")) == subjects("patient:1")


def test_rows_without_a_revision_are_compared_as_a_whole(opened: Opened) -> None:
    keep(opened, invoice("7", revision=""))
    assert keep(opened, invoice("7", revision="")) == frozenset()
    assert keep(opened, invoice("7", revision="", number="8")) == subjects("invoice:7")


def test_a_changed_line_counts_for_its_invoice_and_for_the_original_of_a_credit_note(opened: Opened) -> None:
    keep(opened, invoice("7"), invoice("8", original_id="7"))
    assert keep(opened, line("1", "8")) == subjects("invoice:7", "invoice:8")
    assert keep(opened, invoice("8", original_id="7", revision="2")) == subjects("invoice:7", "invoice:8")


def test_an_original_that_lost_its_credit_note_is_told_too(opened: Opened) -> None:
    keep(opened, invoice("7"), invoice("8", original_id="7"))
    assert keep(opened, invoice("8", revision="2")) == subjects("invoice:7", "invoice:8")


def test_places_and_settings_are_no_subjects(opened: Opened) -> None:
    place = Location(id=SourceId("3"), name="Newtown", revision="1")
    assert keep(opened, place, PracticeSettings(name="Clinic", revision="1")) == frozenset()
    facts = opened.store.gather(Selection())
    assert facts.locations == {"3": place}
    assert facts.settings.name == "Clinic"


def test_lines_missing_on_a_complete_reading_are_dropped(opened: Opened) -> None:
    keep(opened, invoice("7"), line("1", "7"), line("2", "7"), line("3", "8"))
    assert keep(opened, line("2", "7"), whole=("7",)) == subjects("invoice:7")
    kept = opened.store.gather(ALL).invoices[SourceId("7")]
    assert [held.id for held in kept.lines] == ["2"]
    assert keep(opened, line("2", "7"), whole=("7",)) == frozenset()


def test_lines_of_an_incomplete_reading_stay(opened: Opened) -> None:
    keep(opened, invoice("7"), line("1", "7"), line("2", "7"))
    keep(opened, line("2", "7", revision="2"))
    assert len(opened.store.gather(ALL).invoices[SourceId("7")].lines) == 2


def test_lines_come_in_the_order_in_which_they_were_made_and_without_removed_ones(opened: Opened) -> None:
    keep(opened, invoice("7"), line("10", "7"), line("9", "7"), line("8", "7", removed=True))
    assert [held.id for held in opened.store.gather(ALL).invoices[SourceId("7")].lines] == ["9", "10"]


def test_invoices_read_one_by_one_replace_their_lines(opened: Opened) -> None:
    keep(opened, invoice("7"), line("1", "7"), line("2", "7"))
    opened.store.keep_invoices([invoice("7", revision="2").with_lines((line("2", "7"), line("3", "7")))])
    assert [held.id for held in opened.store.gather(ALL).invoices[SourceId("7")].lines] == ["2", "3"]


def test_a_removed_patient_leaves_a_row_without_a_person(opened: Opened) -> None:
    keep(opened, patient("1", email=Private("jane@example.com"), merged_into=SourceId("2")))
    assert keep(opened, Removal(kind="patient", id=SourceId("1"))) == subjects("patient:1")
    kept = opened.store.gather(ALL).parties["patient:1"]
    assert kept.deleted
    assert kept.removed_at is not None
    assert [bool(value) for value in (kept.first, kept.last, kept.email)] == [False] * 3
    assert kept.merged_into == "2"
    assert keep(opened, Removal(kind="patient", id=SourceId("1"))) == frozenset()


def test_a_removed_invoice_stays_as_removed_and_a_removed_line_goes(opened: Opened) -> None:
    keep(opened, invoice("7"), line("1", "7"), line("2", "7"))
    assert keep(opened, Removal(kind="line", id=SourceId("1"))) == subjects("invoice:7")
    assert keep(opened, Removal(kind="invoice", id=SourceId("7"))) == subjects("invoice:7")
    kept = opened.store.gather(ALL).invoices[SourceId("7")]
    assert kept.removed_at is not None
    assert [held.id for held in kept.lines] == ["2"]


def test_removal_of_what_was_never_kept_changes_nothing(opened: Opened) -> None:
    assert keep(opened, Removal(kind="invoice", id=SourceId("404"))) == frozenset()


def test_cursors_are_kept_with_their_page_and_for_their_system(opened: Opened) -> None:
    opened.store.keep_practice_page(PracticePage(stream="invoices", cursors={"invoices": "a", "patients": "b"}))
    opened.store.keep_practice_page(PracticePage(stream="invoices", cursors={"invoices": "c"}))
    assert opened.store.cursors("practice") == {"invoices": "c", "patients": "b"}
    assert opened.store.cursors("books") == {}


def test_readers_learn_what_is_known(opened: Opened) -> None:
    keep(opened, invoice("7", revision="r7"), replace(invoice("8"), updated_at=LATER))
    known = opened.store.known_rows()
    assert known.revisions("invoice", ["7", "9"]) == {"7": "r7"}
    assert known.count_since("invoice", THEN) == 2
    assert known.count_since("invoice", THEN + timedelta(microseconds=1)) == 1


def test_two_clinics_in_one_database_never_see_each_other(home: Home) -> None:
    one, other = home.open("one"), home.open("other")
    keep(one, patient("1"), invoice("7"))
    assert keep(other, patient("1")) == subjects("patient:1")
    assert other.store.gather(ALL).invoices == {}
    assert set(one.store.gather(ALL).invoices) == {"7"}


@pytest.mark.parametrize("count", [501, 1203])
def test_long_pages_are_kept_whole(file_home: Home, count: int) -> None:
    opened = file_home.open()
    rows = tuple(invoice(str(number)) for number in range(count))
    assert len(keep(opened, *rows)) == count
    assert len(opened.store.gather(Selection(invoices=frozenset(row.id for row in rows))).invoices) == count
