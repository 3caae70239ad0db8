"""What the vendor's webhooks say: the signature over the raw body, and hints about what changed where."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ligament.connectors.xero import wire
from ligament.core.ids import BooksId
from ligament.core.oddities import is_odd_text

if TYPE_CHECKING:
    from datetime import datetime

    from ligament.core.private import Private

KINDS = {"CONTACT": "contact", "INVOICE": "invoice", "CREDITNOTE": "credit_note"}
"""The categories we act upon, in our words; the others are found by polling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A hint that something changed; `category` is CONTACT, INVOICE, CREDITNOTE or newer; `type` CREATE or UPDATE.

    `at` is None where the event does not tell it in a form we know. Events may come twice and in any order.
    """

    tenant_id: str
    category: str
    resource_id: BooksId
    type: str
    at: datetime | None = None

    @property
    def kind(self) -> str:
        """Return what kind of record it is about, in our words, or an empty text."""
        return KINDS.get(self.category, "")


class EventRow(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """One event of a delivery."""

    resource_id: str = ""
    tenant_id: str = ""
    event_category: str = ""
    event_type: str = ""
    event_date_utc: str = ""


class Delivery(msgspec.Struct, kw_only=True, frozen=True):
    """What a webhook carries; its events are read one by one."""

    events: tuple[msgspec.Raw, ...] = ()


def is_signed(body: bytes, signature: str, key: Private[str]) -> bool:
    """Say whether the signature is base64 of HMAC-SHA256 over the raw body, compared in constant time (facts 9)."""
    if not key:
        return False
    wanted = base64.b64encode(hmac.new(key.reveal().encode(), body, hashlib.sha256).digest())
    return hmac.compare_digest(wanted, signature.strip().encode("utf-8", "replace"))


def events_of(body: bytes) -> tuple[Event, ...]:
    """Return the events of a verified body; what cannot be read is left out, for polling finds it anyway."""
    try:
        delivery = msgspec.json.decode(body, type=Delivery)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    found = (_event(bytes(raw)) for raw in delivery.events)
    return tuple(event for event in found if event is not None)


def _event(raw: bytes) -> Event | None:
    try:
        event = wire.decode(raw, EventRow)
    except wire.Unreadable:
        return None
    if not event.tenant_id or not event.resource_id:
        return None
    if is_odd_text(event.tenant_id + event.resource_id + event.event_category):
        # No database keeps every sign, and an event that cannot be kept would be sent again and again.
        return None
    return Event(
        tenant_id=event.tenant_id.lower(),
        category=event.event_category.upper(),
        resource_id=BooksId(event.resource_id.lower()),
        type=event.event_type.upper(),
        at=_instant(event.event_date_utc),
    )


def _instant(text: str) -> datetime | None:
    try:
        return wire.instant(text)
    except wire.Unreadable:
        return None
