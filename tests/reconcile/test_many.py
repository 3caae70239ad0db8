"""At least eighty planted differences in one world, alone and cancelling each other: all found, none invented."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from tests.reconcile.many import PAIRS, THREES, drawn, made
from tests.reconcile.planting import Scene, lower_amount, move_due_date
from tests.reconcile.test_planted import closes
from tests.support.stage import stage


def test_at_least_eighty_are_planted_and_what_cancels_comes_to_nothing() -> None:
    assert len(list(drawn())) >= 80
    for group in (*PAIRS, *THREES):
        assert sum((plant.by for plant in group), Decimal(0)) == 0


def _all_are_found(seed: int, home: Path) -> None:
    world = made(Scene(stage(home)), seed)
    told = world.scene.compare()
    assert not world.complaints(told)
    closes(told)
    assert max(Counter(one["id"] for one in told["variances"]).values()) == 1
    assert not told["balanced"]


def test_every_planted_difference_is_found_and_told_and_none_is_invented(tmp_path: Path) -> None:
    _all_are_found(1, tmp_path)


def test_what_cancels_is_told_although_both_sides_come_to_the_same(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoices = [scene.stage.invoice(price=price) for price in ("90.00", "95.00", "100.00")]
    scene.stage.sync()
    for invoice, by in zip(invoices, ("-5.00", "2.00", "3.00"), strict=True):
        lower_amount(scene, invoice, by)
    told = scene.compare()
    assert told["totals"]["source"] == told["totals"]["books"]
    assert sorted(one["amount"] for one in told["variances"]) == ["-5.00", "2.00", "3.00"]
    closes(told)


def test_a_credit_note_lowers_both_sides(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    scene.stage.invoice(price="95.00")
    scene.stage.invoice(price="-30.00")
    scene.stage.sync()
    told = scene.compare()
    closes(told)
    assert (told["totals"]["source"], told["totals"]["books"]) == ("65.00", "65.00")
    assert told["compared"]["books"]["credit_notes"] == told["compared"]["source"]["credit_notes"] == 1
    assert [(one["kind"], one["needs"]) for one in told["variances"]] == [("credit_not_allocated", "nobody")]


def test_a_payment_of_the_morning_is_of_the_clinics_day(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice(price="95.00", paid=True)
    scene.stage.sync()
    # It is still the day before in UTC. What else differs makes sure that the payment is looked at too.
    assert scene.stage.time.at.hour > 14
    move_due_date(scene, invoice)
    told = scene.compare()
    assert [one["kind"] for one in told["variances"]] == ["edited_in_xero"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 8))
def test_every_planted_difference_is_found_in_many_worlds(seed: int, tmp_path: Path) -> None:
    _all_are_found(seed, tmp_path)
