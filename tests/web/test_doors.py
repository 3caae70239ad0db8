"""What machines may ask: webhooks with a right signature only, health and counts, and nothing that says too much."""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient

from ligament.connectors.registry import for_role, webhooks_of
from ligament.connectors.xero.simulator.webhooks import Subscription, intent_to_receive, sign
from ligament.core.private import Private
from ligament.engine import schedule
from ligament.engine.inline import InlineEngine
from ligament.net.session import Session
from ligament.service.health import Metrics
from ligament.service.incoming import WebhookReceiver
from ligament.service.opening import Service
from ligament.service.runner import ClinicRunner, RunReport
from ligament.service.scheduler import Scheduler
from ligament.service.stopping import StopSign
from ligament.store.database.connection import open_database
from ligament.store.database.errors import StoreBusy
from ligament.store.shared.webhook_events import WebhookEvents
from ligament.web.application import MOST_BYTES, application
from ligament.wiring.clinic import open_clinic
from ligament.wiring.settings import load_settings
from tests.web.browsing import seen_from

KEY = "the key of the app"
PATH = "/webhooks/xero"
OURS, THEIRS, STRANGE = "11111111-aaaa", "22222222-bbbb", "99999999-ffff"
NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)


@dataclass(slots=True)
class Clock:
    """A calendar that stands still until it is moved."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@dataclass(slots=True)
class Front:
    """The door of an installation with two clinics, and a client before it."""

    client: TestClient[Any]
    door: Service
    hints: WebhookEvents
    woken: threading.Event

    def post(self, body: bytes, signature: str | None = None) -> Any:
        headers = {"x-xero-signature": sign(KEY, body) if signature is None else signature}
        return self.client.post(PATH, content=body, headers=headers)

    def kept(self, clinic: str) -> list[tuple[str, str]]:
        return [(hint.kind, hint.resource) for hint in self.hints.of(clinic)]


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    folder = tmp_path / "clinics"
    folder.mkdir()
    for name in ("North", "South"):
        rules = f'[clinic]\nname = "{name}"\ntime_zone = "Australia/Melbourne"\n[accounts]\ndefault = "200"\n'
        (folder / f"{name}.toml").write_text(f'{rules}[payments]\naccount = "090"\n')
    opened = load_settings(home=tmp_path, environ={"XERO_WEBHOOK_KEY": KEY})
    for name, tenant in (("North", OURS), ("South", THEIRS)):
        with open_clinic(opened, name) as clinic:
            clinic.store.keep_note("books_pin", tenant)
    database = open_database(opened.database_url)
    woken, clock = threading.Event(), Clock()
    runner = ClinicRunner(settings=opened, database=database, sign=StopSign(), clock=clock)  # type: ignore[arg-type]
    place = Scheduler(runner=runner, engine=InlineEngine(), executor="this")
    receiver = WebhookReceiver(current=lambda: runner.settings, database=database, now=clock.now, wake=woken.set)
    door = Service(place=place, receiver=receiver, metrics=Metrics())
    with TestClient(seen_from(application(door), "127.0.0.1"), base_url="http://127.0.0.1:8321") as client:
        yield Front(client=client, door=door, hints=WebhookEvents(database, clock.now), woken=woken)
    database.close()


def event(tenant: str, resource: str, category: str = "CONTACT", at: str = "2026-11-23T00:59:00.000") -> dict[str, str]:
    return {
        "tenantId": tenant, "resourceId": resource, "eventCategory": category, "eventType": "UPDATE",
        "eventDateUtc": at,
    }  # fmt: skip


def body(*events: dict[str, str]) -> bytes:
    return json.dumps({"events": events, "firstEventSequence": 1, "lastEventSequence": len(events)}).encode()


# --- signatures -------------------------------------------------------------------------------------------------------


def test_the_vendors_own_trial_is_answered_as_it_asks(front: Front) -> None:
    for delivery in intent_to_receive(Subscription(key=KEY)):
        answer = front.client.post(PATH, content=delivery.body, headers=dict(delivery.headers))
        assert answer.status_code == (200 if delivery.is_signed_well else 401)
        assert answer.content == b""
        assert "set-cookie" not in answer.headers
    assert not front.woken.is_set()


def test_a_forged_delivery_keeps_nothing_and_says_nothing(front: Front) -> None:
    said = body(event(OURS, "c1"))
    for wrong in ("", "x", sign("another key", said), sign(KEY, said + b" "), sign(KEY, said)[:-2] + "A="):
        answer = front.post(said, wrong)
        assert (answer.status_code, answer.content) == (401, b"")
    assert front.kept("North") == []
    assert front.door.receiver.counts["forged"] == 5


def test_the_signature_is_over_the_raw_bytes_and_not_over_what_they_mean(front: Front) -> None:
    said = body(event(OURS, "c1"))
    again = json.dumps(json.loads(said), separators=(",", ":")).encode()
    assert front.post(again, sign(KEY, said)).status_code == 401
    assert front.post(again).status_code == 200


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(junk=st.binary(max_size=300), signature=st.text(max_size=60))
def test_no_made_up_signature_opens_the_door(front: Front, junk: bytes, signature: str) -> None:
    part = webhooks_of(for_role("books"))
    assert part.is_signed(junk, signature, Private(KEY)) == (signature.strip() == sign(KEY, junk))
    if signature.isascii() and signature.isprintable():
        assert front.post(junk, signature).status_code == 401


def test_signatures_are_compared_in_constant_time(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    real = hmac.compare_digest

    def counted(one: Any, other: Any) -> bool:
        compared.append(len(one))
        return real(one, other)

    monkeypatch.setattr("ligament.connectors.xero.webhooks.hmac.compare_digest", counted)
    front.post(body(), "near" * 11)
    assert compared == [44]


def test_a_well_signed_body_that_means_nothing_is_taken_and_ignored(front: Front) -> None:
    for nothing in (b"", b"{}", b"[]", b"null", b'{"events": 3}', b'{"events": [3, {}]}', b"\xff\xfe", b"[" * 5000):
        assert front.post(nothing).status_code == 200
    assert front.kept("North") == []


# --- events -----------------------------------------------------------------------------------------------------------


def test_several_organisations_in_one_post_each_go_to_their_clinic(front: Front) -> None:
    said = body(event(OURS, "c1"), event(THEIRS, "i1", "INVOICE"), event(OURS.upper(), "n1", "CREDITNOTE"))
    assert front.post(said).status_code == 200
    assert front.woken.is_set()
    assert front.kept("North") == [("contact", "c1"), ("credit_note", "n1")]
    assert front.kept("South") == [("invoice", "i1")]


def test_events_of_strangers_are_kept_as_refused_and_acted_upon_never(front: Front) -> None:
    assert front.post(body(event(STRANGE, "c1"))).status_code == 200
    assert not front.woken.is_set()
    assert front.kept("North") == front.kept("South") == []
    assert front.hints.waiting() == {}
    assert front.hints.told("")["refused"][0] == 1


def test_duplicates_and_any_order_come_to_one_hint_with_the_latest_moment(front: Front) -> None:
    early, late = event(OURS, "c1", at="2026-11-23T00:10:00.000"), event(OURS, "c1", at="2026-11-23T00:20:00.000")
    for _ in range(5):
        front.post(body(late, early))
        front.post(body(early, late, late))
    (hint,) = front.hints.of("North")
    assert hint.at == datetime(2026, 11, 23, 0, 20, tzinfo=UTC)


def test_a_delivery_is_answered_before_anything_is_asked_of_the_books(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vendor waits a few seconds at most; what the events name is read later, by a worker."""

    def never(*_: object, **__: object) -> None:
        pytest.fail("a call left while a delivery was waiting for its answer")

    monkeypatch.setattr(Session, "call", never)
    events = [event(OURS, f"c{number}") for number in range(300)]
    assert front.post(body(*events)).status_code == 200
    assert len(front.kept("North")) == 300
    assert front.woken.is_set()


def test_kinds_we_do_not_know_are_left_to_polling(front: Front) -> None:
    assert front.post(body(event(OURS, "s1", "SUBSCRIPTION"), event(OURS, "p1", "PREPAYMENT"))).status_code == 200
    assert front.kept("North") == []


def test_what_could_not_be_kept_is_not_taken(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise StoreBusy("Another process is using the database.")

    monkeypatch.setattr(WebhookEvents, "keep", busy)
    assert front.post(body(event(OURS, "c1"))).status_code == 503
    assert not front.woken.is_set()


def test_a_key_kept_in_the_vault_counts_where_the_environment_has_none(front: Front) -> None:
    receiver = front.door.receiver
    bare = load_settings(home=receiver.settings.home, environ={})
    with open_clinic(bare, "South") as clinic:
        clinic.vault.put("xero/webhook_key", "from the vault")
    front.door.receiver = WebhookReceiver(
        current=lambda: bare, database=receiver.database, now=receiver.now, wake=receiver.wake
    )
    said = body(event(THEIRS, "c2"))
    assert front.post(said).status_code == 401
    assert front.post(said, sign("from the vault", said)).status_code == 200
    assert front.kept("South") == [("contact", "c2")]


def test_without_any_key_nobody_gets_in(front: Front) -> None:
    receiver = front.door.receiver
    bare = load_settings(home=receiver.settings.home, environ={})
    front.door.receiver = WebhookReceiver(
        current=lambda: bare, database=receiver.database, now=receiver.now, wake=receiver.wake
    )
    assert front.post(body(), sign("", body())).status_code == 401


# --- manners ----------------------------------------------------------------------------------------------------------


def test_a_body_above_the_limit_is_refused_before_it_is_read(front: Front) -> None:
    assert front.post(b" " * (MOST_BYTES + 1)).status_code == 413


@pytest.mark.parametrize("path", [PATH, "/healthz", "/metrics", "/nothing", "/docs", "/schema"])
def test_every_answer_carries_the_headers_that_protect_and_no_cookie(front: Front, path: str) -> None:
    answer = front.client.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert answer.status_code in ({200, 503} if path in {"/healthz", "/metrics"} else {404, 405})


def test_health_says_how_each_clinic_stands_and_503_only_when_nothing_works(front: Front) -> None:
    assert front.client.get("/healthz").status_code == 503
    place = front.door.place
    place.ticked_at = NOW
    status = schedule.paused(place.runner.statuses.one("North"), NOW, "Sign in again.")
    place.runner.statuses.keep(status)
    assert front.client.get("/healthz").json() == {"status": "ok"}
    answer = front.client.get("/healthz?details")
    assert answer.status_code == 200
    told = answer.json()
    assert told["status"] == "attention"
    assert [(one["clinic"], one["state"]) for one in told["clinics"]] == [("North", "paused"), ("South", "ready")]
    place.ticked_at = NOW - timedelta(minutes=1)
    assert front.client.get("/healthz").status_code == 503


def test_counts_name_no_clinic_and_no_person(front: Front) -> None:
    front.post(body(event(OURS, "c1"), event(STRANGE, "c1")))
    document = {"calls": {"practice": {"GET": 3}}, "bytes": {"practice": 12}}
    front.door.metrics.hear(RunReport(clinic="North", outcome="done", seconds=0.5, document=document))
    text = front.client.get("/metrics").text
    assert 'ligament_turns_total{outcome="done"} 1.0' in text
    assert 'ligament_calls_total{method="GET",system="practice"} 3.0' in text
    assert 'ligament_webhook_events{fate="refused"} 1.0' in text
    assert 'ligament_open_holds{clinic="north"} 0.0' in text
    assert "North" not in text
