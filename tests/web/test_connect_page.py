"""Connecting in the browser: from nothing to a plan that waits for the first yes, against servers that answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ligament.wiring.clinic import open_clinic
from tests.contacts.kit import ANA, Clinic
from tests.stories.acting import ENVIRONMENT, environment
from tests.web.conftest import Shop

HERE = "/c/riverside-physio/connect"
KEYS = set(ENVIRONMENT)


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Shop]:
    """A home with a rulebook and no keys, before both systems on the network."""
    made = Clinic(tmp_path / "home")
    rulebook = made.home / "ligament.toml"
    rulebook.write_text(rulebook.read_text().replace('first_run = "auto"', 'first_run = "ask"'), encoding="utf-8")
    made.invoice(ANA)
    with made.practice as practice, made.books as books:
        told = environment(f"{practice.url}/v1", books.url)
        shop = Shop(home=made.home, environ={name: value for name, value in told.items() if name not in KEYS})
        shop.open()
        yield shop
        shop.close()


def test_from_nothing_to_the_first_yes_with_one_button_a_step(begun: Shop) -> None:
    owner = begun.owner()
    page = owner.get(HERE)
    assert len(re.findall(r'<button class="main"', page.text)) == 1
    refused = owner.send(page, "cliniko_api_key", cliniko_api_key="nonsense")
    assert refused.status == 422
    assert "nonsense" not in refused.text
    page = owner.follow(owner.send(page, "cliniko_api_key", cliniko_api_key=ENVIRONMENT["CLINIKO_API_KEY"]))
    assert "Cliniko is connected." in page.text
    told = {"client_id": ENVIRONMENT["XERO_CLIENT_ID"], "client_secret": ENVIRONMENT["XERO_CLIENT_SECRET"]}
    page = owner.follow(owner.send(page, "client_id", **told))
    assert "Xero is connected." in page.text
    assert "Everything that is needed is chosen." in page.text
    assert ENVIRONMENT["XERO_CLIENT_SECRET"] not in page.text
    plan = owner.follow(owner.send(page, "choice", choice="preview"))
    assert plan.url.endswith("/plan")
    assert "CLK-" in plan.text
    assert "Approve" in plan.text
    settings = begun.door.place.runner.settings
    with open_clinic(settings, settings.clinics[0].name, None, begun.database) as clinic:
        assert clinic.vault.get("xero/client_secret") == ENVIRONMENT["XERO_CLIENT_SECRET"]
        assert clinic.approvals.asked()


def test_what_the_environment_gives_is_shown_as_given_and_only_owners_connect(shop: Shop) -> None:
    shop.environ["CLINIKO_API_KEY"] = ENVIRONMENT["CLINIKO_API_KEY"]
    shop.restart()
    text = shop.owner().get("/c/north/connect").text
    assert "given by the environment (<code>CLINIKO_API_KEY</code>)" in text
    assert ENVIRONMENT["CLINIKO_API_KEY"] not in text
    assert shop.member("b@x.example", "bookkeeper").get("/c/north/connect").status == 403
