"""Missing people: which patients that we know the practice does not count any more, found in few calls."""

from __future__ import annotations

from collections.abc import Sequence

from ligament.core.ids import SourceId
from ligament.ports.practice import Practice

COUNTED_AT_MOST = 40
"""How often one search asks how many patients there are; what it does not find then, the next one finds."""
_ASKED_TOGETHER = 80
"""How many ids are no longer told apart by counting: asking for all of them costs one call too."""


def missing_among(practice: Practice, known: Sequence[SourceId]) -> frozenset[SourceId]:
    """Return the ids, in their order, among which somebody is missing: the range is halved where fewer are counted.

    Somebody new whom we have not read yet can hide somebody who is gone; asking for everybody in turn finds them.
    """
    found: set[SourceId] = set()
    left = COUNTED_AT_MOST

    def lacking(start: int, end: int) -> int:
        nonlocal left
        left -= 1
        return end - start - practice.count_patients(known[start], known[end - 1])

    # Ranges with as many as are lacking there, so that the second half of each need not be counted.
    open_ranges = [(0, len(known), lacking(0, len(known)))] if known else []
    while open_ranges:
        start, end, lack = open_ranges.pop()
        if lack <= 0:
            continue
        if end - start <= _ASKED_TOGETHER or lack == end - start:
            found.update(known[start:end])
        elif left:
            middle = (start + end) // 2
            first = lacking(start, middle)
            open_ranges += [(start, middle, first), (middle, end, lack - first)]
    return frozenset(found)
