"""A webhook is signed as the standard says, goes to one address only, and no receiver can do harm with its answer."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from ligament.core.events import EventType, example
from ligament.core.private import Private
from ligament.net.outward import OutwardRule
from ligament.notifications.webhooks import (
    Answer,
    Poster,
    Target,
    header_complaint,
    secret_of,
    signature,
    signed_headers,
)
from ligament.store.shared.deliveries import written
from tests.net.clocks import Stopwatch
from tests.notifications.receiver import Arrived, receiving, status

PUBLIC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECRET = secret_of("Lig4mentExampleSecret0123456789x")
LOOPBACK = OutwardRule(allowed=("127.0.0.1",))
NOW = datetime(2026, 11, 18, 3, 14, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("webhook_id", "timestamp", "body", "secret", "expected"),
    [
        (
            "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', PUBLIC,
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        (
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1649367553, b'{"email":"test@example.com","username":"test_user"}',
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        ),
    ],
)  # fmt: skip
def test_the_signature_is_that_of_the_published_examples(
    webhook_id: str, timestamp: int, body: bytes, secret: str, expected: str
) -> None:
    assert signature(secret, webhook_id, timestamp, body) == expected


def test_the_reference_library_accepts_what_is_signed_with_either_secret_during_a_rotation() -> None:
    now = int(datetime.now(UTC).timestamp())
    body = b'{"a":1}'
    headers = signed_headers([SECRET, PUBLIC], "evt_1", now, body)
    for secret in (SECRET, PUBLIC):
        assert Webhook(secret).verify(body, headers) == {"a": 1}
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(secret_of("Another0Secret0123456789abcdefgh")).verify(body, headers)
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(SECRET).verify(b'{"a":2}', headers)
    with pytest.raises(Exception, match="too old"):
        Webhook(SECRET).verify(body, signed_headers([SECRET], "evt_1", now - 301, body))


def test_a_secret_can_be_given_as_text_too() -> None:
    text = base64.b64decode(SECRET.removeprefix("whsec_")).decode("ascii")
    assert text == "Lig4mentExampleSecret0123456789x"


@pytest.mark.parametrize("kind", list(EventType))
def test_a_body_that_is_parsed_and_written_again_is_the_same_bytes(kind: EventType) -> None:
    body = written(example(kind, "Röntgen & Co"), "Röntgen & Co", 1, NOW).body
    again = json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()
    assert again == body
    assert list(json.loads(body)) == ["id", "type", "timestamp", "data"]
    assert not any(isinstance(value, float) for value in json.loads(body)["data"].values())


@pytest.mark.parametrize(
    ("name", "value", "is_wrong"),
    [
        ("X-Api-Key", "k", False), ("x-make-apikey", "a b", False), ("Host", "k", True), ("webhook-id", "k", True),
        ("Content-Length", "0", True), ("Transfer-Encoding", "x", True), ("X Key", "k", True),
        ("X-Key", "a\r\nb", True), ("X-Key", "", True), ("Authorization", "Bearer abc", False),
        ("X-Key", "k" * 2000, True),
    ],
)  # fmt: skip
def test_a_fixed_header_never_replaces_one_of_ours_nor_adds_a_second(name: str, value: str, is_wrong: bool) -> None:
    assert bool(header_complaint(name, value)) is is_wrong


# --- one attempt ------------------------------------------------------------------------------------------------------


@pytest.fixture
def arrived() -> list[Arrived]:
    return []


def post(url: str, rule: OutwardRule = LOOPBACK, **more: object) -> Answer:
    target = Target(url=url, secrets=(Private(SECRET),), **more)  # type: ignore[arg-type]
    with closing(Poster(target, rule, Stopwatch(), "Ligament/test")) as poster:
        return poster.post("evt_1", int(datetime.now(UTC).timestamp()), b'{"a":1}')


def test_what_arrives_can_be_checked_by_the_reference_library_and_carries_the_fixed_header() -> None:
    with receiving() as receiver:
        answer = post(receiver.url + "?code=7", header="X-Api-Key", value=Private("k-1"))
    (one,) = receiver.got
    assert answer == Answer(status=204, reason="the receiver answered 204")
    assert Webhook(SECRET).verify(one.body, one.headers) == {"a": 1}
    assert one.path == "/inbox?code=7"
    assert one.headers["x-api-key"] == "k-1"
    assert one.headers["content-type"] == "application/json"
    assert "cookie" not in one.headers


@pytest.mark.parametrize(("code", "taken"), [(200, True), (299, True), (302, False), (404, False), (500, False)])
def test_only_2xx_counts_as_taken_and_no_redirect_is_followed(code: int, taken: bool) -> None:
    with receiving(lambda _: status(code, Location="http://127.0.0.1:9/elsewhere")) as receiver:
        answer = post(receiver.url)
    assert answer.is_taken is taken
    assert len(receiver.got) == 1


def test_410_means_gone_and_a_wish_to_be_left_alone_is_heard() -> None:
    with receiving(lambda _: status(410)) as receiver:
        assert post(receiver.url).is_gone
    with receiving(lambda _: status(429, Retry_After="120")) as receiver:
        assert post(receiver.url).retry_after_s == 120
    with receiving(lambda _: status(503, Retry_After="99999999999")) as receiver:
        assert post(receiver.url).retry_after_s == 0


def test_an_answer_of_a_gigabyte_is_cut_off_and_one_that_is_packed_is_not_unpacked() -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n" + b"x" * 100_000
    with receiving(lambda _: endless) as receiver:
        assert post(receiver.url).is_taken
    bomb = status(200, b"\x1f\x8b not really packed", Content_Encoding="gzip")
    with receiving(lambda _: bomb) as receiver:
        assert post(receiver.url).is_taken


def test_a_receiver_that_hangs_up_or_is_not_there_is_a_failure_in_plain_words() -> None:
    with receiving(lambda _: None) as receiver:
        assert post(receiver.url) == Answer(reason="no complete answer in time")
        url = receiver.url
    assert post(url) == Answer(reason="no connection")


def test_a_private_address_that_is_not_named_gets_nothing_and_is_told_nothing_about() -> None:
    with receiving() as receiver:
        for rule in (OutwardRule(), OutwardRule(allowed=("10.0.0.0/8",))):
            assert post(receiver.url, rule) == Answer(reason="refused: private address")
    assert receiver.got == []


class _Hanging:
    """A stopwatch on which eleven seconds go by whenever somebody looks after the answer was begun."""

    def __init__(self) -> None:
        self.at = 0

    def now(self) -> datetime:
        return NOW

    def monotonic_ms(self) -> int:
        self.at += 3000
        return self.at

    def pause_ms(self, milliseconds: int) -> None:
        self.at += milliseconds


def test_a_receiver_that_goes_on_for_ever_is_left_after_ten_seconds() -> None:
    def byte_by_byte() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nX-A: "

    with receiving(lambda _: next(byte_by_byte())) as receiver:
        target = Target(url=receiver.url, secrets=(Private(SECRET),))
        with closing(Poster(target, LOOPBACK, _Hanging(), "Ligament/test")) as poster:
            assert poster.post("evt_1", 1, b"{}") == Answer(reason="no complete answer in time")
