"""Many planted differences in one world: what each does, what it must be called, and the sentence that it must get."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from tests.reconcile import planting
from tests.reconcile.planting import GST, Scene, desk_record, found

Act = Callable[[Scene, str], None]
_DAY = r"\d{1,2} \w{3} 2026"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One thing that somebody does to an invoice, and the sentence that tells of it.

    `says` may use `number` (in the practice), `price` (in the practice, before) and `now` (in the books, afterwards).
    `by` is what it takes off the books' total.
    """

    act: Act
    says: str
    paid: bool = False
    untaxed: bool = False
    by: Decimal = Decimal(0)


def _changed(what: str) -> str:
    return f"(?:somebody|Rowan Bookkeeper) changed {what} in Xero on {_DAY}"


def lowered(by: str) -> Plant:
    """Somebody in the books takes that much off a line; below zero puts it on."""
    changed = _changed("a line")
    says = rf"CLK-{{number}} is {{now}} in Xero and {{price}} in Cliniko: {changed}\."
    return Plant(act=partial(planting.lower_amount, by=by), says=says, by=Decimal(by))


ALONE: tuple[Plant, ...] = (
    lowered("3.00"),
    lowered("-3.00"),
    lowered("0.01"),
    Plant(
        act=planting.void,
        says=rf"CLK-{{number}} over {{price}} was voided in Xero on {_DAY}, and still stands in Cliniko\.",
    ),
    Plant(
        act=planting.move_date,
        says=rf"CLK-{{number}} is dated {_DAY} in Xero and {_DAY} in Cliniko: {_changed('the date')}\.",
    ),
    Plant(
        act=planting.move_due_date,
        says=rf"CLK-{{number}} says something else in Xero than was sent: {_changed('the due date')}\.",
    ),
    Plant(
        act=planting.change_account,
        says=rf"CLK-{{number}} says something else in Xero than was sent: {_changed('a line')}\.",
    ),
    Plant(
        act=planting.change_tax,
        says=rf"CLK-{{number}} has \d+\.\d\d of tax in Xero and 0\.00 in Cliniko: {_changed('a line')}\.",
        untaxed=True,
    ),
    Plant(
        act=planting.change_contact,
        says=rf"CLK-{{number}} stands under another contact in Xero: {_changed('the contact')}\.",
    ),
    Plant(
        act=planting.pay_in_books,
        says=r"CLK-{number} has {price} paid in Xero and is open in Cliniko: record the payment in Cliniko\.",
    ),
    Plant(
        act=planting.pay_part_in_books,
        says=r"CLK-{number} has 10\.00 paid in Xero and is open in Cliniko: record the payment in Cliniko\.",
    ),
    Plant(
        act=planting.duplicate,
        says=r"CLK-{number}-9 over {price} stands in Xero beside CLK-{number}, which is the one that counts\.",
    ),
    Plant(
        act=planting.double,
        says=r"INV-{number}9 over {price} looks like CLK-{number} posted a second time in Xero by somebody else: "
        rf"same contact and total, dated {_DAY}\.",
    ),
    Plant(
        act=planting.extra,
        says=rf"CLK-9{{number}}99 over {{price}}, dated {_DAY}, stands in Xero under our number, but Cliniko has no "
        r"such invoice\.",
    ),
    Plant(
        act=planting.archive,
        says=r"CLK-{number} over {price} was archived in Cliniko and still stands in Xero.*\.",
    ),
    Plant(
        act=planting.edit,
        says=r"CLK-{number} is {price} in Xero and 77\.00 in Cliniko: it was changed in Cliniko.*\.",
        untaxed=True,
    ),
    Plant(act=planting.pay, says=r"CLK-{number} (is paid in Cliniko and open in Xero|has 0\.00 paid in Xero).*\."),
    Plant(act=planting.remove_payment, says=r"CLK-{number} .*\b(payment|waits)\b.*\.", paid=True),
    Plant(
        act=planting.replace_payment,
        says=r"Our payment of {price} on CLK-{number} was replaced in Xero by one of {price}, "
        rf"dated {_DAY}\.",
        paid=True,
    ),
    Plant(
        act=partial(planting.move_closing, days=40),
        says=rf"The payment of {{price}} on CLK-{{number}} is dated {_DAY} in Xero, but Cliniko says that it was paid "
        rf"on {_DAY}\.",
        paid=True,
    ),
    Plant(act=planting.edit_paid, says=r"CLK-{number} over 80\.00 waits: .*\.", paid=True, untaxed=True),
)
"""What people do, each alone on an invoice of its own."""
PAIRS: tuple[tuple[Plant, ...], ...] = tuple((lowered(by), lowered(f"-{by}")) for by in ("3.00", "0.01", "12.50"))
THREES: tuple[tuple[Plant, ...], ...] = tuple(
    (lowered(f"-{whole}"), lowered(one), lowered(other))
    for whole, one, other in (("5.00", "2.00", "3.00"), ("0.03", "0.01", "0.02"), ("20.00", "0.05", "19.95"))
)
"""What cancels: both sides come to the same total, month and tax, and each difference has to be told all the same."""


def drawn() -> Iterator[Plant]:
    """Yield what is planted in one world: each kind thrice alone, then what cancels."""
    for _ in range(3):
        yield from ALONE
    for group in (*PAIRS, *PAIRS, *THREES):
        yield from group


@dataclass(slots=True)
class World:
    """A world with everything planted, and what must be said of each."""

    scene: Scene
    said: list[str] = field(default_factory=list)
    quiet: set[str] = field(default_factory=set)

    def complaints(self, told: dict[str, Any]) -> list[str]:
        """Return what a comparison missed, invented or said wrong."""
        listed = {number: kinds - {"tax_rounding"} for number, kinds in found(told).items()}
        listed = {number: kinds for number, kinds in listed.items() if kinds}
        wrong = [
            f"{number}: {sorted(listed.get(number, ()))} in the place of {sorted(self.scene.expected.get(number, ()))}"
            for number in sorted({*listed, *self.scene.expected})
            if listed.get(number) != self.scene.expected.get(number)
        ]
        sentences = [one["sentence"] for one in told["variances"] if one["kind"] != "tax_rounding"]
        for pattern in self.said:
            fits = [one for one in sentences if re.fullmatch(pattern, one)]
            if len(fits) != 1:
                wrong.append(f"{len(fits)} sentences read {pattern}")
        return wrong + [f"{number} is as it should be" for number in self.quiet & listed.keys()]


def made(scene: Scene, seed: int) -> World:
    """Raise an invoice for each plant in an order of chance, post all of them, and do what is to be done."""
    chance, world = random.Random(seed), World(scene)
    plants = list(drawn())
    chance.shuffle(plants)
    invoices: list[tuple[Plant, str]] = []
    for place, plant in enumerate(plants):
        # No two come to the same, whatever is planted: what looks like a double has to be one.
        price = Decimal(200 + 45 * place) + Decimal(chance.randrange(100)) / 100
        tax = GST if chance.random() < 0.3 and not plant.untaxed else {}
        invoices.append((plant, scene.stage.invoice(price=str(price), paid=plant.paid, **tax)))
        if chance.random() < 0.1:
            scene.stage.pass_time(days=1)
    even = [scene.stage.invoice(price="55.00"), scene.stage.invoice(price="56.00", paid=True)]
    world.quiet = {scene.number(invoice) for invoice in even}
    scene.stage.sync()
    for plant, invoice in invoices:
        number, price = scene.number(invoice), Decimal(str(desk_record(scene.stage, invoice)["total_amount"]))
        plant.act(scene, invoice)
        live = [one for one in scene.stage.kept_books().invoices.values() if one.number == f"CLK-{number}"]
        now = str(live[0].total) if live else ""
        words = {"number": number, "price": re.escape(f"{price:.2f}"), "now": re.escape(now)}
        world.said.append(_filled(plant.says, words))
    return world


def _filled(pattern: str, words: dict[str, str]) -> str:
    for name, word in words.items():
        pattern = pattern.replace(f"{{{name}}}", word)
    return pattern
