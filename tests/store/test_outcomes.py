"""Outcomes are replaced for what was considered, and holds open, stay and close with their cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ligament.core.holds import HoldCode, HoldKind
from ligament.core.ids import RunId
from ligament.core.intents import CLINIC
from ligament.core.plans import Plan, State
from ligament.ports.practice import PracticePage
from tests.store.makers import hold, invoice, outcome, patient, subjects

if TYPE_CHECKING:
    import pytest

    from ligament.core.holds import Hold
    from ligament.core.intents import Subject
    from ligament.core.plans import Outcome
    from tests.store.homes import Home, Opened


def keep(
    opened: Opened, considered: frozenset[Subject], *, outcomes: tuple[Outcome, ...] = (), holds: tuple[Hold, ...] = ()
) -> None:
    opened.store.keep_outcomes(RunId("r1"), Plan(outcomes=outcomes, holds=holds), considered)


def test_what_is_planned_or_held_is_considered_again(opened: Opened) -> None:
    told = (
        outcome("invoice:1", State.PLANNED), outcome("invoice:2", State.HELD),
        outcome("invoice:3", State.UNCHANGED), outcome("invoice:4", State.SKIPPED),
    )  # fmt: skip
    keep(opened, subjects("invoice:1", "invoice:2", "invoice:3", "invoice:4"), outcomes=told)
    assert opened.store.pending() == subjects("invoice:1", "invoice:2")
    assert opened.store.outcomes() == told


def test_more_outcomes_than_are_written_at_once_are_all_kept(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ligament.store.writes.outcomes._AT_ONCE", 2)
    told = tuple(outcome(f"invoice:{number}", State.PLANNED) for number in range(1, 6))
    keep(opened, subjects(*(f"invoice:{number}" for number in range(1, 6))), outcomes=told)
    assert opened.store.outcomes() == told


def test_the_newest_outcome_counts_and_others_stay(opened: Opened) -> None:
    both = subjects("invoice:1", "invoice:2")
    keep(opened, both, outcomes=(outcome("invoice:1", State.PLANNED), outcome("invoice:2", State.PLANNED)))
    keep(opened, subjects("invoice:1"), outcomes=(outcome("invoice:1", State.UNCHANGED),))
    assert opened.store.pending() == subjects("invoice:2")


def test_a_considered_record_without_an_outcome_has_none(opened: Opened) -> None:
    keep(opened, subjects("invoice:1"), outcomes=(outcome("invoice:1", State.HELD),))
    keep(opened, subjects("invoice:1"))
    assert opened.store.outcomes() == ()


def test_a_hold_that_stays_keeps_the_moment_it_opened_and_tells_its_new_sentence(opened: Opened) -> None:
    keep(opened, subjects("invoice:1"), holds=(hold("invoice:1"),))
    before = opened.queries.holds()[0]
    keep(opened, subjects("invoice:1"), holds=(hold("invoice:1", sentence="It still waits."),))
    after = opened.queries.holds()[0]
    assert after.opened_at == before.opened_at
    assert after.hold.sentence == "It still waits."
    assert opened.kinds() == ["hold_opened"]


def test_a_hold_closes_when_its_record_is_considered_and_it_is_gone(opened: Opened) -> None:
    keep(opened, subjects("invoice:1", "invoice:2"), holds=(hold("invoice:1"), hold("invoice:2")))
    keep(opened, subjects("invoice:1"))
    assert [held.subject.id for held in opened.store.open_holds()] == ["2"]
    assert opened.queries.holds(closed=True)[0].closed_at is not None
    assert opened.kinds() == ["hold_opened", "hold_opened", "hold_closed"]


def test_a_hold_that_comes_back_opens_anew(opened: Opened) -> None:
    keep(opened, subjects("invoice:1"), holds=(hold("invoice:1"),))
    first = opened.queries.holds()[0].opened_at
    keep(opened, subjects("invoice:1"))
    keep(opened, subjects("invoice:1"), holds=(hold("invoice:1"),))
    assert opened.queries.holds()[0].opened_at > first
    assert opened.queries.holds(closed=True) == ()


def test_several_holds_of_one_record_live_apart(opened: Opened) -> None:
    two = (hold("invoice:1", HoldCode.RULE), hold("invoice:1", HoldCode.LOCKED_PERIOD))
    keep(opened, subjects("invoice:1"), holds=two)
    keep(opened, subjects("invoice:1"), holds=two[1:])
    assert [held.code for held in opened.store.open_holds()] == [HoldCode.LOCKED_PERIOD]


def test_the_clinics_own_hold_closes_when_the_clinic_was_considered(opened: Opened) -> None:
    whole = hold("clinic:clinic", HoldCode.NATIVE_INTEGRATION_ON, kind=HoldKind.CLINIC)
    keep(opened, frozenset({CLINIC}), holds=(whole,))
    keep(opened, subjects("invoice:1"))
    assert opened.store.open_holds() == (whole,)
    keep(opened, frozenset({CLINIC}))
    assert opened.store.open_holds() == ()


def test_the_journal_seals_the_sentence_of_a_hold_for_the_party_of_its_invoice(opened: Opened) -> None:
    opened.store.keep_parties([patient("1")])
    opened.store.keep_invoices([invoice("7", party_id="1")])
    keep(opened, subjects("invoice:7"), holds=(hold("invoice:7", sentence="Jane Doe has two contacts."),))
    entry = opened.queries.journal()[0]
    assert entry["owner"] == "patient:1"
    assert "Jane" not in str(entry["public"])
    assert "Jane Doe has two contacts." in str(entry["personal"])


def test_what_a_page_changed_is_considered_until_it_has_an_outcome_even_after_a_crash(home: Home) -> None:
    home.open().store.keep_practice_page(PracticePage(stream="s", rows=(invoice("7"),)))
    opened = home.reopen()
    assert opened.store.pending() == subjects("invoice:7")
    keep(opened, subjects("invoice:7"), outcomes=(outcome("invoice:7", State.UNCHANGED),))
    assert opened.store.pending() == frozenset()
