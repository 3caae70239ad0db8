"""What a benchmark tells: a figure with what it is measured against, and a table of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measurement beside its yardstick; `limit` is the largest ratio allowed, None only reports.

    `against` says in a few words what the yardstick is; `skipped` says why nothing was measured.
    """

    name: str
    measured: float = 0
    yardstick: float = 0
    unit: str = ""
    against: str = ""
    limit: float | None = None
    note: str = ""
    skipped: str = ""

    @property
    def ratio(self) -> float:
        """Return measured / yardstick."""
        return self.measured / self.yardstick if self.yardstick else 0

    @property
    def is_over(self) -> bool:
        """Say whether the ratio is larger than allowed."""
        return not self.skipped and self.limit is not None and self.ratio > self.limit


HEADS = ("what", "measured", "yardstick", "ratio", "allowed", "", "against")


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as aligned text, notes below."""
    rows = [HEADS, *(_row(figure) for figure in figures)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*lines, *_notes(figures)])


def _row(figure: Figure) -> tuple[str, ...]:
    if figure.skipped:
        return (figure.name, "-", "-", "-", "-", "skipped", figure.skipped)
    verdict = "" if figure.limit is None else "OVER" if figure.is_over else "ok"
    allowed = "" if figure.limit is None else f"{figure.limit:.2f}"
    amounts = (f"{_short(held)} {figure.unit}".strip() for held in (figure.measured, figure.yardstick))
    return (figure.name, *amounts, f"{figure.ratio:.2f}", allowed, verdict, figure.against)


def _short(amount: float) -> str:
    if amount == int(amount):
        return f"{int(amount):,}"
    return f"{amount:.3f}" if amount < 1 else f"{amount:,.1f}"


def _notes(figures: Sequence[Figure]) -> list[str]:
    told = [f"* {figure.name}: {line}" for figure in figures for line in figure.note.splitlines()]
    return ["", *told] if told else []
