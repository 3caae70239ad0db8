"""Opening the practice with what the house lends: the connector as the house uses it."""

from __future__ import annotations

import hashlib
from contextlib import closing
from typing import TYPE_CHECKING

from ligament.connectors.cliniko import recall_rows, wire
from ligament.connectors.cliniko.client import Envelope
from ligament.connectors.cliniko.declared import declared
from ligament.connectors.cliniko.port import ClinikoPractice, connect
from ligament.net.governor import Governor
from ligament.ports.connector import Access
from ligament.ports.errors import SignInAgain

if TYPE_CHECKING:
    from ligament.net.opening import Opening
    from ligament.ports.connector import Consent
    from ligament.ports.practice import PracticeIdentity

SHAPES: tuple[type, ...] = (Envelope, wire.SettingsRow, *wire.ROWS, *recall_rows.ROWS)
"""What answers are read as; `wiring/prepared.py` describes them all before threads use them together."""


def open_port(opening: Opening) -> ClinikoPractice:
    """Return the practice; raises SignInAgain when no key is set, or one that cannot be a key."""
    key = opening.value("key")
    if not key:
        raise SignInAgain("No Cliniko API key is set. Set CLINIKO_API_KEY, or run `ligament connect cliniko`.")
    # The allowance belongs to the user behind the key (facts 2.5); the scope must not show the key.
    scope = "cliniko/" + hashlib.sha256(key.encode()).hexdigest()[:12]
    return connect(
        api_key=key,
        contact=opening.contact,
        meter=opening.meter,
        clock=opening.clock,
        jitter=opening.jitter,
        governor=Governor(scope, declared().limits, opening.windows, opening.pace),
        base_url=opening.value("url"),
        books=opening.partner,
        custom_fields=opening.custom_fields,
        prices_include_tax=opening.prices_include_tax,
        transport=opening.transport,
        observer=opening.observer,
        may_write=opening.may_write,
        heed=opening.heed,
    )


def sign_in(opening: Opening, consent: Consent | None) -> PracticeIdentity:
    """Ask who the key belongs to; there is no signing in with the browser."""
    if consent is not None:
        raise ValueError("this system is connected with a key, not in the browser")
    with closing(open_port(opening)) as practice:
        return practice.identify()


def check(opening: Opening) -> Access:
    """Say that a key opens all that its user may see; which is too little, the user's role tells."""
    with closing(open_port(opening)):
        return Access()
