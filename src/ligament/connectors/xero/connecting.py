"""Putting the connection together: sessions, token source and the books of one organisation."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ligament.connectors.xero import signin
from ligament.connectors.xero.client import XeroClient
from ligament.connectors.xero.currency import BooksCurrency
from ligament.connectors.xero.declared import declared
from ligament.connectors.xero.port import XeroBooks
from ligament.core.oddities import Heed, unheeded
from ligament.core.private import NOTHING, Private
from ligament.net.governor import Priority
from ligament.net.oauth import AuthorizationCode, ClientCredentials, OAuthApp
from ligament.net.patience import patiently
from ligament.net.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from ligament.connectors.xero.signin import Pin, Tenant
    from ligament.net.governor import Governor
    from ligament.net.meter import CallMeter
    from ligament.net.oauth import TokenSource
    from ligament.net.session import Observer, Transport
    from ligament.net.token_vault import TokenVault
    from ligament.ports.clocks import Clock


def _address(name: str) -> str:
    return declared().addresses[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An app's credentials and where to go with them; an empty scope asks for the smallest one that serves.

    Without a secret the app is a public one, which only the code flow with PKCE can use.
    """

    client_id: str
    client_secret: Private[str] = NOTHING
    scope: str = ""
    api_url: str = field(default_factory=partial(_address, "api_url"))
    identity_url: str = field(default_factory=partial(_address, "identity_url"))
    login_url: str = field(default_factory=partial(_address, "login_url"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What the house lends a connection; `jitter(limit)` draws a whole number from 0 to `limit`.

    `scope_for(tenant_id)` names the allowance under which the calls to an organisation are counted.
    """

    vault: TokenVault
    meter: CallMeter
    clock: Clock
    jitter: Callable[[int], int]
    governor: Governor | None = None
    scope_for: Callable[[str], str] | None = None
    user_agent: str = "Ligament"
    transport: Transport | None = None
    observer: Observer | None = None
    may_write: Callable[[], None] | None = None
    heed: Heed = unheeded
    base: BooksCurrency = field(default_factory=BooksCurrency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A session with the accounting API, one with the sign-in, and the tokens that the second gets for the first."""

    session: Session
    identity: Session
    tokens: TokenSource
    means: Means

    def tenants(self) -> tuple[Tenant, ...]:
        """List the organisations this sign-in reaches, with the same patience as every other reading."""

        def attempt() -> tuple[Tenant, ...]:
            return signin.tenants(self.session, self.tokens)

        return patiently(attempt, clock=self.means.clock, jitter=self.means.jitter)

    def books(self, pin: Pin, *, short_code: str = "", lane: Priority = Priority.SYNC) -> XeroBooks:
        """Return the books of the pinned organisation, for the regular run or for people who wait.

        Its calls count as its own from the first on: whatever it says in the run that pins it holds for all later ones.
        """
        if self.means.governor is not None and self.means.scope_for is not None:
            self.means.governor.count_under(self.means.scope_for(pin.tenant_id))
        client = XeroClient(
            session=self.session,
            tokens=self.tokens,
            governor=self.means.governor,
            tenant_id=pin.tenant_id,
            clock=self.means.clock,
            jitter=self.means.jitter,
            lane=lane,
            heed=self.means.heed,
            base=self.means.base,
        )
        return XeroBooks(client, pin, short_code=short_code, close=self.close)

    def close(self) -> None:
        self.session.close()
        self.identity.close()


def custom_connection(account: Account, means: Means, scope: str | None = None) -> Connection:
    """Return the connection of an app that belongs to one organisation and acts by itself.

    With an empty scope it may do whatever was permitted to the app.
    """
    app = app_of(account, signin.custom_connection_scope() if scope is None else scope)
    identity = _session(account.identity_url, means, governed=False)
    tokens = ClientCredentials(app, identity, means.vault, means.clock)
    return _connection(account, means, identity, tokens)


def consented(account: Account, means: Means) -> tuple[Connection, AuthorizationCode]:
    """Return the connection that a person's consent gives, and its token source to redeem the code with."""
    app = app_of(account, signin.code_flow_scope())
    identity = _session(account.identity_url, means, governed=False)
    tokens = AuthorizationCode(app, identity, means.vault, means.clock)
    return _connection(account, means, identity, tokens), tokens


def app_of(account: Account, scope: str) -> OAuthApp:
    """Return the app as the sign-in knows it."""
    return OAuthApp(
        system=declared().title,
        token_target=declared().paths["token"],
        client_id=account.client_id,
        client_secret=account.client_secret,
        scope=account.scope or scope,
    )


def consent_page(account: Account) -> str:
    """Return the address of the page where a person consents, after checking that it is a permitted one."""
    declared().hosts.check(account.login_url)
    return f"{account.login_url.rstrip('/')}{declared().paths['authorise']}"


def _connection(account: Account, means: Means, identity: Session, tokens: TokenSource) -> Connection:
    session = _session(account.api_url, means, governed=True)
    return Connection(session=session, identity=identity, tokens=tokens, means=means)


def _session(base_url: str, means: Means, *, governed: bool) -> Session:
    return Session(
        base_url=base_url,
        host_rule=declared().hosts,
        user_agent=means.user_agent,
        meter=means.meter,
        # Signing in has no share in the accounting API's allowance.
        governor=means.governor if governed else None,
        transport=means.transport,
        system=declared().name,
        observer=means.observer,
        clock=means.clock,
        may_write=means.may_write if governed else None,
    )
