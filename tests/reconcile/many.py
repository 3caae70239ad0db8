"""Many planted differences in one world: all of them done, and what a comparison then has to say of each."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from ligament.core.variances import VarianceKind as Kind
from tests.reconcile import around
from tests.reconcile.planting import GST, Scene, found
from tests.reconcile.plants import NO, Plant, drawn


@dataclass(slots=True)
class World:
    """A world with everything planted, and what must be said of each; `moved` is what that does to each sum."""

    scene: Scene
    said: list[str] = field(default_factory=list)
    quiet: set[str] = field(default_factory=set)
    moved: list[Decimal] = field(default_factory=lambda: [NO, NO, NO])

    def complaints(self, told: dict[str, Any]) -> list[str]:
        """Return what a comparison missed, invented or said wrong."""
        listed, expected = _without_rounding(found(told)), _without_rounding(self.scene.expected)
        wrong = [
            f"{number}: {sorted(listed.get(number, ()))} in the place of {sorted(expected.get(number, ()))}"
            for number in sorted({*listed, *expected})
            if listed.get(number) != expected.get(number)
        ]
        sentences = [one["sentence"] for one in told["variances"]]
        for pattern, times in Counter(self.said).items():
            fits = [one for one in sentences if re.fullmatch(pattern, one)]
            if len(fits) != times:
                wrong.append(f"{len(fits)} sentences in the place of {times} read {pattern}")
        totals = told["totals"]
        for name, sums, by in zip(
            ("totals", "settled", "owed"), (totals, totals["settled"], totals["owed"]), self.moved, strict=True
        ):
            if Decimal(sums["explained"]) != by:
                wrong.append(f"{name}: {sums['explained']} in the place of {by}")
        return wrong + [f"{number} is as it should be" for number in self.quiet & listed.keys()]


def _without_rounding(told: dict[str, set[str]]) -> dict[str, set[str]]:
    """Leave out a cent of tax beside other things: it comes by itself wherever a price has tax."""
    left = {number: kinds - {Kind.TAX_ROUNDING.value} for number, kinds in told.items()}
    return {number: kinds for number, kinds in left.items() if kinds}


def made(scene: Scene, seed: int, *, most: int | None = None) -> World:
    """Raise an invoice for each plant in an order of chance, post all of them, and do what is to be done.

    `most` is how many groups of what can be planted are taken; without it, all of them.
    """
    chance, world = random.Random(seed), World(scene)
    around.priced(scene)
    groups = list(drawn())
    chance.shuffle(groups)
    groups = groups[:most]
    ready: list[tuple[Plant, Callable[[], str]]] = []
    for place, group in enumerate(groups):
        # No two groups come to the same, whatever is planted: what looks like a double has to be one.
        price = Decimal(200 + 45 * place) + Decimal(chance.randrange(100)) / 100
        ready += [
            (plant, partial(_raised, scene, plant, price, place + 100, taxed=chance.random() < 0.3)) for plant in group
        ]
    chance.shuffle(ready)
    staff = {place: around.employ(scene, place) for place, (plant, _) in enumerate(ready) if plant.staff}
    invoices: dict[int, str] = {}
    for place, (plant, raised) in enumerate(ready):
        if not plant.late:
            invoices[place] = raised()
        if chance.random() < 0.1:
            scene.stage.pass_time(days=1)
    even = [scene.stage.invoice(price="55.00"), scene.stage.invoice(price="56.00", paid=True)]
    world.quiet = {scene.number(invoice) for invoice in even}
    scene.stage.sync()
    invoices |= {place: raised() for place, (plant, raised) in enumerate(ready) if plant.late}
    around.undo_last(scene, str(scene.stage.sync()["run_id"]))
    for place, (plant, _) in enumerate(ready):
        name = staff.get(place, "")
        if plant.staff:
            around.rename_user(scene, place, f"elsewhere{place}@clinic.test")
        _do(world, plant, invoices[place], name)
    return world


def _raised(scene: Scene, plant: Plant, price: Decimal, place: int, *, taxed: bool) -> str:
    if plant.three:
        return around.rounded(scene, plant.three)
    tax = GST if taxed and not plant.untaxed else {}
    own = {"patient": scene.stage.patient(place, last=f"Number {price}")} if plant.alone else {}
    return scene.stage.invoice(price=str(-price if plant.credit else price), paid=plant.paid, **own, **tax)


def _do(world: World, plant: Plant, invoice: str, name: str) -> None:
    scene, price = world.scene, around.total(world.scene, invoice)
    number = scene.number(invoice)
    told = plant.act(scene, invoice) or {}
    live = [one for one in scene.stage.kept_books().invoices.values() if one.number == f"CLK-{number}"]
    now = f"{live[0].total:,.2f}" if live else ""
    words = {"number": number, "price": f"{price:,.2f}", "now": now, "name": name, **told}
    world.said.append(_filled(plant.says, {key: re.escape(word) for key, word in words.items()}))
    world.moved = [sums + by for sums, by in zip(world.moved, plant.moves(price), strict=True)]


def _filled(pattern: str, words: dict[str, str]) -> str:
    for name, word in words.items():
        pattern = pattern.replace(f"{{{name}}}", word)
    return pattern
