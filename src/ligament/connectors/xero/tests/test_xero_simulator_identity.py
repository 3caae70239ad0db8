"""Consent, tokens, rotation, revocation and connections."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from ligament.connectors.xero.simulator import Switches
from ligament.connectors.xero.simulator.charts import CLIENT_ID, CLIENT_SECRET, CUSTOM_CLIENT_ID, PKCE_CLIENT_ID
from ligament.connectors.xero.tests.simulated_books import Answer, SimulatedBooks

CALLBACK = "http://localhost:8080/callback"
SCOPE = "openid offline_access accounting.contacts accounting.settings.read"
WEB = (CLIENT_ID, CLIENT_SECRET)


def consent(books: SimulatedBooks, **changes: str) -> dict[str, str]:
    """Open the consent page and return what the redirect carries."""
    query = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": CALLBACK,
        "scope": SCOPE,
        "state": "s1",
        **changes,
    }
    answer = books.send("GET", "/identity/connect/authorize?" + urlencode(query), {})
    assert answer.status == 302
    target = urlsplit(answer.response.header("Location"))
    assert target.geturl().startswith(CALLBACK)
    return {key: value[0] for key, value in parse_qs(target.query).items()}


def redeem(books: SimulatedBooks, code: str) -> Answer:
    """Exchange a code for tokens."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    return books.form("/connect/token", form, WEB)


def refresh(books: SimulatedBooks, token: str) -> Answer:
    return books.form("/connect/token", {"grant_type": "refresh_token", "refresh_token": token}, WEB)


def test_consent_leads_to_tokens_and_a_connection() -> None:
    books = SimulatedBooks()
    answer = consent(books)
    assert answer["state"] == "s1"
    tokens = redeem(books, answer["code"]).json
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 1_800, SCOPE)
    assert tokens["access_token"].count(".") == 2
    assert tokens["id_token"].count(".") == 2
    books.token = tokens["access_token"]
    (connection,) = books.send("GET", "/connections", {"Authorization": f"Bearer {books.token}"}).json
    assert connection["tenantId"] == books.world.tenant_id
    assert connection["tenantType"] == "ORGANISATION"
    assert len(connection["createdDateUtc"].split(".")[1]) == 7
    assert books.get("Organisation", xero_tenant_id=connection["tenantId"]).status == 200


def test_a_code_works_once_and_for_five_minutes() -> None:
    books = SimulatedBooks()
    first, second = consent(books)["code"], consent(books)["code"]
    assert redeem(books, first).status == 200
    assert redeem(books, first).json == {"error": "invalid_grant"}
    books.at += timedelta(minutes=5)
    assert redeem(books, second).json == {"error": "invalid_grant"}


def test_a_person_may_cancel() -> None:
    books = SimulatedBooks()
    books.change(lambda world: replace(world, consent_denied=True))
    assert consent(books)["error"] == "access_denied"


def test_a_scope_the_app_may_not_have_is_refused() -> None:
    assert consent(SimulatedBooks(), scope="accounting.transactions")["error"] == "invalid_scope"


def test_an_unregistered_address_is_not_redirected_to() -> None:
    query = urlencode({"client_id": CLIENT_ID, "redirect_uri": "http://elsewhere.test", "response_type": "code"})
    assert SimulatedBooks().send("GET", f"/connect/authorize?{query}", {}).status == 400


def test_a_refresh_token_rotates_and_the_former_one_lasts_thirty_minutes_more() -> None:
    books = SimulatedBooks()
    first = redeem(books, consent(books)["code"]).json["refresh_token"]
    second = refresh(books, first).json["refresh_token"]
    assert second != first
    books.at += timedelta(minutes=29)
    assert refresh(books, first).status == 200
    books.at += timedelta(minutes=2)
    assert refresh(books, first).json == {"error": "invalid_grant"}
    assert refresh(books, second).status == 200


def test_a_refresh_token_unused_for_sixty_days_is_dead() -> None:
    books = SimulatedBooks()
    token = redeem(books, consent(books)["code"]).json["refresh_token"]
    books.at += timedelta(days=61)
    assert refresh(books, token).json == {"error": "invalid_grant"}


def test_pkce_needs_the_verifier_and_no_secret() -> None:
    books = SimulatedBooks()
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    parts = {"client_id": PKCE_CLIENT_ID, "code_challenge": challenge, "code_challenge_method": "S256"}
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "client_id": PKCE_CLIENT_ID}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for sent, status in (("w" * 43, 400), (verifier, 200)):
        code = consent(books, **parts)["code"]
        body = urlencode({**form, "code": code, "code_verifier": sent}).encode()
        assert books.send("POST", "/connect/token", headers, body).status == status


def test_revocation_ends_tokens_and_connections() -> None:
    books = SimulatedBooks()
    tokens = redeem(books, consent(books)["code"]).json
    assert books.form("/connect/revocation", {"token": tokens["refresh_token"]}, WEB).status == 200
    assert refresh(books, tokens["refresh_token"]).json == {"error": "invalid_grant"}
    books.token = tokens["access_token"]
    assert books.get("Organisation", xero_tenant_id=books.world.tenant_id).status == 401


def test_deleting_a_connection_makes_calls_answer_403() -> None:
    books = SimulatedBooks()
    tokens = redeem(books, consent(books)["code"]).json
    books.token = tokens["access_token"]
    head = {"Authorization": f"Bearer {books.token}"}
    (connection,) = books.send("GET", "/connections", head).json
    assert books.send("DELETE", f"/connections/{connection['id']}", head).status == 204
    assert books.send("DELETE", f"/connections/{connection['id']}", head).status == 404
    assert books.get("Organisation", xero_tenant_id=connection["tenantId"]).status == 403


def test_a_second_consent_adds_scopes_to_the_first() -> None:
    books = SimulatedBooks()
    redeem(books, consent(books)["code"])
    tokens = redeem(books, consent(books, scope="openid offline_access accounting.invoices")["code"]).json
    assert {"accounting.invoices", "accounting.contacts"} <= set(tokens["scope"].split())


@pytest.mark.parametrize(
    ("form", "client", "error"),
    [
        ({"grant_type": "client_credentials"}, (CUSTOM_CLIENT_ID, "wrong"), "invalid_client"),
        ({"grant_type": "client_credentials", "scope": "nonsense"}, None, "invalid_scope"),
        ({"grant_type": "password"}, None, "unsupported_grant_type"),
        ({}, None, "invalid_request"),
    ],
)
def test_token_errors_are_400_with_a_code(form: dict[str, str], client: tuple[str, str] | None, error: str) -> None:
    answer = SimulatedBooks().form("/connect/token", form, client)
    assert (answer.status, answer.json) == (400, {"error": error})


def test_a_json_body_is_no_token_request() -> None:
    answer = SimulatedBooks().send("POST", "/connect/token", {"Content-Type": "application/json"}, b"{}")
    assert (answer.status, answer.json) == (400, {"error": "invalid_request"})


def test_a_custom_connection_gets_no_refresh_token() -> None:
    tokens = SimulatedBooks().form("/connect/token", {"grant_type": "client_credentials"}).json
    assert "refresh_token" not in tokens
    assert tokens["expires_in"] == 1_800


def test_the_grace_of_a_rotated_refresh_token_follows_the_switch() -> None:
    books = SimulatedBooks(switches=Switches(refresh_grace_s=0))
    first = redeem(books, consent(books)["code"]).json["refresh_token"]
    assert refresh(books, first).status == 200
    assert refresh(books, first).json == {"error": "invalid_grant"}
