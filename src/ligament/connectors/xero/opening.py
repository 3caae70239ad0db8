"""Opening the books with what the house lends."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ligament.connectors.xero import wire
from ligament.connectors.xero.connecting import (
    Account,
    Connection,
    Means,
    app_of,
    consent_page,
    consented,
    custom_connection,
)
from ligament.connectors.xero.currency import NOTE, BooksCurrency
from ligament.connectors.xero.declared import declared
from ligament.connectors.xero.signin import (
    Claims,
    Pin,
    TenantRow,
    code_flow_scope,
    confirm,
    consent_of,
    custom_connection_scope,
    pick,
    scope_for,
)
from ligament.connectors.xero.webhooks import Delivery, EventRow
from ligament.core.notes import ORGANISATION_NOTE
from ligament.core.private import Private
from ligament.net.governor import AppWide, Governor
from ligament.net.oauth import code_from_callback, consent_url
from ligament.ports.connector import Access, Reached
from ligament.ports.errors import SignInAgain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ligament.connectors.xero.port import XeroBooks
    from ligament.connectors.xero.signin import Tenant
    from ligament.core.ledgers import Organisation
    from ligament.net.oauth import AuthorizationCode
    from ligament.net.opening import Opening
    from ligament.ports.connector import Callback, Consent

_FLOW = "books_sign_in"
SHAPES: tuple[type, ...] = (*wire.SHAPES, Claims, TenantRow, EventRow, Delivery)
"""What answers are read as; `wiring/prepared.py` describes them all before threads use them together."""


def open_port(opening: Opening) -> XeroBooks:
    """Return the books of the pinned organisation; raises SignInAgain when no sign-in is set up."""
    connection = open_connection(opening)
    with ExitStack() as on_failure:
        on_failure.callback(connection.close)
        books = connection.books(pin_for(opening, connection), lane=opening.lane)
        on_failure.pop_all()
    return books


def sign_in(opening: Opening, consent: Consent | None) -> Organisation:
    """Sign in, by a person's consent or as an app of one organisation, and return the organisation that was pinned."""
    connection, pin = _consented(opening, consent) if consent is not None else _by_itself(opening)
    with closing(connection):
        organisation = connection.books(pin, lane=opening.lane).organisation()
    return _kept(opening, organisation)


def _by_itself(opening: Opening) -> tuple[Connection, Pin]:
    opening.notebook.write(_FLOW, "")
    connection = open_connection(opening)
    with ExitStack() as on_failure:
        on_failure.callback(connection.close)
        pin = pin_for(opening, connection)
        confirm(connection.tenants(), pin)
        on_failure.pop_all()
    return connection, pin


def _consented(opening: Opening, consent: Consent) -> tuple[Connection, Pin]:
    """Let a person consent in the browser, redeem the code, and pin the organisation that was consented to."""
    callback, answer = consent.ask(lambda callback: consent_address(opening, callback))
    connection, event = _redeemed(opening, callback, answer)
    with ExitStack() as on_failure:
        on_failure.callback(connection.close)
        chosen = pick(connection.tenants(), tenant_id=opening.value("tenant_id"), event_id=event)
        wanted = Private(opening.value("tenant_id") or chosen.tenant_id)
        pin = pin_for(replace(opening, values={**opening.values, "tenant_id": wanted}), connection)
        on_failure.pop_all()
    return connection, pin


# --- by consent, step by step -----------------------------------------------------------------------------------------


def consent_address(opening: Opening, callback: Callback) -> str:
    account = account_for(opening, code_flow_scope())
    app, page = app_of(account, code_flow_scope()), consent_page(account)
    return consent_url(app, page, redirect_uri=callback.redirect_uri, state=callback.state, verifier=callback.verifier)


def redeem(opening: Opening, callback: Callback, answer: str) -> tuple[Reached, ...]:
    """Redeem the code of a consent, and return the organisations it was given for."""
    connection, event = _redeemed(opening, callback, answer)
    with closing(connection):
        connected = connection.tenants()
    just_now = [tenant for tenant in connected if event and tenant.event_id == event]
    return _reached(just_now or connected)


def reach(opening: Opening) -> tuple[Reached, ...]:
    """Sign in as an app that acts by itself, and return the organisation it belongs to."""
    opening.notebook.write(_FLOW, "")
    with closing(open_connection(opening)) as connection:
        return _reached(connection.tenants())


def settle(opening: Opening) -> Organisation:
    """Pin the organisation that `tenant_id` names, with the sign-in that the notebook tells of."""
    with closing(open_connection(opening)) as connection:
        pin = pin_for(opening, connection)
        confirm(connection.tenants(), pin)
        organisation = connection.books(pin, lane=opening.lane).organisation()
    return _kept(opening, organisation)


def _redeemed(opening: Opening, callback: Callback, answer: str) -> tuple[Connection, str]:
    """Return the connection that a consent gave, and the consent's id."""
    app = app_of(account_for(opening, code_flow_scope()), code_flow_scope())
    connection, tokens = consent_flow(opening)
    with ExitStack() as on_failure:
        on_failure.callback(connection.close)
        code = code_from_callback(app, answer, state=callback.state)
        stored = tokens.redeem(code, redirect_uri=callback.redirect_uri, verifier=callback.verifier)
        keep_consent(opening)
        event = consent_of(stored.access.reveal())
        on_failure.pop_all()
    return connection, event


def _reached(connected: Iterable[Tenant]) -> tuple[Reached, ...]:
    return tuple(Reached(id=one.tenant_id, name=one.name) for one in connected)


def _kept(opening: Opening, organisation: Organisation) -> Organisation:
    if not opening.notebook.read(ORGANISATION_NOTE):
        opening.notebook.write(ORGANISATION_NOTE, str(organisation.id))
    return organisation


def check(opening: Opening) -> Access:
    """Say that the pinned organisation is still connected, and which permissions were not granted."""
    with closing(open_connection(opening)) as connection:
        confirm(connection.tenants(), pin_for(opening, connection))
        scope = code_flow_scope() if opening.notebook.read(_FLOW) == "code" else custom_connection_scope()
        needed = account_for(opening, scope).scope
        return Access(lacking=lacking_scopes(needed, connection.tokens.granted_scope()))


def lacking_scopes(needed: str, granted: str) -> tuple[str, ...]:
    """Return what is missing of the permissions for data; a permission to write includes the one to read."""
    given = set(granted.split())
    return tuple(s for s in needed.split() if "." in s and s not in given and s.removesuffix(".read") not in given)


def open_connection(opening: Opening) -> Connection:
    """Return the connection: by a person's consent where there was one, else as a custom connection."""
    if not opening.value("client_id"):
        raise SignInAgain(
            "No Xero app is set. Set XERO_CLIENT_ID and XERO_CLIENT_SECRET, or run `ligament connect xero`."
        )
    if opening.notebook.read(_FLOW) == "code":
        return consent_flow(opening)[0]
    if not opening.value("client_secret"):
        raise SignInAgain("Xero has not been connected yet. Run `ligament connect xero` and sign in with the browser.")
    if opening.reading_tokens is not None:
        # To read, whatever was permitted serves: an app with reading scopes only would be refused the usual ones.
        means = replace(means_for(opening), vault=opening.reading_tokens)
        return custom_connection(account_for(opening, ""), means, scope="")
    return custom_connection(account_for(opening, custom_connection_scope()), means_for(opening))


def consent_flow(opening: Opening) -> tuple[Connection, AuthorizationCode]:
    """Return the connection that a person's consent gives, and the token source to redeem its code with."""
    return consented(account_for(opening, code_flow_scope()), means_for(opening))


def keep_consent(opening: Opening) -> None:
    """Remember that a person consented, so that later runs use that sign-in."""
    opening.notebook.write(_FLOW, "code")


def account_for(opening: Opening, scope: str) -> Account:
    """Return the app's credentials and addresses."""
    addresses = declared().addresses
    return Account(
        client_id=opening.value("client_id"),
        client_secret=Private(opening.value("client_secret")),
        scope=scope_for(scope, create_options=opening.may_add_options),
        api_url=opening.value("api_url") or addresses["api_url"],
        identity_url=opening.value("identity_url") or addresses["identity_url"],
        login_url=opening.value("login_url") or addresses["login_url"],
    )


def means_for(opening: Opening) -> Means:
    """Return what the connection works with; calls are counted per app and organisation, and per app (facts 2.1)."""
    scope_for = partial(_scope_for, opening.value("client_id"))
    app = "xero-app/" + hashlib.sha256(opening.value("client_id").encode()).hexdigest()[:12]
    governor = Governor(
        scope_for(opening.value("tenant_id") or opening.notebook.read(_pin_note())),
        (declared().limit("minute"), declared().limit("concurrent")),
        opening.windows,
        opening.pace,
        day_allowance=opening.daily_calls or None,
        reserve_percent=opening.reserve_percent,
        app_wide=AppWide(scope=app, limit=declared().limit("app minute")),
        calendar=opening.clock,
    )
    return Means(
        vault=opening.tokens,
        meter=opening.meter,
        clock=opening.clock,
        jitter=opening.jitter,
        governor=governor,
        scope_for=scope_for,
        user_agent=f"Ligament ({opening.contact})",
        transport=opening.transport,
        observer=opening.observer,
        may_write=opening.may_write,
        heed=opening.heed,
        base=BooksCurrency(partial(opening.notebook.read, NOTE), partial(opening.notebook.write, NOTE)),
    )


def _scope_for(client_id: str, tenant_id: str) -> str:
    return "xero/" + hashlib.sha256(f"{client_id}|{tenant_id}".encode()).hexdigest()[:12]


def _pin_note() -> str:
    return declared().webhooks["organisation_note"]


def pin_for(opening: Opening, connection: Connection) -> Pin:
    """Return the organisation that is worked with, chosen once and kept; another one is never touched."""
    wanted = opening.value("tenant_id")
    # Until the organisation has been read once, a pin may come from a mistake in the settings; it is chosen anew then.
    kept = opening.notebook.read(_pin_note()) if opening.notebook.read(ORGANISATION_NOTE) else ""
    if wanted and kept and wanted != kept:
        raise SignInAgain(
            "This clinic was connected to another Xero organisation before.",
            "XERO_TENANT_ID differs from the organisation that was pinned; use another home or clinic for it",
        )
    if kept or wanted:
        if not kept:
            opening.notebook.write(_pin_note(), wanted)
        return Pin(tenant_id=kept or wanted, organisation_id=opening.notebook.read(ORGANISATION_NOTE))
    chosen = pick(connection.tenants())
    opening.notebook.write(_pin_note(), chosen.tenant_id)
    return chosen.pin()
