"""A selection brings along everything that planning it needs; every rule here has a test that fails without it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from ligament.core.ids import BooksId, RunId, SourceId
from ligament.core.intents import subject_from_key
from ligament.core.ledgers import ContactStatus, DocumentKind, DocumentStatus
from ligament.core.links import Decision, DecisionKind
from ligament.core.private import Private
from ligament.core.receipts import Effect
from ligament.core.records import InvoiceStatus
from ligament.ports.books import BooksPage
from ligament.ports.memory import Selection
from ligament.ports.practice import PracticePage
from tests.store.makers import (
    DAY,
    THEN,
    agreement,
    contact,
    contact_link,
    credit_note,
    document,
    document_link,
    invoice,
    line,
    link_action,
    patient,
    payer,
    payment_link,
    visit,
)

if TYPE_CHECKING:
    from ligament.core.facts import Facts
    from ligament.core.ledgers import BooksContact, BooksDocument
    from ligament.core.records import PracticeRecord
    from tests.store.homes import Opened

ALL = Selection(invoices=None, parties=None, visits=None)


def practice(opened: Opened, *rows: PracticeRecord) -> None:
    opened.store.keep_practice_page(PracticePage(stream="s", rows=rows))


def books(opened: Opened, *records: BooksContact | BooksDocument) -> None:
    people = tuple(held for held in records if hasattr(held, "email"))
    papers = tuple(held for held in records if not hasattr(held, "email"))
    opened.store.keep_books_page(BooksPage(stream="s", contacts=people, documents=papers))  # type: ignore[arg-type] # sorted above


def link(opened: Opened, *pairs: tuple[str, str, str]) -> None:
    """Link subject, id in the books, number; a party to a contact when there is no number."""
    effects = [
        Effect(action=link_action(subject), document_link=document_link(subject, identifier, number))
        if number
        else Effect(action=link_action(subject), contact_link=contact_link(subject, identifier))
        for subject, identifier, number in pairs
    ]
    opened.store.keep_effects(RunId("r"), effects, THEN)


def select(opened: Opened, *, invoices: str = "", parties: str = "", visits: str = "") -> Facts:
    chosen = {"invoices": invoices, "parties": parties, "visits": visits}
    return opened.store.gather(Selection(**{name: frozenset(ids.split()) for name, ids in chosen.items()}))


def test_a_selection_brings_only_what_it_leans_on(opened: Opened) -> None:
    practice(opened, invoice("1", party_id="1"), invoice("2", party_id="2"), patient("1"), patient("2"))
    practice(opened, line("1", "1"), line("2", "2"), visit("3"))
    facts = select(opened, invoices="1")
    assert set(facts.invoices) == {"1"}
    assert set(facts.parties) == {"patient:1"}
    assert facts.visits == {}
    assert [held.id for held in facts.invoices[SourceId("1")].lines] == ["1"]


def test_none_selects_everything(opened: Opened) -> None:
    practice(opened, invoice("1"), patient("2"), visit("3"), line("4", "1"))
    facts = opened.store.gather(ALL)
    assert (set(facts.invoices), set(facts.parties), set(facts.visits)) == ({"1"}, {"patient:2"}, {"3"})
    assert len(facts.invoices[SourceId("1")].lines) == 1


def test_a_credit_note_brings_its_original_with_all_its_credit_notes(opened: Opened) -> None:
    practice(opened, invoice("7"), invoice("8", original_id="7"), invoice("9", original_id="7"), line("1", "7"))
    facts = select(opened, invoices="8")
    assert set(facts.invoices) == {"7", "8", "9"}
    assert facts.credits_of == {"7": ("8", "9")}
    assert len(facts.invoices[SourceId("7")].lines) == 1


def test_an_original_brings_its_credit_notes(opened: Opened) -> None:
    practice(opened, invoice("7"), invoice("10", original_id="7"), invoice("9", original_id="7"))
    assert select(opened, invoices="7").credits_of == {"7": ("9", "10")}


def test_a_visit_brings_its_live_invoice_and_its_party(opened: Opened) -> None:
    gone = invoice("8", visit_id="3", removed_at=THEN)
    practice(opened, visit("3", party_id="1"), patient("1"), gone, invoice("7", visit_id="3", party_id="2"))
    practice(opened, patient("2"))
    facts = select(opened, visits="3")
    assert facts.invoice_of_visit == {"3": "7"}
    assert "7" in facts.invoices
    assert set(facts.parties) == {"patient:1", "patient:2"}


def test_an_invoice_brings_its_visit_and_the_other_invoices_of_that_visit(opened: Opened) -> None:
    practice(opened, visit("3"), invoice("6", visit_id="3", removed_at=THEN), invoice("7", visit_id="3"))
    facts = select(opened, invoices="6")
    assert set(facts.visits) == {"3"}
    assert facts.invoice_of_visit == {"3": "7"}


def test_the_invoice_of_a_visit_is_the_newest_and_no_credit_note(opened: Opened) -> None:
    credit = invoice("10", visit_id="3", status=InvoiceStatus.OPEN_CREDIT)
    practice(opened, invoice("8", visit_id="3"), invoice("9", visit_id="3"), credit)
    assert select(opened, visits="3").invoice_of_visit == {"3": "9"}


def test_an_open_credit_on_the_same_contact_comes_along(opened: Opened) -> None:
    practice(opened, patient("1"), invoice("7", party_id="1"), invoice("8", party_id="9"), invoice("9", party_id="9"))
    open_note = credit_note("n8", "CLK-8", open_amount=Decimal(5))
    spent = credit_note("n9", "CLK-9", open_amount=Decimal(0))
    books(opened, contact("c1"), open_note, spent)
    link(opened, ("patient:1", "c1", ""), ("invoice:8", "n8", "CLK-8"), ("invoice:9", "n9", "CLK-9"))
    facts = select(opened, invoices="7")
    assert set(facts.invoices) == {"7", "8"}
    assert "n8" in facts.documents


def test_an_open_credit_of_a_payer_or_of_the_contact_really_billed_comes_along(opened: Opened) -> None:
    practice(opened, payer("5", "ACME"), invoice("6"), invoice("7"), invoice("8"))
    books(opened, credit_note("n6", "A-6", open_amount=Decimal(5), contact_id="c5"))
    books(opened, credit_note("n8", "A-8", open_amount=Decimal(5), contact_id="c9"))
    books(opened, document("d7", "A-7", contact_id="c9"), contact("c5"))
    link(opened, ("payer:5", "c5", ""), ("invoice:6", "n6", "A-6"), ("invoice:8", "n8", "A-8"))
    link(opened, ("invoice:7", "d7", "A-7"))
    assert set(select(opened, invoices="7").invoices) == {"6", "7", "8"}


def test_a_merged_patient_brings_the_survivor_however_far(opened: Opened) -> None:
    practice(opened, patient("1", merged_into="2"), patient("2", merged_into="3"), patient("3", merged_into="1"))
    assert set(select(opened, parties="1").parties) == {"patient:1", "patient:2", "patient:3"}


def test_a_party_may_be_selected_by_id_or_by_key(opened: Opened) -> None:
    practice(opened, patient("1"), patient("2"))
    assert set(select(opened, parties="1 patient:2").parties) == {"patient:1", "patient:2"}


def test_every_payer_is_there_and_active_ones_are_found_by_company(opened: Opened) -> None:
    practice(opened, payer("5", "  Acme   Health "), payer("6", "Gone", removed_at=THEN), payer("7", "ACME health"))
    facts = select(opened)
    assert set(facts.parties) == {"payer:5", "payer:6", "payer:7"}
    assert {key: [held.id for held in found] for key, found in facts.payers_by_name.items()} == {
        "acme health": ["5", "7"]
    }


def test_links_agreements_payments_and_documents_of_the_subjects_come_along(opened: Opened) -> None:
    practice(opened, patient("1"), invoice("7", party_id="1"), visit("3"))
    books(opened, contact("c1"), document("d7", "CLK-7"), document("d3", "CLK-A3"), document("d9", "CLK-9"))
    link(opened, ("patient:1", "c1", ""), ("invoice:7", "d7", "CLK-7"), ("visit:3", "d3", "CLK-A3"))
    link(opened, ("invoice:9", "d9", "CLK-9"))
    effects = [
        Effect(action=link_action(key), agreement=agreement(key), payment_link=payment_link(key, f"p{key[-1]}"))
        for key in ("invoice:7", "invoice:9")
    ]
    opened.store.keep_effects(RunId("r"), effects, THEN)
    facts = select(opened, invoices="7", visits="3")
    assert set(facts.document_links) == {"invoice:7", "visit:3"}
    assert (set(facts.agreements), set(facts.payments)) == ({"invoice:7"}, {"invoice:7"})
    assert set(facts.documents) == {"d7", "d3"}
    assert facts.contact_links["patient:1"].contact_id == "c1"
    assert facts.party_of_contact == {"c1": "patient:1"}
    assert facts.subject_of_document == {"d7": "invoice:7", "d3": "visit:3", "d9": "invoice:9"}


def test_a_linked_contact_that_was_merged_brings_the_survivor(opened: Opened) -> None:
    practice(opened, patient("1"), invoice("7", party_id="1"))
    books(opened, contact("c1", merged_into="c2"), contact("c2", merged_into="c3"), contact("c3"), contact("c4"))
    link(opened, ("patient:1", "c1", ""))
    assert set(select(opened, invoices="7").contacts) == {"c1", "c2", "c3"}


def test_contacts_can_be_found_when_a_party_has_none_yet(opened: Opened) -> None:
    called = {"first": Private("Jané"), "last": Private("Doe"), "preferred": Private("Jo")}
    who = patient("1", email=Private("JANE@example.com"), foreign_reference=" C6 ", **called)
    practice(opened, who, invoice("7", party_id="1"))
    jane = contact("c1", number="clk-1", name=Private(" Jane  DOE "), email=Private("Jane@Example.com"))
    old = contact("c2", number="CLK-1", name=Private("Jane Doe"), status=ContactStatus.ARCHIVED)
    turned, preferred = contact("c3", name=Private("Doe, Jane")), contact("c4", name=Private("jo doe"))
    other = contact("c5", number="CLK-5", name=Private("Jane Other"), email=Private("other@example.com"))
    books(opened, jane, old, turned, preferred, other, contact("c6", name=Private("Kim Else")))
    facts = select(opened, invoices="7")
    assert facts.contacts_by_email == {"jane@example.com": ("c1",)}
    assert facts.contacts_by_number == {"clk-1": ("c1", "c2"), "CLK-1": ("c2",)}
    # By name all are known, because no two may have the same; loaded is only whom she may already be.
    assert facts.contacts_by_name == {
        "jane doe": ("c1",), "doe, jane": ("c3",), "jo doe": ("c4",), "jane other": ("c5",), "kim else": ("c6",),
    }  # fmt: skip
    assert set(facts.contacts) == {"c1", "c2", "c3", "c4", "c6"}
    assert (facts.contacts_called("Jane Doe"), facts.contacts_called("Jo Doe")) == (("c1", "c3"), ("c4",))


def test_a_selected_party_that_has_a_contact_can_still_be_compared_with_all_names(opened: Opened) -> None:
    practice(opened, patient("1"))
    books(opened, contact("c1", name=Private("Jane")), contact("c2", name=Private("Jane Doe")))
    link(opened, ("patient:1", "c1", ""))
    assert set(select(opened, parties="1").contacts_by_name) == {"jane", "jane doe"}


def test_every_number_is_indexed_and_what_carries_a_loaded_invoices_number_is_loaded(opened: Opened) -> None:
    practice(opened, invoice("70", number="1007"))
    other = document("d2", "CLK-5", total=Decimal("80.00"))
    books(opened, document("d1", "CLK-01007-2"), other, credit_note("n1", "CLK-1007"))
    facts = select(opened, invoices="70")
    assert facts.documents_by_number == {
        "invoice|CLK-01007-2": "d1", "invoice|CLK-5": "d2", "credit_note|CLK-1007": "n1",
    }  # fmt: skip
    assert set(facts.documents) == {"d1", "n1"}


def test_what_names_a_loaded_invoice_or_comes_to_the_same_on_its_day_is_loaded_until_it_is_posted(
    opened: Opened,
) -> None:
    eighty = {"total": Decimal("80.00")}
    practice(opened, invoice("70", number="1007"))
    books(
        opened,
        document("named", "INV-1", reference="Invoice 01007", **eighty),
        document("alike", "INV-2"),
        document("neither", "INV-3", reference="10071", **eighty),
        document("gone", "INV-4", status=DocumentStatus.VOIDED),
        credit_note("note", "CN-1"),
    )
    facts = select(opened, invoices="70")
    assert set(facts.documents) == {"named", "alike"}
    assert facts.mentions == {"invoice|1007": ("named",)}
    assert facts.alike == {f"invoice|90.00|{DAY}": ("alike",)}
    link(opened, ("invoice:70", "alike", "INV-2"))
    facts = select(opened, invoices="70")
    assert (facts.mentions, facts.alike) == ({}, {})


def test_a_number_means_the_live_document_and_ours_before_others(opened: Opened) -> None:
    books(opened, document("a", "CLK-7", status=DocumentStatus.VOIDED), document("b", "CLK-7"), document("c", "CLK-7"))
    assert opened.store.gather(ALL).documents_by_number == {"invoice|CLK-7": "b"}
    link(opened, ("invoice:7", "c", "CLK-7"))
    assert opened.store.gather(ALL).documents_by_number == {"invoice|CLK-7": "c"}


@pytest.mark.parametrize("selected", [None, frozenset({"70"})])
def test_history_holds_unlinked_living_documents_under_their_bare_number(
    opened: Opened, selected: frozenset[str] | None
) -> None:
    practice(opened, invoice("70", number="1007"))
    books(opened, document("d1", "INV-001007"), document("d2", "INV-1007-A"), document("d4", "INV-1007"))
    books(opened, document("d3", "1007", status=DocumentStatus.DELETED), credit_note("n1", "CN1007"))
    link(opened, ("invoice:9", "d4", "INV-1007"))
    facts = opened.store.gather(Selection(invoices=selected))
    assert facts.history == {"invoice|1007": ("d1",), "credit_note|1007": ("n1",)}
    assert {"d1", "n1"} <= set(facts.documents)


def test_contacts_with_open_money_are_those_that_owe_or_are_owed(opened: Opened) -> None:
    books(
        opened,
        document("1", "1", contact_id=BooksId("owes"), open_amount=Decimal(1)),
        document("2", "2", contact_id=BooksId("drafted"), open_amount=Decimal(1), status=DocumentStatus.DRAFT),
        document("3", "3", contact_id=BooksId("paid"), status=DocumentStatus.PAID),
        document("4", "4", contact_id=BooksId("voided"), open_amount=Decimal(1), status=DocumentStatus.VOIDED),
        credit_note("5", "5", contact_id=BooksId("owed"), open_amount=Decimal(1)),
        credit_note("6", "6", contact_id=BooksId("unsure"), open_amount=Decimal(1), status=DocumentStatus.DRAFT),
    )
    assert select(opened).contacts_with_open_money == {"owes", "drafted", "owed"}


def test_decisions_refusals_and_the_first_day_are_there(opened: Opened) -> None:
    subject = subject_from_key("invoice:7")
    first = Decision(subject=subject, code="rule", decision=DecisionKind.APPROVED, fingerprint="f", by="ann", at=THEN)
    opened.store.decide(first)
    opened.store.keep_refusal("create_document|invoice:7|CLK-7", "abc", "Number taken")
    opened.store.keep_note("connected_on", "2026-02-03T00:00:00Z")
    facts = select(opened)
    assert facts.decisions == {"invoice:7|rule": first}
    assert facts.refusals == {"create_document|invoice:7|CLK-7": ("abc", "Number taken")}
    assert facts.first_connected_on == date(2026, 2, 3)


def test_an_empty_store_gives_empty_facts(opened: Opened) -> None:
    facts = opened.store.gather(ALL)
    assert (facts.invoices, facts.parties, facts.contacts, facts.documents) == ({}, {}, {}, {})
    assert facts.organisation is None
    assert facts.first_connected_on is None
    assert DocumentKind.INVOICE not in facts.documents_by_number
