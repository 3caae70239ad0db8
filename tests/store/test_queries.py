"""People find what they ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ligament.core.holds import HoldCode
from ligament.core.ids import RunId
from ligament.core.intents import subject_from_key
from ligament.core.links import Decision, DecisionKind
from ligament.core.plans import Plan, State
from ligament.core.receipts import Effect
from ligament.ports.books import BooksPage
from tests.store.makers import (
    THEN,
    contact,
    contact_link,
    document,
    document_link,
    hold,
    invoice,
    link_action,
    outcome,
    subjects,
)

if TYPE_CHECKING:
    from tests.store.homes import Opened


def test_a_number_or_an_id_is_found_on_both_sides(opened: Opened) -> None:
    opened.store.keep_invoices([invoice("7", number="1007")])
    opened.store.keep_books_page(
        BooksPage(stream="s", contacts=(contact("c1", number="CLK-1"),), documents=(document("d7", "CLK-1007"),))
    )
    effects = [
        Effect(action=link_action("invoice:7"), document_link=document_link("invoice:7", "d7", "CLK-1007")),
        Effect(action=link_action("patient:1"), contact_link=contact_link("patient:1", "c1")),
    ]
    opened.store.keep_effects(RunId("r"), effects, THEN)
    assert [(held.side, held.subject) for held in opened.queries.find(" 1007 ")] == [("practice", "invoice:7")]
    assert [(held.id, held.subject) for held in opened.queries.find("CLK-1007")] == [("d7", "invoice:7")]
    assert [(held.kind, held.subject) for held in opened.queries.find("c1")] == [("contact", "patient:1")]
    assert opened.queries.find("nothing") == ()
    assert [held.books_id for held in opened.queries.document_links("invoice:7")] == ["d7"]


def test_skips_and_counts_are_listed_by_reason(opened: Opened) -> None:
    told = (
        outcome("invoice:1", State.SKIPPED, reason="zero"),
        outcome("invoice:2", State.SKIPPED, reason="old"),
        outcome("invoice:3", State.HELD, reason="rule"),
    )
    opened.store.keep_outcomes(RunId("r"), Plan(outcomes=told), subjects("invoice:1", "invoice:2", "invoice:3"))
    assert opened.queries.outcomes(State.SKIPPED, "zero") == told[:1]
    assert len(opened.queries.outcomes()) == 3
    assert opened.queries.counts() == {("invoices", "skipped"): 2, ("invoices", "held"): 1}


def test_a_hold_is_found_by_its_id_and_by_its_code(opened: Opened) -> None:
    waiting = hold("invoice:1", HoldCode.LOCKED_PERIOD)
    opened.store.keep_outcomes(RunId("r"), Plan(holds=(waiting, hold("invoice:2"))), subjects("invoice:1"))
    found = opened.queries.hold(waiting.id)
    assert found is not None
    assert (found.hold, found.run_id) == (waiting, "r")
    assert [held.hold for held in opened.queries.holds(code="locked_period")] == [waiting]
    assert opened.queries.hold("unknown") is None


def test_a_decision_is_journalled_under_the_name_of_who_made_it(opened: Opened) -> None:
    decision = Decision(
        subject=subject_from_key("invoice:7"), code="rule", decision=DecisionKind.APPROVED, fingerprint="f", by="ann",
        at=THEN,
    )  # fmt: skip
    opened.store.decide(decision)
    entry = opened.queries.journal()[0]
    assert (entry["kind"], entry["actor"], entry["subject"]) == ("decision", "ann", "invoice:7")
