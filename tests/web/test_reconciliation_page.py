"""Reconciliation on a page: the equation, each difference with its reason, and answering one by a form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ligament.app.reconcile import reconcile
from ligament.app.variances import list_variances
from ligament.connectors.cliniko import simulator as practice
from ligament.connectors.xero.simulator import control as desk
from ligament.ports.errors import SignInAgain
from tests.contacts.kit import ANA, BEN, Clinic
from tests.web.at_work import connect, shop_over
from tests.web.browsing import Person
from tests.web.conftest import Shop

HERE = "/c/riverside-physio/reconciliation"


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    """A clinic in whose books somebody voided an invoice of ours."""
    made = Clinic(tmp_path / "home")
    made.invoice(ANA)
    made.invoice(BEN, price="1120")
    made.sync()
    gone = next(one for one in made.books.world.only().invoices.values() if one.contact_id == ana(made))
    at = made.later()
    made.books.change(lambda world: desk.void_invoice(world, gone.document_id, at=at))
    made.later()
    with made.app() as app:
        reconcile(app)
    return made


def ana(clinic: Clinic) -> str:
    return str(clinic.contact(f"CLK-{ANA}").contact_id)


@pytest.fixture
def compared(clinic: Clinic) -> Iterator[Shop]:
    with shop_over(clinic) as shop:
        yield shop


def variance(clinic: Clinic) -> dict[str, object]:
    with clinic.app() as app:
        (found,) = list_variances(app).document["variances"]
    return dict(found)


def sent(person: Person, path: str, **fields: str) -> tuple[int, str, str]:
    page = person.post(path, {"csrf_token": person.csrf(), **fields})
    return page.status, page.location, page.text


def test_the_equation_and_each_difference_stand_there_with_its_answers(compared: Shop, clinic: Clinic) -> None:
    page = compared.owner().get(HERE)
    found = variance(clinic)
    assert page.status == 200
    assert "(1) Reconciliation" in page.text
    assert "1 difference needs a person; every cent has its reason." in page.text
    assert "Cliniko 1,215.00 = Xero 1,120.00 + 95.00 explained below." in re.sub(r"\s+", " ", page.text)
    assert page.form(f"/c/riverside-physio/variances/{found['id']}/fix").has("csrf_token")
    assert page.form(f"/c/riverside-physio/variances/{found['id']}/acknowledge").has("note")
    for ending in ("xlsx", "pdf", "csv", "json", "html"):
        assert re.search(rf'href="{HERE}/[^"/]+\.{ending}"', page.text), ending


def test_a_difference_that_somebody_knows_about_counts_no_more(compared: Shop, clinic: Clinic) -> None:
    owner = compared.owner()
    path = f"/c/riverside-physio/variances/{variance(clinic)['id']}/acknowledge"
    status, _, text = sent(owner, path, note=" ")
    assert status == 422
    assert 'aria-invalid="true"' in text
    assert "Say in a few words why this difference is all right." in text
    assert variance(clinic)["state"] == "new"
    assert sent(owner, path, note="Agreed with the <accountant>.")[:2] == (303, HERE)
    known = variance(clinic)
    assert (known["state"], known["noted_by"]) == ("known", "kim@riverside.example")
    page = owner.get(HERE)
    assert "Agreed with the &lt;accountant&gt;." in page.text
    assert "Balanced: every cent is matched or explained." in page.text


def test_what_mends_a_difference_waits_in_the_plan_for_a_yes(compared: Shop, clinic: Clinic) -> None:
    owner = compared.owner()
    status, location, _ = sent(owner, f"/c/riverside-physio/variances/{variance(clinic)['id']}/fix")
    assert (status, location) == (303, "/c/riverside-physio/plan")
    assert "1 change waits for your yes, 95.00 in all." in owner.get(location).text
    assert variance(clinic)["state"] == "healing"


def test_no_such_difference_is_no_page_and_a_viewer_decides_nothing(compared: Shop, clinic: Clinic) -> None:
    owner, viewer = compared.owner(), compared.member("v@x.example", "viewer")
    for verb in ("fix", "acknowledge"):
        assert sent(owner, f"/c/riverside-physio/variances/v00/{verb}", note="x")[0] == 404
        assert sent(viewer, f"/c/riverside-physio/variances/{variance(clinic)['id']}/{verb}", note="x")[0] == 403
    assert "Acknowledge" not in viewer.get(HERE).text
    assert variance(clinic)["state"] == "new"


def test_days_that_are_none_are_refused_beside_what_was_typed(compared: Shop) -> None:
    status, _, text = sent(compared.owner(), HERE, **{"from": "2026-11-30", "to": "2026-11-01"})
    assert status == 422
    assert "before it begins" in text
    assert 'value="2026-11-30"' in text


def test_nothing_compared_yet_is_said_with_the_one_thing_to_do(shop: Shop) -> None:
    connect(shop)
    page = shop.owner().get("/c/north/reconciliation")
    assert "Nothing was compared yet" in page.text
    assert "Compare now" in page.text


def test_where_most_invoices_vanish_the_page_asks_and_a_person_says_that_they_are_gone(tmp_path: Path) -> None:
    made = Clinic(tmp_path / "home")
    for _ in range(3):
        made.invoice(ANA)
    made.sync()

    def emptied(world: Any) -> Any:
        for invoice in list(world.table("invoices").rows):
            world = practice.remove(world, "invoices", invoice)
        return world

    made.practice.change(emptied)
    made.later()
    with made.app() as app, pytest.raises(SignInAgain):
        reconcile(app)
    with shop_over(made) as shop:
        owner, viewer = shop.owner(), shop.member("v@x.example", "viewer")
        page = owner.get(HERE)
        assert "no longer shows 3 of 3 invoices" in page.text
        assert page.form(f"{HERE}/removed").has("note")
        assert "They were really removed" not in viewer.get(HERE).text
        assert sent(viewer, f"{HERE}/removed", note="x")[0] == 403
        status, _, text = sent(owner, f"{HERE}/removed", note=" ")
        assert status == 422
        assert "Say in a few words why they are gone." in text
        assert sent(owner, f"{HERE}/removed", note="entered by mistake")[:2] == (303, HERE)
        assert "no longer shows" not in owner.get(HERE).text
        assert sent(owner, f"{HERE}/removed", note="entered by mistake")[0] == 404
    made.later()
    with made.app() as app:
        assert {one["kind"] for one in reconcile(app).document["variances"]} == {"status"}
        (entry,) = [one for one in app.queries.journal(limit=50) if one["kind"] == "decision"]
        assert (entry["actor"], entry["personal"]) == ("kim@riverside.example", {"reason": "entered by mistake"})


def test_what_is_a_question_already_is_answered_where_it_is_asked_and_nowhere_else(tmp_path: Path) -> None:
    made = Clinic(tmp_path / "home")
    made.rulebook('[[rules]]\nname = "all are looked at"\nwhen = "true"\nhold = "Look at it first."\n')
    made.invoice(ANA)
    made.sync()
    made.later()
    with made.app() as app:
        reconcile(app)
    found = variance(made)
    assert (found["kind"], found["code"]) == ("held", "rule")
    with shop_over(made) as shop:
        page = shop.owner().get(HERE)
        assert "1 difference needs a person" in page.text
        assert "It waits for an answer" in page.text
        for verb in ("fix", "acknowledge"):
            assert f"/variances/{found['id']}/{verb}" not in page.text
