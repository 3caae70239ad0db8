"""A form that is sent after the facts moved says what moved, and answers the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ligament.connectors.cliniko.simulator import control
from tests.contacts.kit import ANA, BEN, Clinic
from tests.web.at_work import asking, conflict, owner_over
from tests.web.browsing import Page, Person

HERE = "/c/riverside-physio"


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    """A clinic in which two conflicts of e-mail wait for an answer, and two large invoices for a yes."""
    with asking(tmp_path / "home") as made:
        made.sync()
        for who, name in ((ANA, "ana"), (BEN, "ben")):
            conflict(made, who, name)
            made.invoice(who, price="1120")
        made.sync()
        yield made


@pytest.fixture
def owner(clinic: Clinic) -> Iterator[Person]:
    with owner_over(clinic) as person:
        yield person


def said(owner: Person, path: str, pairs: list[tuple[str, str]]) -> str:
    """Send a form as it was shown, and return what the next page says."""
    answer = owner.post(path, pairs)
    page: Page = owner.follow(answer)
    found = re.search(r'<p class="said" role="status">(.*?)</p>', page.text, re.DOTALL)
    assert found is not None, page.text[:3000]
    return found[1]


def answered(clinic: Clinic) -> int:
    with clinic.app() as app:
        return len(app.store.answers(app.store.open_holds()))


def voices(clinic: Clinic) -> list[int]:
    with clinic.app() as app:
        return sorted(len(one.voices) for one in app.approvals.asked())


def test_what_says_something_else_by_now_is_not_answered_and_the_rest_is(owner: Person, clinic: Clinic) -> None:
    shown = owner.get(f"{HERE}/waiting").form(f"{HERE}/holds/decisions").fields
    assert [name for name, _ in shown].count("names") == 2
    assert "Ana Silva</a>" in owner.get(f"{HERE}/waiting").text, "people are told by name"
    clinic.edit_patient(ANA, email="ana.third@example.org")
    clinic.sync()
    told = said(owner, f"{HERE}/holds/decisions", [*shown, ("choice", "practice")])
    assert "1 is answered" in told
    assert re.search(r"\S+ says something else now and was not answered; look again\.", told)
    assert answered(clinic) == 1
    again = owner.get(f"{HERE}/waiting").form(f"{HERE}/holds/decisions").fields
    assert "2 are answered" in said(owner, f"{HERE}/holds/decisions", [*again, ("choice", "practice")])


def test_more_than_a_page_holds_is_answered_on_the_plan_as_a_whole(
    owner: Person, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ligament.web.pages.waiting.MOST_SHOWN", 1)
    monkeypatch.setattr("ligament.web.pages.plan.MOST_SHOWN", 1)
    page = owner.get(f"{HERE}/waiting")
    assert f'<a href="{HERE}/plan">Go to the whole plan</a> to answer all 2.' in page.text
    assert re.search(r'<button[^>]*name="names"', page.text) is None, "what is sent without a choice is no answer"
    whole = owner.get(f"{HERE}/plan")
    name = re.search(r'name="names" value="([^"]+)">\s*<p>Shown are the first 1', whole.text)
    assert name is not None
    form = {"csrf_token": owner.csrf(), "back": "plan", "names": name[1], "choice": "approve"}
    assert owner.post(f"{HERE}/approvals", form).status == 303
    assert voices(clinic) == [1, 1]


def test_what_waits_no_longer_is_told_and_the_rest_is_answered(owner: Person, clinic: Clinic) -> None:
    shown = owner.get(f"{HERE}/waiting").form(f"{HERE}/holds/decisions").fields
    clinic.edit_patient(ANA, email="ana.books@example.org")
    clinic.sync()
    told = said(owner, f"{HERE}/holds/decisions", [*shown, ("choice", "practice")])
    assert "1 is answered" in told
    assert re.search(r"\S+ waits no longer: answered meanwhile, or gone on\.", told)
    assert answered(clinic) == 1


@pytest.mark.parametrize(("choice", "words"), [("approve", "1 approved."), ("refuse", "1 is refused")])
@pytest.mark.parametrize("place", ["plan", "waiting"])
def test_a_change_that_moved_is_left_alone_and_named_with_what_it_is_now(
    owner: Person, clinic: Clinic, place: str, choice: str, words: str
) -> None:
    shown = [pair for pair in owner.get(f"{HERE}/{place}").form("reason").fields if pair[0] != "reason"]
    at, dear = clinic.later(), [{"name": "Consultation", "quantity": "1", "unit_price": "1130"}]
    invoice = next(iter(clinic.practice.world.table("invoices").rows))
    clinic.practice.change(lambda world: control.edit_invoice(world, invoice, {}, dear, at=at))
    clinic.sync()
    told = said(owner, f"{HERE}/approvals", [*shown, ("choice", choice), ("reason", "billed by hand")])
    assert words in told
    assert re.search(r"Moved since this page was made, and left alone: CLK-\d+ \(now 1,130\.00\)\.", told)
