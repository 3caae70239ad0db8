"""Webhook deliveries: events from changes, signatures, and the intent to receive."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from ligament.connectors.xero.simulator import Switches, control
from ligament.connectors.xero.simulator.webhooks import Delivery, Subscription, deliveries, intent_to_receive
from ligament.connectors.xero.tests.simulated_books import SimulatedBooks, note_element

KEY = "invented-signing-key"


def is_signed(delivery: Delivery) -> bool:
    """Check a signature without the simulator's own code."""
    wanted = base64.b64encode(hmac.new(KEY.encode(), delivery.body, hashlib.sha256).digest()).decode()
    return dict(delivery.headers)["x-xero-signature"] == wanted


def events(books: SimulatedBooks, before: Any) -> list[dict[str, Any]]:
    """Return the events since an earlier world."""
    _, posts = deliveries(before, books.world, Subscription(key=KEY), at=books.at)
    return [event for post in posts for event in json.loads(post.body)["events"]]


def test_creating_and_changing_records_makes_signed_events() -> None:
    books = SimulatedBooks()
    start = books.world
    invoice = books.invoice()
    books.put("CreditNotes", note_element(books.some_contact()))
    subscription, (post,) = deliveries(start, books.world, Subscription(key=KEY), at=books.at)
    assert is_signed(post)
    body = json.loads(post.body)
    kinds = {(it["eventCategory"], it["eventType"]) for it in body["events"]}
    assert kinds == {("CONTACT", "CREATE"), ("INVOICE", "CREATE"), ("CREDITNOTE", "CREATE")}
    assert (body["firstEventSequence"], body["lastEventSequence"]) == (1, 3)
    assert subscription.next_sequence == 4
    (event,) = (it for it in body["events"] if it["eventCategory"] == "INVOICE")
    assert event["resourceId"] == invoice["InvoiceID"]
    assert event["tenantId"] == books.world.tenant_id
    assert not event["eventDateUtc"].endswith("Z")
    (event,) = (it for it in body["events"] if it["eventCategory"] == "CREDITNOTE")
    assert event["data"] == {"Type": "ACCRECCREDIT", "Status": "AUTHORISED"}


@pytest.mark.parametrize("fires", [True, False])
def test_a_payment_surfaces_as_a_changed_invoice_when_switched(fires: bool) -> None:
    books = SimulatedBooks(switches=Switches(payment_fires_invoice_event=fires))
    invoice_id = books.invoice()["InvoiceID"]
    before = books.world
    books.pay(invoice_id, "110.00")
    assert [(it["eventCategory"], it["eventType"]) for it in events(books, before)] == (
        [("INVOICE", "UPDATE")] if fires else []
    )


def test_archiving_surfaces_as_a_changed_contact_and_reading_as_nothing() -> None:
    books = SimulatedBooks()
    contact = books.contact()
    before = books.world
    books.get("Contacts")
    assert events(books, before) == []
    books.change(lambda world: control.archive_contact(world, contact, at=books.at))
    assert [(it["eventCategory"], it["eventType"]) for it in events(books, before)] == [("CONTACT", "UPDATE")]


def test_many_events_are_split_into_posts_with_running_numbers() -> None:
    books = SimulatedBooks()
    before = books.world
    for place in range(5):
        books.contact(f"P{place}")
    _, posts = deliveries(before, books.world, Subscription(key=KEY), at=books.at, per_post=2)
    spans = [(it["firstEventSequence"], it["lastEventSequence"]) for it in (json.loads(post.body) for post in posts)]
    assert spans == [(1, 2), (3, 4), (5, 5)]


def test_the_intent_to_receive_has_good_and_bad_signatures() -> None:
    posts = intent_to_receive(Subscription(key=KEY))
    assert {is_signed(post) for post in posts} == {True, False}
    assert all(is_signed(post) == post.is_signed_well for post in posts)
    assert all(json.loads(post.body)["events"] == [] for post in posts)
    assert all(json.loads(post.body)["lastEventSequence"] == 0 for post in posts)
