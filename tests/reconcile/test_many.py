"""At least eighty planted differences in one world, alone and cancelling each other: all found, none invented."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from ligament.app.reports.comparison import VARIANCE_TITLES
from ligament.core.variances import VarianceKind
from tests.reconcile.many import made
from tests.reconcile.planting import Scene, lower_amount, move_due_date
from tests.reconcile.plants import ALONE, PAIRS, THREES, drawn
from tests.reconcile.test_planted import closes
from tests.support.stage import stage


def test_at_least_eighty_are_planted_and_what_cancels_comes_to_nothing() -> None:
    assert sum(len(group) for group in drawn()) >= 80
    for group in (*PAIRS, *THREES):
        moved = [plant.moves(Decimal(200)) for plant in group]
        sums = [[one[place] for one in moved] for place in range(3)]
        assert any(any(one) and not sum(one) for one in sums) or not any(any(one) for one in sums), group


def test_every_kind_there_is_is_planted_alone_in_pairs_and_in_threes() -> None:
    groups = {"alone": [(plant,) for plant in ALONE], "pairs": PAIRS, "threes": THREES}
    for name, planted in groups.items():
        assert {plant.kind for group in planted for plant in group} == set(VarianceKind), name
    assert {kind.value for kind in VarianceKind} == set(VARIANCE_TITLES), "the report names each"
    guide = (Path(__file__).parents[2] / "docs" / "reconciliation.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in guide.splitlines() if line.startswith("| `")]
    assert {kind.value for kind in VarianceKind} == set(re.findall(r"`(\w+)`", " ".join(rows))), "so does the guide"


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
