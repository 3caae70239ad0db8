"""Real processes against served systems: stopped in the middle, started twice, called by webhooks; nothing twice."""

from __future__ import annotations

import json
import socket
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ligament.app.approvals import approve
from ligament.app.plans import whole
from ligament.app.sync import sync
from ligament.connectors.xero.simulator import control, webhooks
from ligament.demo.demo import set_stage
from ligament.simkit.faults import Fault, FaultKind, FaultScript, Rule
from ligament.simkit.story import Size
from tests.engine.stage import SOON_S, WEBHOOK_KEY, Line, Stage, staged

pytestmark = pytest.mark.process


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as made:
        yield made


def done(line: Line) -> bool:
    return line.get("outcome") == "done"


def slow(method: str, path: str, milliseconds: int, kind: FaultKind = FaultKind.DELAY_AFTER) -> FaultScript:
    """The first such request is answered late."""
    fault = Fault(kind=kind, milliseconds=milliseconds)
    return FaultScript(rules=(Rule(fault=fault, method=method, path=path, at_most=1),))


def billed(stage: Stage) -> list[Any]:
    return _of_ours(stage.hosts["books"].world)


@cache
def bills() -> int:
    """Return how many invoices a clean first run posts for this clinic, whose year ends with today."""
    with set_stage(7, Size.SMALL) as clean:
        with clean.app() as clinic:
            whole(clinic)
            approve(clinic)
        with clean.app() as clinic:
            sync(clinic)
        return len(_of_ours(clean.servers["books"].host.world))


def _of_ours(world: Any) -> list[Any]:
    return [one for one in world.only().invoices.values() if one.number.startswith("CLK-")]


def posted(stage: Stage) -> int:
    return len(billed(stage))


def settled(stage: Stage) -> None:
    """A further run finds nothing to do, and nothing is there twice."""
    stage.once("sync", "--once")
    before = {role: stage.writes(role) for role in stage.hosts}
    stage.once("sync", "--once")
    assert {role: stage.writes(role) for role in stage.hosts} == before
    assert posted(stage) == bills()
    assert stage.twice() == {}


@pytest.mark.slow
def test_a_watch_stopped_between_two_calls_ends_in_good_order_and_the_next_run_goes_on(stage: Stage) -> None:
    stage.hosts["books"].faults = slow("PUT", "/Invoices", 1500)
    running = stage.run("sync", "--watch")
    stage.wait_for(lambda: posted(stage) > 0, "the first batch")
    assert running.ask_to_stop() < SOON_S
    running.hear(lambda line: line.get("in_good_order") is True)
    assert running.process.returncode == 0
    assert 0 < posted(stage) < bills()
    settled(stage)


@pytest.mark.slow
def test_a_watch_stopped_while_a_call_has_no_answer_ends_within_ten_seconds_and_nothing_is_sent_twice(
    stage: Stage,
) -> None:
    stage.hosts["books"].faults = slow("PUT", "/Invoices", 60_000)
    running = stage.run("sync", "--watch")
    stage.wait_for(lambda: posted(stage) > 0, "the first batch")
    assert running.ask_to_stop() < SOON_S
    running.hear(lambda line: line.get("in_good_order") is False)
    settled(stage)


def test_a_watch_that_was_killed_is_gone_on_with_at_once(stage: Stage) -> None:
    stage.hosts["books"].faults = slow("PUT", "/Payments", 60_000)
    running = stage.run("sync", "--watch")
    stage.wait_for(lambda: any(one.amount_paid for one in billed(stage)), "the first payments")
    running.process.kill()
    running.process.wait(timeout=60)
    with closing(sqlite3.connect(stage.home / "ligament.db")) as store, store:
        assert store.execute("UPDATE leases SET until = '9999' WHERE until <> ''").rowcount == 1
    again = stage.run("sync", "--watch")
    # The lock of this machine tells that the holder of the lease is dead: nobody waits for the end of its time.
    again.hear(done)
    again.ask_to_stop()
    settled(stage)


def test_two_instances_on_one_home_take_turns_and_post_nothing_twice(stage: Stage) -> None:
    both = [stage.run("sync", "--watch"), stage.run("serve", "--port", "0")]
    for running in both:
        running.hear(lambda line: line.get("outcome") in {"done", "elsewhere"})
    stage.wait_for(lambda: posted(stage) == bills(), "all invoices")
    for running in both:
        assert running.ask_to_stop() < SOON_S
    settled(stage)


def test_a_killed_serve_goes_on_where_it_was_with_its_queue(stage: Stage) -> None:
    stage.hosts["books"].faults = slow("PUT", "/Invoices", 60_000)
    first = stage.run("serve", "--port", "0")
    stage.wait_for(lambda: posted(stage) > 0, "the first batch")
    first.process.kill()
    second = stage.run("serve", "--port", "0")
    second.hear(done)
    assert second.ask_to_stop() < SOON_S
    settled(stage)


@pytest.mark.slow
def test_a_service_killed_again_and_again_on_a_faulty_line_posts_everything_once(stage: Stage) -> None:
    """Replies get lost, answers break off in the middle and the books are out of order now and then, all the while."""
    lost, torn = Fault(kind=FaultKind.DROP_AFTER), Fault(kind=FaultKind.CUT)
    stage.hosts["books"].faults = FaultScript(
        rules=(
            Rule(fault=lost, method="PUT", path="/api.xro/", every=3),
            Rule(fault=Fault(kind=FaultKind.ANSWER, status=503), path="/api.xro/", every=7),
            Rule(fault=torn, method="GET", path="/api.xro/", every=5),
        )
    )
    for _ in range(4):
        enough = stage.writes() + 2
        running = stage.run("serve", "--port", "0")
        # The last kills may come when all is posted already.
        stage.wait_for(lambda enough=enough: stage.writes() >= enough or posted(stage) == bills(), "two more writes")  # type: ignore[misc]
        running.process.kill()
        running.process.wait()
    assert stage.hosts["books"].fault_state.strikes
    last = stage.run("serve", "--port", "0")
    last.hear(done)
    stage.hosts["books"].faults = None
    assert last.ask_to_stop() < SOON_S
    settled(stage)


def test_a_further_worker_on_sqlite_is_told_that_there_is_only_one(stage: Stage) -> None:
    running = stage.run("worker")
    running.process.wait(timeout=60)
    assert running.process.returncode == 2
    assert "PostgreSQL" in running.complaints()


def test_a_port_that_is_taken_is_told_clearly(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        second = stage.run("serve", "--port", str(taken.getsockname()[1]))
        second.process.wait(timeout=60)
    assert second.process.returncode == 2
    assert "--port" in second.complaints()


def test_a_second_service_on_one_home_is_told_which_process_has_it(stage: Stage) -> None:
    first = stage.run("serve", "--port", "0")
    first.hear(lambda line: "serving" in line)
    second = stage.run("serve", "--port", "0")
    second.process.wait(timeout=60)
    assert second.process.returncode == 2
    assert str(first.process.pid) in second.complaints()


# --- webhooks ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def quiet_stage(tmp_path: Path) -> Iterator[Stage]:
    """Polling is far away, so that only a webhook can bring a change."""
    with staged(tmp_path, poll_s=3600) as made:
        yield made


def deliver(url: str, posts: tuple[webhooks.Delivery, ...]) -> list[tuple[int, float]]:
    answers = []
    for post in posts:
        began = time.monotonic()
        asked = urllib.request.Request(f"{url}/webhooks/xero", data=post.body, headers=dict(post.headers))  # noqa: S310 - loopback
        try:
            with urllib.request.urlopen(asked) as answer:  # noqa: S310 - loopback
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
        answers.append((status, time.monotonic() - began))
    return answers


@pytest.mark.slow
def test_a_change_in_the_books_reaches_the_practice_by_webhook_within_five_seconds(quiet_stage: Stage) -> None:
    stage = quiet_stage
    running = stage.run("serve", "--port", "0")
    url = running.hear(lambda line: "serving" in line)["serving"]
    running.hear(done)
    books, subscription, spent = stage.hosts["books"], webhooks.Subscription(key=WEBHOOK_KEY), []
    ours = [one for one in books.world.only().contacts.values() if one.number.startswith("CLK-") and one.email]
    for place, contact in enumerate(ours[:8]):
        before, wrote = books.world, stage.writes("practice")
        change = edited(contact.contact_id, f"new{place}@patient.example")
        subscription, posts = webhooks.deliveries(before, books.change(change), subscription, at=datetime.now(UTC))
        began = time.monotonic()
        answers = deliver(url, (*posts, *posts))
        assert all(status == 200 and seconds < 1 for status, seconds in answers)
        stage.wait_for(lambda wrote=wrote: stage.writes("practice") > wrote, "the change", 10)  # type: ignore[misc]
        spent.append(time.monotonic() - began)
    assert max(spent) <= 5
    told = stage.once("webhooks")
    assert told["done"] >= 8
    assert told["newest"]
    with urllib.request.urlopen(f"{url}/healthz") as answer:  # noqa: S310 - loopback
        assert json.load(answer)["status"] == "ok"
    assert running.ask_to_stop() < SOON_S


def edited(contact_id: str, email: str) -> Callable[[object], object]:
    return lambda world: control.edit_contact(world, contact_id, {"EmailAddress": email}, at=datetime.now(UTC))  # type: ignore[arg-type]


# --- sign-in and the day's limit --------------------------------------------------------------------------------------


def test_a_sign_in_that_stops_working_pauses_with_one_alert_and_goes_on_with_its_backlog(stage: Stage) -> None:
    books = stage.hosts["books"]
    refused = Fault(kind=FaultKind.ANSWER, status=400, body=b'{"error":"invalid_client"}')
    books.faults = FaultScript(rules=(Rule(fault=refused, path="/connect/token"),))
    running = stage.run("sync", "--watch")
    for _ in range(2):
        running.hear(lambda line: line.get("outcome") == "sign_in")
    books.faults = None
    running.hear(done)
    assert posted(stage) == bills()
    assert running.ask_to_stop() < SOON_S
    told = running.complaints().splitlines()
    assert [line.split(":")[0] for line in told] == ["sign_in", "recovered"]


def test_a_day_whose_calls_are_used_up_parks_the_clinic_until_a_time_and_says_so_once(stage: Stage) -> None:
    client_id = stage.environment["XERO_CLIENT_ID"]
    stage.hosts["books"].change(lambda world: control.set_day_limit(world, client_id, 20))
    running = stage.run("serve", "--port", "0")
    url = running.hear(lambda line: "serving" in line)["serving"]
    assert running.hear(lambda line: "outcome" in line)["outcome"] == "parked"
    with urllib.request.urlopen(f"{url}/healthz?details") as answer:  # noqa: S310 - loopback
        told = json.load(answer)
    assert told["status"] == "attention"
    assert told["clinics"][0]["state"] == "parked"
    assert datetime.fromisoformat(told["clinics"][0]["not_before"]) > datetime.now(UTC)
    assert running.ask_to_stop() < SOON_S
    assert running.complaints().count("day_limit") == 1
