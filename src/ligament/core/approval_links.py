"""Links that answer what waits for approval: for one person, for exactly these marks, once, and for a while."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ligament.core.periods import iso_instant

MOST_BY_LINK = 200
"""A plan of more changes than this is answered on the dashboard, where it can be read."""
SIGNED_IN_ONLY = frozenset({"void", "undo"})
"""The kinds of action that a link alone never answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalLink:
    """One link: `person` is the user's id, `shown` what each mark would do when the link was made.

    `used_at` is empty until it was used.
    """

    id: str
    clinic: str
    person: str
    marks: tuple[str, ...]
    shown: tuple[Mapping[str, Any], ...]
    made_at: datetime
    expires_at: datetime
    used_at: str = ""


def link_key(link: ApprovalLink, secret: bytes) -> str:
    """Return what stands in the address: the id, and a signature over everything that the link is bound to."""
    return f"{link.id}.{_signature(link, secret)}"


def is_signed(link: ApprovalLink, key: str, secret: bytes) -> bool:
    """Say whether a key from an address is the one that was made for this link."""
    return hmac.compare_digest(link_key(link, secret).encode(), key.encode())


def _signature(link: ApprovalLink, secret: bytes) -> str:
    bound = [link.id, link.clinic, link.person, list(link.marks), iso_instant(link.expires_at)]
    digest = hmac.digest(secret, json.dumps(bound, separators=(",", ":")).encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def total_of(documents: Sequence[Mapping[str, Any]]) -> Decimal:
    """Return the sum of the amounts of some actions, each without its sign."""
    return sum((abs(Decimal(str(one["amount"]))) for one in documents), Decimal(0))


def why_sign_in(documents: Sequence[Mapping[str, Any]], limit: Decimal) -> str:
    """Say why a link alone is not enough for these actions, or nothing."""
    if any(one.get("policy") in SIGNED_IN_ONLY for one in documents):
        return "Something of it is voided or taken back, so you are asked to sign in first."
    if total_of(documents) > limit:
        return f"It is more than {limit:,.2f} in all, so you are asked to sign in first."
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One action of a link that waits no more as it was shown, and what became of it."""

    number: str
    sentence: str


def moved(link: ApprovalLink, open_: Mapping[str, Mapping[str, Any]], said: Mapping[str, str]) -> tuple[Moved, ...]:
    """Return what of a link has moved since: `open_` is what waits now by mark, `said` who answered by mark."""
    by_key = {one.get("action_key"): one for one in open_.values() if one.get("action_key")}
    found: list[Moved] = []
    for mark, before in zip(link.marks, link.shown, strict=True):
        if mark in open_:
            continue
        now = by_key.get(before.get("action_key"))
        if mark in said:
            sentence = f"{said[mark]} approved it meanwhile."
        elif now is not None:
            sentence = f'It changed since, and asks anew. Then: "{_told(before)}" Now: "{_told(now)}"'
        else:
            sentence = "It does not wait any more: it was answered, done, or is not needed now."
        found.append(Moved(number=str(before.get("number", "")), sentence=sentence))
    return tuple(found)


def _told(document: Mapping[str, Any]) -> str:
    return f"{document.get('sentence', '')} {document.get('amount', '')}".strip()
