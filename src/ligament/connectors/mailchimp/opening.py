"""Opening the mailing list with what the house lends: the connector as the house uses it."""

from __future__ import annotations

import hashlib
from contextlib import closing
from typing import TYPE_CHECKING

from ligament.connectors.mailchimp import wire
from ligament.connectors.mailchimp.client import MailchimpClient, base_url_of
from ligament.connectors.mailchimp.declared import declared
from ligament.connectors.mailchimp.port import MailchimpAudience
from ligament.net.governor import Governor
from ligament.net.session import Session
from ligament.ports.connector import Access
from ligament.ports.errors import SignInAgain

if TYPE_CHECKING:
    from ligament.net.opening import Opening
    from ligament.ports.audience import AudienceIdentity
    from ligament.ports.connector import Consent

SHAPES: tuple[type, ...] = wire.ROWS
"""What answers are read as; `wiring/prepared.py` describes them all before threads use them together."""


def open_port(opening: Opening) -> MailchimpAudience:
    """Return the audience; raises SignInAgain when no key is set, or one that cannot be a key."""
    key = opening.value("key")
    if not key:
        raise SignInAgain("No Mailchimp API key is set. Set MAILCHIMP_API_KEY, or run `ligament connect mailchimp`.")
    # The allowance belongs to the user behind the key; the scope must not show the key.
    scope = "mailchimp/" + hashlib.sha256(key.encode()).hexdigest()[:12]
    session = Session(
        base_url=base_url_of(key, opening.value("url")),
        host_rule=declared().hosts,
        user_agent=f"Ligament ({opening.contact})",
        meter=opening.meter,
        governor=Governor(scope, declared().limits, opening.windows, opening.pace),
        # A call may take two minutes on their side (facts, section 2).
        read_s=130,
        total_s=260,
        transport=opening.transport,
        system=declared().name,
        observer=opening.observer,
        clock=opening.clock,
        may_write=opening.may_write,
    )
    client = MailchimpClient(session, api_key=key, clock=opening.clock, jitter=opening.jitter)
    return MailchimpAudience(client, wanted=opening.audience)


def sign_in(opening: Opening, consent: Consent | None) -> AudienceIdentity:
    """Say which audience the key leads to; there is no signing in with the browser."""
    if consent is not None:
        raise ValueError("this system is connected with a key, not in the browser")
    with closing(open_port(opening)) as audience:
        return audience.identify()


def check(opening: Opening) -> Access:
    """Say that a key opens the whole account: Mailchimp's keys know no permissions."""
    with closing(open_port(opening)):
        return Access()
