"""Connecting in the browser: from nothing to the first yes, against servers that answer, with a key or by consent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from ligament.connectors.xero import simulator as xero
from ligament.connectors.xero.simulator.charts import PKCE_CLIENT_ID, pkce_app
from ligament.simkit.hosting import Host
from ligament.wiring.clinic import open_clinic
from tests.contacts.kit import ANA, Clinic
from tests.stories.acting import ENVIRONMENT, environment
from tests.web.browsing import Page, Person
from tests.web.conftest import Shop

HERE = "/c/riverside-physio/connect"
KEYS = set(ENVIRONMENT)
BACK = "http://localhost:8321/oauth/xero"
SECRETS = {"client_id": ENVIRONMENT["XERO_CLIENT_ID"], "client_secret": ENVIRONMENT["XERO_CLIENT_SECRET"]}


@dataclass(slots=True)
class Begun:
    """A home with a rulebook and no keys, before both systems on the network."""

    shop: Shop
    books: Host[Any]

    def owner(self) -> Person:
        """Return the owner, with the practice connected."""
        owner = self.shop.owner()
        owner.send(owner.get(HERE), "cliniko_api_key", cliniko_api_key=ENVIRONMENT["CLINIKO_API_KEY"])
        return owner

    def asks_for_consent(self, owner: Person) -> str:
        """Name an app without a secret, and return the address of the consent page."""
        page = owner.follow(owner.send(owner.get(HERE), "client_id", client_id=PKCE_CLIENT_ID))
        assert f"{HERE}/consent" in page.text
        assert BACK in page.text
        return owner.get(f"{HERE}/consent").location

    def consents(self, address: str) -> str:
        """Say yes there, and return the path that the browser is led back to."""
        answer = httpx2.get(address, follow_redirects=False)
        assert answer.headers["location"].startswith(BACK)
        split = urlsplit(answer.headers["location"])
        return f"{split.path}?{split.query}"

    def pinned(self) -> str:
        """Return which organisation the clinic works with."""
        settings = self.shop.door.place.runner.settings
        with open_clinic(settings, settings.clinics[0].name, None, self.shop.database) as clinic:
            return clinic.store.note("books_pin")

    def tokens(self) -> list[str]:
        """Return every long text of the sign-in that the vault keeps."""
        settings = self.shop.door.place.runner.settings
        with open_clinic(settings, settings.clinics[0].name, None, self.shop.database) as clinic:
            return re.findall(r"[\w.-]{20,}", clinic.vault.get("xero/tokens") or "")


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Begun]:
    made = Clinic(tmp_path / "home")
    rulebook = made.home / "ligament.toml"
    rulebook.write_text(rulebook.read_text().replace('first_run = "auto"', 'first_run = "ask"'), encoding="utf-8")
    made.invoice(ANA)
    app = pkce_app(redirect_uris=(BACK,))
    made.books.change(lambda world: replace(world, apps={**world.apps, PKCE_CLIENT_ID: app}))
    with made.practice as practice, made.books as books:
        told = environment(f"{practice.url}/v1", books.url) | {"LIGAMENT_XERO_LOGIN_URL": books.url}
        shop = Shop(home=made.home, environ={name: value for name, value in told.items() if name not in KEYS})
        shop.open()
        yield Begun(shop=shop, books=books)
        shop.close()


def test_from_nothing_to_the_first_yes_with_one_button_a_step(begun: Begun) -> None:
    owner = begun.shop.owner()
    page = owner.get(HERE)
    assert len(re.findall(r'<button class="main"', page.text)) == 1
    refused = owner.send(page, "cliniko_api_key", cliniko_api_key="nonsense")
    assert refused.status == 422
    assert "nonsense" not in refused.text
    page = owner.follow(owner.send(page, "cliniko_api_key", cliniko_api_key=ENVIRONMENT["CLINIKO_API_KEY"]))
    assert "Cliniko is connected." in page.text
    page = owner.follow(owner.send(page, "client_id", **SECRETS))
    assert "Is this " in page.text
    assert begun.pinned() == ""
    page = owner.follow(owner.send(page, "organisation"))
    assert "Xero is connected." in page.text
    assert ENVIRONMENT["XERO_CLIENT_SECRET"] not in page.text
    assert begun.pinned() == begun.books.world.tenant_id
    assert "See what was found" in page.text
    page = owner.follow(owner.send(page, "choice", choice="checked"))
    assert "CLK-" in page.text
    assert "This is what Xero would show" in page.text
    page = owner.follow(owner.send(page, "choice", choice="previewed"))
    assert "wait for your yes" in page.text
    done = owner.send(page, "names")
    assert done.location == "/c/riverside-physio/"
    assert "The first posting begins now" in owner.follow(done).text
    settings = begun.shop.door.place.runner.settings
    with open_clinic(settings, settings.clinics[0].name, None, begun.shop.database) as clinic:
        assert clinic.vault.get("xero/client_secret") == ENVIRONMENT["XERO_CLIENT_SECRET"]
        assert clinic.store.note("first_run_done") == "yes"
    assert "Everything is set up" in owner.get(HERE).text


def test_a_plan_that_changed_after_it_was_shown_is_not_approved(begun: Begun) -> None:
    owner = begun.owner()
    owner.send(owner.follow(owner.send(owner.get(HERE), "client_id", **SECRETS)), "organisation")
    owner.send(owner.get(f"{HERE}?step=checks"), "choice", choice="checked")
    page = owner.get(f"{HERE}?step=preview")
    page = owner.follow(owner.send(page, "choice", choice="previewed"))
    refused = owner.send(page, "names", names="p00000000")
    assert refused.status == 422
    assert "nothing was approved" in refused.text


# --- by consent -------------------------------------------------------------------------------------------------------


def test_consent_comes_back_and_nothing_is_pinned_before_somebody_says_which_it_is(begun: Begun) -> None:
    owner = begun.owner()
    address = begun.asks_for_consent(owner)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == BACK
    page = owner.follow(owner.get(begun.consents(address)))
    assert page.url.endswith(f"{HERE}?step=xero")
    name = begun.books.world.only().organisation.name
    assert f"Is this {name}?" in page.text
    assert begun.pinned() == ""
    page = owner.follow(owner.send(page, "organisation"))
    assert f"This is {name}" in page.text
    assert begun.pinned() == begun.books.world.tenant_id
    assert begun.tokens()
    assert not [token for token in begun.tokens() if token in page.text]


def test_of_several_organisations_one_is_chosen_by_name(begun: Begun) -> None:
    other = xero.australian_books()
    organisation = replace(
        other.organisation, organisation_id="00000000-1111-4222-8333-444444444444", name="South Pty Ltd"
    )
    second = replace(other, organisation=organisation)
    begun.books.change(lambda world: world.with_books(second))
    begun.books.change(lambda world: replace(world, consent_tenants=tuple(world.books)))
    owner = begun.owner()
    page = owner.follow(owner.get(begun.consents(begun.asks_for_consent(owner))))
    assert "South Pty Ltd" in page.text
    assert "Which organisation keeps the books" in page.text
    strange = owner.send(page, "organisation", organisation="00000000-0000-4000-8000-000000000000")
    assert strange.status == 422
    assert begun.pinned() == ""
    owner.send(page, "organisation", organisation=organisation.organisation_id)
    assert begun.pinned() == organisation.organisation_id


def test_a_refused_consent_is_said_plainly_and_can_be_begun_again(begun: Begun) -> None:
    owner = begun.owner()
    address = begun.asks_for_consent(owner)
    begun.books.change(lambda world: replace(world, consent_denied=True))
    page = owner.follow(owner.get(begun.consents(address)))
    assert "declined on its consent page" in page.text
    assert "Nothing was changed" in page.text
    begun.books.change(lambda world: replace(world, consent_denied=False))
    again = owner.get(f"{HERE}/consent").location
    assert "Is this " in owner.follow(owner.get(begun.consents(again))).text


def test_an_answer_counts_once_for_the_session_that_asked_and_not_for_long(begun: Begun) -> None:
    owner = begun.owner()
    path = begun.consents(begun.asks_for_consent(owner))
    other = begun.shop.member("second@x.example", "owner")
    assert_refused(other.get(path))
    state = parse_qs(urlsplit(path).query)["state"][0]
    assert_refused(owner.get(path.replace(state, "x" * len(state))))
    assert owner.get(path).location.endswith("?step=xero")
    assert_refused(owner.get(path))
    late = begun.consents(owner.get(f"{HERE}/consent").location)
    begun.shop.restart(later=timedelta(minutes=16))
    assert_refused(begun.shop.returns(owner).get(late))


def assert_refused(page: Page) -> None:
    assert page.status == 422
    assert "Nothing was changed" in page.text


def test_a_reply_that_was_lost_leaves_nothing_behind_and_the_way_can_be_gone_again(begun: Begun) -> None:
    owner = begun.owner()
    begun.asks_for_consent(owner)
    page = owner.get(f"{HERE}?step=xero")
    assert "did not bring you back" in page.text
    assert "Is this " in owner.follow(owner.get(begun.consents(owner.get(f"{HERE}/consent").location))).text


def test_who_comes_back_to_localhost_is_led_to_where_the_sign_in_began_and_signed_out_is_told(begun: Begun) -> None:
    owner = begun.owner()
    path = begun.consents(begun.asks_for_consent(owner))
    elsewhere = begun.shop.person().get(path, host="localhost:8321")
    assert elsewhere.location == f"http://127.0.0.1:8321{path}"
    signed_out = begun.shop.person().get(path)
    assert signed_out.status == 422
    assert "signed out" in signed_out.text


def test_whoever_may_not_connect_cannot_use_an_answer(begun: Begun) -> None:
    keeper = begun.shop.person()
    begun.shop.owner()
    keeper.join(begun.shop.invited("b@x.example", "bookkeeper"))
    assert keeper.get(f"{HERE}/consent").status == 403


def test_what_the_environment_gives_is_shown_as_given_and_only_owners_connect(shop: Shop) -> None:
    shop.environ["CLINIKO_API_KEY"] = ENVIRONMENT["CLINIKO_API_KEY"]
    shop.restart()
    text = shop.owner().get("/c/north/connect").text
    assert "given by the environment (<code>CLINIKO_API_KEY</code>)" in text
    assert ENVIRONMENT["CLINIKO_API_KEY"] not in text
    assert shop.member("b@x.example", "bookkeeper").get("/c/north/connect").status == 403
