"""The shape of an invented clinic's story: who is there, what was billed, and what happened when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from ligament.simkit.catalogue import Arithmetic, Item, Payer, Place, Practitioner, Tax
from ligament.simkit.people import Home, Person


class Size(StrEnum):
    """How large the clinic is: about 150 invoices, or about 2,000."""

    SMALL = "small"
    MEDIUM = "medium"


class DeedKind(StrEnum):
    """What staff do with a bill."""

    RAISE = "raise"
    PAY = "pay"
    PAY_PART = "pay part"
    REVERSE = "reverse"
    WRITE_OFF = "write off"
    USE_CREDIT = "use credit"
    REFUND = "refund"
    ARCHIVE = "archive"
    MISSTATE_TOTAL = "misstate total"
    MISSTATE_STATUS = "misstate status"


class Trouble(StrEnum):
    """What was prepared so that a person must look, or so that a record is left out."""

    UNMAPPED_TAX = "a tax rate that the books do not have"
    ARCHIVED_ACCOUNT = "an item whose account is archived in the books"
    WRONG_TOTAL = "lines that do not come to the invoice's total"
    FAMILY_EMAIL = "a parent whom the books know under the child's e-mail"
    SAME_PERSON = "somebody the books know by name and phone"
    LOCKED = "an invoice in a locked period"
    CREDIT_OR_CASH = "an invoice that may have been paid from credit"
    ODD_STATUS = "a status that nobody documented"
    MISSPELT_PAYER = "a payer with a misspelt name"
    BEFORE_START = "an invoice from before the start"
    ODD_NAME = "a tag and an emoji in a name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One line: `price` is per unit as the invoice's arithmetic wants it; at most one of the discounts is set."""

    item: str
    quantity: Decimal
    price: Decimal
    percent_off: Decimal | None = None
    money_off: Decimal | None = None
    concession: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One invoice: `payer` names who is billed instead of the patient, `addressee` overrides how that is written."""

    key: str
    person: str
    practitioner: str
    place: str
    arithmetic: Arithmetic
    issued_on: date
    raised_at: datetime
    charges: tuple[Charge, ...]
    payer: str = ""
    addressee: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something that staff did: `amount` is for part payments, write-offs and misstatements.

    `target` is, for the use of credit, the bill that the credit against `bill` was spent on.
    """

    at: datetime
    kind: DeedKind
    bill: str
    amount: Decimal = Decimal(0)
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquaintance:
    """A contact that the books knew before the clinic was connected."""

    first: str
    last: str
    email: str = ""
    mobile: str = ""
    home: Home | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicStory:
    """Everything about an invented clinic; `deeds` are in order of time, `locked_to` is the books' lock date."""

    seed: int
    size: Size
    name: str
    today: date
    start_on: date
    locked_to: date
    places: tuple[Place, ...]
    practitioners: tuple[Practitioner, ...]
    payers: tuple[Payer, ...]
    taxes: tuple[Tax, ...]
    items: tuple[Item, ...]
    people: tuple[Person, ...]
    bills: tuple[Bill, ...]
    deeds: tuple[Deed, ...]
    acquaintances: tuple[Acquaintance, ...]
    troubles: tuple[tuple[Trouble, str], ...]
    """What was prepared, with the key of the bill or person it concerns."""
