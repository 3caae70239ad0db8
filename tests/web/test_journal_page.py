"""The journal on a page, and taking back what a run posted: shown first, done with a yes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ligament.app.cut_short import keep_undo
from ligament.core import notes
from tests.contacts.kit import ANA, Clinic
from tests.stories.acting import environment
from tests.web.browsing import Person
from tests.web.conftest import Shop

HERE = "/c/riverside-physio"


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    """A clinic that posted one invoice, with both systems listening."""
    made = Clinic(tmp_path / "home")
    made.practice.start()
    made.books.start()
    made.sync()
    made.invoice(ANA)
    made.sync()
    yield made
    made.practice.stop()
    made.books.stop()


@pytest.fixture
def shop(clinic: Clinic) -> Iterator[Shop]:
    made = Shop(home=clinic.home, environ=environment(f"{clinic.practice.url}/v1", clinic.books.url))
    made.open()
    yield made
    made.close()


def last_sync(clinic: Clinic) -> str:
    with clinic.app() as app:
        return str(next(run.id for run in app.runs.newest() if run.kind == "sync"))


def states(clinic: Clinic) -> list[str]:
    return [one.status for one in clinic.books.world.only().invoices.values()]


def sent(person: Person, path: str, **fields: str) -> tuple[int, str, str]:
    page = person.post(path, {"csrf_token": person.csrf(), **fields})
    return page.status, page.location, page.text


def test_the_journal_is_chosen_by_days_kind_and_record_and_taken_along_so(shop: Shop) -> None:
    owner = shop.owner()
    every = owner.get(f"{HERE}/journal")
    assert "create document, CLK-" in every.text
    assert "create contact" in every.text
    one = owner.get(f"{HERE}/journal?kind=receipt&record={ANA}")
    assert "create contact" in one.text
    assert "create document" not in one.text
    assert f'href="{HERE}/journal.csv?kind=receipt&amp;record={ANA}"' in one.text
    assert "No entry is like that" in owner.get(f"{HERE}/journal?from=2020-01-01&to=2020-01-02").text
    wrong = owner.get(f"{HERE}/journal?from=yesterday")
    assert wrong.status == 422
    assert 'id="from-error"' in wrong.text
    assert owner.get(f"{HERE}/journal?before=x&kind=%27").status == 200


def test_records_of_the_journal_are_called_as_people_call_them(shop: Shop, clinic: Clinic) -> None:
    dear = clinic.invoice(ANA, price="1120")
    clinic.sync()
    page = shop.owner().get(f"{HERE}/journal").text
    assert f'<a href="{HERE}/contacts/{ANA}">Ana Silva</a>' in page
    assert re.search(rf'<a href="{HERE}/documents/{dear}">CLK-\d+</a>', page)
    assert f">{ANA}</a>" not in page
    assert f">{dear}</a>" not in page
    assert re.search(r"create document, CLK-\d+, 1,120\.00", page)
    assert "Kept: the day of the first connection" in page


def test_everything_that_the_journal_tells_as_kept_has_words() -> None:
    for name in notes.TOLD:
        assert notes.note_words(name) != name.replace("_", " "), name
    assert notes.note_words(notes.undos_note("7")) == "what was taken back of the run 7"
    assert notes.note_words(notes.key_replaced_note("xero")) == "when a key was replaced: xero"
    assert notes.note_words("books_currency") == "books currency"


def test_the_journal_of_nothing_says_so(tmp_path: Path) -> None:
    (tmp_path / "fresh").mkdir()
    made = Clinic(tmp_path / "fresh")
    shop = Shop(home=made.home, environ=environment("http://127.0.0.1:9/v1", "http://127.0.0.1:9"))
    shop.open()
    assert "Nothing was done yet" in shop.owner().get(f"{HERE}/journal").text
    shop.close()


def test_an_undo_is_shown_first_and_done_with_a_yes(shop: Shop, clinic: Clinic) -> None:
    owner, run = shop.owner(), last_sync(clinic)
    page = owner.get(f"{HERE}/runs/{run}")
    assert "What it wrote" in page.text
    status, _, text = sent(owner, f"{HERE}/runs/{run}/undo")
    assert status == 200
    assert "Nothing was written yet" in text
    with clinic.app() as app:
        first = [str(one.id) for one in app.runs.newest() if one.kind == "sync"][-1]
    assert re.search(r'Ana [A-Z][a-z]+ <span class="quiet">CLK-', owner.get(f"{HERE}/runs/{first}").text)
    assert re.search(r"the contact Ana [A-Z][a-z]+ \(CLK-", sent(owner, f"{HERE}/runs/{first}/undo")[2])
    assert re.search(r'name="confirm" value="yes"', text)
    assert states(clinic) == ["AUTHORISED"]
    status, location, _ = sent(owner, f"{HERE}/runs/{run}/undo", confirm="yes")
    assert status == 303
    assert states(clinic) == ["VOIDED"]
    assert "Undo of" in owner.get(location).text
    assert "It was undone" in owner.get(f"{HERE}/runs/{run}").text
    again = sent(owner, f"{HERE}/runs/{run}/undo", confirm="yes")
    assert "undone already" in again[2]


def test_an_undo_that_was_cut_off_can_be_gone_on_with_or_given_up(shop: Shop, clinic: Clinic) -> None:
    owner, run = shop.owner(), last_sync(clinic)
    with clinic.app() as app:
        app.store.keep_note(notes.undos_note(run), "7")
        keep_undo(app, run, "Xero could not be reached.")
    page = owner.get(f"{HERE}/runs/{run}").text
    assert "Its undo did not come to its end. Xero could not be reached." in page
    assert "Show what an undo would do" in page
    assert re.search(r'name="confirm" value="give_up"', page)
    status, location, _ = sent(owner, f"{HERE}/runs/{run}/undo", confirm="give_up")
    assert (status, location) == (303, f"{HERE}/runs/{run}")
    assert "The undo is given up" in owner.get(location).text
    assert "did not come to its end" not in owner.get(location).text
    assert states(clinic) == ["AUTHORISED"]


def test_an_undo_is_for_who_decides_and_of_a_run_that_there_is(shop: Shop, clinic: Clinic) -> None:
    run = last_sync(clinic)
    viewer = shop.member("v@x.example", "viewer")
    assert sent(viewer, f"{HERE}/runs/{run}/undo", confirm="yes")[0] == 403
    assert "Take it back" not in viewer.get(f"{HERE}/runs/{run}").text
    assert sent(shop.member("b@x.example", "bookkeeper"), f"{HERE}/runs/none/undo", confirm="yes")[0] == 404
    assert states(clinic) == ["AUTHORISED"]


def test_run_now_runs_and_shows_what_came_of_it(shop: Shop, clinic: Clinic) -> None:
    clinic.invoice(ANA, price="50")
    status, location, _ = sent(shop.owner(), f"{HERE}/runs")
    assert status == 303
    assert location.startswith(f"{HERE}/runs/")
    assert len(states(clinic)) == 2


def test_compare_now_compares(shop: Shop, clinic: Clinic) -> None:
    del clinic
    owner = shop.owner()
    assert sent(owner, f"{HERE}/reconciliation")[:2] == (303, f"{HERE}/reconciliation")
    assert "Balanced: every cent is matched or explained." in owner.get(f"{HERE}/reconciliation").text
