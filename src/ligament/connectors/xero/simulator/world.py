"""The simulated Xero as one value: apps, grants, connections, counters, and the books of each organisation."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ligament.connectors.xero.simulator.records import (
        Account,
        Allocation,
        BankLine,
        BatchPayment,
        BrandingTheme,
        Contact,
        ContactGroup,
        Document,
        HistoryNote,
        Organisation,
        Payment,
        TaxRate,
        TrackingCategory,
        User,
    )
    from ligament.simkit.messages import Response

GRANULAR_SCOPES = frozenset(
    {
        "openid",
        "profile",
        "email",
        "offline_access",
        "accounting.contacts",
        "accounting.contacts.read",
        "accounting.invoices",
        "accounting.invoices.read",
        "accounting.payments",
        "accounting.payments.read",
        "accounting.settings",
        "accounting.settings.read",
        "accounting.banktransactions",
        "accounting.banktransactions.read",
        "accounting.attachments",
        "accounting.attachments.read",
        "accounting.reports.aged.read",
        "accounting.reports.trialbalance.read",
        "app.connections",
    }
)
_NAMESPACE = uuid.UUID("5b0f5a0e-6f0d-5a5e-9d3c-8b6a4e1f2c11")


def guid(seed: str, *parts: object) -> str:
    """Return the GUID that always belongs to this seed and these parts."""
    return str(uuid.uuid5(_NAMESPACE, ":".join([seed, *(str(part) for part in parts)])))


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A registered app; without a secret it is a PKCE app, with `custom_tenant_id` a custom connection."""

    client_id: str
    secret: str = ""
    name: str = "Ligament"
    scopes: frozenset[str] = GRANULAR_SCOPES
    redirect_uris: tuple[str, ...] = ("http://localhost:8080/callback",)
    custom_tenant_id: str = ""
    day_limit: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """An authorisation code, good once and for five minutes."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    user_id: str
    event_id: str
    challenge: str
    issued_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """An access or refresh token's content; `replaced_at` is set once a refresh token has rotated."""

    client_id: str
    scopes: tuple[str, ...]
    user_id: str
    event_id: str
    expires_at: datetime
    replaced_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """An organisation that a user connected to an app."""

    connection_id: str
    client_id: str
    user_id: str
    tenant_id: str
    event_id: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """An answer kept under an idempotency key, with the fingerprint of its request."""

    first_at: datetime
    digest: str
    response: Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """All records of one organisation with the indexes that keep checks quick; never changed in place."""

    organisation: Organisation
    accounts: Mapping[str, Account] = field(default_factory=dict)
    tax_rates: Mapping[str, TaxRate] = field(default_factory=dict)
    tracking: Mapping[str, TrackingCategory] = field(default_factory=dict)
    users: Mapping[str, User] = field(default_factory=dict)
    themes: Mapping[str, BrandingTheme] = field(default_factory=dict)
    groups: Mapping[str, ContactGroup] = field(default_factory=dict)
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    contact_by_name: Mapping[str, str] = field(default_factory=dict)
    """Folded names of active contacts."""
    contact_by_number: Mapping[str, str] = field(default_factory=dict)
    invoices: Mapping[str, Document] = field(default_factory=dict)
    invoice_by_number: Mapping[str, str] = field(default_factory=dict)
    """Folded numbers of sales invoices in every status."""
    credit_notes: Mapping[str, Document] = field(default_factory=dict)
    note_by_number: Mapping[str, str] = field(default_factory=dict)
    prepayments: Mapping[str, Document] = field(default_factory=dict)
    overpayments: Mapping[str, Document] = field(default_factory=dict)
    payments: Mapping[str, Payment] = field(default_factory=dict)
    bank_lines: Mapping[str, BankLine] = field(default_factory=dict)
    batches: Mapping[str, BatchPayment] = field(default_factory=dict)
    allocations: Mapping[str, Allocation] = field(default_factory=dict)
    history: Mapping[str, tuple[HistoryNote, ...]] = field(default_factory=dict)
    next_id: int = 1
    next_invoice: int = 1
    next_note: int = 1
    generation: int = 0
    """Grows with each demo reset, so that no identifier comes twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything Xero knows; `handle` takes one and returns the next, and the old one stays valid."""

    seed: str = "xero"
    switches: Switches = field(default_factory=Switches)
    books: Mapping[str, Books]
    apps: Mapping[str, App] = field(default_factory=dict)
    codes: Mapping[str, Code] = field(default_factory=dict)
    access_tokens: Mapping[str, Grant] = field(default_factory=dict)
    refresh_tokens: Mapping[str, Grant] = field(default_factory=dict)
    connections: Mapping[str, Connection] = field(default_factory=dict)
    consent_tenants: tuple[str, ...] = ()
    """The organisations that the person at the consent screen picks; the first one by default."""
    consent_denied: bool = False
    consent_asks: bool = False
    """Whether the consent screen is a page that somebody sees, who decides there."""
    calls: Mapping[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    """Milliseconds of recent calls per app and organisation; an empty organisation counts the whole app."""
    answers: Mapping[tuple[str, str], StoredAnswer] = field(default_factory=dict)
    next_id: int = 1
    failing_writes: int = 0
    """So many of the next writes break inside, with a 500 that is kept under their idempotency key."""

    @classmethod
    def new(
        cls,
        *books: Books,
        apps: Iterable[App] = (),
        switches: Switches | None = None,
        seed: str = "xero",
    ) -> World:
        """Return a world with these organisations and apps; custom connections are connected at once."""
        by_tenant = {item.organisation.organisation_id: item for item in books}
        by_client = {app.client_id: app for app in apps}
        connections = {}
        for app in by_client.values():
            if app.custom_tenant_id:
                made = _custom_connection(seed, app, by_tenant[app.custom_tenant_id].organisation.created_at)
                connections[made.connection_id] = made
        return cls(
            seed=seed,
            switches=switches or Switches(),
            books=by_tenant,
            apps=by_client,
            connections=connections,
            consent_tenants=tuple(by_tenant)[:1],
        )

    @property
    def tenant_id(self) -> str:
        """Return the first organisation's id: handy where there is only one."""
        return next(iter(self.books))

    def only(self, tenant_id: str = "") -> Books:
        """Return the books of that organisation, or of the first one."""
        return self.books[tenant_id or self.tenant_id]

    def with_books(self, books: Books) -> World:
        """Return the world with this organisation's books in place of the former."""
        return replace(self, books={**self.books, books.organisation.organisation_id: books})

    def with_switches(self, switches: Switches) -> World:
        """Return the same world behaving differently."""
        return replace(self, switches=switches)


def _custom_connection(seed: str, app: App, at: datetime) -> Connection:
    return Connection(
        connection_id=guid(seed, "connection", app.client_id),
        client_id=app.client_id,
        user_id=guid(seed, "user", app.client_id),
        tenant_id=app.custom_tenant_id,
        event_id=guid(seed, "event", app.client_id),
        created_at=at.astimezone(UTC),
        updated_at=at.astimezone(UTC),
    )
