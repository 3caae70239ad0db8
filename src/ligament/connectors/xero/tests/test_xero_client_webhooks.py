"""Webhooks: a signature that holds, and events that are hints."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from ligament.connectors.xero.webhooks import events_of, is_signed
from ligament.core.private import NOTHING, Private

KEY = Private("signing-key-of-the-test")


def sign(body: bytes) -> str:
    return base64.b64encode(hmac.new(KEY.reveal().encode(), body, hashlib.sha256).digest()).decode()


def test_only_the_raw_body_under_the_right_key_is_accepted() -> None:
    body = b'{"events": [], "lastEventSequence": 0}'
    assert is_signed(body, sign(body), KEY)
    assert not is_signed(body + b" ", sign(body), KEY)
    assert not is_signed(body, sign(body), Private("another"))
    assert not is_signed(body, sign(body), NOTHING)
    assert not is_signed(body, "", KEY)
    assert not is_signed(body, "ßé", KEY)


def test_events_are_read_leniently() -> None:
    event = {
        "resourceUrl": "https://api.xero.com/x",
        "resourceId": "AAAAAAAA-2222-3333-4444-555555555555",
        "eventDateUtc": "2026-03-02T01:00:00.123",
        "eventType": "Update",
        "eventCategory": "INVOICE",
        "tenantId": "BBBBBBBB-2222-3333-4444-555555555555",
        "new": {"a": 1},
    }
    odd = [{"resourceId": 7}, {}, "x", None, {**event, "eventCategory": "MOON", "eventDateUtc": "now"}]
    found = events_of(json.dumps({"events": [event, *odd], "entropy": "x"}).encode())
    assert [(it.category, it.type) for it in found] == [("INVOICE", "UPDATE"), ("MOON", "UPDATE")]
    assert found[0].at == datetime(2026, 3, 2, 1, 0, 0, 123000, tzinfo=UTC)
    assert (found[0].tenant_id[:8], found[0].resource_id[:8]) == ("bbbbbbbb", "aaaaaaaa")
    assert found[1].at is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"events": 7}', b'{"events": []}', b"\xff", b"[" * 100_000])
def test_a_body_without_events_has_none(body: bytes) -> None:
    assert events_of(body) == ()


@pytest.mark.parametrize("field", ["resourceId", "tenantId", "eventCategory"])
def test_an_event_that_no_database_could_keep_is_left_out_and_the_others_are_read(field: str) -> None:
    whole = {"resourceId": "r", "tenantId": "t", "eventCategory": "INVOICE", "eventType": "UPDATE"}
    told = json.dumps({"events": [{**whole, field: "a\x00b"}, whole]}).encode()
    assert [event.resource_id for event in events_of(told)] == ["r"]
