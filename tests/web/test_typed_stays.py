"""A form that comes back is as it was sent: what was unticked stays unticked, what was typed stands where it stood."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ligament.app.reconcile import reconcile
from ligament.connectors.xero.simulator import control as desk
from tests.contacts.kit import ANA, BEN, Clinic
from tests.stories.acting import environment
from tests.web.at_work import asking, conflict
from tests.web.browsing import OWNER, PASSWORD, Page, Person
from tests.web.conftest import Shop

HERE = "/c/riverside-physio"


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    """A clinic in which two conflicts and two large invoices wait, and a difference stands in the comparison."""
    with asking(tmp_path / "home") as made:
        gone = made.invoice(ANA, price="60")
        made.sync()
        (paper,) = made.books.world.only().invoices.values()
        at = made.later()
        made.books.change(lambda world: desk.void_invoice(world, paper.document_id, at=at))
        for who, name in ((ANA, "ana"), (BEN, "ben")):
            conflict(made, who, name)
            made.invoice(who, price="1120")
        made.sync()
        with made.app() as app:
            reconcile(app)
        assert gone
        yield made


@pytest.fixture
def shop(clinic: Clinic) -> Iterator[Shop]:
    made = Shop(home=clinic.home, environ=environment(f"{clinic.practice.url}/v1", clinic.books.url))
    made.open()
    yield made
    made.close()


def ticks(page: Page) -> dict[str, bool]:
    """Return every tick of a page, and whether it stands."""
    found = re.findall(r'<input type="checkbox" name="names" value="([^"]+)"([^>]*)>', page.text)
    return {name: "checked" in rest for name, rest in found}


def without(pairs: list[tuple[str, str]], name: str) -> list[tuple[str, str]]:
    return [pair for pair in pairs if pair != ("names", name)]


def after_signing_in_again(shop: Shop, owner: Person, path: str, pairs: list[tuple[str, str]]) -> Page:
    """Send a form when the session is over, sign in, and return the page that one comes back to."""
    shop.restart(later=timedelta(minutes=31))
    again = shop.returns(owner)
    asked = again.post(path, pairs)
    assert asked.location.startswith("/sign-in?next="), asked.location
    code = again.follow(again.send(again.get(asked.location), "password", email=OWNER, password=PASSWORD))
    assert again.telephone is not None
    return again.follow(again.send(code, "code", code=again.telephone.code()))


@pytest.mark.parametrize("place", ["plan", "waiting"])
@pytest.mark.parametrize("how", ["no reason", "signed out"])
def test_a_change_that_was_unticked_is_not_ticked_again(shop: Shop, place: str, how: str) -> None:
    owner = shop.owner()
    page = owner.get(f"{HERE}/{place}")
    pairs = page.form("reason").fields
    left, *rest = [value for name, value in pairs if name == "names"]
    assert rest
    pairs = without(pairs, left)
    if how == "no reason":
        again = owner.post(f"{HERE}/approvals", [*pairs, ("choice", "refuse")])
        assert again.status == 422
    else:
        again = after_signing_in_again(shop, owner, f"{HERE}/approvals", [*pairs, ("choice", "approve")])
    shown = ticks(again)
    assert shown[left] is False
    assert all(shown[one] for one in rest)


def test_a_record_that_was_unticked_and_the_reason_are_there_again(shop: Shop) -> None:
    owner = shop.owner()
    pairs = owner.get(f"{HERE}/waiting").form(f"{HERE}/holds/decisions").fields
    left, right = [value for name, value in pairs if name == "names"]
    sent = [pair for pair in without(pairs, left) if pair[0] != "note"]
    sent += [("note", "As she told us"), ("choice", "practice")]
    again = after_signing_in_again(shop, owner, f"{HERE}/holds/decisions", sent)
    assert (ticks(again)[left], ticks(again)[right]) == (False, True)
    assert 'name="note" value="As she told us"' in again.text


def test_why_a_difference_is_all_right_is_there_again_beside_it(shop: Shop, clinic: Clinic) -> None:
    owner = shop.owner()
    with clinic.app() as app:
        wanted = next(one.variance.id for one in app.variances.kept() if one.variance.fix is not None)
    path = f"{HERE}/variances/{wanted}/acknowledge"
    pairs = [pair for pair in owner.get(f"{HERE}/reconciliation").form(path).fields if pair[0] != "note"]
    again = after_signing_in_again(shop, owner, path, [*pairs, ("note", "The accountant knows")])
    assert f'id="note-{wanted}" name="note" value="The accountant knows"' in again.text
    assert again.text.count("The accountant knows") == 1


def test_a_difference_that_moved_is_told_and_neither_acknowledged_nor_mended(shop: Shop, clinic: Clinic) -> None:
    owner = shop.owner()
    with clinic.app() as app:
        kept = next(one.variance for one in app.variances.kept() if one.variance.fix is not None)
    page = owner.get(f"{HERE}/reconciliation")
    for verb in ("acknowledge", "fix"):
        path = f"{HERE}/variances/{kept.id}/{verb}"
        pairs = page.form(path).fields
        assert (f"was.{kept.id}", f"{kept.kind.value} 60.00") in pairs
        stale = [(name, "status 50.00" if name.startswith("was.") else value) for name, value in pairs]
        told = owner.follow(owner.post(path, [*stale, ("note", "The accountant knows")]))
        assert "This says something else by now, and nothing was done: " in told.text
        with clinic.app() as app:
            (now,) = [one for one in app.variances.kept() if one.variance.id == kept.id]
            assert now.state.value == "new"
            assert not [one for one in app.approvals.asked() if one.document["source_id"] == kept.source_id]
    assert (
        owner.post(f"{HERE}/variances/{kept.id}/fix", page.form(f"{HERE}/variances/{kept.id}/fix").fields).status == 303
    )


def test_what_was_chosen_for_somebody_is_there_again_at_their_row_and_not_in_an_invitation(shop: Shop) -> None:
    owner = shop.owner()
    shop.invited("vi@x.example", "viewer")
    path = "/users/vi%40x.example"
    pairs = [pair for pair in owner.get("/users").form(path).fields if pair[0] != "role"]
    again = after_signing_in_again(shop, owner, path, [*pairs, ("role", "owner")])
    assert dict(again.form(path).fields)["role"] == "owner"
    assert dict(again.form("/users").fields)["role"] == "bookkeeper"
