"""Calls and what they did: committed before and after, never half, each pair only once."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ligament.core.ids import BooksId, RunId
from ligament.core.receipts import Effect, IntentState
from ligament.ports.books import BooksPage
from ligament.ports.memory import Selection
from ligament.store.database.errors import AlreadyLinked, StoreError, StoreFull
from ligament.store.journal.audit import export, verify
from ligament.store.mirror.facts import REFUSAL_LASTS
from tests.store.makers import (
    LATER,
    THEN,
    agreed,
    agreement,
    contact,
    contact_action,
    contact_link,
    document,
    document_action,
    document_link,
    intent,
    invoice,
    patient,
    payment_link,
    wanted,
)

if TYPE_CHECKING:
    from tests.store.homes import Home, Opened

ALL = Selection(invoices=None, parties=None, visits=None)
PLACE = "create_contact|patient:1|"


def created(party: str = "patient:1", contact_id: str = "c1") -> Effect:
    link = contact_link(party, contact_id, agreed=agreed("Jane Doe"))
    return Effect(action=contact_action(party), contact_link=link, contact=contact(contact_id))


def posted(subject: str, identifier: str, number: str) -> Effect:
    link = document_link(subject, identifier, number, sent=wanted(number, trail=("billed to Jane Doe",)))
    return Effect(
        action=document_action(subject, number), document_link=link, documents=(document(identifier, number),),
        agreement=agreement(subject),
    )  # fmt: skip


def test_a_call_is_kept_as_sent_before_it_leaves_and_survives_a_crash(home: Home) -> None:
    call = intent("i1", contact_action("patient:1"))
    home.open().store.open_intent(call)
    (left,) = home.reopen().store.unfinished_intents()
    assert (left.state, left.key, left.actions) == (IntentState.SENT, call.key, call.actions)
    assert left.call.body == call.call.body
    assert left.first_sent_at is not None


def test_a_call_whose_outcome_is_kept_is_finished_and_its_bytes_are_gone(home: Home) -> None:
    opened = home.open()
    call = intent("i1", contact_action("patient:1"))
    opened.store.open_intent(call)
    opened.store.close_intent(call, [created()], LATER)
    again = home.reopen()
    assert again.store.unfinished_intents() == ()
    body = again.one("SELECT body FROM intents")
    assert b"Jane" not in bytes(body)  # type: ignore[call-overload] # a column of bytes


def test_unfinished_calls_come_in_the_order_in_which_they_left(opened: Opened) -> None:
    for name in ("b", "a", "c"):
        opened.store.open_intent(intent(name))
    assert [left.id for left in opened.store.unfinished_intents()] == ["b", "a", "c"]


def test_a_call_is_opened_once(opened: Opened) -> None:
    opened.store.open_intent(intent("i1"))
    with pytest.raises(AlreadyLinked):
        opened.store.open_intent(intent("i1"))


def test_the_same_bytes_may_leave_again_under_a_new_key(opened: Opened) -> None:
    call = intent("i1", contact_action("patient:1"))
    opened.store.open_intent(call)
    opened.store.resend_intent(replace(call, key="key-2", epoch=1, last_sent_at=LATER))
    (left,) = opened.store.unfinished_intents()
    assert (left.key, left.epoch, left.last_sent_at, left.actions) == ("key-2", 1, LATER, call.actions)
    assert opened.kinds() == ["intent", "intent"]


def test_other_bytes_never_leave_under_an_opened_call(opened: Opened) -> None:
    opened.store.open_intent(intent("i1"))
    with pytest.raises(StoreError, match="only be repeated with the bytes"):
        opened.store.resend_intent(intent("i1", body=b"other"))
    with pytest.raises(StoreError, match="only be repeated with the bytes"):
        opened.store.resend_intent(intent("i2"))


def test_a_call_given_up_is_finished_and_an_unknown_one_ends_as_done(opened: Opened) -> None:
    opened.store.open_intent(intent("i1"))
    opened.store.open_intent(intent("i2"))
    opened.store.close_intent(replace(intent("i1"), state=IntentState.GIVEN_UP), [], LATER)
    opened.store.close_intent(replace(intent("i2"), state=IntentState.UNKNOWN), [], LATER)
    assert opened.store.unfinished_intents() == ()
    assert opened.one("SELECT state FROM intents WHERE id = 'i1'") == "given_up"


def test_everything_an_effect_changed_is_found_again(opened: Opened) -> None:
    opened.store.keep_parties([patient("1")])
    opened.store.keep_invoices([invoice("7", party_id="1")])
    paid = Effect(
        action=document_action("invoice:7", "CLK-7"), payment_link=payment_link("invoice:7", "p1"),
        party=patient("1", revision="2", foreign_reference="c1"),
    )  # fmt: skip
    effects = [created(), posted("invoice:7", "d7", "CLK-7"), paid]
    opened.store.keep_effects(RunId("r"), effects, THEN)
    facts = opened.store.gather(ALL)
    assert facts.contact_links["patient:1"].agreed == agreed("Jane Doe")
    assert facts.contacts["c1"] == contact("c1")  # type: ignore[index] # plain text is an id here
    assert facts.document_links["invoice:7"][0].sent == wanted("CLK-7", trail=("billed to Jane Doe",))
    assert facts.documents["d7"] == document("d7", "CLK-7")  # type: ignore[index] # as above
    assert facts.agreements["invoice:7"] == agreement("invoice:7")
    assert facts.payments["invoice:7"] == (payment_link("invoice:7", "p1"),)
    assert facts.parties["patient:1"].foreign_reference == "c1"


def test_an_echo_of_our_own_write_is_no_change(opened: Opened) -> None:
    opened.store.keep_effects(RunId("r"), [posted("invoice:7", "d7", "CLK-7")], THEN)
    assert opened.store.keep_books_page(BooksPage(stream="s", documents=(document("d7", "CLK-7"),))) == frozenset()


def refused_by_books() -> Effect:
    words = ("Name is taken", "really")
    return Effect(action=contact_action("patient:1"), refused=words, code="name_taken")


def test_a_refusal_is_remembered_until_the_action_succeeds(home: Home) -> None:
    opened = home.open()
    opened.store.keep_effects(RunId("r"), [refused_by_books()], home.calendar.now())
    assert opened.store.gather(Selection()).refusals == {
        PLACE: (contact_action("patient:1").content, "name_taken: Name is taken really")
    }
    opened.store.keep_effects(RunId("r"), [created()], home.calendar.now())
    assert opened.store.gather(Selection()).refusals == {}
    assert opened.kinds() == ["refusal", "receipt"]


def test_a_refusal_is_forgotten_after_a_while_because_its_cause_may_have_gone(home: Home) -> None:
    opened = home.open()
    opened.store.keep_effects(RunId("r"), [refused_by_books()], home.calendar.now())
    home.calendar.at += REFUSAL_LASTS - timedelta(seconds=5)
    assert set(opened.store.gather(Selection()).refusals) == {PLACE}
    home.calendar.at += timedelta(seconds=5)
    assert opened.store.gather(Selection()).refusals == {}


def test_a_document_is_handed_from_a_visit_to_its_invoice(opened: Opened) -> None:
    opened.store.keep_effects(RunId("r"), [posted("visit:3", "d3", "CLK-A3")], THEN)
    action = document_action("invoice:7", "CLK-A3")
    assert action.document is not None
    step = replace(action.document, document_id=BooksId("d3"), relink=True)
    link = document_link("invoice:7", "d3", "CLK-A3")
    handed = Effect(action=replace(action, document=step), document_link=link)
    opened.store.keep_effects(RunId("r"), [handed], THEN)
    assert opened.store.gather(ALL).subject_of_document == {"d3": "invoice:7"}


@pytest.mark.parametrize("together", [True, False])
def test_a_contact_belongs_to_one_party_and_nothing_is_half_kept(opened: Opened, together: bool) -> None:
    first, second = created("patient:1", "c1"), [created("patient:3", "c3"), created("patient:2", "c1")]
    if not together:
        opened.store.keep_effects(RunId("r"), [first], THEN)
    with pytest.raises(AlreadyLinked, match="The contact c1 belongs to patient:1 and cannot also belong to patient:2"):
        opened.store.keep_effects(RunId("r"), [first, *second] if together else second, THEN)
    links = opened.queries
    assert (links.contact_link("patient:2"), links.contact_link("patient:3")) == (None, None)


def test_a_party_has_one_contact_and_a_new_one_takes_its_place(opened: Opened) -> None:
    opened.store.keep_effects(RunId("r"), [created("patient:1", "c1")], THEN)
    opened.store.keep_effects(RunId("r"), [created("patient:1", "c2")], THEN)
    opened.store.keep_effects(RunId("r"), [created("patient:2", "c1")], THEN)
    assert opened.store.gather(ALL).party_of_contact == {"c2": "patient:1", "c1": "patient:2"}


def test_a_document_belongs_to_one_record(opened: Opened) -> None:
    opened.store.keep_effects(RunId("r"), [posted("invoice:7", "d7", "CLK-7")], THEN)
    with pytest.raises(AlreadyLinked, match="document d7 belongs to invoice:7"):
        opened.store.keep_effects(RunId("r"), [posted("invoice:8", "d7", "CLK-8")], THEN)


def test_a_number_belongs_to_one_record(opened: Opened) -> None:
    opened.store.keep_effects(RunId("r"), [posted("invoice:7", "d7", "CLK-7")], THEN)
    with pytest.raises(AlreadyLinked, match="number invoice CLK-7 belongs to invoice:7"):
        opened.store.keep_effects(RunId("r"), [posted("invoice:8", "d8", "CLK-7")], THEN)


def test_a_failed_close_leaves_the_call_unfinished(opened: Opened) -> None:
    opened.store.keep_effects(RunId("r"), [created("patient:1", "c1")], THEN)
    call = intent("i1", contact_action("patient:2"))
    opened.store.open_intent(call)
    before = opened.kinds()
    with pytest.raises(AlreadyLinked):
        opened.store.close_intent(call, [created("patient:2", "c1")], LATER)
    assert [left.id for left in opened.store.unfinished_intents()] == ["i1"]
    assert opened.kinds() == before
    assert verify(opened.journal).holds


def test_the_journal_tells_before_and_after_and_seals_the_person(opened: Opened) -> None:
    opened.store.keep_effects(RunId("r"), [posted("invoice:7", "d7", "CLK-7")], THEN)
    link = document_link("invoice:7", "d7", "CLK-7", sent=wanted("CLK-7", reference="second"))
    again = Effect(action=document_action("invoice:7", "CLK-7"), document_link=link)
    opened.store.close_intent(intent("i1"), [again], LATER)
    entry = list(export(opened.journal))[-1]
    public = entry["public"]
    assert isinstance(public, dict)
    assert [public["before"]["reference"], public["after"]["reference"]] == ["", ""]
    texts = entry["personal"]["texts"]  # type: ignore[index]
    assert [texts["before.reference"], texts["after.reference"]] == ["ref", "second"]
    assert texts["after.lines.0.text"] == "Consultation"
    assert public["texts"], "in clear stands what tells texts apart"
    assert public["intent"] == "i1"
    assert "patient:1" not in str(public["after"]["trail"])
    assert "billed to patient:1" in str(entry["personal"])


def test_names_stand_only_in_the_sealed_part_of_the_journal(opened: Opened) -> None:
    call = intent("i1", contact_action("patient:1"))
    opened.store.open_intent(call)
    opened.store.close_intent(call, [created()], LATER)
    for entry in export(opened.journal):
        assert "Jane" not in str({**entry, "personal": None})
        assert "Jane Doe" in str(entry["personal"])
        assert entry["owner"] == "patient:1"


def test_a_full_disk_says_so_and_nothing_is_half_written(file_home: Home) -> None:
    opened = file_home.open()
    opened.store.open_intent(intent("i0"))
    before = opened.kinds()
    with opened.database.writing("test") as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    with pytest.raises(StoreFull, match="Nothing of this step was written"):
        opened.store.open_intent(intent("i1", body=b"x" * 500_000))
    assert [left.id for left in opened.store.unfinished_intents()] == ["i0"]
    assert opened.kinds() == before
    assert verify(opened.journal).holds
    assert sqlite3.sqlite_version_info > (3, 35)
