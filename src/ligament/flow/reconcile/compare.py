"""Comparing: every difference becomes one variance, and the sums must close, or nothing is reported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ligament.core.comparisons import Judging
from ligament.core.judgements import judge
from ligament.core.strays import judge_double, judge_extra
from ligament.core.variances import Needs, Sums, Variance
from ligament.ports.comparison import Comparison, LeftOut


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What one comparison found: every variance, and what both sides come to."""

    variances: tuple[Variance, ...]
    sums: Sums
    counts: Mapping[str, Mapping[str, int]]
    left_out: Mapping[str, LeftOut]


def compare(comparison: Comparison, how: Judging, listed: Iterable[Variance] = ()) -> Compared:
    """Compare both sides as they are kept; `listed` is what enters no sum, such as contacts.

    Raises Unbalanced, naming month and tax, when the variances do not explain the difference to the cent.
    """
    sums = comparison.sums()
    found: dict[str, Variance] = {}
    for variance in _found(comparison, how):
        assert variance.id not in found, f"two variances have the id {variance.id}"
        found[variance.id] = variance
    sums.assert_closed(found.values())
    for variance in listed:
        found.setdefault(variance.id, variance)
    ordered = sorted((_by_policy(variance, how) for variance in found.values()), key=_by_day)
    return Compared(variances=tuple(ordered), sums=sums, counts=comparison.counts(), left_out=comparison.left_out())


def _by_policy(variance: Variance, how: Judging) -> Variance:
    """What policy mends without asking needs no person."""
    mends = variance.fix is not None and how.heals(abs(variance.amount))
    return replace(variance, needs=Needs.HEAL) if mends and variance.needs is Needs.PERSON else variance


def _found(comparison: Comparison, how: Judging) -> Iterable[Variance]:
    for pairing in comparison.differing():
        yield from judge(pairing, how)
    for stray in comparison.strays():
        yield judge_extra(stray.document, how)
    for stray in comparison.doubles():
        if stray.like is not None:
            yield judge_double(stray.document, stray.like, how)


def _by_day(variance: Variance) -> tuple[str, int, str, str, str]:
    """Return the place in the list: by day, and of one day by number as people count, so that 9 stands before 10."""
    day, number = variance.on or variance.books_on, variance.number
    return day.isoformat() if day is not None else "", len(number), number, variance.kind.value, variance.id
