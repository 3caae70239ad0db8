"""Planted differences: all found, none invented, and the sums close whatever is mixed with what."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.reconcile.planting import GST, OPEN_PLANTS, PAID_PLANTS, Scene, found
from tests.support.postgres import running_postgres
from tests.support.stage import stage


def closes(document: dict[str, Any]) -> None:
    """Check the equation from the outside, from what is printed alone."""
    totals = document["totals"]
    for sums in (totals, totals["settled"], totals["owed"], *totals["by_month"], *totals["by_tax_rate"]):
        assert Decimal(sums["source"]) == Decimal(sums["books"]) + Decimal(sums["explained"])
    listed = document["variances"]
    assert Decimal(totals["explained"]) == sum(
        (Decimal(part["amount"]) for one in listed for part in one["parts"]), Decimal(0)
    )
    for month in totals["by_month"]:
        parts = (part for one in listed for part in one["parts"] if part["month"] == month["month"])
        assert Decimal(month["explained"]) == sum((Decimal(part["amount"]) for part in parts), Decimal(0))
    for tax in totals["by_tax_rate"]:
        parts = (part for one in listed for part in one["parts"] if part["tax"] == tax["tax"])
        assert Decimal(tax["explained"]) == sum((Decimal(part["amount"]) for part in parts), Decimal(0))
    assert len({one["id"] for one in listed}) == len(listed)


def test_every_kind_is_found_once_and_nothing_is_invented(tmp_path: Path) -> None:
    _every_kind(Scene(stage(tmp_path)))


@pytest.mark.slow
def test_postgresql_finds_the_same(tmp_path: Path) -> None:
    with running_postgres() as url:
        _every_kind(Scene(stage(tmp_path, database=url)))


def _every_kind(scene: Scene) -> None:
    open_ones = [scene.stage.invoice(price=f"{90 + place}.00") for place, _ in enumerate(OPEN_PLANTS)]
    paid = [scene.stage.invoice(price=f"{190 + place}.00", paid=True) for place, _ in enumerate(PAID_PLANTS)]
    quiet = [scene.stage.invoice(price="55.00"), scene.stage.invoice(price="55.00", paid=True)]
    scene.stage.sync()
    even = scene.compare()
    assert even["balanced"]
    assert even["variances"] == []
    assert even["totals"]["explained"] == "0.00"
    for plant, invoice in zip((*OPEN_PLANTS, *PAID_PLANTS), (*open_ones, *paid), strict=True):
        plant(scene, invoice)
    scene.stage.invoice(price="0.00")
    told = scene.compare()
    closes(told)
    quiet_numbers = {scene.number(invoice) for invoice in quiet}
    listed = found(told)
    skipped = {number for number, kinds in listed.items() if kinds == {"skipped"}}
    assert len(skipped) == 1
    assert {number: kinds for number, kinds in listed.items() if number not in skipped} == scene.expected
    assert not quiet_numbers & listed.keys()
    assert not told["balanced"]
    again = scene.compare()
    assert [one["id"] for one in again["variances"]] == [one["id"] for one in told["variances"]]
    assert all(one["times"] == 2 for one in again["variances"])


def _plays(seed: int, home: Path) -> None:
    chance = random.Random(seed)
    scene = Scene(stage(home))
    invoices: list[tuple[str, bool, bool]] = []
    for _ in range(8):
        paid = chance.random() < 0.4
        tax = GST if chance.random() < 0.4 else {}
        price = chance.choice(("95.00", "95.05", "33.33", "110.00"))
        invoices.append((scene.stage.invoice(price=price, paid=paid, **tax), paid, bool(tax)))
    scene.stage.sync()
    for invoice, paid, taxed in invoices:
        if chance.random() < 0.6:
            plants = PAID_PLANTS if paid else OPEN_PLANTS
            plant = chance.choice(plants)
            if taxed and plant.__name__ in {"change_tax", "edit"}:
                continue
            plant(scene, invoice)
    told = scene.compare(full=chance.random() < 0.3)
    closes(told)
    listed = {number: kinds - {"tax_rounding"} for number, kinds in found(told).items()}
    assert {number: kinds for number, kinds in listed.items() if kinds} == scene.expected


@pytest.mark.parametrize("seed", range(3))
def test_any_mix_closes_and_nothing_cancels_out_of_sight(seed: int, tmp_path: Path) -> None:
    _plays(seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 130))
def test_many_mixes_close_and_nothing_cancels_out_of_sight(seed: int, tmp_path: Path) -> None:
    _plays(seed, tmp_path)
