"""The equation of a comparison: it closes to the cent in each month and tax, whatever cancels, or nothing is told."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligament.core.money import ZERO
from ligament.core.variances import Sums, Unbalanced, Variance, VarianceKind

MONTHS, TAXES = ("2026-09", "2026-10", "2026-11"), ("none", "GST 10")
CENT = Decimal("0.01")
amounts = st.integers(min_value=-99_999, max_value=99_999).map(lambda cents: Decimal(cents) / 100)
parts = st.tuples(st.sampled_from(MONTHS), st.sampled_from(TAXES), amounts)


@st.composite
def variances(draw: st.DrawFn, place: int) -> Variance:
    """Draw a difference with what it explains of each sum."""
    day = date.fromisoformat(f"{draw(st.sampled_from(MONTHS))}-05")
    return Variance(
        subject=f"invoice:{place}", kind=VarianceKind.AMOUNT, on=day, parts=tuple(draw(st.lists(parts, max_size=3))),
        settled=draw(amounts), owed=draw(amounts),
    )  # fmt: skip


found_ones = st.integers(min_value=2, max_value=6).flatmap(
    lambda many: st.tuples(*(variances(place) for place in range(many)))
)


def sums_of(found: tuple[Variance, ...], books: dict[str, Decimal]) -> Sums:
    """Return sums that exactly these differences explain, over what stands in the books of each month."""
    sums = Sums(books={(month, "none"): amount for month, amount in books.items()})
    source: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO, sums.books)
    settled, owed = defaultdict(lambda: ZERO, books), defaultdict(lambda: ZERO, books)
    for one in found:
        for month, tax, amount in one.parts:
            source[month, tax] += amount
        settled[one.month] += one.settled
        owed[one.month] += one.owed
    sums.source, sums.source_settled, sums.source_owed = dict(source), dict(settled), dict(owed)
    sums.books_settled, sums.books_owed = dict(books), dict(books)
    return sums


def _with(one: Variance, of: str, amount: Decimal) -> Variance:
    return replace(one, settled=amount) if of == "settled" else replace(one, owed=amount)


standing = st.fixed_dictionaries(dict.fromkeys(MONTHS, amounts))


@given(found=found_ones, books=standing)
def test_what_is_explained_to_the_cent_closes(found: tuple[Variance, ...], books: dict[str, Decimal]) -> None:
    sums_of(found, books).assert_closed(found)


@given(found=found_ones, books=standing, by=amounts.filter(bool), data=st.data())
@pytest.mark.parametrize("of", ["parts", "settled", "owed"])
def test_what_cancels_in_the_whole_is_still_seen_in_its_month_and_rate(
    of: str, found: tuple[Variance, ...], books: dict[str, Decimal], by: Decimal, data: st.DataObject
) -> None:
    sums = sums_of(found, books)
    here, there = data.draw(st.permutations(MONTHS))[:2]
    tax = data.draw(st.sampled_from(TAXES))
    blank = {"subject": "invoice:x", "kind": VarianceKind.AMOUNT}
    # Two more differences that come to nothing together, and that neither side has.
    if of == "parts":
        more = [Variance(**blank, parts=((here, tax, by), (there, tax, -by)))]  # type: ignore[arg-type]
        named = f"sums of {min(here, there)} for {tax} do not close"
    else:
        days = [date.fromisoformat(f"{month}-05") for month in (here, there)]
        both = [Variance(**blank, on=day, which=str(day)) for day in days]  # type: ignore[arg-type]
        more = [_with(one, of, amount) for one, amount in zip(both, (by, -by), strict=True)]
        named = f"sums of {min(here, there)} for what is {of} do not close"
    with pytest.raises(Unbalanced, match=named):
        sums.assert_closed([*found, *more])


@given(found=found_ones, books=standing, month=st.sampled_from(MONTHS), data=st.data())
def test_between_two_rates_of_one_month_nothing_cancels_either(
    found: tuple[Variance, ...], books: dict[str, Decimal], month: str, data: st.DataObject
) -> None:
    by = data.draw(amounts.filter(bool))
    moved = Variance(subject="invoice:x", kind=VarianceKind.TAX, parts=((month, TAXES[0], by), (month, TAXES[1], -by)))
    with pytest.raises(Unbalanced, match=f"sums of {month} for "):
        sums_of(found, books).assert_closed([*found, moved])


@given(found=found_ones, books=standing, month=st.sampled_from(MONTHS), tax=st.sampled_from(TAXES))
def test_a_cent_too_much_is_too_much(
    found: tuple[Variance, ...], books: dict[str, Decimal], month: str, tax: str
) -> None:
    sums = sums_of(found, books)
    sums.source = {**sums.source, (month, tax): sums.source.get((month, tax), ZERO) + CENT}
    with pytest.raises(Unbalanced, match=f"The sums of {month} for {tax} do not close"):
        sums.assert_closed(found)
