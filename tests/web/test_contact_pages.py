"""Contacts and documents: found by name, e-mail and number, both systems side by side, differences marked, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Pool, event

from ligament.connectors.cliniko.simulator import control
from ligament.connectors.xero.simulator import control as desk
from tests.contacts.kit import ANA, BEN, Clinic
from tests.stories.acting import environment
from tests.support.mounting import LOOPBACK
from tests.web.browsing import Page, Person
from tests.web.conftest import Shop

HERE = "/c/riverside-physio"
MOST_READS = 10


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    made = Clinic(tmp_path / "home")
    made.sync()
    return made


@pytest.fixture
def shop(clinic: Clinic) -> Iterator[Shop]:
    made = Shop(home=clinic.home, environ=environment(f"{LOOPBACK}/v1", LOOPBACK))
    made.open()
    yield made
    made.close()


def text_of(page: Page) -> str:
    """Return what stands on a page, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def found(person: Person, text: str) -> str:
    return text_of(person.get(f"{HERE}/contacts?q={text}"))


def test_somebody_is_found_by_name_email_and_number(shop: Shop, clinic: Clinic) -> None:
    invoice = clinic.invoice(ANA)
    clinic.sync()
    number = clinic.practice.world.table("invoices").rows[invoice].fields["number"]
    owner = shop.owner()
    both = text_of(owner.get(f"{HERE}/contacts"))
    assert "1 to 2 of 2 contacts" in both
    for text in ("silva+ana", "ana%40example.org", f"CLK-{ANA}", ANA, str(number), f"CLK-{number}", "ANA"):
        told = found(owner, text)
        assert "Ana Silva" in told, text
        assert "Ben Okafor" not in told, text
    assert "Nobody is found by that" in found(owner, "nobody")
    assert "Nobody is found by that" in found(owner, "%25")


def test_a_contact_of_nobody_is_found_and_shown_too(shop: Shop, clinic: Clinic) -> None:
    at = clinic.later()
    clinic.books.change(lambda world: desk.create_contact(world, {"Name": "Linen & Service"}, at=at)[0])
    clinic.sync(full=True)
    owner = shop.owner()
    page = owner.get(f"{HERE}/contacts?q=linen")
    assert "In Xero only" in text_of(page)
    (link,) = set(re.findall(rf'href="({HERE}/contacts/[^"]+)"', page.text))
    card = owner.get(link)
    assert "Linen &amp; Service" in card.text
    assert "nobody in Cliniko belongs to it" in text_of(card)


def test_both_sides_stand_beside_each_other_and_what_differs_is_marked(shop: Shop, clinic: Clinic) -> None:
    owner = shop.owner()
    path = f"{HERE}/contacts/{ANA}"
    assert "Both systems say the same." in text_of(owner.get(path))
    clinic.edit_contact(clinic.contact(f"CLK-{ANA}").contact_id, EmailAddress="other@example.org")
    clinic.edit_patient(ANA, email="third@example.org")
    clinic.sync()
    told = text_of(owner.get(path))
    by_books_id = text_of(owner.get(f"{HERE}/contacts/{clinic.contact(f'CLK-{ANA}').contact_id}"))
    assert "Ana Silva" in by_books_id
    assert "History" in told
    assert ("&ne; differs" in told) == ("field differs" in told)


def test_a_document_tells_both_sides_who_paid_and_why(shop: Shop, clinic: Clinic) -> None:
    invoice = clinic.invoice(ANA, price="1120")
    clinic.sync()
    page = shop.owner().get(f"{HERE}/documents/{invoice}")
    told = text_of(page)
    assert page.status == 200
    assert "GST Free Income" in told, "people know a tax rate by its name"
    for words in ("Both systems say the same.", "1,120.00", "Billed to Ana Silva", "Why it is as it is", "History"):
        assert words in told, words
    trail = clinic_trail(clinic, invoice)
    assert trail
    named = [line.replace(f"patient:{ANA}", "Ana Silva") for line in trail]
    assert any("Ana Silva" in line for line in named), "the trail is kept without names, and told with them"
    assert all(re.sub(r"\s+", " ", line) in told.replace("&#34;", '"').replace("&#39;", "'") for line in named)
    assert f'href="{HERE}/contacts/{ANA}"' in page.text


def clinic_trail(clinic: Clinic, invoice: str) -> list[str]:
    with clinic.app() as app:
        (link,) = app.queries.document_links(f"invoice:{invoice}")
    assert link.sent is not None
    return list(link.sent.trail)


def test_what_is_changed_in_one_system_is_marked_on_the_document(shop: Shop, clinic: Clinic) -> None:
    invoice = clinic.invoice(ANA)
    clinic.sync()
    shown: Any = clinic.books.world.only()
    (paper,) = shown.invoices.values()
    at = clinic.later()
    clinic.books.change(lambda world: desk.edit_invoice(world, paper.document_id, {"Date": "2026-11-02"}, at=at))
    clinic.sync()
    told = text_of(shop.owner().get(f"{HERE}/documents/{invoice}"))
    assert "2 Nov 2026" in told
    assert "differs" in told


def test_an_archived_invoice_is_not_said_to_be_open(shop: Shop, clinic: Clinic) -> None:
    invoice = clinic.invoice(ANA)
    clinic.sync()
    at = clinic.later()
    clinic.practice.change(lambda world: control.archive_invoice(world, invoice, at=at))
    clinic.sync()
    owner = shop.owner()
    assert "State archived authorised" in text_of(owner.get(f"{HERE}/documents/{invoice}"))
    assert "archived 95.00" in text_of(owner.get(f"{HERE}/contacts/{ANA}"))


def test_who_was_merged_leads_to_whom_by_name(shop: Shop, clinic: Clinic) -> None:
    at = clinic.later()
    clinic.practice.change(lambda world: control.merge_patients(world, loser_id=BEN, survivor_id=ANA, at=at))
    clinic.sync()
    owner = shop.owner()
    led = f'merged into <a href="{HERE}/contacts/{ANA}">Ana Silva</a>'
    assert led in owner.get(f"{HERE}/contacts").text
    assert led in owner.get(f"{HERE}/contacts/{BEN}").text


def test_what_does_not_exist_is_no_page(shop: Shop) -> None:
    owner = shop.owner()
    for path in ("contacts/999", "documents/999", f"documents/{ANA}", "contacts/%00"):
        assert owner.get(f"{HERE}/{path}").status == 404, path
    assert owner.get(f"{HERE}/contacts?page=abc").status == 200


def test_a_page_asks_the_store_no_more_than_a_few_times_whoever_it_is_about(shop: Shop, clinic: Clinic) -> None:
    invoice = [clinic.invoice(ANA) for _ in range(12)][-1]
    clinic.sync()
    owner = shop.owner()
    asked: list[str] = []

    def note(*_: object) -> None:
        asked.append("read")

    event.listen(Pool, "checkout", note)
    try:
        owner.get("/account")
        around, counts = len(asked), {}
        for path in ("contacts", "contacts?q=ana", f"contacts/{ANA}", f"documents/{invoice}"):
            asked.clear()
            assert owner.get(f"{HERE}/{path}").status == 200
            counts[path] = len(asked) - around
    finally:
        event.remove(Pool, "checkout", note)
    assert around > 0
    assert max(counts.values()) <= MOST_READS, counts
