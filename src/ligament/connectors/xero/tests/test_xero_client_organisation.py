"""Which organisation a sign-in is for, how tokens are kept, and the whole client over real sockets."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ligament.connectors.xero import signin
from ligament.connectors.xero.client import XeroClient
from ligament.connectors.xero.connecting import custom_connection
from ligament.connectors.xero.port import XeroBooks
from ligament.connectors.xero.signin import Pin
from ligament.connectors.xero.simulator import Switches, new_zealand_books
from ligament.connectors.xero.tests.books_kit import START, MemoryVault, account, desk
from ligament.core.private import NOTHING, Private
from ligament.net.oauth import OAuthApp
from ligament.net.token_vault import StoredTokens, TextVault, tokens_from_text, tokens_to_text
from ligament.ports.errors import Broken, SignInAgain, TryLater
from ligament.simkit.faults import FaultKind


def tenant(name: str, tenant_id: str, event: str = "") -> signin.Tenant:
    return signin.Tenant(connection_id="c", event_id=event, tenant_id=tenant_id, name=name)


def test_an_organisation_is_picked_by_id_by_consent_or_because_it_is_the_only_one() -> None:
    one, two = tenant("One", "a", "e1"), tenant("Two", "b", "e2")
    assert signin.pick([one, two], tenant_id="B") is two
    assert signin.pick([one, two], event_id="e1") is one
    assert signin.pick([one]) is one
    assert signin.pick([one], event_id="older") is one
    for connected, wanted in (([one, two], ""), ([], ""), ([one], "b")):
        with pytest.raises(SignInAgain):
            signin.pick(connected, tenant_id=wanted)


def test_a_pin_holds_on_to_one_organisation() -> None:
    one = tenant("One", "a")
    assert signin.confirm([one], Pin(tenant_id="A", name="Renamed")) is one
    with pytest.raises(SignInAgain, match="reset"):
        signin.confirm([one], Pin(tenant_id="b", name="One"))
    with pytest.raises(SignInAgain, match="not connected any more"):
        signin.confirm([], Pin(tenant_id="b", name="One"))


def test_an_answer_for_another_organisation_is_refused() -> None:
    here = desk()
    other = new_zealand_books().organisation
    body = {"Organisations": [{"OrganisationID": other.organisation_id, "Name": "Harbour Clinic"}]}
    here.fail(FaultKind.ANSWER, status=200, body=json.dumps(body).encode())
    with pytest.raises(SignInAgain, match="another organisation"):
        here.books.organisation()
    with pytest.raises(ValueError, match="pinned"):
        XeroBooks(here.books._client, Pin(tenant_id=other.organisation_id))


def test_practices_are_no_organisations_and_odd_lists_are_for_later() -> None:
    here = desk()
    rows = [
        {"id": "c", "tenantId": "T", "tenantType": "PRACTICE"},
        {"id": "d", "tenantId": "U", "tenantType": "ORGANISATION"},
    ]
    here.fail(FaultKind.ANSWER, path="connections", status=200, body=json.dumps(rows).encode())
    assert [it.tenant_id for it in here.connection.tenants()] == ["u"]
    here.fail(FaultKind.HTML, path="connections", status=200, at_most=9)
    with pytest.raises(TryLater):
        here.connection.tenants()
    here.fail(FaultKind.ANSWER, path="connections", status=401)
    assert here.connection.tenants(), "a token that was ended early is renewed once"
    here.fail(FaultKind.ANSWER, path="connections", status=401, at_most=2)
    with pytest.raises(SignInAgain):
        here.connection.tenants()


PASSING: list[tuple[FaultKind, dict[str, Any]]] = [
    (FaultKind.ANSWER, {"status": 503}),
    (FaultKind.ANSWER, {"status": 429, "headers": (("Retry-After", "20"),)}),
    (FaultKind.ANSWER, {"status": 429, "headers": (("X-Rate-Limit-Problem", "minute"), ("Retry-After", "20"))}),
    (FaultKind.DROP_BEFORE, {}),
    (FaultKind.DROP_AFTER, {}),
    (FaultKind.HTML, {"status": 200}),
]


@pytest.mark.parametrize(("kind", "fault"), PASSING)
@pytest.mark.parametrize("path", ["/connect/token", "/connections"])
def test_trouble_of_the_sign_in_and_of_the_list_of_connections_heals_like_any_other(
    path: str, kind: FaultKind, fault: dict[str, Any]
) -> None:
    here = desk()
    here.fail(kind, path=path, at_most=3, **fault)
    assert here.connection.tenants()
    assert len(here.host.fault_state.strikes) == 3
    assert sum(here.clock.pauses) >= 60_000 * (fault.get("status") == 429)


@pytest.mark.parametrize(("kind", "fault"), PASSING)
def test_trouble_of_the_sign_in_heals_under_a_reading(kind: FaultKind, fault: dict[str, Any]) -> None:
    here = desk()
    here.fail(kind, path="/connect/token", at_most=3, **fault)
    assert here.books.users()
    assert len(here.host.fault_state.strikes) == 3


def test_a_list_of_connections_whose_day_is_used_up_is_not_waited_for() -> None:
    here = desk()
    head = (("X-Rate-Limit-Problem", "day"), ("Retry-After", "40000"))
    here.fail(FaultKind.ANSWER, path="/connections", status=429, headers=head, at_most=9)
    with pytest.raises(TryLater) as caught:
        here.connection.tenants()
    assert (caught.value.limit, here.clock.pauses) == ("day", [])


@pytest.mark.parametrize("token", ["", "a.b", "a.!.c", "a.e30.c.d", "a.Zm9v.c"])
def test_a_token_of_another_form_names_no_consent(token: str) -> None:
    with pytest.raises(Broken):
        signin.consent_of(token)


# --- keeping ----------------------------------------------------------------------------------------------------------


def test_tokens_survive_being_kept_as_text() -> None:
    tokens = StoredTokens(
        access=Private("a"),
        expires_at=START,
        scope="x y",
        refresh=Private("r"),
        former_refresh=Private("f"),
        former_at=START + timedelta(seconds=1),
    )
    plain = replace(tokens, former_at=None, former_refresh=NOTHING)
    assert tokens_from_text(tokens_to_text(tokens)) == tokens
    assert tokens_from_text(tokens_to_text(plain)) == plain
    kept: list[str] = []
    vault = TextVault(lambda: kept[-1] if kept else None, kept.append, nullcontext)
    assert vault.load() is None
    vault.save(tokens)
    assert vault.load() == tokens
    assert "Private" not in repr(tokens)
    assert "'a'" not in repr(tokens)


def test_a_source_without_an_answer_never_shows_the_secret() -> None:
    app = OAuthApp(system="X", client_id="c", client_secret=Private("very-secret"))
    assert "very-secret" not in repr(app)


# --- over real sockets ------------------------------------------------------------------------------------------------


def test_everything_works_over_real_sockets_too() -> None:
    here = desk(switches=Switches())
    with here.host as host:
        real = custom_connection(account(host.url), replace(here.connection.means, transport=None, vault=MemoryVault()))
        books = real.books(here.pin)
        assert books.organisation().name == "Harbour Clinic"
        pages = list(books.read({}, here.memory, here.clock.now()))
        assert [page.stream for page in pages] == ["contacts", "invoices", "credit_notes"]
        here.books = books
        contact = here.contact("Zoë Ng")
        here.invoice(contact)
        here.fail(FaultKind.CUT, path="Invoices")
        assert books.find_invoices(["CLK-100"])[0].contact_id == contact.id
        real.close()


def test_a_server_that_is_not_there_is_tried_later_even_for_a_write() -> None:
    here = desk()
    here.connection.tokens.bearer()
    with here.host as host:
        url = host.url
    nowhere = custom_connection(account(url), replace(here.connection.means, transport=None))
    client = XeroClient(
        session=nowhere.session,
        tokens=here.connection.tokens,
        governor=None,
        tenant_id=here.pin.tenant_id,
        clock=here.clock,
        jitter=lambda most: most,
    )
    here.books = XeroBooks(client, here.pin)
    with pytest.raises(TryLater):
        here.contact()
    with pytest.raises(TryLater):
        here.books.users()
    nowhere.close()
