"""The two systems as a seed finds them: a small practice with history, and books with a life of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal

from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control
from ligament.connectors.xero import simulator as xero
from ligament.connectors.xero.simulator import control as desk
from tests.faults.clocks import START
from tests.faults.scripts import is_taught

PLACE = "1400100000000000011"
HANDS = ("1400300000000000021", "1400300000000000022")
PAYERS = {"1400200000000000051": "Coral Coast Insurance", "1400200000000000052": "Open Door Support"}
FIRST = ("Ada", "Bram", "Cleo", "Dov", "Esra", "Finn", "Gita", "Hugo", "Ines", "Jun")
LAST = ("Sample", "Larkspur", "Thistle", "Ember", "Quill", "O'Dair", "van der Berg")
PRICES = ("95.00", "88.00", "130.00", "61.35", "187.65")

PLAIN_LINE: dict[str, Any] = {
    "tax_name": None,
    "tax_rate": None,
    "is_monetary_discount": False,
    "discount_percentage": "0.0",
    "discounted_amount": "0.0",
}
"""What a line is unless it says otherwise, so that an edited line keeps nothing of the one before."""

RULEBOOK = """
[clinic]
name = "Riverside"
time_zone = "Australia/Melbourne"
[invoices]
start_on = 2026-07-01
paid_edits = "{paid_edits}"
terms_days = 7
terms_days_payer = 21
[accounts]
default = "210"
[accounts.items]
SOLE = "220"
"Goods LET" = "260"
Review = "200"
[taxes]
none = "EXEMPTOUTPUT"
"GST 10" = "OUTPUT"
[accounts.write_off_items]
items = ["Write off", "Bad debt", "Given away", "Lost"]
[payments]
account = "090"
[contacts]
create = "{create}"
[approval]
first_run = "auto"
void = "{void}"
"""


@dataclass(frozen=True, slots=True)
class Start:
    """What a simulation starts from."""

    practice: cliniko.World
    books: xero.World
    rulebook: str


def start_for(seed: int) -> Start:
    """Make both systems and the rulebook of a seed."""
    rng = Random(f"world {seed}")
    rulebook = RULEBOOK.format(
        paid_edits=rng.choice(("hold", "adjust")),
        create=rng.choice(("on_document", "on_document", "all")),
        void=rng.choice(("auto", "auto", "ask")),
    )
    asking = Random(f"asking {seed}")
    for policy in ("update", "payment"):
        if asking.random() < 0.2:
            rulebook += f'{policy} = "ask"\n'
    if Random(f"many {seed}").random() < 0.15:
        # What touches more than two existing records asks, so that some of it may be answered and some not.
        rulebook += "max_existing_changes = 2\n"
    exact = Random(f"exact {seed}").random() < 0.4
    practice = _practice(rng, exact=exact)
    return Start(practice=_closing(practice, seed), books=_books(rng), rulebook=rulebook)


def _closing(practice: cliniko.World, seed: int) -> cliniko.World:
    """Let the practice of some seeds close what credit settles the other way round: nobody documents which it is."""
    rng = Random(f"closing {seed}")
    if not is_taught(seed) or rng.random() < 0.3:
        return practice
    used: Literal[20, 30] = rng.choice((20, 20, 30))
    by_credit = replace(practice.switches, account_credit_closes_as=30, used_credit_note_closes_as=used)
    return replace(practice, switches=by_credit)


# --- the practice -----------------------------------------------------------------------------------------------------


def _practice(rng: Random, *, exact: bool) -> cliniko.World:
    switches = cliniko.Switches(
        editing_items=rng.choice(("updates", "replaces")),
        removed_items_are=rng.choice(("archived", "deleted", "gone")),
        own_credit_closes_as=rng.choice((20, 30)),
        archiving_sets=rng.choice(("archived_at", "deleted_at", "both")),
        replica_lag_s=rng.choice((0, 0, 0, 3, 240)),
        ties=rng.choice(("stable", "unstable")),
        rate_window=rng.choice(("fixed", "sliding")),
        ids=rng.choice(("string", "string", "number")),
        decimals=rng.choice(("string", "number")),
        merge_moves_invoices=rng.choice((True, False)),
        line_rounding="none" if exact else "cents",
    )
    world = cliniko.World.empty(switches=switches, at=START - timedelta(days=300))
    stamps = {"created_at": START - timedelta(days=200), "updated_at": START - timedelta(days=200)}
    place = {"id": PLACE, "business_name": "Riverside", "label": "Riverside", **stamps}
    world = cliniko.put(world, "businesses", {**place, "time_zone_identifier": "Australia/Melbourne"})
    for number, key in enumerate(HANDS):
        hands = {"id": key, "first_name": "Ben", "last_name": f"Hands {number}", "label": f"Ben Hands {number}"}
        world = cliniko.put(world, "practitioners", {**hands, "active": True, **stamps})
    for key, name in PAYERS.items():
        payer = {
            "id": key,
            "company_name": name,
            "type_code": 2,
            "type": "3rd Party Payer",
            "email": f"{key}@pay.example",
        }
        world = cliniko.put(world, "contacts", {**payer, **stamps})
    for _ in range(rng.randint(5, 8) if rng.random() < 0.95 else 15):
        world = add_patient(world, rng, START - timedelta(days=100))
    for _ in range(rng.randint(5, 9) if rng.random() < 0.95 else 30):
        world = add_invoice(world, rng, START - timedelta(hours=rng.randint(2, 900)))
    return world


def add_patient(world: cliniko.World, rng: Random, at: datetime) -> cliniko.World:
    """Take a patient on; namesakes and shared addresses happen."""
    place = len(cliniko.records(world, "patients"))
    first, last = rng.choice(FIRST), rng.choice(LAST)
    patient: dict[str, Any] = {
        "id": f"14100000000000{place + 1:05}",
        "first_name": first,
        "last_name": last,
        "email": rng.choice((f"{first}.{place}@mail.example".lower(), f"p{place}@mail.example", None)),
        "country_code": "AU",
        "created_at": at + timedelta(minutes=place),
        "updated_at": at + timedelta(minutes=place),
        "patient_phone_numbers": [{"number": f"0491 570 {place:03}", "phone_type": "Mobile"}] if place % 3 else [],
    }
    if place % 2:
        patient |= {"address_1": f"{place} Fig Tree Rd", "city": "Paddington", "state": "QLD", "post_code": "4064"}
    return cliniko.put(world, "patients", patient)


def named_words(patient_id: str) -> str:
    """Return words that stand for somebody's name in the text of a line, and nowhere else."""
    return f"Wren-{patient_id[-5:]}-Sparrow"


def lines_for(rng: Random, *, taxed: bool | None = None) -> list[dict[str, Any]]:
    """Draw the lines of an invoice."""
    lines = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        goods = rng.random() < 0.35 if taxed is None else taxed
        line: dict[str, Any] = {
            "name": rng.choice(("Session", "First visit", "Review")),
            "code": "CON",
            "unit_price": rng.choice(PRICES),
        }
        if goods:
            code = rng.choice(("SOLE", "LET"))
            line = {
                "name": f"Goods {code}",
                "code": code,
                "unit_price": rng.choice(("33.00", "6.35", "40.00")),
                "tax_name": "GST",
                "tax_rate": "10",
            }
        line = {**PLAIN_LINE, **line}
        line["quantity"] = rng.choice(("1.0", "1.0", "2.0", "0.5", "1.75"))
        if rng.random() < 0.2:
            line |= rng.choice(
                ({"discount_percentage": "10.0"}, {"is_monetary_discount": True, "discounted_amount": "1.55"})
            )
        lines.append(line)
    return lines


def add_invoice(
    world: cliniko.World,
    rng: Random,
    at: datetime,
    *,
    payer: bool | None = None,
    taxed: bool | None = None,
    patient: Any = None,
    issue_date: str = "",
) -> cliniko.World:
    """Raise an invoice, perhaps pay it at once, perhaps reverse it later."""
    patients = [one for one in cliniko.records(world, "patients") if not one.get("archived_at")]
    patient = patient or rng.choice(patients)
    invoice: dict[str, Any] = {
        "patient_id": patient["id"],
        "business_id": PLACE,
        "practitioner_id": rng.choice(HANDS),
        "calculation_method": rng.choice((1, 2, 2, 3)),
    }
    if rng.random() < 0.15 if payer is None else payer:
        invoice["invoice_to"] = f"{rng.choice(list(PAYERS.values()))}\r\nClaims"
    if rng.random() < 0.05:
        invoice["issue_date"] = "2026-06-15"
    if issue_date:
        invoice["issue_date"] = issue_date
    world, made = control.create_invoice(world, invoice, lines_for(rng, taxed=taxed), at=at)
    fate, later = rng.random(), min(at + timedelta(minutes=rng.randint(0, 90)), max(at, START))
    if fate < 0.45:
        world, _ = control.pay_invoice(world, made, at=later)
    if 0.4 < fate < 0.5:
        world, _ = control.reverse_invoice(world, made, at=later)
    return world


# --- the books --------------------------------------------------------------------------------------------------------


def _books(rng: Random) -> xero.World:
    books = xero.australian_books()
    switches = xero.Switches(
        windows=rng.choice(("fixed", "rolling")),
        retry_after_on_concurrent=rng.choice((True, False)),
        element_order_reversed=rng.choice((False, False, True)),
        archived_number_on_put=rng.choice(("clash", "archived")),
        payment_moves_invoice=True,
        not_modified_304=rng.choice((True, False)),
        read_lag_s=rng.choice((0, 0, 0, 20)),
        unknown_extras=rng.choice((True, False)),
        merge_moves_documents=rng.random() < 0.3,
    )
    world = xero.World.new(
        books, apps=[xero.custom_app(books, day_limit=5000)], switches=switches, seed=str(rng.random())
    )
    at = START - timedelta(days=60)
    if rng.random() < 0.5:
        first, last = rng.choice(FIRST), rng.choice(LAST)
        world, _ = desk.create_contact(world, {"Name": f"{first} {last}", "FirstName": first, "LastName": last}, at=at)
    if rng.random() < 0.5:
        element = {"Name": "Ada Sample", "FirstName": "Ada", "LastName": "Sample", "EmailAddress": "ada.0@mail.example"}
        world, _ = desk.create_contact(world, element, at=at) if not _has(world, "Ada Sample") else (world, "")
    return world


def _has(world: xero.World, name: str) -> bool:
    return any(contact.name == name for contact in world.only().contacts.values())
