"""Per month and tax rate, documents, settlements and what is owed close to the cent, also where differences cancel."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ligament.app.reconcile import Period, comparing, side_by_side
from ligament.connectors.cliniko.simulator import control as desk
from tests.reconcile.many import made
from tests.reconcile.planting import (
    GST,
    Scene,
    desk_record,
    lower_amount,
    pay,
    pay_in_books,
    raise_amount,
    remove_payment,
)  # fmt: skip
from tests.reconcile.test_planted import closes
from tests.support.practice import PATIENT, PLACE
from tests.support.stage import stage

MONTHS = ("2026-09", "2026-10", "2026-11")
NO = Decimal("0.00")
Split = dict[tuple[str, str], Decimal]


@dataclass(slots=True)
class Side:
    """What one side comes to, counted by hand from its own records."""

    totals: Split = field(default_factory=lambda: defaultdict(lambda: NO))
    settled: dict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: NO))
    owed: dict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: NO))


def issued(scene: Scene, month: str, price: str, *, paid: bool = False, taxed: bool = False) -> str:
    """Raise an invoice of a month."""
    line = {"name": "Consult", "unit_price": price, **(GST if taxed else {})}
    told = {**PLACE, "patient_id": PATIENT, "issue_date": f"{month}-05"}
    made: str = scene.desk(desk.create_invoice, told, [line])
    if paid:
        scene.stage.pay(made)
    return made


def tax_of(scene: Scene, invoice: str) -> str:
    return "GST 10" if Decimal(desk_record(scene.stage, invoice)["tax_amount"]) else "none"


def counted(scene: Scene, invoices: list[str]) -> tuple[Side, Side]:
    """Count both sides from what the two systems hold."""
    practice, books = Side(), Side()
    payments = scene.stage.kept_books().payments
    for invoice in invoices:
        row, document = desk_record(scene.stage, invoice), scene.document(invoice)
        month, total = str(row["issue_date"])[:7], Decimal(row["total_amount"])
        cell = month, tax_of(scene, invoice)
        practice.totals[cell] += total
        books.totals[cell] += document.total
        (practice.settled if int(row["status"]) == 20 else practice.owed)[month] += total
        live = [payments[key] for key in document.payment_ids if payments[key].status != "DELETED"]
        books.settled[month] += sum((one.amount for one in live), NO)
        books.owed[month] += document.outstanding
    return practice, books


def explained(scene: Scene) -> Side:
    """Return what the listed differences explain of each sum."""
    told = Side()
    with scene.stage.app() as clinic:
        for held in clinic.variances.kept():
            for month, tax, amount in held.variance.parts:
                told.totals[month, tax] += amount
            told.settled[held.variance.month] += held.variance.settled
            told.owed[held.variance.month] += held.variance.owed
    return told


def summed(scene: Scene, document: dict[str, Any]) -> tuple[Side, Side]:
    """Return both sides as the comparison sums them, month by month."""
    with scene.stage.app() as clinic, comparing(clinic, Period.of(document["period"])) as (comparison, _):
        sums = comparison.sums()
    return (
        Side(totals=sums.source, settled=sums.source_settled, owed=sums.source_owed),
        Side(totals=sums.books, settled=sums.books_settled, owed=sums.books_owed),
    )


def _cents(amounts: dict[Any, Decimal]) -> dict[Any, Decimal]:
    return {key: amount.quantize(NO) for key, amount in amounts.items() if amount}


def _closes_by_hand(seed: int, home: Path) -> None:
    chance, scene = random.Random(seed), Scene(stage(home))
    cells = [(month, taxed) for month in MONTHS for taxed in (False, True)]
    invoices = [issued(scene, month, "110.00", taxed=taxed) for month, taxed in cells]
    invoices += [issued(scene, month, "88.00", paid=True, taxed=taxed) for month, taxed in cells]
    # Whoever pays and whoever takes a payment off come to the same: their invoices have one price.
    movers = [issued(scene, chance.choice(MONTHS), "66.00") for _ in range(2)]
    unpaid = [issued(scene, chance.choice(MONTHS), "66.00", paid=True) for _ in range(2)]
    lowered = [issued(scene, month, "220.00", taxed=taxed) for month, taxed in chance.sample(cells, 4)]
    scene.stage.sync()
    by = [Decimal(chance.randrange(1, 999)) / 100 for _ in range(2)]
    for place, amount in enumerate(by):
        lower_amount(scene, lowered[2 * place], str(amount))
        raise_amount(scene, lowered[2 * place + 1], str(amount))
    pay_in_books(scene, movers[0])
    pay(scene, movers[1])
    remove_payment(scene, unpaid[0])
    told = scene.compare(full=True)
    closes(told)
    every = [*invoices, *movers, *unpaid, *lowered]
    practice, books = counted(scene, every)
    mine, theirs = summed(scene, told)
    named = explained(scene)
    for what in ("totals", "settled", "owed"):
        assert _cents(getattr(mine, what)) == _cents(getattr(practice, what)), what
        assert _cents(getattr(theirs, what)) == _cents(getattr(books, what)), what
        left = {
            key: getattr(practice, what)[key] - getattr(books, what)[key]
            for key in {*getattr(practice, what), *getattr(books, what)}
        }
        assert _cents(left) == _cents(getattr(named, what)), what
    assert told["totals"]["explained"] == "0.00", "all that was changed cancels"
    assert len(told["variances"]) == 7 + sum(one["kind"] == "tax_rounding" for one in told["variances"])


@pytest.mark.parametrize("seed", range(3))
def test_each_month_and_rate_closes_although_what_differs_cancels(seed: int, tmp_path: Path) -> None:
    _closes_by_hand(seed, tmp_path)


def _all_records_add_up(seed: int, home: Path, most: int | None) -> None:
    scene = made(Scene(stage(home)), seed, most=most).scene
    told = scene.compare()
    with scene.stage.app() as clinic:
        rows = list(side_by_side(clinic, Period.of(told["period"])))
    assert sum((row.total for row in rows if row.total is not None), NO) == Decimal(told["totals"]["source"])
    live = [row.books_total for row in rows if row.books_total is not None]
    assert sum(live, NO) == Decimal(told["totals"]["books"])
    ids = [row.books_id for row in rows if row.books_id]
    assert len(ids) == len(set(ids)), "each document stands in one line"


@pytest.mark.parametrize("seed", range(2))
def test_all_records_side_by_side_come_to_what_the_summary_says(seed: int, tmp_path: Path) -> None:
    _all_records_add_up(seed, tmp_path, 14)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 104))
def test_all_records_come_to_the_summary_in_many_worlds(seed: int, tmp_path: Path) -> None:
    _all_records_add_up(seed, tmp_path, None)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 120))
def test_each_month_and_rate_closes_in_many_worlds(seed: int, tmp_path: Path) -> None:
    _closes_by_hand(seed, tmp_path)
