"""What is planted: what each does and moves, what it must be called, and the sentence that it must get."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from ligament.core.holds import HoldCode
from ligament.core.variances import VarianceKind as Kind
from tests.reconcile import around, planting
from tests.reconcile.around import Words
from tests.reconcile.planting import Scene

Act = Callable[[Scene, str], Words | None]
Moves = Callable[[Decimal], tuple[Decimal, Decimal, Decimal]]
"""What something moves, given the price: of the totals, of what is settled and of what is owed, practice less books."""
_DAY = r"\d{1,2} \w{3} 2026"
NO = Decimal(0)


def moves(totals: int | str = 0, settled: int | str = 0, owed: int | str = 0) -> Moves:
    """Return what moves: a whole number of times the price, or an amount written as text."""

    def moved(price: Decimal) -> tuple[Decimal, Decimal, Decimal]:
        told = [Decimal(one) if isinstance(one, str) else one * price for one in (totals, settled, owed)]
        return told[0], told[1], told[2]

    return moved


def becomes(amount: str, *, paid: bool) -> Moves:
    """Return what moves when the practice changes an invoice to an amount."""

    def moved(price: Decimal) -> tuple[Decimal, Decimal, Decimal]:
        by = Decimal(amount) - price
        return by, by if paid else NO, NO if paid else by

    return moved


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One thing that somebody does to an invoice, what it is called, and the sentence that tells of it.

    `says` may use `number` (in the practice), `price` (in the practice, before), `now` (in the books, afterwards) and
    `name` (of who treats). `three` is the price of each of three lines; `late` are posted by a run that is undone;
    `alone` have a patient of their own, and `staff` somebody who treats.
    """

    kind: Kind
    act: Act
    says: str
    moves: Moves = moves()
    paid: bool = False
    untaxed: bool = False
    credit: bool = False
    three: str = ""
    late: bool = False
    alone: bool = False
    staff: bool = False


def _changed(what: str) -> str:
    return f"(?:somebody|Rowan Bookkeeper) changed {what} in Xero on {_DAY}"


def lowered(by: str) -> Plant:
    """Somebody in the books takes that much off a line; below zero puts it on."""
    changed = _changed("a line")
    says = rf"CLK-{{number}} is {{now}} in Xero and {{price}} in Cliniko: {changed}\."
    return Plant(kind=Kind.AMOUNT, act=partial(planting.lower_amount, by=by), says=says, moves=moves(by, 0, by))


_REMOVED = Kind.HELD if "payment_removed" in {code.value for code in HoldCode} else Kind.PAYMENT
"""Where planning asks about it, the question is the difference (choice C35)."""
_BOOKS: tuple[Plant, ...] = (
    lowered("3.00"),
    lowered("-3.00"),
    lowered("0.01"),
    Plant(
        kind=Kind.STATUS,
        moves=moves(1, 0, 1),
        act=planting.void,
        says=rf"CLK-{{number}} over {{price}} was voided in Xero(?: by Rowan Bookkeeper)? on {_DAY}, and still "
        r"stands in Cliniko\.",
    ),
    Plant(
        kind=Kind.DATE,
        act=planting.move_date,
        says=rf"CLK-{{number}} is dated {_DAY} in Xero and {_DAY} in Cliniko: {_changed('the date')}\.",
    ),
    Plant(
        kind=Kind.EDITED_IN_BOOKS,
        act=planting.move_due_date,
        says=rf"CLK-{{number}} says something else in Xero than was sent: {_changed('the due date')}\.",
    ),
    Plant(
        kind=Kind.EDITED_IN_BOOKS,
        act=planting.change_account,
        says=rf"CLK-{{number}} says something else in Xero than was sent: {_changed('a line')}\.",
    ),
    Plant(
        kind=Kind.TAX,
        act=planting.change_tax,
        says=rf"CLK-{{number}} has \d+\.\d\d of tax in Xero and 0\.00 in Cliniko: {_changed('a line')}\.",
        untaxed=True,
    ),
    Plant(
        kind=Kind.CONTACT,
        act=planting.change_contact,
        says=rf"CLK-{{number}} stands under another contact in Xero: {_changed('the contact')}\.",
    ),
    Plant(
        kind=Kind.PAID_IN_BOOKS,
        moves=moves(0, -1, 1),
        act=planting.pay_in_books,
        says=r"CLK-{number} has {price} paid in Xero and is open in Cliniko: record the payment in Cliniko\.",
    ),
    Plant(
        kind=Kind.PAID_IN_BOOKS,
        moves=moves(0, "-10", "10"),
        act=planting.pay_part_in_books,
        says=r"CLK-{number} has 10\.00 paid in Xero and is open in Cliniko: record the payment in Cliniko\.",
    ),
    Plant(
        kind=Kind.DUPLICATE,
        moves=moves(-1, 0, -1),
        act=planting.duplicate,
        says=r"CLK-{number}-9 over {price} stands in Xero beside CLK-{number}, which is the one that counts\.",
    ),
    Plant(
        kind=Kind.DOUBLE_POSTED,
        act=planting.double,
        says=r"INV-{number}9 over {price} looks like CLK-{number} posted a second time in Xero by somebody else: "
        rf"same contact and total, dated {_DAY}\.",
    ),
    Plant(
        kind=Kind.EXTRA,
        moves=moves(-1, 0, -1),
        act=planting.extra,
        says=rf"CLK-9{{number}}99 over {{price}}, dated {_DAY}, stands in Xero under our number, but Cliniko has no "
        r"such invoice\.",
    ),
    Plant(
        kind=Kind.STATUS,
        moves=moves(-1, 0, -1),
        act=planting.archive,
        says=r"CLK-{number} over {price} was archived in Cliniko and still stands in Xero.*\.",
    ),
    Plant(
        kind=Kind.AMOUNT,
        moves=becomes("77.00", paid=False),
        act=planting.edit,
        says=r"CLK-{number} is {price} in Xero and 77\.00 in Cliniko: it was changed in Cliniko.*\.",
        untaxed=True,
    ),
    Plant(
        kind=Kind.PAYMENT,
        moves=moves(0, 1, -1),
        act=planting.pay,
        says=r"CLK-{number} (is paid in Cliniko and open in Xero|has 0\.00 paid in Xero).*\.",
    ),
    Plant(
        kind=_REMOVED,
        moves=moves(0, 1, -1),
        act=planting.remove_payment,
        says=r"CLK-{number} .*\b(payment|waits)\b.*\.",
        paid=True,
    ),
    Plant(
        kind=Kind.PAYMENT,
        act=planting.replace_payment,
        says=r"Our payment of {price} on CLK-{number} was replaced in Xero by one of {price}, "
        rf"dated {_DAY}\.",
        paid=True,
    ),
    Plant(
        kind=Kind.PAYMENT,
        act=partial(planting.move_closing, days=40),
        says=rf"The payment of {{price}} on CLK-{{number}} is dated {_DAY} in Xero, but Cliniko says that it was paid "
        rf"on {_DAY}\.",
        paid=True,
    ),
    Plant(
        kind=Kind.HELD,
        moves=becomes("80.00", paid=True),
        act=planting.edit_paid,
        says=r"CLK-{number} over 80\.00 waits: .*\.",
        paid=True,
        untaxed=True,
    ),
)
"""What people do to an invoice that was posted."""
_MISSING = Plant(
    kind=Kind.MISSING,
    act=around.raise_another,
    says=r"CLK-{number} over {price} is in Cliniko and not in Xero yet: the next run posts it\.",
    moves=moves(1, 0, 1),
    untaxed=True,
)
_SKIPPED = Plant(
    kind=Kind.SKIPPED, act=around.raise_for_nothing, says=r"CLK-{number} comes to nothing and is left out\."
)
_ATTENDED = Plant(
    kind=Kind.COMPLETED_NOT_INVOICED,
    act=around.attend,
    says=rf"The appointment of {_DAY} was attended and is not invoiced; 95\.00 is usual\.",
)
_CREDIT = Plant(
    kind=Kind.CREDIT_NOT_ALLOCATED,
    act=around.leave_open,
    says=r"The credit note CLK-{number} has {price} left in Xero, and is open in Cliniko too: .*\.",
    credit=True,
    alone=True,
)
_DEBTOR = Plant(
    kind=Kind.DEBTOR,
    act=around.close_unpaid,
    says=r"CLK-{number} is closed in Cliniko without a payment and has {price} open in Xero\.",
    moves=moves(0, 0, -1),
)
_UNDONE = Plant(
    kind=Kind.UNDONE,
    act=around.wait_for_a_word,
    says=r"CLK-{number} over {price} waits: .*\.",
    moves=moves(1, 0, 1),
    late=True,
)
_ROUNDED, _ROUNDED_DOWN = (
    Plant(
        kind=Kind.TAX_ROUNDING,
        act=around.leave_rounded,
        says=rf"CLK-{{number}} has {there} of tax in Xero and {here} in Cliniko: each system rounds .*\.",
        three=price,
    )
    for price, there, here in (("33.33", r"9\.99", r"10\.00"), ("19.95", r"6\.00", r"5\.99"))
)
_DETAILS = Plant(
    kind=Kind.CONTACT_FIELD,
    act=around.change_details,
    says=r"Contact {number}: the name was changed in Xero, where Cliniko decides\.",
    alone=True,
)
_OWNER = Plant(
    kind=Kind.OWNER,
    act=around.lose_owner,
    says=r"{name} had the e-mail address of a user of Xero, and has not any more: .*\.",
    staff=True,
)
# What was paid does not pay all of it any more: the practice opens the invoice again.
_EDITED_UP = Plant(
    kind=Kind.HELD,
    act=around.edit_paid_up,
    says=r"CLK-{number} over {price} waits: .*\.",
    moves=lambda price: (Decimal(3), -price, price + 3),
    paid=True,
    untaxed=True,
)
ALONE: tuple[Plant, ...] = (
    *_BOOKS, _MISSING, _SKIPPED, _ATTENDED, _CREDIT, _DEBTOR, _UNDONE, _ROUNDED, _DETAILS, _OWNER, _EDITED_UP,
)  # fmt: skip
"""What people do, each alone on an invoice of its own."""


def _of(act: Act) -> Plant:
    return next(plant for plant in _BOOKS if plant.act is act)


_VOID, _ARCHIVE, _EXTRA, _DUPLICATE, _DOUBLE, _PAY, _PAID_THERE, _TAX, _DATE, _CONTACT, _ACCOUNT, _REPLACED = (
    _of(act)
    for act in (
        planting.void, planting.archive, planting.extra, planting.duplicate, planting.double, planting.pay,
        planting.pay_in_books, planting.change_tax, planting.move_date, planting.change_contact,
        planting.change_account, planting.replace_payment,
    )
)  # fmt: skip
PAIRS: tuple[tuple[Plant, ...], ...] = (
    *((lowered(by), lowered(f"-{by}")) for by in ("3.00", "0.01", "12.50")),
    (_MISSING, _EXTRA), (_UNDONE, _DUPLICATE), (_VOID, _ARCHIVE), (_PAY, _PAID_THERE), (_DEBTOR, _MISSING),
    (_EDITED_UP, lowered("-3.00")), (_ROUNDED, _ROUNDED_DOWN), (_TAX, _DATE), (_CONTACT, _ACCOUNT),
    (_DOUBLE, _CREDIT), (_SKIPPED, _ATTENDED), (_DETAILS, _OWNER),
)  # fmt: skip
THREES: tuple[tuple[Plant, ...], ...] = (
    *(
        (lowered(f"-{whole}"), lowered(one), lowered(other))
        for whole, one, other in (("5.00", "2.00", "3.00"), ("0.03", "0.01", "0.02"), ("20.00", "0.05", "19.95"))
    ),
    (_EDITED_UP, lowered("-5.00"), lowered("2.00")), (_MISSING, _ARCHIVE, _ATTENDED), (_VOID, _EXTRA, _SKIPPED),
    (_UNDONE, _DUPLICATE, _DETAILS), (_PAY, _PAID_THERE, _OWNER), (_DEBTOR, _MISSING, _CREDIT),
    (_ROUNDED, _ROUNDED_DOWN, _DOUBLE), (_TAX, _DATE, _CONTACT), (_ACCOUNT, _REPLACED, _DOUBLE),
)  # fmt: skip
"""What cancels in a sum: both sides come to the same there, and each difference has to be told all the same.

Kinds that move no sum at all stand beside others.
"""


def drawn() -> Iterator[tuple[Plant, ...]]:
    """Yield what is planted in one world, in groups of one price: each thing alone, then what cancels."""
    yield from (*((plant,) for plant in ALONE), *PAIRS, *THREES)
