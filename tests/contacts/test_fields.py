"""Keeping one pair the same, planned in memory: it converges, clobbers nothing it should not, and then rests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ligament.core.ledgers import PhoneSlot
from ligament.core.links import DecisionKind
from ligament.core.plans import NoteKind
from ligament.core.private import Private
from ligament.core.records import Address, Phone, PhoneKind
from ligament.core.rules.model import ContactsSection, Field, Privacy, Rulebook, Winner
from tests.contacts.pairs import Pair, ana

EMAILS = ("ana@example.org", "ANA@example.org", "a.silva@example.org", "")
NUMBERS = ("0491 570 156", "+61 491 570 156", "0491 570 157", "")
PLACES = (Address(lines=("1 Made-up Street",), city="Richmond"), Address(lines=("9 Other Road",)), Address())
emails, numbers = st.sampled_from(EMAILS).map(Private), st.sampled_from(NUMBERS).map(Private)
places = st.sampled_from(PLACES).map(Private)
mobiles = numbers.map(lambda number: (Phone(kind=PhoneKind.MOBILE, number=number),) if number else ())
slots = numbers.map(lambda number: ((PhoneSlot.MOBILE, number),) if number else ())
practice_edits = st.one_of(
    st.tuples(st.just("practice"), st.fixed_dictionaries({"email": emails})),
    st.tuples(st.just("practice"), st.fixed_dictionaries({"phones": mobiles})),
    st.tuples(st.just("practice"), st.fixed_dictionaries({"address": places})),
    st.tuples(st.just("practice"), st.fixed_dictionaries({"last": st.sampled_from(("Silva", "Okafor")).map(Private)})),
)
books_edits = st.one_of(
    st.tuples(st.just("books"), st.fixed_dictionaries({"email": emails})),
    st.tuples(st.just("books"), st.fixed_dictionaries({"phones": slots})),
    st.tuples(st.just("books"), st.fixed_dictionaries({"street": places})),
    st.tuples(st.just("books"), st.fixed_dictionaries({"last": st.sampled_from(("Silva", "Ngo")).map(Private)})),
)
runs: st.SearchStrategy[tuple[str, dict[str, Any]]] = st.tuples(st.just("run"), st.just({}))
winners = st.fixed_dictionaries({held: st.sampled_from(list(Winner)) for held in Field})


def book(**fields: Any) -> Rulebook:
    return Rulebook(contacts=ContactsSection(**fields))


def paired(**fields: Any) -> Pair:
    pair = Pair(book=book(**fields))
    pair.cycle()
    return pair


@settings(max_examples=150, deadline=None)
@given(wins=winners, story=st.lists(st.one_of(practice_edits, books_edits, runs), max_size=8))
def test_people_on_both_sides_always_come_to_rest(wins: Any, story: list[tuple[str, dict[str, Any]]]) -> None:
    pair = paired(wins=wins)
    for side, fields in story:
        if side == "run":
            pair.cycle()
        elif side == "practice":
            pair.in_practice(**fields)
        else:
            pair.in_books(**fields)
    before = pair.contact
    plan = pair.cycle()
    assert pair.contact is not None
    assert before is not None
    # Nothing is ever emptied: where a value was on either side, one still is.
    assert bool(pair.contact.email) or not before.email
    listed = {note.field for note in plan.notes}
    same = pair.contact.email.reveal().casefold() == pair.party.email.reveal().casefold()
    assert same or "email" in listed
    assert pair.plan().actions == ()


def test_a_thousand_quiet_cycles_plan_nothing() -> None:
    pair = paired()
    pair.in_books(email=Private("new@example.org"))
    pair.in_practice(phones=(Phone(kind=PhoneKind.MOBILE, number=Private("0491 570 158")),))
    pair.cycle()
    facts = pair.facts()
    from ligament.flow.plan.plan import make_plan  # noqa: PLC0415
    from tests.contacts.pairs import around  # noqa: PLC0415

    surroundings = around()
    assert not any(make_plan(facts, pair.book, surroundings).actions for _ in range(1000))


def test_there_and_back_between_two_cycles_writes_nothing() -> None:
    pair = paired()
    pair.in_practice(email=Private("other@example.org"))
    pair.in_practice(email=Private("ana@example.org"))
    assert pair.plan().actions == ()


def test_there_and_back_with_a_cycle_between_is_followed_both_times() -> None:
    pair = paired()
    for email in ("other@example.org", "ana@example.org", "other@example.org"):
        pair.in_practice(email=Private(email))
        pair.cycle()
        assert pair.contact is not None
        assert pair.contact.email == Private(email)


def test_both_to_the_same_value_is_agreed_without_a_write() -> None:
    pair = paired()
    pair.in_practice(email=Private("both@example.org"))
    pair.in_books(email=Private("BOTH@example.org"))
    kinds = [action.kind.value for action in pair.plan().actions]
    assert kinds == ["link_contact"]
    pair.cycle()
    pair.in_books(email=Private("later@example.org"))
    pair.cycle()
    assert pair.party.email == Private("later@example.org")


def test_a_number_written_in_another_way_is_no_change() -> None:
    pair = paired()
    pair.in_books(phones=((PhoneSlot.MOBILE, Private("+61 491 570 156")),))
    assert pair.plan().actions == ()


def test_a_country_that_loses_its_apostrophe_in_the_books_is_no_change() -> None:
    pair = Pair(party=ana(address=Private(Address(lines=("1 Rue",), country="Côte d'Ivoire"))))
    pair.cycle()
    pair.in_books(street=Private(Address(lines=("1 Rue",), country="Côte dIvoire")))
    assert pair.plan().actions == ()


@pytest.mark.parametrize(
    ("kind", "email"),
    [(DecisionKind.TAKE_PRACTICE, "practice@example.org"), (DecisionKind.TAKE_BOOKS, "books@example.org")],
)
def test_a_conflict_waits_and_takes_either_choice(kind: DecisionKind, email: str) -> None:
    pair = paired(wins={**ContactsSection().wins, Field.EMAIL: Winner.ASK})
    pair.in_practice(email=Private("practice@example.org"))
    pair.in_books(email=Private("books@example.org"))
    plan = pair.cycle()
    assert [hold.code.value for hold in plan.holds] == ["field_conflict"]
    assert "example.org" not in repr(plan.holds)
    assert [note.kind for note in plan.notes] == [NoteKind.WAITS]
    pair.decide(plan, kind)
    plan = pair.cycle()
    assert plan.holds == ()
    assert pair.contact is not None
    assert (pair.party.email, pair.contact.email) == (Private(email), Private(email))


def test_a_decision_does_not_count_for_values_it_was_not_shown() -> None:
    pair = paired(wins={**ContactsSection().wins, Field.EMAIL: Winner.ASK})
    pair.in_practice(email=Private("practice@example.org"))
    pair.in_books(email=Private("books@example.org"))
    pair.decide(pair.cycle(), DecisionKind.TAKE_BOOKS)
    pair.in_books(email=Private("another@example.org"))
    assert [hold.code.value for hold in pair.cycle().holds] == ["field_conflict"]
    assert pair.party.email == Private("practice@example.org")


def test_what_is_left_as_it_is_is_listed() -> None:
    pair = paired(wins={**ContactsSection().wins, Field.EMAIL: Winner.PRACTICE})
    pair.in_books(email=Private("typed@example.org"), phones=())
    plan = pair.cycle()
    assert plan.actions == ()
    kinds = {note.field: note.kind for note in plan.notes}
    assert kinds == {"email": NoteKind.PUT_BACK, "phone_mobile": NoteKind.EMPTIED}
    assert {note.subject.kind.value for note in plan.notes} == {"patient"}


# --- the dial ---------------------------------------------------------------------------------------------------------

MODES = (Privacy.FULL, Privacy.NAME, Privacy.INITIALS, Privacy.CODE, Privacy.POOLED)
NAMES = {
    Privacy.FULL: "Ana Silva",
    Privacy.NAME: "Ana Silva",
    Privacy.INITIALS: "A. S.",
    Privacy.CODE: "CL-ABCDEFGH",
    Privacy.POOLED: "CL-ABCDEFGH",
}


@pytest.mark.parametrize("wins", list(Winner))
@pytest.mark.parametrize("before", MODES[:-1])
@pytest.mark.parametrize("between", MODES)
def test_every_way_of_turning_the_dial_and_back(before: Privacy, between: Privacy, wins: Winner) -> None:
    pair = Pair(book=book(privacy=before, wins=dict.fromkeys(Field, wins)))
    for mode in (before, between, before):
        pair.book = replace(pair.book, contacts=replace(pair.book.contacts, privacy=mode))
        plan = pair.cycle()
        contact = pair.contact
        assert contact is not None
        assert plan.holds == ()
        assert contact.name.reveal() == NAMES[mode], mode
        held = (contact.first, contact.last, contact.email, contact.phones, contact.street.reveal().lines)
        if mode is Privacy.FULL:
            assert all(held)
        else:
            assert not any(held), mode
        assert pair.party.email == Private("ana@example.org")


def test_a_namesake_under_a_code_never_shows_the_end_of_the_id() -> None:
    pair = paired()
    assert pair.link is not None
    pair.link = replace(pair.link, suffixed=True)
    pair.book = book(privacy=Privacy.CODE)
    pair.cycle()
    assert pair.contact is not None
    assert pair.contact.name.reveal() == "CL-ABCDEFGH"
    pair.book = book()
    pair.cycle()
    assert pair.contact.name.reveal() == "Ana Silva (000001)"


def test_what_people_typed_under_a_code_stays() -> None:
    pair = paired(privacy=Privacy.CODE)
    pair.in_books(email=Private("typed@example.org"))
    plan = pair.cycle()
    assert plan.actions == ()
    assert pair.contact is not None
    assert pair.contact.email == Private("typed@example.org")
    assert pair.party.email == Private("ana@example.org")


NEW, BLANK = Private("new@example.org"), Private("")


def test_an_email_emptied_in_the_books_stays_empty_whatever_else_changes_in_the_practice() -> None:
    """The new one was typed before the person emptied the field: the blank may be meant (choice C38)."""
    pair = paired()
    pair.in_practice(email=NEW)
    pair.in_books(email=BLANK)
    assert "email" in {note.field for note in pair.cycle().notes}
    pair.in_practice(phones=(Phone(kind=PhoneKind.MOBILE, number=Private("0491 570 158")),))
    plan = pair.cycle()
    assert pair.contact is not None
    assert (pair.contact.email, pair.contact.phone(PhoneSlot.MOBILE)) == (BLANK, Private("0491 570 158"))
    assert {note.field: note.kind for note in plan.notes} == {"email": NoteKind.EMPTIED}
    # What is typed later beats the blank, also where somebody touched the contact meanwhile.
    pair.in_practice(email=Private("third@example.org"))
    pair.in_books(last=Private("Ngo"))
    pair.cycle()
    assert pair.contact.email == Private("third@example.org")


def test_an_email_emptied_in_the_practice_stays_empty_whatever_else_changes_in_the_books() -> None:
    """The other direction."""
    pair = paired()
    pair.in_books(email=NEW)
    pair.in_practice(email=BLANK)
    pair.cycle()
    pair.in_books(phones=((PhoneSlot.MOBILE, Private("0491 570 158")),))
    pair.cycle()
    assert (pair.party.email, pair.party.phones[0].number) == (BLANK, Private("0491 570 158"))
    pair.in_books(email=Private("third@example.org"))
    pair.in_practice(last=Private("Okafor"))
    pair.cycle()
    assert pair.party.email == Private("third@example.org")


@pytest.mark.parametrize(
    ("practice", "books", "later"),
    [
        (
            {"phones": (Phone(kind=PhoneKind.MOBILE, number=Private("0491 570 158")),)},
            {"phones": ()},
            {"phones": (Phone(kind=PhoneKind.MOBILE, number=Private("0491 570 159")),)},
        ),
        (
            {"address": Private(Address(lines=("2 Other Street",), city="Kyneton"))},
            {"street": Private(Address())},
            {"address": Private(Address(lines=("3 Third Street",), city="Kyneton"))},
        ),
    ],
    ids=["phone", "address"],
)
def test_what_was_emptied_is_neither_put_back_nor_copied_until_somebody_types(
    practice: dict[str, Any], books: dict[str, Any], later: dict[str, Any]
) -> None:
    pair = paired()
    pair.in_practice(**practice)
    pair.in_books(**books)
    pair.cycle()
    pair.in_practice(first=Private("Anne"))
    pair.cycle()
    assert pair.contact is not None
    (name,) = books
    assert getattr(pair.contact, name) == books[name]
    assert getattr(pair.party, *practice) == practice[next(iter(practice))]
    pair.in_practice(**later)
    pair.cycle()
    assert getattr(pair.contact, name) != books[name]
