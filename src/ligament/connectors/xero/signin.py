"""Which organisation a sign-in is for: listing the connections, picking one, and holding on to it."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from ligament.connectors.xero import errors, wire
from ligament.connectors.xero.declared import declared
from ligament.net.session import NotSent, Unanswered
from ligament.ports.errors import Broken, SignInAgain, TryLater

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ligament.core.ledgers import Organisation
    from ligament.net.oauth import TokenSource
    from ligament.net.session import Reply, Session

_OK: Final = 200
_ORGANISATION = "ORGANISATION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """The organisation that was chosen at the first sign-in; from then on no other one is touched.

    `organisation_id` is what the books called themselves when first read; it usually equals the tenant's id.
    """

    tenant_id: str
    name: str = ""
    organisation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """An organisation this sign-in is connected to; `event_id` names the consent that connected it."""

    connection_id: str
    event_id: str
    tenant_id: str
    name: str

    def pin(self) -> Pin:
        return Pin(tenant_id=self.tenant_id, name=self.name)


class TenantRow(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """A connection as `/connections` lists it."""

    id: str = ""
    auth_event_id: str = ""
    tenant_id: str = ""
    tenant_type: str = ""
    tenant_name: str = ""


class Claims(msgspec.Struct, kw_only=True, frozen=True):
    """What is read of an access token."""

    authentication_event_id: str = ""


def code_flow_scope() -> str:
    """Return the smallest scope that serves when a person consents in the browser."""
    return declared().scopes["code"]


def custom_connection_scope() -> str:
    """Return the smallest scope that serves an app of one organisation."""
    return declared().scopes["custom_connection"]


def scope_for(scope: str, *, create_options: bool) -> str:
    """Return the scope to ask for; tracking options can be created only with the full settings scope."""
    wider = declared().scopes["create_options"]
    return scope.replace(f"{wider}.read", wider) if create_options else scope


def tenants(session: Session, tokens: TokenSource) -> tuple[Tenant, ...]:
    """List the connected organisations; raises SignInAgain, TryLater and Broken."""
    bearer = tokens.bearer()
    reply = _connections(session, bearer)
    if reply.status == errors.UNAUTHORISED:
        # The kept token may have been ended early; only a fresh one that is refused too means: sign in again.
        tokens.renew(bearer)
        reply = _connections(session, tokens.bearer())
    if reply.status != _OK:
        raise errors.passing(errors.trouble_of_read(reply, declared().paths["connections"]))
    try:
        rows = wire.decode(reply.body, tuple[TenantRow, ...])
    except wire.Unreadable as trouble:
        raise TryLater("Xero's list of connections was damaged on its way.", str(trouble)) from None
    return tuple(
        Tenant(connection_id=row.id, event_id=row.auth_event_id, tenant_id=row.tenant_id.lower(), name=row.tenant_name)
        for row in rows
        if row.tenant_type == _ORGANISATION
    )


def _connections(session: Session, bearer: str) -> Reply:
    headers = {"Accept": "application/json", "Authorization": f"Bearer {bearer}"}
    try:
        return session.call("GET", declared().paths["connections"], headers=headers)
    except (NotSent, Unanswered) as trouble:
        raise TryLater("Xero cannot be reached.", str(trouble)) from None


def pick(connected: Sequence[Tenant], *, tenant_id: str = "", event_id: str = "") -> Tenant:
    """Choose the wanted organisation, or the one just consented to, or the only one; raises SignInAgain otherwise."""
    if tenant_id:
        chosen = [tenant for tenant in connected if tenant.tenant_id == tenant_id.lower()]
        if not chosen:
            raise SignInAgain("The organisation in XERO_TENANT_ID is not connected. Please connect it in Xero.")
        return chosen[0]
    if not connected:
        raise SignInAgain("No Xero organisation is connected. Please connect one.")
    just_now = [tenant for tenant in connected if event_id and tenant.event_id == event_id]
    candidates = just_now or list(connected)
    if len(candidates) > 1:
        names = ", ".join(sorted(f"{tenant.name} ({tenant.tenant_id})" for tenant in candidates))
        raise SignInAgain(f"Several Xero organisations are connected. Please set XERO_TENANT_ID to one of: {names}.")
    return candidates[0]


def confirm(connected: Sequence[Tenant], pin: Pin) -> Tenant:
    """Return the pinned organisation's connection; raises SignInAgain when it is gone."""
    for tenant in connected:
        if tenant.tenant_id == pin.tenant_id.lower():
            return tenant
    if pin.name and any(tenant.name == pin.name for tenant in connected):
        # A demo company keeps its name when it is reset, but not its id (facts 1.4).
        raise SignInAgain(
            f"Another organisation with the name {pin.name} is connected now: was it reset? Please connect again."
        )
    raise SignInAgain("The chosen Xero organisation is not connected any more. Please connect it again.")


def check_pinned(organisation: Organisation, pin: Pin) -> None:
    """Refuse an organisation that is not the one first met, whatever the connection says; a new name is no trouble."""
    if pin.organisation_id and organisation.id.lower() != pin.organisation_id.lower():
        detail = f"organisation {organisation.id}, pinned {pin.organisation_id}"
        raise SignInAgain("Xero answers for another organisation than the chosen one. Please connect again.", detail)


def consent_of(access_token: str) -> str:
    """Return the id of the consent an access token came from, as its connections name it (facts 1.4).

    The signature is not checked: the token came over TLS from the vendor itself, and the id only picks among
    connections that the vendor lists.
    """
    parts = access_token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, claims, signature
        raise Broken("Xero's access token has an unknown form.", "not three parts")
    padded = parts[1] + "=" * (-len(parts[1]) % 4)
    try:
        return wire.decode(base64.urlsafe_b64decode(padded), Claims).authentication_event_id
    except (binascii.Error, ValueError, wire.Unreadable):
        raise Broken("Xero's access token has an unknown form.", "claims") from None
