"""From Mailchimp's members to ours, and back: standings, and what somebody new is made of."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ligament.core.private import NOTHING, Private
from ligament.ports.audience import Member, Standing

if TYPE_CHECKING:
    from ligament.connectors.mailchimp import wire
    from ligament.ports.audience import Newcomer

_STANDINGS = {
    "subscribed": Standing.SUBSCRIBED,
    "unsubscribed": Standing.UNSUBSCRIBED,
    "cleaned": Standing.CLEANED,
    "pending": Standing.PENDING,
    "transactional": Standing.NOT_SUBSCRIBED,
    "archived": Standing.TAKEN_OUT,
}


def standing_of(status: str) -> Standing:
    """Return how a member stands; a status that nobody knows yet is left alone."""
    return _STANDINGS.get(status, Standing.UNKNOWN)


def mark_of(email: Private[str]) -> str:
    """Return the id that Mailchimp gives an address: its MD5 in lower case, which keeps addresses out of URLs."""
    text = email.reveal().strip().lower()
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def member_of(row: wire.MemberRow) -> Member | None:
    """Return a member; None without an id."""
    if not row.id:
        return None
    return Member(
        id=row.id,
        email=Private(row.email_address) if row.email_address else NOTHING,
        standing=standing_of(row.status),
        tags=tuple(tag.name for tag in row.tags),
    )


def body_of(person: Newcomer, *, with_name: bool) -> dict[str, object]:
    """Return what adds somebody and leaves the standing of whoever is there alone: never `status`, never tags."""
    body: dict[str, object] = {"email_address": person.email.reveal().strip(), "status_if_new": "subscribed"}
    first = person.first.reveal().strip()
    if with_name and first:
        body["merge_fields"] = {"FNAME": first}
    return body
