"""What other tools are told says nothing about people, and every type has its keys and an example."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ligament.core.events import (
    KEYS,
    ComparedFigures,
    Event,
    EventType,
    FoundVariance,
    approval_wanted,
    clinic_word,
    example,
    hold_opened,
    reconciliation_completed,
    run_healed,
    variance_opened,
)
from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.intents import Subject, SubjectKind


@pytest.mark.parametrize("kind", list(EventType))
def test_every_type_has_an_example_with_exactly_its_keys(kind: EventType) -> None:
    made = example(kind, "Riverside Physio")
    assert tuple(made.data) == KEYS[kind]
    assert made.data["clinic"] == "riverside-physio"
    assert all(value != "" for value in made.data.values())


def test_an_event_with_other_keys_than_its_type_has_cannot_be_made() -> None:
    with pytest.raises(AssertionError):
        Event(type=EventType.RUN_FAILED, data={"clinic": "a", "patient": "Ada"})


def test_the_sentence_of_a_hold_names_the_document_and_the_cause_but_never_what_the_hold_itself_says() -> None:
    held = Hold(
        subject=Subject(kind=SubjectKind.INVOICE, id="1412"),
        code=HoldCode.UNMAPPED_ITEM,
        kind=HoldKind.INVOICE,
        number="CLK-1042",
        sentence="The item Grief counselling of Ada Sample has no account.",
        detail={"item": "Grief counselling"},
    )
    told = hold_opened("Riverside", held)
    assert told.data["sentence"] == "Invoice CLK-1042 waits: items without an account."
    assert "Ada" not in str(told.data)
    assert "counselling" not in str(told.data)


@pytest.mark.parametrize(("count", "sentence"), [(1, "1 planned action waits"), (2, "2 planned actions wait")])
def test_approval_tells_how_many_wait_and_how_much(count: int, sentence: str) -> None:
    told = approval_wanted("Riverside", "p1", count, Decimal("85.5"))
    assert told.data["sentence"] == f"{sentence} for approval."
    assert told.data["amount"] == "85.50"


def test_healing_says_whether_writes_were_looked_up_or_it_only_works_again() -> None:
    assert "works again" in str(run_healed("R", "r1", "sync", 0).data["sentence"])
    assert str(run_healed("R", "r1", "sync", 2).data["sentence"]).startswith("2 writes")


def test_a_comparison_and_a_difference_are_told_in_figures() -> None:
    done = ComparedFigures(
        run_id="r1", from_on=date(2026, 10, 1), to_on=date(2026, 11, 30), balanced=False,
        source=Decimal(100), books=Decimal(90), explained=Decimal(10), variances=1,
    )  # fmt: skip
    assert reconciliation_completed("R", done).data["source"] == "100.00"
    found = FoundVariance(
        id="v1", kind="stuck_open", needs="person", source_id="9", number="CLK-9", amount=Decimal("-3.1")
    )
    assert variance_opened("R", found).data["sentence"] == "CLK-9: a difference of -3.10 was found (stuck open)."


def test_a_clinic_is_called_as_in_addresses() -> None:
    assert clinic_word("Harbour & Co. Physio ") == "harbour-co-physio"
