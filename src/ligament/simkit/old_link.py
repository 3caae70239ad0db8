"""A year of a clinic that posted through an older link: what it sold, and what went wrong in its books."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum


class OldTrouble(StrEnum):
    """What goes wrong between two systems when nobody looks."""

    MISSING = "missing"
    DOUBLED = "doubled"
    DOUBLED_MONEY = "doubled_money"
    STUCK_OPEN = "stuck_open"
    CREDIT_OPEN = "credit_open"
    AMOUNT = "amount"
    TAX = "tax"
    DATE = "date"
    NOT_IN_PRACTICE = "not_in_practice"


class OldNumbering(StrEnum):
    """How the older link named a document in the books; nobody has written down which it is."""

    PLAIN = "plain"
    PREFIXED = "prefixed"
    IN_REFERENCE = "in_reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class OldPerson:
    """Somebody who is treated; two of them have one name."""

    key: str
    first: str
    last: str

    @property
    def name(self) -> str:
        """The full name, which is all that the older link told people apart by."""
        return f"{self.first} {self.last}"

    @property
    def email(self) -> str:
        """An address of their own, also for the two of one name."""
        return f"{self.first}.{self.last}.{self.key}@example.org".casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class OldSale:
    """One invoice, or the credit note of the one that `credits` names; `posted` is the price that reached the books."""

    number: int
    person: OldPerson
    on: date
    price: Decimal
    posted: Decimal
    taxed: bool = False
    paid_on: date | None = None
    credits: int = 0
    trouble: OldTrouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OldYear:
    """The people and the sales of the year, in order."""

    people: tuple[OldPerson, ...]
    sales: tuple[OldSale, ...]
    numbering: OldNumbering = OldNumbering.PLAIN

    def names(self, sale: OldSale) -> tuple[str, str]:
        """Return number and reference of a sale in the books."""
        match self.numbering:
            case OldNumbering.PLAIN:
                return str(sale.number), ""
            case OldNumbering.PREFIXED:
                return f"PMS-{sale.number:06}", ""
            case OldNumbering.IN_REFERENCE:
                return f"INV-{sale.number - _FIRST_NUMBER + 1:04}", f"Invoice {sale.number}"

    def troubled(self) -> Mapping[OldTrouble, tuple[OldSale, ...]]:
        """Return the sales with which something went wrong, by what."""
        return {one: tuple(sale for sale in self.sales if sale.trouble is one) for one in OldTrouble}


_FIRST = ("Kim", "Ola", "Priya", "Tom", "Ines", "Jun", "Mara", "Leo", "Wren", "Zoe", "Abe")
_LAST = ("Lee", "Hart", "Nair", "Berg", "Costa", "Ito", "Vance", "Moss", "Reid", "Klein", "Shaw")
_NAMESAKES = 2
_FIRST_NUMBER = 7001
_PRICES = (Decimal("82.50"), Decimal("95.00"), Decimal("110.00"), Decimal("64.90"))
_EVERY_FOURTH = 4


def old_year(
    seed: int,
    last_day: date,
    *,
    months: int = 12,
    a_month: int = 6,
    numbering: OldNumbering = OldNumbering.PLAIN,
) -> OldYear:
    """Return a year that ends on a day; each trouble befalls one sale or two, all of them different ones."""
    chance = random.Random(seed)
    people = tuple(
        OldPerson(key=str(number), first=first, last=last)
        for number, (first, last) in enumerate([*zip(_FIRST, _LAST, strict=True), (_FIRST[0], _LAST[0])], 1)
    )
    sales = [_sale(chance, number, people, last_day, months * a_month) for number in range(months * a_month)]
    sales = _with_namesakes(sales, people)
    return OldYear(people=people, sales=tuple(_troubled(chance, sales)), numbering=numbering)


def _sale(chance: random.Random, place: int, people: tuple[OldPerson, ...], last_day: date, count: int) -> OldSale:
    on = last_day - timedelta(days=(count - place) * 5)
    price = chance.choice(_PRICES)
    return OldSale(
        number=_FIRST_NUMBER + place,
        person=people[1 + chance.randrange(len(people) - _NAMESAKES)],
        on=on,
        price=price,
        posted=price,
        taxed=place % _EVERY_FOURTH == 0,
        paid_on=on + timedelta(days=chance.randint(0, 9)) if chance.random() < Decimal("0.8") else None,
    )


def _with_namesakes(sales: list[OldSale], people: tuple[OldPerson, ...]) -> list[OldSale]:
    """Give a few sales to the two people of one name, the most to the first of them."""
    for place, person in ((3, people[0]), (17, people[0]), (30, people[-1]), (41, people[0])):
        if place < len(sales):
            sales[place] = replace(sales[place], person=person)
    return sales


def _troubled(chance: random.Random, sales: list[OldSale]) -> list[OldSale]:
    """Let every trouble befall some sales that are good for it, and raise the credit notes."""
    free = {place for place, sale in enumerate(sales) if sale.person.name != f"{_FIRST[0]} {_LAST[0]}"}
    for trouble in OldTrouble:
        for _ in range(2):
            fitting = [place for place in sorted(free) if _fits(sales[place], trouble)]
            place = chance.choice(fitting)
            free.discard(place)
            sales[place] = _befallen(sales[place], trouble)
    raised = [_credit(sale, place) for place, sale in enumerate(sales) if sale.trouble is OldTrouble.CREDIT_OPEN]
    cleared = [replace(sale, trouble=None) if sale.trouble is OldTrouble.CREDIT_OPEN else sale for sale in sales]
    return [*cleared, *raised]


def _fits(sale: OldSale, trouble: OldTrouble) -> bool:
    if trouble in {OldTrouble.STUCK_OPEN, OldTrouble.DOUBLED_MONEY, OldTrouble.AMOUNT}:
        return sale.paid_on is not None
    if trouble is OldTrouble.CREDIT_OPEN:
        return sale.paid_on is not None and not sale.taxed
    return sale.taxed if trouble is OldTrouble.TAX else True


def _befallen(sale: OldSale, trouble: OldTrouble) -> OldSale:
    if trouble is OldTrouble.AMOUNT:
        return replace(sale, trouble=trouble, price=sale.price + 20)
    return replace(sale, trouble=trouble)


def _credit(sale: OldSale, place: int) -> OldSale:
    """Return the credit note that takes an invoice back, refunded in the practice and left open in the books."""
    return replace(
        sale, number=_FIRST_NUMBER + 900 + place, on=sale.on + timedelta(days=10), credits=sale.number, paid_on=None
    )
