"""The everyday billing of an invented clinic: visits, products, discounts, payments, reversals and write-offs."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from ligament.simkit.catalogue import (
    EXERCISE_CLASS,
    GOODS,
    GST,
    HOURLY,
    PAYERS,
    PLACES,
    PRACTITIONERS,
    REPORT,
    SERVICES,
    WRITE_OFF,
    Arithmetic,
    Item,
    Practitioner,
)
from ligament.simkit.people import Person, happens
from ligament.simkit.story import Bill, Charge, Deed, DeedKind

ONE = Decimal(1)
_ZONES = {place.key: ZoneInfo(place.zone) for place in PLACES}
_FINEST = Decimal("0.0001")


@dataclass(slots=True, kw_only=True)
class Diary:
    """What a clinic has billed so far; filled bill by bill while its story is made."""

    rng: random.Random
    start_on: date
    today: date
    bills: list[Bill] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    settled_at: set[datetime] = field(default_factory=set)

    def raise_bill(self, bill: Bill) -> Bill:
        """Add a bill and the deed of raising it."""
        self.bills.append(bill)
        self.deeds.append(Deed(at=bill.raised_at, kind=DeedKind.RAISE, bill=bill.key))
        return bill

    def next_key(self) -> str:
        """Return the key of the next bill."""
        return f"b{len(self.bills) + 1}"

    def do(self, kind: DeedKind, bill: Bill, at: datetime, amount: str = "0", target: str = "") -> None:
        """Add something that staff did with a bill."""
        self.deeds.append(Deed(at=at, kind=kind, bill=bill.key, amount=Decimal(amount), target=target))

    def days(self) -> int:
        """Return how many days the story covers."""
        return (self.today - self.start_on).days


def arithmetic_on(day: date, start_on: date, days: int) -> Arithmetic:
    """Return how invoices were reckoned on a day: the clinic changed its setting twice."""
    passed = (day - start_on).days
    if passed * 6 < days:
        return Arithmetic.PER_LINE
    return Arithmetic.TAX_ADDED if passed * 2 < days else Arithmetic.TAX_INSIDE


def unit_price(item: Item, price: Decimal, arithmetic: Arithmetic) -> Decimal:
    """Return the price as typed: without tax unless the invoice's arithmetic wants it inside."""
    if not item.tax or arithmetic is Arithmetic.TAX_INSIDE:
        return price
    return (price * 100 / (100 + GST.rate)).quantize(_FINEST, rounding=ROUND_HALF_UP)


def local_instant(day: date, place: str, minutes: int) -> datetime:
    """Return the instant so many minutes after eight o'clock on a place's wall."""
    return datetime.combine(day, time(8), _ZONES[place]) + timedelta(minutes=minutes)


def bill_everyday(diary: Diary, people: tuple[Person, ...], count: int) -> None:
    """Add that many ordinary bills, spread over the working days in order of time."""
    rng, days = diary.rng, diary.days()
    offsets = sorted(rng.randrange(1, days) for _ in range(count))
    for offset in offsets:
        day = diary.start_on + timedelta(days=offset)
        while day.weekday() == 6 or day == diary.start_on:  # noqa: PLR2004 - the clinic is closed on Sundays
            day += timedelta(days=-1 if offset > 1 else 1)
        practitioner = rng.choice(PRACTITIONERS)
        person = _patient_at(rng, people, practitioner.place)
        bill = diary.raise_bill(_ordinary(diary, person, practitioner, day))
        _settle(diary, bill)


def _patient_at(rng: random.Random, people: tuple[Person, ...], place: str) -> Person:
    state = "VIC" if place == "melbourne" else "WA"
    while True:
        # Some people come often, most now and then.
        person = people[min(rng.randrange(len(people)), rng.randrange(len(people)))]
        if person.home.state == state and not person.left_on:
            return person


def _ordinary(diary: Diary, person: Person, practitioner: Practitioner, day: date) -> Bill:
    rng = diary.rng
    arithmetic = arithmetic_on(day, diary.start_on, diary.days())
    payer = rng.choice(PAYERS).key if happens(rng, 120) else ""
    charges = _charges(rng, person, practitioner, arithmetic, payer)
    return Bill(
        key=diary.next_key(),
        person=person.key,
        practitioner=practitioner.key,
        place=practitioner.place,
        arithmetic=arithmetic,
        issued_on=day,
        raised_at=local_instant(day, practitioner.place, rng.randrange(0, 560)),
        charges=charges,
        payer=payer,
    )


def _charges(
    rng: random.Random, person: Person, practitioner: Practitioner, arithmetic: Arithmetic, payer: str
) -> tuple[Charge, ...]:
    if practitioner.designation == "Occupational therapist" and happens(rng, 700):
        hours = Decimal(rng.choice((3, 4, 5, 6, 7, 9))) / 4
        return (Charge(item=HOURLY.key, quantity=hours, price=HOURLY.price),)
    if payer and happens(rng, 150):
        return (_charge(rng, REPORT, arithmetic, ONE),)
    match rng.choices(("visit", "class", "shop"), weights=(81, 14, 5))[0]:
        case "class":
            return (_charge(rng, EXERCISE_CLASS, arithmetic, Decimal(rng.choice((1, 1, 5, 10)))),)
        case "shop":
            return tuple(_charge(rng, item, arithmetic, ONE) for item in rng.sample(GOODS, rng.choice((1, 2, 3))))
        case _:
            return _visit(rng, person, arithmetic)


def _visit(rng: random.Random, person: Person, arithmetic: Arithmetic) -> tuple[Charge, ...]:
    lines = [_service(rng, person, arithmetic)]
    if happens(rng, 160):
        lines.append(_charge(rng, rng.choice(GOODS), arithmetic, Decimal(rng.choice((1, 1, 2)))))
    if happens(rng, 12):
        lines.append(Charge(item=WRITE_OFF.key, quantity=-ONE, price=Decimal(rng.choice(("10.00", "7.50", "25.00")))))
    return tuple(lines)


def _service(rng: random.Random, person: Person, arithmetic: Arithmetic) -> Charge:
    item = rng.choices(SERVICES, weights=(2, 9, 2, 3, 1))[0]
    if happens(rng, 10):
        return Charge(item=item.key, quantity=ONE, price=item.price, percent_off=Decimal(100))
    if person.is_concession and item.concession_price is not None:
        return Charge(item=item.key, quantity=ONE, price=item.concession_price, concession=True)
    return _charge(rng, item, arithmetic, ONE)


def _charge(rng: random.Random, item: Item, arithmetic: Arithmetic, quantity: Decimal) -> Charge:
    price = unit_price(item, item.price, arithmetic)
    percent, money = None, None
    match rng.choices(("full", "percent", "money"), weights=(88, 7, 5))[0]:
        case "percent":
            percent = Decimal(rng.choice(("5", "10", "12.5", "15", "33.33")))
        case "money":
            money = Decimal(rng.choice(("2.00", "3.35", "5.00")))
        case _:
            pass
    return Charge(item=item.key, quantity=quantity, price=price, percent_off=percent, money_off=money)


# --- settling ---------------------------------------------------------------------------------------------------------


_FATES = ("reversed", "written off", "archived", "paid in part", "open", "paid later", "paid at once")
_PATIENT_WEIGHTS = (22, 8, 8, 17, 95, 150, 700)
_PAYER_WEIGHTS = (0, 0, 8, 17, 300, 675, 0)


def _settle(diary: Diary, bill: Bill) -> None:
    """Decide what became of an ordinary bill; only unpaid ones are reversed, so that no credit is left over."""
    rng = diary.rng
    match rng.choices(_FATES, weights=_PAYER_WEIGHTS if bill.payer else _PATIENT_WEIGHTS)[0]:
        case "reversed":
            _reverse_open(diary, bill)
        case "written off":
            _write_off(diary, bill)
        case "archived":
            diary.do(DeedKind.ARCHIVE, bill, _later(diary, bill, minutes=rng.randrange(10, 300)))
        case "paid in part":
            diary.do(DeedKind.PAY_PART, bill, _later(diary, bill, minutes=15), rng.choice(("5.00", "10.00")))
        case "paid later":
            _pay(diary, bill, timedelta(days=rng.randrange(2, 28), minutes=rng.randrange(0, 240)))
        case "paid at once":
            _pay(diary, bill, timedelta(minutes=rng.randrange(3, 20)))
        case _:
            pass


def _pay(diary: Diary, bill: Bill, wait: timedelta) -> None:
    at = bill.raised_at + wait
    if at.date() >= diary.today:
        return
    while at in diary.settled_at:
        at += timedelta(seconds=37)
    diary.settled_at.add(at)
    diary.do(DeedKind.PAY, bill, at)


def _reverse_open(diary: Diary, bill: Bill) -> None:
    at = _later(diary, bill, minutes=diary.rng.randrange(20, 400))
    diary.do(DeedKind.REVERSE, bill, at)
    diary.do(DeedKind.USE_CREDIT, bill, at, target=bill.key)


def _write_off(diary: Diary, bill: Bill) -> None:
    at = _later(diary, bill, minutes=diary.rng.randrange(60, 500))
    diary.do(DeedKind.WRITE_OFF, bill, at, diary.rng.choice(("10.00", "5.00")))
    diary.do(DeedKind.USE_CREDIT, bill, at, target=bill.key)


def _later(diary: Diary, bill: Bill, *, minutes: int) -> datetime:
    """Return a moment after the bill, still before the story's last day."""
    at = bill.raised_at + timedelta(minutes=minutes)
    return at if at.date() < diary.today else bill.raised_at + timedelta(minutes=1)
