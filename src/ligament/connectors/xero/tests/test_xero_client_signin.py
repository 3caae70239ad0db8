"""Signing in: one refresh at a time, tokens kept before use, and always the same organisation."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ligament.connectors.xero import signin
from ligament.connectors.xero.connecting import Means, app_of, consent_page, consented, custom_connection
from ligament.connectors.xero.opening import lacking_scopes
from ligament.connectors.xero.simulator import control
from ligament.connectors.xero.simulator.charts import CLIENT_ID, CLIENT_SECRET, PKCE_CLIENT_ID
from ligament.connectors.xero.tests.books_kit import START, Desk, MemoryVault, account, desk
from ligament.core.private import NOTHING, Private
from ligament.net.hosts import WrongAddress
from ligament.net.meter import CallMeter
from ligament.net.oauth import AuthorizationCode, OAuthApp, code_from_callback, consent_url
from ligament.net.token_vault import StoredTokens
from ligament.ports.errors import SignInAgain, TryLater
from ligament.simkit.faults import FaultKind
from tests.support.mounting import mounted

REDIRECT = "http://localhost:8080/callback"
VERIFIER = "v" * 43
TOKEN = "/connect/token"


def means(here: Desk, vault: Any = None, **changes: Any) -> Means:
    base = Means(
        vault=vault or MemoryVault(),
        meter=CallMeter(),
        clock=here.clock,
        jitter=lambda most: most // 2,
        transport=mounted(here.host),
    )
    return replace(base, **changes)


def consent(here: Desk, *, secret: bool = True, vault: Any = None) -> tuple[Any, AuthorizationCode]:
    """Let a person consent and redeem the code."""
    creds = account(client_id=CLIENT_ID, client_secret=Private(CLIENT_SECRET), scope="")
    if not secret:
        creds = account(client_id=PKCE_CLIENT_ID, client_secret=NOTHING, scope="")
    connection, tokens = consented(creds, means(here, vault))
    app = app_of(creds, signin.code_flow_scope())
    page = consent_url(app, consent_page(creds), redirect_uri=REDIRECT, state="s", verifier=VERIFIER)
    back = here.host.call("GET", urlsplit(page).path + "?" + urlsplit(page).query).header("Location")
    tokens.redeem(code_from_callback(app, back, state="s"), redirect_uri=REDIRECT, verifier=VERIFIER)
    return connection, tokens


def token_calls(here: Desk) -> list[dict[str, list[str]]]:
    log = here.host.log
    return [parse_qs(it.request.body.decode()) for it in log if it.request.path == TOKEN]


# --- a custom connection ----------------------------------------------------------------------------------------------


def test_a_custom_connection_signs_in_once_for_all_processes() -> None:
    here = desk()
    second = custom_connection(account(), replace(here.connection.means, meter=CallMeter()))
    here.books.organisation()
    second.books(here.pin).organisation()
    assert len(token_calls(here)) == 1
    assert here.vault.saves == 1
    assert here.vault.tokens
    assert here.vault.tokens.scope == account().scope
    assert second.tokens.granted_scope() == account().scope


def test_a_token_is_renewed_a_minute_before_its_end() -> None:
    here = desk()
    here.books.users()
    here.clock.forward(seconds=1739)
    here.books.users()
    assert len(token_calls(here)) == 1
    here.clock.forward(seconds=2)
    here.books.users()
    assert len(token_calls(here)) == 2
    assert not [it for it in here.host.log if it.response and it.response.status == 401]


def test_a_refused_token_is_renewed_once_and_the_write_goes_again() -> None:
    here = desk()
    here.books.users()
    here.change(lambda world: replace(world, access_tokens={}))
    contact = here.contact()
    assert contact.number == "CLK-1"
    assert [it.response.status for it in here.host.log if it.response and it.request.method == "PUT"] == [401, 200]
    here.fail(FaultKind.ANSWER, status=401, at_most=9)
    here.host.clear_log()
    with pytest.raises(SignInAgain):
        here.books.users()
    assert len(here.host.log) == 3


def test_two_users_of_a_refused_token_renew_it_once() -> None:
    here = desk()
    second = custom_connection(account(), here.connection.means)
    refused = here.connection.tokens.bearer()
    assert second.tokens.bearer() == refused
    here.connection.tokens.renew(refused)
    second.tokens.renew(refused)
    assert here.connection.tokens.bearer() == second.tokens.bearer() != refused
    assert len(token_calls(here)) == 2


def test_many_threads_and_processes_fetch_one_token() -> None:
    here = desk()
    users = [custom_connection(account(), here.connection.means) for _ in range(4)]
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda user=user: found.append(user.tokens.bearer())) for user in users for _ in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert len(found) == 8
    assert len(set(found)) == 1
    assert len(token_calls(here)) == 1


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (400, b'{"error":"invalid_client"}', SignInAgain, "client id or secret"),
        (401, b'{"error":"invalid_client"}', SignInAgain, "client id or secret"),
        (400, b'{"error":"unauthorized_client"}', SignInAgain, "not allowed"),
        (400, b'{"error":"invalid_scope"}', SignInAgain, "permissions"),
        (400, b'{"error":"Ada Quill"}', SignInAgain, "refused the sign-in"),
        (400, b"<html>", SignInAgain, "refused the sign-in"),
        (500, b"", TryLater, "out of order"),
        (429, b"", TryLater, "out of order"),
        (200, b"<html>", TryLater, "makes no sense"),
        (200, b'{"access_token": 7}', TryLater, "makes no sense"),
    ],
)
def test_the_sign_ins_refusals_become_plain_sentences(
    status: int, body: bytes, error: type[Exception], words: str
) -> None:
    here = desk()
    here.fail(FaultKind.ANSWER, path=TOKEN, status=status, body=body, at_most=9)
    with pytest.raises(error, match=words) as caught:
        here.connection.tokens.bearer()
    assert "Ada" not in str(caught.value)
    assert CLIENT_SECRET not in repr(caught.value)


def test_a_lost_answer_of_the_sign_in_is_for_later() -> None:
    here = desk()
    here.fail(FaultKind.DROP_AFTER, path=TOKEN)
    with pytest.raises(TryLater):
        here.connection.tokens.bearer()
    assert here.books.users()


def test_the_credentials_go_into_the_header_and_the_scope_into_the_form() -> None:
    here = desk()
    here.connection.tokens.bearer()
    request = here.host.log[0].request
    assert request.headers["authorization"].startswith("Basic ")
    assert token_calls(here) == [{"grant_type": ["client_credentials"], "scope": [account().scope]}]
    assert CLIENT_SECRET not in repr(here.connection) + repr(here.vault.tokens) + repr(account())


def test_tracking_options_need_the_wider_scope_and_the_refusal_says_so() -> None:
    here = desk()
    narrow = custom_connection(account(scope=""), means(here))
    books = narrow.books(here.pin)
    assert books.organisation().name == "Harbour Clinic"
    here.fail(FaultKind.ANSWER, status=403, headers=(("WWW-Authenticate", 'Bearer error="insufficient_scope"'),))
    with pytest.raises(SignInAgain, match=r"accounting\.settings\.read"):
        books.users()
    assert signin.scope_for(signin.code_flow_scope(), create_options=True).endswith("accounting.settings")
    assert signin.scope_for(signin.code_flow_scope(), create_options=False) == signin.code_flow_scope()


# --- a person's consent -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [True, False])
def test_a_consent_gives_tokens_and_says_which_organisation_was_picked(secret: bool) -> None:
    here = desk()
    connection, tokens = consent(here, secret=secret)
    tenant = signin.pick(connection.tenants(), event_id=signin.consent_of(tokens.bearer()))
    assert tenant.pin().tenant_id == here.pin.tenant_id
    assert connection.books(tenant.pin()).organisation().name == "Harbour Clinic"
    assert set(tokens.granted_scope().split()) == set(signin.code_flow_scope().split())


def test_each_refresh_replaces_the_refresh_token_and_keeps_the_one_before() -> None:
    here = desk()
    vault = MemoryVault()
    _, tokens = consent(here, vault=vault)
    first = vault.tokens
    here.clock.forward(minutes=40)
    tokens.bearer()
    second = vault.tokens
    assert first
    assert second
    assert second.refresh != first.refresh
    assert (second.former_refresh, second.former_at) == (first.refresh, here.clock.now())


def test_a_lost_refresh_is_repeated_with_the_token_at_hand() -> None:
    here = desk()
    vault = MemoryVault()
    connection, tokens = consent(here, vault=vault)
    here.clock.forward(minutes=40)
    here.fail(FaultKind.DROP_AFTER, path=TOKEN)
    tokens.bearer()
    assert connection.books(here.pin).users()
    here.clock.forward(minutes=40)
    here.fail(FaultKind.DROP_AFTER, path=TOKEN, at_most=2)
    with pytest.raises(TryLater):
        tokens.bearer()
    # Still within the grace period of the token that we hold.
    here.clock.forward(minutes=20)
    assert connection.books(here.pin).users()


def test_the_former_refresh_token_serves_when_the_new_one_was_damaged() -> None:
    here = desk()
    vault = MemoryVault()
    connection, tokens = consent(here, vault=vault)
    here.clock.forward(minutes=40)
    tokens.bearer()
    assert vault.tokens
    vault.tokens = replace(vault.tokens, refresh=Private("damaged"), access=Private("x"), expires_at=START)
    fresh = consented(account(client_id=CLIENT_ID, scope=""), connection.means)[0]
    assert fresh.books(here.pin).users()
    vault.tokens = replace(vault.tokens, refresh=Private("damaged"), access=Private("x"), expires_at=START)
    here.clock.forward(minutes=31)
    with pytest.raises(SignInAgain, match="expired or was withdrawn"):
        consented(account(client_id=CLIENT_ID, scope=""), connection.means)[1].bearer()


def test_a_second_process_refreshes_nothing_when_the_first_has() -> None:
    here = desk()
    vault = MemoryVault()
    connection, tokens = consent(here, vault=vault)
    other = consented(account(client_id=CLIENT_ID, scope=""), connection.means)[1]
    here.clock.forward(minutes=40)
    here.host.clear_log()
    assert tokens.bearer() == other.bearer()
    assert len(token_calls(here)) == 1


def test_new_tokens_are_kept_before_they_are_used() -> None:
    here = desk()

    class Failing(MemoryVault):
        def save(self, tokens: StoredTokens) -> None:
            assert tokens.access
            raise OSError("disk full")

    connection = custom_connection(account(), means(here, Failing()))
    with pytest.raises(OSError, match="disk full"):
        connection.books(here.pin).users()
    assert [it.request.path for it in here.host.log] == [TOKEN]


def test_withdrawn_consent_asks_for_a_sign_in() -> None:
    here = desk()
    vault = MemoryVault()
    _, tokens = consent(here, vault=vault)
    user = next(iter(here.host.world.refresh_tokens.values())).user_id
    here.change(lambda world: control.revoke_user(world, client_id=CLIENT_ID, user_id=user))
    here.clock.forward(hours=1)
    with pytest.raises(SignInAgain, match="connect again"):
        tokens.bearer()
    with pytest.raises(SignInAgain, match="not connected yet"):
        consented(account(), means(here))[1].bearer()


def test_a_consent_that_lies_idle_for_sixty_days_asks_for_a_sign_in() -> None:
    here = desk()
    connection, tokens = consent(here)
    here.clock.forward(days=59)
    assert connection.books(here.pin).users()
    here.clock.forward(days=61)
    with pytest.raises(SignInAgain, match="connect again"):
        tokens.bearer()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("code=c&state=other", "not started here"),
        ("code=c", "not started here"),
        ("error=access_denied&state=s", "declined"),
        ("error=Ada&state=s", "refused"),
        ("state=s", "no code"),
    ],
)
def test_only_our_own_consent_is_taken(query: str, words: str) -> None:
    app = OAuthApp(system="Xero", client_id="c")
    with pytest.raises(SignInAgain, match=words):
        code_from_callback(app, f"{REDIRECT}?{query}", state="s")
    with pytest.raises(SignInAgain):
        code_from_callback(app, f"{REDIRECT}?code=c&state=", state="")


def test_the_consent_page_gets_a_challenge_and_never_the_verifier() -> None:
    creds = account("https://login.xero.com", login_url="https://login.xero.com/identity")
    page = consent_url(
        app_of(creds, signin.code_flow_scope()),
        consent_page(creds),
        redirect_uri=REDIRECT,
        state="s",
        verifier=VERIFIER,
    )
    query = parse_qs(urlsplit(page).query)
    assert page.startswith("https://login.xero.com/identity/connect/authorize?")
    assert query["code_challenge_method"] == ["S256"]
    assert (query["response_type"], query["state"], query["redirect_uri"]) == (["code"], ["s"], [REDIRECT])
    assert VERIFIER not in page
    assert CLIENT_SECRET not in page
    with pytest.raises(ValueError, match="43"):
        consent_url(app_of(creds, ""), consent_page(creds), redirect_uri=REDIRECT, state="s", verifier="short")
    with pytest.raises(WrongAddress):
        consent_page(account(login_url="https://login.example/identity"))


def test_a_code_is_redeemed_once() -> None:
    here = desk()
    _, tokens = consented(account(), means(here))
    here.fail(FaultKind.DROP_AFTER, path=TOKEN)
    with pytest.raises(SignInAgain, match="no answer"):
        tokens.redeem("code", redirect_uri=REDIRECT, verifier=VERIFIER)
    assert len(token_calls(here)) == 1


def test_a_permission_to_write_includes_the_one_to_read() -> None:
    needed = "openid offline_access accounting.contacts accounting.settings.read"
    assert lacking_scopes(needed, "accounting.contacts accounting.settings") == ()
    assert lacking_scopes(needed, "accounting.settings.read") == ("accounting.contacts",)
