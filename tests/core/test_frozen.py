"""A fast_frozen record is the frozen dataclass it was, only quicker to make."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, replace
from decimal import Decimal
from inspect import signature
from typing import Any

import pytest

from ligament.core.frozen import fast_frozen, maker
from ligament.core.intents import Subject, SubjectKind
from ligament.core.plans import Action, ActionKind, Outcome, RecordKind, State
from ligament.flow.plan.document_state import DocumentState

BILLED = Subject(kind=SubjectKind.INVOICE, id="1")
ACTION = Action(kind=ActionKind.PAY, subject=BILLED, number="CLK-1", amount=Decimal("95.00"))
ENDED = Outcome(subject=BILLED, kind=RecordKind.INVOICES, state=State.PLANNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slow:
    first: int
    second: int = 2
    third: int = 3


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class _Quick:
    first: int
    second: int = 2
    third: int = 3


def names_in_constructor(record: type) -> set[str]:
    """Return what the constructor of a class reaches for by name."""
    return set(record.__init__.__code__.co_names)  # type: ignore[misc]


def test_fields_are_set_plainly_and_not_one_by_one_around_the_lock() -> None:
    assert "__setattr__" in names_in_constructor(_Slow)
    assert "__setattr__" not in names_in_constructor(_Quick)
    assert {"first", "second", "third", "__class__"} <= names_in_constructor(_Quick)


@pytest.mark.parametrize("record", [BILLED, ACTION, ENDED, _Quick(first=1)], ids=lambda record: type(record).__name__)
def test_a_complete_record_cannot_be_changed(record: Any) -> None:
    name = next(iter(record.__dataclass_fields__))
    with pytest.raises(FrozenInstanceError):
        setattr(record, name, "other")
    with pytest.raises(FrozenInstanceError):
        delattr(record, name)
    with pytest.raises((AttributeError, TypeError)):
        record.more = 1


def test_records_compare_sort_and_print_by_what_they_hold() -> None:
    same, other = _Quick(first=1), _Quick(first=1, third=4)
    assert (same, hash(same)) == (_Quick(first=1, second=2), hash(_Quick(first=1, second=2)))
    assert same != other
    assert sorted([other, same]) == [same, other]
    assert repr(other) == "_Quick(first=1, second=2, third=4)"
    assert type(same) is _Quick


def _pickled(record: Any) -> Any:
    return pickle.loads(pickle.dumps(record))  # noqa: S301 - it was pickled in this line


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, _pickled])
def test_a_copy_is_equal_and_locked(again: Any) -> None:
    copied = again(ACTION)
    assert copied == ACTION
    assert copied.__class__ is Action
    with pytest.raises(FrozenInstanceError):
        setattr(copied, "number", "CLK-2")  # noqa: B010 - to see it refused


def test_one_field_is_replaced_and_the_rest_stays() -> None:
    assert replace(ACTION, number="CLK-2").amount == ACTION.amount
    assert replace(ACTION, number="CLK-2").number == "CLK-2"


@pytest.mark.parametrize("given", [{}, {"first": 1, "fourth": 4}])
def test_missing_and_unknown_fields_are_refused(given: dict[str, int]) -> None:
    with pytest.raises(TypeError):
        _Quick(**given)


def test_fields_are_given_by_name_and_shown_by_name() -> None:
    with pytest.raises(TypeError):
        _Quick(1)  # type: ignore[call-arg]
    assert str(signature(_Quick)) == "(*, first: 'int', second: 'int' = 2, third: 'int' = 3) -> None"


def test_a_field_made_by_a_factory_is_refused_when_the_class_is_written() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Listed:
        names: list[str] = field(default_factory=list)

    with pytest.raises(AssertionError, match="plain fields"):
        fast_frozen(Listed)


# --- records made by a function ---------------------------------------------------------------------------------------


def test_what_a_maker_makes_is_the_record_that_the_class_makes() -> None:
    made = maker(_Quick)(first=1)
    assert (type(made), made, hash(made)) == (_Quick, _Quick(first=1), hash(_Quick(first=1)))
    assert (made.first, made.second, made.third) == (1, 2, 3)
    assert repr(made) == "_Quick(first=1, second=2, third=3)"
    assert (_pickled(made), copy.copy(made), replace(made, third=4)) == (made, made, _Quick(first=1, third=4))


def test_a_record_that_a_maker_made_cannot_be_changed_either() -> None:
    made = maker(_Quick)(first=1)
    with pytest.raises(FrozenInstanceError):
        made.first = 2  # type: ignore[misc] # to see it refused
    with pytest.raises(FrozenInstanceError):
        del made.first


def test_a_maker_calls_no_constructor_and_sets_fields_plainly() -> None:
    names = set(maker(_Quick).__code__.co_names)  # type: ignore[attr-defined] # it is a function
    assert {"_Open", "first", "second", "third", "__class__"} <= names
    assert not {"__init__", "__setattr__"} & names


@pytest.mark.parametrize("given", [{}, {"first": 1, "fourth": 4}])
def test_a_maker_refuses_missing_and_unknown_fields(given: dict[str, int]) -> None:
    with pytest.raises(TypeError):
        maker(_Quick)(**given)
    with pytest.raises(TypeError):
        maker(_Quick)(1)  # type: ignore[call-arg]


def test_a_maker_is_refused_for_a_frozen_record_that_is_not_quick() -> None:
    with pytest.raises(AssertionError, match="fast_frozen"):
        maker(_Slow)


def test_a_maker_of_an_open_record_leaves_it_open() -> None:
    given: dict[str, Any] = dict.fromkeys(DocumentState.__dataclass_fields__)
    made = maker(DocumentState)(**given)
    assert made == DocumentState(**given)
    made.base_number = "CLK-1"
    assert made.base_number == "CLK-1"


def test_a_record_with_work_of_its_own_after_it_is_made_is_refused() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Checked:
        first: int

        def __post_init__(self) -> None:
            assert self.first

    with pytest.raises(AssertionError, match="plain fields"):
        fast_frozen(Checked)
