"""Credentials are checked with the system itself, kept encrypted, and never printed; the browser is one way in."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ligament.app.setup.connect import connect_system
from ligament.app.setup.consent import Browser, listening
from ligament.connectors.cliniko.simulator import DEFAULT_KEY
from ligament.connectors.xero.simulator.charts import CLIENT_SECRET, CUSTOM_CLIENT_ID, PKCE_CLIENT_ID
from ligament.ports.errors import SignInAgain
from ligament.wiring.clinic import Clinic as OpenClinic
from ligament.wiring.clinic import open_clinic
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.settings import load_settings
from tests.cli.kit import Clinic, served

BARE = ("CLINIKO_API_KEY", "XERO_CLIENT_ID", "XERO_CLIENT_SECRET")
PORT = 8080
"""The port of the redirect address that the simulated app is registered with."""


@contextmanager
def opened(clinic: Clinic, **more: str) -> Iterator[OpenClinic]:
    environ = {key: value for key, value in {**clinic.environ, **more}.items() if key not in BARE or key in more}
    with open_clinic(load_settings(home=clinic.home, environ=environ)) as app:
        yield app


def never(words: str) -> str:
    raise AssertionError(words)


def stored(home: Path) -> bytes:
    return b"".join(file.read_bytes() for file in home.iterdir() if file.is_file())


# --- credentials ------------------------------------------------------------------------------------------------------


def test_what_is_typed_is_checked_and_kept_encrypted(clinic: Clinic) -> None:
    answers = clinic.run("connect", "cliniko", typed=f"{DEFAULT_KEY}\n", without=BARE)
    assert answers.code == 0
    assert "administrator" in answers.out
    typed = f"{CUSTOM_CLIENT_ID}\n{CLIENT_SECRET}\n"
    books = clinic.run("connect", "xero", typed=typed, without=BARE)
    assert books.code == 0
    assert "Harbour Clinic" in books.out
    for secret in (DEFAULT_KEY, CLIENT_SECRET):
        assert secret not in answers.said + books.said
        assert secret.encode() not in stored(clinic.home)
    clinic.invoice()
    assert clinic.run("sync", "--once", without=BARE).code == 0


def test_nothing_is_asked_that_the_environment_says(clinic: Clinic) -> None:
    with open_clinic(load_settings(home=clinic.home, environ=clinic.environ)) as app:
        assert connect_system(app, "Xero", never).document["currency"] == "AUD"
        assert connect_system(app, "cliniko", never).document["role"] == "administrator"
        assert app.vault.get("cliniko/key") == DEFAULT_KEY


def test_no_answer_names_what_is_missing(clinic: Clinic) -> None:
    answer = clinic.run("connect", "xero", without=BARE)
    assert answer.code == 3
    assert "XERO_CLIENT_ID" in answer.err


def test_an_unknown_system_names_the_nearest(clinic: Clinic) -> None:
    answer = clinic.run("connect", "clinikko")
    assert answer.code == 2
    assert 'Did you mean "cliniko"?' in answer.err


def test_a_key_that_cannot_be_one_is_told_without_repeating_it(clinic: Clinic) -> None:
    answer = clinic.run(
        "connect", "cliniko", typed="no key at all\n", without=(*BARE, "LIGAMENT_CLINIKO_URL", "LIGAMENT_NOW")
    )
    assert answer.code == 2
    assert "API key" in answer.err
    assert "no key at all" not in answer.said


def test_a_wrong_key_leaves_what_worked(clinic: Clinic) -> None:
    assert clinic.run("connect", "cliniko").code == 0
    assert clinic.run("connect", "xero").code == 0
    assert clinic.run("connect", "cliniko", CLINIKO_API_KEY="MS0xWRONG-au1").code == 3
    assert clinic.run("connect", "xero", XERO_CLIENT_SECRET="wrong-secret").code == 3
    assert clinic.run("plan", without=BARE).code in {0, 1}


def test_the_key_of_a_scheduler_is_warned_of(tmp_path: Path) -> None:
    with served(tmp_path / "home", role="scheduler") as clinic:
        answer = clinic.run("connect", "cliniko")
        assert answer.code == 0
        assert "Mind: A scheduler cannot see invoices." in answer.out


def test_another_organisation_is_refused_once_one_is_pinned(clinic: Clinic) -> None:
    assert clinic.run("connect", "xero").code == 0
    answer = clinic.run("connect", "xero", XERO_TENANT_ID="00000000-0000-0000-0000-000000000001")
    assert answer.code == 3
    assert "another" in answer.err


# --- the browser ------------------------------------------------------------------------------------------------------


def consenting(address: str) -> None:
    """Do what a person's browser does, in a thread of its own: open the page and follow where it leads."""

    def visit() -> None:
        with urllib.request.urlopen(address, timeout=60) as page:  # noqa: S310 - loopback
            page.read()

    threading.Thread(target=visit, daemon=True).start()


def test_a_person_consents_in_the_browser(clinic: Clinic) -> None:
    addresses: list[str] = []
    means = Browser(port=PORT, patience_s=90, open_page=consenting, tell=addresses.append)
    with opened(clinic, XERO_CLIENT_ID=PKCE_CLIENT_ID, LIGAMENT_XERO_LOGIN_URL=login(clinic)) as app:
        verdict = connect_system(app, "xero", never, browser=means)
        assert verdict.document["account"] == "Harbour Clinic"
        assert "code_challenge" in addresses[0]
        assert app.store.note("books_sign_in") == "code"
        assert app.store.note("books_pin")
    with opened(clinic, LIGAMENT_XERO_LOGIN_URL=login(clinic)) as app:
        assert app.books().organisation().name == "Harbour Clinic"


def test_a_declined_consent_keeps_nothing(clinic: Clinic) -> None:
    clinic.books.change(lambda world: replace(world, consent_denied=True))
    means = Browser(port=PORT, patience_s=90, open_page=consenting)
    with opened(clinic, XERO_CLIENT_ID=PKCE_CLIENT_ID, LIGAMENT_XERO_LOGIN_URL=login(clinic)) as app:
        with pytest.raises(SignInAgain, match="declined"):
            connect_system(app, "xero", never, browser=means)
        assert app.store.note("books_sign_in") == ""
        assert app.vault.get("xero/tokens") is None


def login(clinic: Clinic) -> str:
    """Return the address under which the simulated consent page is found."""
    return f"{clinic.books.url}/identity"


def test_nobody_comes(clinic: Clinic) -> None:
    means = Browser(port=0, patience_s=0, open_page=lambda _: None)
    with (
        opened(clinic, XERO_CLIENT_ID=PKCE_CLIENT_ID) as app,
        pytest.raises(SignInAgain, match="Nobody finished"),
    ):
        connect_system(app, "xero", never, browser=means)


def test_the_practice_has_no_browser_sign_in(clinic: Clinic) -> None:
    assert clinic.run("connect", "cliniko", "--browser").code == 2


def fetch(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=60) as page:  # noqa: S310 - loopback
            return page.status, page.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_only_the_first_answer_with_the_right_state_counts() -> None:
    with listening(0, "right") as callback:
        assert fetch(f"{callback.redirect_uri}?state=wrong&code=evil")[0] == 400
        assert fetch(callback.redirect_uri)[0] == 400
        assert fetch(callback.redirect_uri.replace("callback", "else"))[0] == 404
        assert fetch(f"{callback.redirect_uri}?state=right&code=good")[0] == 200
        status, text = fetch(f"{callback.redirect_uri}?state=right&code=again")
        assert status == 400
        assert "again" not in text.replace("start again", "")
        assert "code=good" in callback.wait(1)
        with pytest.raises(SignInAgain):
            callback.wait(0)


def test_a_port_that_is_taken_is_told() -> None:
    with listening(0, "one") as callback:
        port = int(callback.redirect_uri.split(":")[2].split("/")[0])
        with pytest.raises(ConfigurationError, match=f"port {port}"), listening(port, "two"):
            pass
