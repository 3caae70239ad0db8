"""The recipes for rules, each in a small story: what happens to the record it is for, and to one it leaves alone."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from ligament.core.rules import shapes
from ligament.core.rules.apply import judge
from ligament.core.rules.entries import Effects
from ligament.core.rules.lookups import LookupTable
from ligament.core.rules.model import CreateContacts, Rulebook
from ligament.core.rules.parse import rulebook
from ligament.wiring.expressions import Expressions
from tests.rules.kit import NEEDED, facts, line

FOLDER = Path(__file__).parents[2] / "recipes" / "rules"
SYSTEMS = ("cliniko", "xero")
CLAIMS = LookupTable(columns=("number", "claim"), rows={"12": ("12", "WC-771")})
JUDGE = Expressions(tables={"claims": CLAIMS})


def recipe(name: str) -> Rulebook:
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    book, problems = rulebook(tomllib.loads(NEEDED + text), SYSTEMS, JUDGE)
    assert problems == ()
    return book


def person(kind: str, **given: str) -> dict[str, str]:
    return {**dict.fromkeys(shapes.FACTS[kind].fields or (), ""), **given}


def patient(**given: str) -> dict[str, Any]:
    return {"patient": person("patient", **given)}


def payer(name: str) -> dict[str, Any]:
    return {"payer": person("payer", company_name=name)}


def visit(starts_at: str = "2026-11-25T01:00:00+00:00", *, in_group: bool = False) -> dict[str, Any]:
    return {"appointment": {"id": "1", "starts_at": starts_at, "in_group": in_group, "arrived": True}}


def named(kind: str, name: str) -> dict[str, Any]:
    return {kind: {"id": "1", "name": name}}


def outcome(name: str, seen: dict[str, Any]) -> dict[str, Any]:
    """Return what the recipe's rules make of an invoice."""
    ruling = judge(recipe(name).rules, seen, JUDGE.holds, JUDGE.says)
    told = {
        held.name: value
        for held in fields(Effects)
        if (value := getattr(ruling.effects, held.name)) not in ("", None, {})
    }
    told |= {"skip": ruling.skipped_by} if ruling.skipped_by else {}
    told |= {"hold": ruling.stop.sentence} if ruling.stop is not None else {}
    told |= {"ask": ruling.ask.sentence} if ruling.ask is not None else {}
    return told | ({"group": ruling.groups[0]} if ruling.groups else {})


EP = "Exercise Physiology, initial"
DOCUMENTS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "ndis-to-the-plan-manager": (
        facts(**patient(concession="NDIS plan managed")),
        {"contact": "Plan Partners", "terms_days": 14},
        facts(**patient(concession="NDIS self managed")),
    ),
    "reports-held-for-gst": (
        facts(line(code="REPORT")),
        {"hold": "A report without GST: is it for a third party?"},
        facts(line(code="REPORT", tax_rate="10")),
    ),
    "room-rent": (
        facts(line(code="ROOM")),
        {"account": "260", "line_text": "Room rent"},
        facts(line(code="ROOM"), line()),
    ),
    "tracking-by-discipline": (
        facts(**named("practitioner", "Sam Lee (Physio)")),
        {"tracking": {"Discipline": "Physio"}},
        facts(**named("practitioner", "Sam Lee")),
    ),
    "staff-left-out": (
        facts(**patient(email="Kim@Riverside.example")),
        {"skip": "staff left out"},
        facts(**patient(email="kim@elsewhere.example")),
    ),
    "ask-above-1000": (facts(total="1000.01"), {"ask": "Over 1,000.00: is 1000.01 right?"}, facts(total="1000.00")),
    "claim-numbers": (facts(number=12), {"reference": "Claim WC-771"}, facts(number=13)),
    "location-branding-theme": (
        facts(**named("business", "Northside")),
        {"branding_theme": "3f0c6a52-8f6e-4b0e-9d0b-2c7a2f1d5e11"},
        facts(**named("business", "Southside")),
    ),
    "veterans-to-dva": (
        facts(**patient(concession="DVA")),
        {"contact": "Department of Veterans' Affairs", "line_text": "Health services"},
        facts(**patient(concession="Pension")),
    ),
    "exercise-physiology": (
        facts(line(EP)),
        {"hold": "Exercise physiology without GST: is one of the exceptions met?"},
        facts(line(EP, tax_rate="10")),
    ),
    "group-classes": (
        facts(**visit(in_group=True)),
        {"account": "215", "tracking": {"Service": "Groups"}},
        facts(**visit()),
    ),
    "gift-vouchers": (
        facts(line(code="GIFT50")),
        {"skip": "gift vouchers stay out"},
        facts(line(code="GIFT50"), line()),
    ),
    "cancellation-fees": (
        facts(line("Cancellation fee", tax_rate="10")),
        {"ask": "The fee follows the missed service. Was that one taxable?"},
        facts(line("Cancellation fee")),
    ),
    "many-of-one-thing": (
        facts(line(quantity="21")),
        {"hold": "More than twenty of one item: a typing mistake?"},
        facts(line(quantity="20")),
    ),
    "insurer-pays-late": (facts(**payer("Harbour Insurance Ltd")), {"terms_days": 45}, facts(**payer("Bay Insurance"))),
    "test-patients": (
        facts(**patient(last_name="ZZ Test 3")),
        {"skip": "invoices of test patients"},
        facts(**patient(last_name="Zztestova")),
    ),
    "large-credits": (
        facts(total="-200.01"),
        {"ask": "A credit of more than 200.00: is that right?"},
        facts(total="-200.00"),
    ),
    "neutral-words": (facts(line("Pelvic floor physio")), {"line_text": "Consultation"}, facts(line("Knee physio"))),
    "products-apart": (facts(line(code="PR-TAPE")), {"account": "230"}, facts(line(code="PR-TAPE"), line())),
    "contractors-own-account": (
        facts(**named("practitioner", "Ana Silva")),
        {"account": "805"},
        facts(**named("practitioner", "Sam Lee")),
    ),
    "weekend-visits": (
        # Friday evening in Greenwich is Saturday morning in Melbourne.
        facts(**visit("2026-11-27T22:00:00+00:00")),
        {"ask": "A visit at the weekend without the weekend price: is that right?"},
        facts(line("Weekend consultation"), **visit("2026-11-27T22:00:00+00:00")),
    ),
    "not-what-it-multiplies-to": (
        facts(line(quantity="3", unit_price="50.00", total="99.99")),
        {"ask": "More than 50.00 were taken off: who agreed to that?"},
        facts(line(quantity="3", unit_price="50.00", total="100.00")),
    ),
    "quarter-in-the-reference": (
        facts(**payer("Harbour Insurance")),
        {"reference": "Q3 2026, invoice 12"},
        facts(**payer("Bay Insurance")),
    ),
}
CONTACTS: dict[str, tuple[dict[str, str], dict[str, str], dict[str, str]]] = {
    "names-in-proper-case": (
        {"first_name": "ANA", "last_name": "o'brien"},
        {"first_name": "Ana", "last_name": "O'Brien"},
        {"first_name": "Ana", "last_name": "van der Berg"},
    ),
    "titles-out-of-names": ({"first_name": "Dr. Ana"}, {"first_name": "Ana"}, {"first_name": "Drew"}),
    "states-in-capitals": ({"state": "vic "}, {"state": "VIC"}, {"state": ""}),
    "emails-in-small-letters": ({"email": "Ana@X.example"}, {"email": "ana@x.example"}, {"email": ""}),
    "test-patients": (
        {"last_name": "zz test"},
        {"skip": "A record to try something out."},
        {"last_name": "Testa"},
    ),
    "out-of-state-group": ({"state": "NSW"}, {"group": "Interstate"}, {"state": "vic"}),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_recipe_does_what_it_is_for(name: str) -> None:
    seen, wanted, other = DOCUMENTS[name]
    told = outcome(name, seen)
    assert {key: told[key] for key in wanted} == wanted
    assert set(told) - set(wanted) <= {"group"}
    assert outcome(name, other) == {}


def of_contact(name: str, seen: dict[str, Any]) -> dict[str, str]:
    told: dict[str, str] = {}
    for rule in recipe(name).contact_rules:
        if JUDGE.holds(rule.when, seen):
            given = {**rule.sets, "skip": rule.skip, "ask": rule.ask, "group": rule.group}
            told |= {
                key: JUDGE.says(text[1:], seen) if text.startswith("=") else text for key, text in given.items() if text
            }
    return told


@pytest.mark.parametrize("name", CONTACTS)
def test_a_recipe_for_contacts_does_what_it_is_for(name: str) -> None:
    given, wanted, other = CONTACTS[name]
    assert of_contact(name, facts(**patient(**given))) == wanted
    assert of_contact(name, facts(**patient(**other))) == {}


def test_payers_without_an_address() -> None:
    asked = of_contact("payers-without-an-address", facts(**payer("Harbour Insurance")))
    assert asked["ask"].startswith("This payer has neither")
    known: dict[str, Any] = {"payer": person("payer", company_name="Harbour", email="a@b.example")}
    assert of_contact("payers-without-an-address", facts(**known)) == {}


def test_only_patients_with_an_invoice() -> None:
    assert recipe("only-patients-with-an-invoice").contacts.create is CreateContacts.ON_DOCUMENT


def test_every_recipe_has_its_story_and_says_what_it_is_for() -> None:
    alone = {"only-patients-with-an-invoice", "payers-without-an-address"}
    names = {path.stem for path in FOLDER.glob("*.toml")}
    assert names == {*DOCUMENTS, *CONTACTS, *alone}
    assert len(names) >= 24
    assert all(path.read_text(encoding="utf-8").startswith("# ") for path in FOLDER.glob("*.toml"))
