"""Marks are made of values alone: sets and mappings that hold the same are written the same, however they were made."""

from __future__ import annotations

from dataclasses import dataclass

from ligament.core.canonical import canonical


@dataclass(frozen=True, slots=True)
class Held:
    days: frozenset[int]
    words: dict[str, int]


def test_the_order_in_which_a_set_or_a_mapping_was_filled_does_not_count() -> None:
    # 0 and 8 meet in one place of a small table, so that whoever came first comes first.
    one, other = frozenset([0, 8]), frozenset([8, 0])
    assert list(one) != list(other), "this shows nothing unless they stand in another order"
    assert canonical(one) == canonical(other)
    assert canonical(Held(one, {"a": 1, "b": 2})) == canonical(Held(other, {"b": 2, "a": 1}))


def test_what_differs_is_written_differently() -> None:
    told = [
        canonical(value) for value in ((1, 2), (2, 1), {1: 2}, {2: 1}, frozenset([1, 2]), "1", 1, True, None, ("",))
    ]
    assert len(set(told)) == len(told)
