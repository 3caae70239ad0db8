"""Signed webhook deliveries for what changed between two worlds; pure, sending them is the host's work."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator.wire import iso_instant
from ligament.connectors.xero.simulator.world import guid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from ligament.connectors.xero.simulator.records import Contact, Document
    from ligament.connectors.xero.simulator.world import Books, World

_TABLES = (("contacts", "CONTACT", "Contacts"), ("invoices", "INVOICE", "Invoices"),
           ("credit_notes", "CREDITNOTE", "CreditNotes"), ("prepayments", "PREPAYMENT", "Prepayments"),
           ("overpayments", "OVERPAYMENT", "Overpayments"))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """An app's webhook settings; `next_sequence` counts its events over all organisations."""

    key: str
    categories: frozenset[str] = frozenset({"CONTACT", "INVOICE", "CREDITNOTE"})
    next_sequence: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One POST to the app: body, headers, and whether its signature is right."""

    body: bytes
    headers: tuple[tuple[str, str], ...]
    is_signed_well: bool = True


def deliveries(
    before: World, after: World, subscription: Subscription, *, at: datetime, per_post: int = 100
) -> tuple[Subscription, tuple[Delivery, ...]]:
    """Return the POSTs that tell of every change from one world to the next, and the advanced subscription."""
    found: list[dict[str, object]] = []
    for tenant_id, books in after.books.items():
        former = before.books.get(tenant_id)
        if former is not None and former is not books and former.generation == books.generation:
            events = _events(before, former, books, at)
            found.extend(event for event in events if event["eventCategory"] in subscription.categories)
    posts = []
    sequence = subscription.next_sequence
    for start in range(0, len(found), per_post):
        part = found[start : start + per_post]
        posts.append(_delivery(after.seed, subscription.key, part, sequence))
        sequence += len(part)
    return replace(subscription, next_sequence=sequence), tuple(posts)


def intent_to_receive(subscription: Subscription, *, seed: str = "xero") -> tuple[Delivery, ...]:
    """Return the four POSTs Xero sends when the address is saved: two signed well, two badly."""
    posts = []
    for place, good in enumerate((True, False, True, False)):
        made = _delivery(f"{seed}:{place}", subscription.key if good else f"not {subscription.key}", [], 0)
        posts.append(replace(made, is_signed_well=good))
    return tuple(posts)


def sign(key: str, body: bytes) -> str:
    """Return the signature of a body as the `x-xero-signature` header has it."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def _events(before: World, former: Books, books: Books, at: datetime) -> Iterator[dict[str, object]]:
    tenant_id = books.organisation.organisation_id
    quiet = not before.switches.payment_fires_invoice_event
    for table, category, plural in _TABLES:
        rows: Mapping[str, Contact | Document] = getattr(books, table)
        old_rows: Mapping[str, Contact | Document] = getattr(former, table)
        if rows is old_rows:
            continue
        for key, record in rows.items():
            old = old_rows.get(key)
            if old is record or (quiet and category == "INVOICE" and _only_money_moved(old, record)):
                continue
            if old is not None and category == "CONTACT" and old.updated_at == record.updated_at:
                continue
            event: dict[str, object] = {
                "resourceUrl": f"https://api.xero.com/api.xro/2.0/{plural}/{key}",
                "resourceId": key,
                "tenantId": tenant_id,
                "tenantType": "ORGANISATION",
                "eventCategory": category,
                "eventType": "CREATE" if old is None else "UPDATE",
                "eventDateUtc": iso_instant(at).removesuffix("Z"),
            }
            if category == "CREDITNOTE":
                event["data"] = {"Type": record.type, "Status": record.status}  # type: ignore[union-attr]
            yield event


def _only_money_moved(old: Contact | Document | None, new: Contact | Document) -> bool:
    if old is None:
        return False
    moved = ("amount_paid", "payment_ids", "status", "fully_paid_on", "updated_at")
    former = {name: getattr(old, name) for name in moved}
    changed_money = getattr(old, "amount_paid", None) != getattr(new, "amount_paid", None)
    return changed_money and replace(new, **former) == old


def _delivery(seed: str, key: str, events: list[dict[str, object]], first: int) -> Delivery:
    document = {
        "events": events,
        "firstEventSequence": first,
        "lastEventSequence": first + len(events) - 1 if events else 0,
        "entropy": guid(seed, "entropy", first).replace("-", "")[:20].upper(),
    }
    body = json.dumps(document, separators=(",", ":")).encode()
    headers = (("Content-Type", "application/json; charset=utf-8"), ("x-xero-signature", sign(key, body)))
    return Delivery(body=body, headers=headers)
