"""What is prepared on purpose in an invented clinic so that records must be held or left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from ligament.simkit.billing import ONE, Diary, arithmetic_on, local_instant, unit_price
from ligament.simkit.catalogue import DISCONTINUED, GOODS, ODDITY, PAYERS, SERVICES, Arithmetic, Item
from ligament.simkit.people import Home, Person
from ligament.simkit.story import Acquaintance, Bill, Charge, DeedKind, Trouble

_STANDARD = SERVICES[1]
_HOME = Home(street="7 Quandong Court", suburb="Brunswick", state="VIC", post_code="3056")


@dataclass(slots=True, kw_only=True)
class Prepared:
    """The people, contacts and marks that the troubles add; their bills and deeds go into the diary."""

    diary: Diary
    people: list[Person] = field(default_factory=list)
    acquaintances: list[Acquaintance] = field(default_factory=list)
    troubles: tuple[tuple[Trouble, str], ...] = ()

    def note(self, trouble: Trouble, key: str) -> None:
        """Remember what was prepared and for which record."""
        self.troubles = (*self.troubles, (trouble, key))

    def newcomer(self, first: str, last: str, email: str = "", mobile: str = "") -> Person:
        """Add a patient who takes no part in everyday billing."""
        key = f"x{len(self.people) + 1}"
        joined_on = self.diary.start_on - timedelta(days=60)
        made = Person(key=key, first=first, last=last, email=email, mobile=mobile, home=_HOME, joined_on=joined_on)
        self.people.append(made)
        return made

    def bill(
        self, person: Person, days_ago: int, item: Item = _STANDARD, *, addressee: str = "", on: date | None = None
    ) -> Bill:
        """Raise a bill of one line at the first location, so many days before the end or on a given day."""
        day = on or self.diary.today - timedelta(days=days_ago)
        arithmetic = arithmetic_on(day, self.diary.start_on, self.diary.days())
        price = item.price if item.tax == ODDITY.tax else unit_price(item, item.price, arithmetic)
        made = Bill(
            key=self.diary.next_key(),
            person=person.key,
            practitioner="t1",
            place="melbourne",
            arithmetic=arithmetic,
            issued_on=day,
            raised_at=local_instant(day, "melbourne", 30 + len(self.diary.bills) % 400),
            charges=(Charge(item=item.key, quantity=ONE, price=price),),
            addressee=addressee,
        )
        return self.diary.raise_bill(made)


def prepare(diary: Diary, regulars: tuple[Person, ...]) -> Prepared:
    """Add every prepared trouble to a diary that already holds the everyday bills."""
    made = Prepared(diary=diary)
    _bad_lines(made, regulars)
    _known_people(made)
    _dates(made, regulars)
    _money(made)
    _addressees(made, regulars)
    _every_discount(made)
    return made


def _bad_lines(made: Prepared, regulars: tuple[Person, ...]) -> None:
    for days_ago in (9, 21):
        made.note(Trouble.UNMAPPED_TAX, made.bill(regulars[days_ago], days_ago, ODDITY).key)
    made.note(Trouble.ARCHIVED_ACCOUNT, made.bill(regulars[1], 12, DISCONTINUED).key)
    wrong = made.bill(regulars[2], 15)
    made.diary.do(DeedKind.MISSTATE_TOTAL, wrong, wrong.raised_at + timedelta(minutes=2), "3.00")
    made.note(Trouble.WRONG_TOTAL, wrong.key)
    odd = made.bill(regulars[4], 11)
    made.diary.do(DeedKind.MISSTATE_STATUS, odd, odd.raised_at + timedelta(minutes=2), "55")
    made.note(Trouble.ODD_STATUS, odd.key)


def _known_people(made: Prepared) -> None:
    child = made.newcomer("Poppy", "Castellano", email="the.castellanos@example.com")
    made.acquaintances.append(Acquaintance(first="Marco", last="Castellano", email=child.email))
    made.bill(child, 18)
    made.note(Trouble.FAMILY_EMAIL, child.key)
    known = made.newcomer("Bernadette", "Oyelaran", mobile="0491 570 156")
    made.acquaintances.append(Acquaintance(first=known.first, last=known.last, mobile="+61 491 570 156"))
    made.bill(known, 25)
    made.note(Trouble.SAME_PERSON, known.key)
    odd = made.newcomer("Bo <b>Sunny</b>", "Whitlock 🌻", email="bo.whitlock@example.org")
    paid = made.bill(odd, 8)
    made.diary.do(DeedKind.PAY, paid, paid.raised_at + timedelta(minutes=6))
    made.note(Trouble.ODD_NAME, odd.key)


def _dates(made: Prepared, regulars: tuple[Person, ...]) -> None:
    made.note(Trouble.LOCKED, made.bill(regulars[6], 0, on=made.diary.start_on).key)
    for days in (3, 30):
        early = made.bill(regulars[7], 0, on=made.diary.start_on - timedelta(days=days))
        made.note(Trouble.BEFORE_START, early.key)


def _money(made: Prepared) -> None:
    """Two people whose paid invoice was reversed: one spends the credit on a later invoice, one gets it back."""
    spender = made.newcomer("Delphine", "Arquette", email="d.arquette@example.net")
    first, second = made.bill(spender, 40), made.bill(spender, 33)
    made.diary.do(DeedKind.PAY, first, first.raised_at + timedelta(minutes=5))
    made.diary.do(DeedKind.REVERSE, first, first.raised_at + timedelta(days=2))
    made.diary.do(DeedKind.USE_CREDIT, first, second.raised_at + timedelta(minutes=9), target=second.key)
    made.note(Trouble.CREDIT_OR_CASH, second.key)
    refunded = made.newcomer("Hamish", "Tolliver", email="h.tolliver@example.net")
    paid = made.bill(refunded, 28)
    made.diary.do(DeedKind.PAY, paid, paid.raised_at + timedelta(minutes=5))
    made.diary.do(DeedKind.REVERSE, paid, paid.raised_at + timedelta(days=1))
    made.diary.do(DeedKind.REFUND, paid, paid.raised_at + timedelta(days=1, minutes=3))


def _addressees(made: Prepared, regulars: tuple[Person, ...]) -> None:
    insurer = PAYERS[0]
    misspelt = insurer.company.replace("Southern", "Sothern")
    address = f"{misspelt}\r\n{insurer.home.street}\r\n{insurer.home.suburb}"
    made.note(Trouble.MISSPELT_PAYER, made.bill(regulars[10], 14, addressee=address).key)


def _every_discount(made: Prepared) -> None:
    """Make sure of each kind of discount, a write-off line, a zero total and an archived bill under each arithmetic."""
    diary, person = made.diary, made.newcomer("Evangeline", "Thurlow", email="e.thurlow@example.org")
    roller = GOODS[0]
    for days_ago in (diary.days() - 4, diary.days() * 2 // 3, 6):
        bill = made.bill(person, days_ago)
        price = unit_price(roller, roller.price, bill.arithmetic)
        charges = (
            Charge(item=_STANDARD.key, quantity=ONE, price=_STANDARD.price, percent_off=Decimal(10)),
            Charge(item=roller.key, quantity=Decimal(2), price=price, money_off=Decimal("3.35")),
            Charge(item="hourly", quantity=Decimal("1.25"), price=Decimal("193.99")),
            Charge(item="writeoff", quantity=-ONE, price=Decimal("4.05")),
        )
        _replace_last(diary, bill, charges)
    free = made.bill(person, 5)
    _replace_last(
        diary, free, (Charge(item="standard", quantity=ONE, price=_STANDARD.price, percent_off=Decimal(100)),)
    )
    gone = made.bill(person, 4)
    diary.do(DeedKind.ARCHIVE, gone, gone.raised_at + timedelta(minutes=30))
    assert {bill.arithmetic for bill in diary.bills} == set(Arithmetic)


def _replace_last(diary: Diary, bill: Bill, charges: tuple[Charge, ...]) -> None:
    assert diary.bills[-1] is bill
    diary.bills[-1] = Bill(
        key=bill.key,
        person=bill.person,
        practitioner=bill.practitioner,
        place=bill.place,
        arithmetic=bill.arithmetic,
        issued_on=bill.issued_on,
        raised_at=bill.raised_at,
        charges=charges,
    )
