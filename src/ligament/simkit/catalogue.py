"""What an invented clinic offers, to whom it sends bills, where and by whom it works."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from ligament.simkit.people import Home


class Arithmetic(StrEnum):
    """How an invoice is reckoned: tax added and rounded per line, added at the end, or contained in the prices."""

    PER_LINE = "per line"
    TAX_ADDED = "tax added"
    TAX_INSIDE = "tax inside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    """A tax as the clinic set it up; `rate` is a percentage."""

    key: str
    name: str
    rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something to charge for: `price` includes tax, `concession_price` is for card holders.

    `account` is the code of the account that the clinic's books have for it; `tax` names a tax, or is empty.
    """

    key: str
    code: str
    name: str
    price: Decimal
    account: str
    tax: str = ""
    is_product: bool = False
    is_write_off: bool = False
    concession_price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A location with its IANA zone."""

    key: str
    name: str
    zone: str
    home: Home


@dataclass(frozen=True, slots=True, kw_only=True)
class Practitioner:
    """Somebody who treats, at one place."""

    key: str
    first: str
    last: str
    designation: str
    email: str
    place: str

    @property
    def name(self) -> str:
        """Return first and last name."""
        return f"{self.first} {self.last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """A third party that pays for some patients."""

    key: str
    company: str
    email: str
    home: Home


GST = Tax(key="gst", name="GST", rate=Decimal(10))
ODD_TAX = Tax(key="odd", name="GST", rate=Decimal("12.5"))
TAXES = (GST, ODD_TAX)

CONSULTATIONS, CLASSES, PRODUCTS, REPORTS, BAD_DEBTS, CLOSED_ACCOUNT = "210", "240", "220", "260", "290", "225"

PLACES = (
    Place(
        key="melbourne",
        name="Sydney Road",
        zone="Australia/Melbourne",
        home=Home(street="512 Sydney Road", suburb="Brunswick", state="VIC", post_code="3056"),
    ),
    Place(
        key="perth",
        name="South Terrace",
        zone="Australia/Perth",
        home=Home(street="88 South Terrace", suburb="Fremantle", state="WA", post_code="6160"),
    ),
)
PRACTITIONERS = tuple(
    Practitioner(
        key=f"t{number}", first=first, last=last, designation=work, email=f"{first.lower()}@clinic.example", place=place
    )
    for number, (first, last, work, place) in enumerate(
        (
            ("Ingrid", "Halloran", "Physiotherapist", "melbourne"),
            ("Dominic", "Achterberg", "Physiotherapist", "melbourne"),
            ("Sunita", "Rao", "Osteopath", "melbourne"),
            ("Callum", "Reyes", "Exercise physiologist", "melbourne"),
            ("Mei-Lin", "Foster", "Podiatrist", "melbourne"),
            ("Tobias", "Okonkwo", "Physiotherapist", "perth"),
            ("Freya", "Lindgren", "Remedial massage therapist", "perth"),
            ("Nathan", "Brady", "Occupational therapist", "perth"),
        ),
        1,
    )
)
PAYERS = tuple(
    Payer(key=key, company=company, email=email, home=Home(street=street, suburb=suburb, state=state, post_code=code))
    for key, company, email, street, suburb, state, code in (
        ("insurer", "Southern Cross Health Cover", "claims@cover.example", "GPO Box 11", "Melbourne", "VIC", "3001"),
        ("plan", "Clearwater Plan Management", "bills@clearwater.example", "4 Lake Street", "Perth", "WA", "6000"),
        ("veterans", "Department of Veterans' Care", "accounts@veterans.example", "PO Box 21", "Perth", "WA", "6848"),
        ("work", "Allsafe Workers Insurance", "wages@allsafe.example", "90 Collins Street", "Melbourne", "VIC", "3000"),
    )
)


def _service(key: str, code: str, name: str, price: str, concession: str = "") -> Item:
    cheaper = Decimal(concession) if concession else None
    return Item(key=key, code=code, name=name, price=Decimal(price), account=CONSULTATIONS, concession_price=cheaper)


def _product(key: str, code: str, name: str, price: str, account: str = PRODUCTS) -> Item:
    return Item(key=key, code=code, name=name, price=Decimal(price), account=account, tax=GST.key, is_product=True)


SERVICES = (
    _service("initial", "IN-01", "Initial consultation", "128.00", "110.00"),
    _service("standard", "ST-01", "Standard consultation", "94.00", "82.00"),
    _service("long", "LG-01", "Long consultation", "141.50", "120.00"),
    _service("massage", "RM-45", "Remedial massage, 45 minutes", "87.30"),
    _service("home", "HV-01", "Home visit", "165.00"),
)
HOURLY = _service("hourly", "OT-HR", "Therapy, per hour", "193.99")
EXERCISE_CLASS = replace(_product("class", "EX-CL", "Exercise class", "27.50", CLASSES), is_product=False)
GOODS = (
    _product("roller", "PR-01", "Foam roller", "54.95"),
    _product("band", "PR-02", "Resistance band", "18.70"),
    _product("tape", "PR-03", "Sports tape", "14.30"),
    _product("insoles", "PR-04", "Insoles, pair", "89.95"),
)
REPORT = replace(_product("report", "RP-01", "Report for a third party", "275.00", REPORTS), is_product=False)
WRITE_OFF = Item(key="writeoff", code="WO-01", name="Write off", price=Decimal(0), account=BAD_DEBTS, is_write_off=True)
ODDITY = replace(_product("odd", "SP-01", "Imported splint", "112.50"), tax=ODD_TAX.key)
DISCONTINUED = _product("old", "PR-99", "Heat pack (old range)", "22.00", CLOSED_ACCOUNT)
ITEMS = (*SERVICES, HOURLY, EXERCISE_CLASS, *GOODS, REPORT, WRITE_OFF, ODDITY, DISCONTINUED)
