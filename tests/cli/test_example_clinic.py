"""The filled-in rulebook of the guide: it is the one that stands there, and it posts what the guide's table says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from ligament.connectors.cliniko import simulator as practice_side
from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero import simulator as books_side
from ligament.connectors.xero.simulator.charts import books_of, tracking_category
from ligament.connectors.xero.simulator.world import Books
from tests.cli.kit import NOW, REPOSITORY, Clinic, served
from tests.support.practice import BUSINESS, PATIENT, PRACTITIONER

RECIPE = REPOSITORY / "recipes" / "examples" / "physio-two-locations-au.toml"
GUIDE = REPOSITORY / "docs" / "example-clinic.md"
NORTHSIDE, NOOR, VIC = "1400100000000000012", "1410000000000000008", "1410000000000000009"
NDIS, DVA = "1401000000000000001", "1401000000000000002"
CONSULT = {"name": "Standard consultation", "code": "CONS", "unit_price": "95"}


def books() -> Books:
    """Return books whose locations are called as those of the practice."""
    kept = books_side.australian_books("Riverside Physio Pty Ltd")
    return books_of(
        kept.organisation,
        accounts=kept.accounts.values(),
        tax_rates=kept.tax_rates.values(),
        tracking=(tracking_category("Location", "Riverside", "Northside"),),
        users=kept.users.values(),
    )


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    with served(tmp_path / "home", books=books) as made:
        made.write(RECIPE.read_text(encoding="utf-8"))
        made.practice.change(furnished)
        yield made


def furnished(world: Any) -> Any:
    """Add the second location, the concessions, the payers and two more patients."""
    since = {"created_at": NOW - timedelta(days=90), "updated_at": NOW - timedelta(days=90)}
    place = {"id": NORTHSIDE, "business_name": "Northside", "label": "Northside"}
    world = practice_side.put(world, "businesses", {**place, "time_zone_identifier": "Australia/Melbourne"})
    for key, name in ((NDIS, "NDIS plan managed"), (DVA, "DVA")):
        world = practice_side.put(world, "concession_types", {"id": key, "name": name, **since})
    payers = {"1402000000000000001": "Plan Partners", "1402000000000000002": "Department of Veterans' Affairs"}
    for key, name in payers.items():
        kind = {"type_code": 2, "type": "3rd Party Payer", "company_name": name}
        world = practice_side.put(world, "contacts", {"id": key, **kind, **since})
    for key, first, concession in ((NOOR, "Noor", NDIS), (VIC, "Vic", DVA)):
        person = {"id": key, "first_name": first, "last_name": "Sample", "concession_type_id": concession}
        world = practice_side.put(world, "patients", {**person, **since})
    return world


def issue(clinic: Clinic, patient: str, place: str, *lines: dict[str, str], paid: bool = False) -> str:
    """Let the front desk issue an invoice, and return its number in the books."""
    at, made = NOW - timedelta(hours=5), ""
    invoice = {"patient_id": patient, "business_id": place, "practitioner_id": PRACTITIONER}

    def change(world: Any) -> Any:
        nonlocal made
        world, made = desk.create_invoice(world, invoice, lines, at=at)
        return desk.pay_invoice(world, made, at=at)[0] if paid else world

    world = clinic.practice.change(change)
    return f"CLK-{practice_side.get(world, 'invoices', made)['number']}"


def shown(clinic: Clinic) -> dict[str, dict[str, Any]]:
    """Return what stands in the books, by number, as a bookkeeper reads it."""
    kept = clinic.books.world.only()
    options = {one.option_id: one.name for category in kept.tracking.values() for one in category.options}
    told = {}
    for one in kept.invoices.values():
        told[one.number] = {
            "contact": kept.contacts[one.contact_id].name,
            "due": one.due_on,
            "reference": one.reference,
            "lines": [
                (kept.accounts[line.account_id].code, line.tax_type, line.description, options[line.tracking[0][1]])
                for line in one.lines
            ],
        }
    return told


def test_the_guide_shows_the_file_as_it_is() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert text.rpartition("```toml\n")[2].partition("```")[0] == RECIPE.read_text(encoding="utf-8")


def test_the_made_up_clinic_is_posted_as_the_guide_says(clinic: Clinic) -> None:
    band = {"name": "Resistance band", "code": "BAND", "unit_price": "20", "tax_name": "GST", "tax_rate": "10"}
    ada = issue(clinic, PATIENT, BUSINESS, CONSULT, band, paid=True)
    noor = issue(clinic, NOOR, NORTHSIDE, {**CONSULT, "unit_price": "193.99"})
    vic = issue(clinic, VIC, BUSINESS, {**CONSULT, "unit_price": "72.45"})
    pillow = issue(clinic, PATIENT, BUSINESS, {"name": "Pillow", "code": "PILLOW", "unit_price": "60"})
    report = issue(clinic, PATIENT, BUSINESS, {"name": "Report", "code": "REPORT", "unit_price": "350"})
    checked = clinic.run("doctor", "--json").json
    assert checked["bad"] == 0, [one for one in checked["checks"] if one["state"] == "bad"]
    plan = clinic.run("plan", "--json")
    assert plan.json["asking"] > 0
    assert clinic.run("approve", plan.json["plan"]).code == 0
    done = clinic.run("sync", "--once", "--json").json
    today = date(2026, 11, 22)
    assert done["created"]["invoices"] == 3
    found = shown(clinic)
    assert found[ada]["contact"] == "Ada Sample"
    assert [line[:2] for line in found[ada]["lines"]] == [("210", "EXEMPTOUTPUT"), ("220", "OUTPUT")]
    assert {line[3] for line in found[ada]["lines"]} == {"Riverside"}
    assert found[noor]["contact"] == "Plan Partners"
    assert found[noor]["reference"] == f"NDIS, invoice {noor.removeprefix('CLK-')}"
    assert found[noor]["lines"][0][3] == "Northside"
    assert (found[noor]["due"] - today).days in {13, 14}
    assert found[vic]["contact"] == "Department of Veterans' Affairs"
    assert found[vic]["lines"][0][2] == "Health services"
    assert (found[vic]["due"] - today).days in {29, 30}
    (payment,) = clinic.books.world.only().payments.values()
    assert str(payment.amount) in {"117", "117.00"}
    asked, stopped = (number.removeprefix("CLK-") for number in (pillow, report))
    assert {(hold["number"], hold["code"]) for hold in done["holds"]} == {(asked, "ask"), (stopped, "rule")}
    assert clinic.run("approve", asked).code == 0
    again = clinic.run("sync", "--once", "--json").json
    assert (again["created"]["invoices"], pillow in shown(clinic)) == (1, True)
