"""Choosing among several contacts that may be the same person: side by side, and the one that is pressed is linked."""

from __future__ import annotations

import re
from pathlib import Path

from ligament.app.decisions import open_holds
from ligament.connectors.xero.simulator import control as desk
from tests.contacts.kit import ANA, Clinic
from tests.web.at_work import shop_over


def enter(clinic: Clinic, name: str) -> None:
    at = clinic.later()
    element = {"Name": name, "EmailAddress": "ana@example.org"}
    clinic.books.change(lambda world: desk.create_contact(world, element, at=at)[0])


def test_the_one_that_is_pressed_is_linked(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path)
    enter(clinic, "Ana Silva")
    enter(clinic, "Silva Ana")
    clinic.sync()
    with clinic.app() as app:
        (hold,) = open_holds(app)
    with shop_over(clinic) as shop:
        owner = shop.owner()
        waiting = "/c/riverside-physio/waiting"
        listed = owner.get(waiting).text
        assert "Choose which" in listed
        assert not re.search(r"<button[^>]*>The same person", listed)
        looked = owner.get(f"{waiting}?look={hold['id']}").text
        assert re.search(r"It is Ana Silva", looked)
        assert re.search(r"It is Silva Ana", looked)
        chosen = hold["detail"]["contact_ids"][1]
        form = {"csrf_token": owner.csrf(), "choice": "approve", "contact": chosen}
        address = f"/c/riverside-physio/holds/{hold['id']}/decision"
        wrong = owner.post(address, {**form, "contact": "somebody-else"})
        assert wrong.status == 422
        assert "none of the contacts" in wrong.text
        assert owner.post(address, form).status == 303
    clinic.sync()
    assert clinic.contact(f"CLK-{ANA}").contact_id == chosen
