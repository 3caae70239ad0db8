"""Charts of days as plain bars: places and heights for SVG that stands inside a page, with a table behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

STEP, HEIGHT, WIDTH = 24, 96, 18
"""In points of the drawing: from one day to the next, the tallest bar, and the width of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBar:
    """One day of a chart; without a value nothing is known of it, and nothing stands there."""

    day: date
    left: int
    height: int
    is_marked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DayChart:
    """A chart: its bars, the day that stands out, and whether there is anything to see."""

    bars: Sequence[DayBar]
    highest: int
    highest_on: date | None

    @property
    def width(self) -> int:
        """Return how wide the drawing is."""
        return len(self.bars) * STEP


def day_chart(days: Sequence[Mapping[str, Any]], of: str, marked: str = "") -> DayChart:
    """Return a chart of one number of each day; `marked` names a count that gives a day a mark where it is not 0."""
    highest = max((one[of] or 0 for one in days), default=0)
    on = next((one["day"] for one in days if highest and one[of] == highest), None)
    bars = [
        DayBar(
            day=one["day"],
            left=place * STEP + (STEP - WIDTH) // 2,
            height=max(round(HEIGHT * one[of] / highest), 2) if one[of] else 0,
            is_marked=bool(marked and one[marked]),
        )
        for place, one in enumerate(days)
    ]
    return DayChart(bars=bars, highest=highest, highest_on=on)
