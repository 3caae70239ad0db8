"""What the three-way merge of one field promises, for every value, winner and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ligament.core.contacts import address_parts
from ligament.core.merging import FieldVerdict, Judge, Sides
from ligament.core.naming import comparable
from ligament.core.records import Address
from ligament.core.rules.model import Winner
from ligament.wiring.likeness import likeness, phone_key

THEN = datetime(2026, 11, 22, tzinfo=UTC)
texts = st.sampled_from(["", " ", "a", "A", "b", "c"])
winners = st.sampled_from(list(Winner))
minutes = st.integers(-3, 3)
WRITES = {FieldVerdict.TO_BOOKS, FieldVerdict.TO_PRACTICE}


def same(left: str, right: str) -> bool:
    return left.strip().casefold() == right.strip().casefold()


def blank(text: str) -> bool:
    return not text.strip()


def judge(winner: Winner, later: int = 0, *, back: bool = True) -> Judge[str]:
    at = THEN + timedelta(minutes=later)
    return Judge(same=same, blank=blank, winner=winner, may_flow_back=back, practice_at=at, books_at=THEN)


def after(verdict: FieldVerdict, sides: Sides[str]) -> Sides[str]:
    """Do what the verdict says, and agree on it."""
    if verdict is FieldVerdict.TO_BOOKS or verdict is FieldVerdict.AGREED:
        books = sides.practice if verdict is FieldVerdict.TO_BOOKS else sides.books
        return Sides(practice=sides.practice, books=books, agreed=sides.practice)
    if verdict is FieldVerdict.TO_PRACTICE:
        return Sides(practice=sides.books, books=sides.books, agreed=sides.books)
    return sides


@given(practice=texts, books=texts, agreed=st.none() | texts, winner=winners, later=minutes, back=st.booleans())
def test_a_blank_never_wins(
    practice: str, books: str, agreed: str | None, winner: Winner, later: int, back: bool
) -> None:
    verdict = judge(winner, later, back=back).decide(Sides(practice=practice, books=books, agreed=agreed))
    assert not (verdict is FieldVerdict.TO_BOOKS and blank(practice) and not blank(books))
    assert not (verdict is FieldVerdict.TO_PRACTICE and blank(books))
    assert back or verdict is not FieldVerdict.TO_PRACTICE


@given(winner=winners, later=minutes, back=st.booleans())
def test_parts_left_blank_are_no_change_but_another_value_is(winner: Winner, later: int, back: bool) -> None:
    def fewer(text: str, than: str) -> bool:
        return text != than and text in than

    decide = judge(winner, later, back=back).decide
    assert decide(Sides(practice="a", books="ab", agreed="ab", less=fewer)) is FieldVerdict.EMPTIED
    assert decide(Sides(practice="ab", books="b", agreed="ab", less=fewer)) is FieldVerdict.EMPTIED
    assert decide(Sides(practice="a", books="b", agreed="ab", less=fewer)) is FieldVerdict.EMPTIED
    seen = decide(Sides(practice="c", books="b", agreed="ab", less=fewer, seen=True))
    assert seen is (FieldVerdict.PUT_BACK if winner is Winner.BOOKS else FieldVerdict.TO_BOOKS)
    news = decide(Sides(practice="c", books="b", agreed="ab", less=fewer))
    assert news is (seen if later > 0 else FieldVerdict.EMPTIED)


@given(winner=winners, later=minutes)
def test_only_a_value_typed_later_beats_a_blank(winner: Winner, later: int) -> None:
    """Which of the two came later is told by the times, and by who saw the blank before (choice C38)."""
    decide = judge(winner, later).decide
    to_books = decide(Sides(practice="b", books="", agreed="a"))
    assert to_books is (FieldVerdict.TO_BOOKS if later > 0 else FieldVerdict.EMPTIED)
    assert decide(Sides(practice="b", books="", agreed="a", seen=True)) is FieldVerdict.TO_BOOKS
    back = FieldVerdict.PUT_BACK if winner is Winner.PRACTICE else FieldVerdict.TO_PRACTICE
    to_practice = decide(Sides(practice="", books="b", agreed="a"))
    assert to_practice is (back if later < 0 else FieldVerdict.EMPTIED)
    assert decide(Sides(practice="", books="b", agreed="a", seen=True)) is back


@given(practice=texts, books=texts, agreed=st.none() | texts, winner=winners, later=minutes, back=st.booleans())
def test_our_own_echo_ends_there(
    practice: str, books: str, agreed: str | None, winner: Winner, later: int, back: bool
) -> None:
    decide = judge(winner, later, back=back).decide
    sides = Sides(practice=practice, books=books, agreed=agreed)
    verdict = decide(sides)
    again = decide(after(verdict, sides))
    assert verdict not in WRITES or again is FieldVerdict.AGREED
    assert again not in WRITES or verdict in WRITES


@given(value=texts, agreed=st.none() | texts, winner=winners, back=st.booleans())
def test_both_sides_that_came_to_the_same_are_left_alone(
    value: str, agreed: str | None, winner: Winner, back: bool
) -> None:
    sides = Sides(practice=value, books=value.upper(), agreed=agreed)
    assert judge(winner, back=back).decide(sides) is FieldVerdict.AGREED


@given(first=texts, second=texts, winner=winners)
def test_there_and_back_again_ends_where_it_began_but_for_blanks(first: str, second: str, winner: Winner) -> None:
    start = Sides(practice=first, books=first, agreed=first)
    moved = Sides(practice=second, books=start.books, agreed=start.agreed)
    verdict = judge(winner).decide(moved)
    held = after(verdict, moved)
    back = Sides(practice=first, books=held.books, agreed=held.agreed)
    end = after(judge(winner).decide(back), back)
    assert same(end.books, first) or blank(first)


@given(practice=st.sampled_from("bc"), books=st.sampled_from("de"), winner=winners, later=minutes)
def test_who_wins_when_both_moved(practice: str, books: str, winner: Winner, later: int) -> None:
    verdict = judge(winner, later).decide(Sides(practice=practice, books=books, agreed="a"))
    newest = FieldVerdict.TO_BOOKS if later >= 0 else FieldVerdict.TO_PRACTICE
    assert (
        verdict
        is {
            Winner.PRACTICE: FieldVerdict.TO_BOOKS,
            Winner.BOOKS: FieldVerdict.TO_PRACTICE,
            Winner.NEWEST: newest,
            Winner.ASK: FieldVerdict.CONFLICT,
        }[winner]
    )


def test_phones_are_compared_by_number() -> None:
    ways = (
        "0491 570 156", "+61 491 570 156", "(0491) 570-156", "0061491570156", "0491570156", "61 491 570156",
        "+61 (0)491 570 156", "0011 61 491 570 156", "0491 570 156 (mum)", "0491 570 156 Mum's new one",
    )  # fmt: skip
    keys = {phone_key(way, "AU") for way in ways}
    assert len(keys) == 1
    assert phone_key("0491 570 157", "AU") not in keys
    assert phone_key("0491 570 156 ext 2", "AU") not in keys


def test_numbers_abroad_are_compared_by_number_too() -> None:
    london = {phone_key(way, "AU") for way in ("+44 20 7946 0958", "0044 20 79460958", "0011 44 (0)20 7946 0958")}
    assert london == {phone_key("020 7946 0958", "UK")}
    assert phone_key("020 7946 0958", "AU") not in london
    assert phone_key("1300 FLOWER", "AU") != phone_key("1300 TOWERS", "AU")
    assert phone_key("call mum", "AU") == ""


def test_addresses_are_compared_by_parts() -> None:
    left = Address(lines=("1 Made-up Street", "Flat 2", "c/o B"), city="Richmond", country="Côte d'Ivoire")
    right = Address(lines=("1 made-up street ", "Flat 2, c/o B"), city=" richmond", country="Côte dIvoire")
    assert address_parts(left) == address_parts(right)
    assert address_parts(left) != address_parts(Address(lines=("2 Made-up Street",), city="Richmond"))


def test_names_are_compared_without_case_accents_titles_and_order() -> None:
    assert comparable("Dr. José  O'Néill") == comparable("jose o neill")
    assert likeness(comparable("Silva, Ana"), comparable("ana silva")) == 1
    assert likeness(comparable("Ana Silva"), comparable("Ana Sylva")) < 0.9
