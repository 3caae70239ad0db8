"""Nothing that was to be told is lost: receivers fail and restart, processes end, ids stay what they were."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from queue import Queue

import httpx2
import pytest
from standardwebhooks import Webhook

from ligament.core.events import EventType, example
from ligament.core.private import Private
from ligament.notifications.webhooks import secret_of
from ligament.service.deliveries import ClinicHooks, Deliverer
from ligament.service.delivery_crew import PARALLEL, Claim, Crew
from ligament.store.shared.deliveries import DEAD, DELIVERED, WAITING, add_hook
from ligament.store.shared.delivery_records import GONE, Hook
from ligament.wiring.hook_secrets import HookSecrets
from tests.net.clocks import VirtualClock
from tests.notifications.receiver import Arrived, receiving, status
from tests.store.homes import Home, Opened

SECRET = secret_of("Lig4mentExampleSecret0123456789x")
PAUSES = (5, 30, 300)
NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    home = Home(url=f"sqlite:///{tmp_path / 'ligament.db'}", folder=tmp_path, random=random.Random(7))
    yield home.open()
    home.close()


def hooked(opened: Opened, url: str, name: str = "hook_1") -> None:
    events = tuple(kind.value for kind in EventType)
    hook = Hook(id=name, clinic="clinic", url=url, events=events, made_at=NOW)
    with opened.journal.writing() as writing:
        add_hook(writing.connection, hook)


def happens(opened: Opened, times: int = 1, kind: EventType = EventType.RECORD_POSTED) -> None:
    with opened.journal.writing() as writing:
        writing.tell(*[example(kind, "clinic")] * times)


def deliverer(opened: Opened, clock: VirtualClock, pauses: tuple[int, ...] = PAUSES) -> Deliverer:
    secrets = HookSecrets(secret=Private(SECRET))
    means = ClinicHooks(retry_seconds=pauses, allowed=("127.0.0.1",), secrets=lambda _: secrets)
    return Deliverer(database=opened.database, clock=clock, clinics=lambda: ["clinic"], open_hooks=lambda _: means)


def states(made: Deliverer) -> Counter[str]:
    found: Counter[str] = Counter()
    for counts in made.outbox.counts("clinic").values():
        found.update(counts)
    return found


def until_quiet(made: Deliverer, clock: VirtualClock, passes: int = 5000) -> None:
    """Deliver until nothing waits any more, however much time that takes on the calendar."""
    for _ in range(passes):
        if not made.once():
            if not any(counts.get(WAITING) for counts in made.outbox.counts("clinic").values()):
                return
            clock.pause_ms(1000)
    raise AssertionError("it never came to rest")


# --- nothing lost -----------------------------------------------------------------------------------------------------


class Flaky:
    """Fails once in five, in all the ways there are, and keeps what it took; some of it twice, as it did not say so."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.took: list[Arrived] = []

    def __call__(self, arrived: Arrived) -> bytes | None:
        if self.random.random() >= 0.2:
            self.took.append(arrived)
            return status(200)
        how = self.random.choice(["refuses", "hangs up", "took it and hangs up", "is busy"])
        if how == "took it and hangs up":
            self.took.append(arrived)
        return {"refuses": status(500), "is busy": status(503, Retry_After="1")}.get(how)


def flaky_simulation(opened: Opened, many: int) -> None:
    receiver_says, clock = Flaky(7), VirtualClock()
    with receiving(receiver_says) as receiver:
        hooked(opened, receiver.url)
        for _ in range(many // 50):
            happens(opened, 50)
        made = deliverer(opened, clock, (1, 1, 2, 2, 4, 4, 8, 8, 16, 16))
        for part in range(4):
            for _ in range(many // 200):
                made.once()
                clock.pause_ms(500)
            # It restarts: connections break, and for a while nobody answers. The process of ours ends, another begins.
            receiver.stop()
            made.once()
            receiver.start()
            if part % 2:
                made = deliverer(opened, clock, made.open_hooks("clinic").retry_seconds)
                clock.pause_ms(300_000)
        until_quiet(made, clock)
    taken = [one.headers["webhook-id"] for one in receiver_says.took]
    assert states(made) == {DELIVERED: many}
    assert len(set(taken)) == many, "none was lost"
    assert len(taken) > many, "some were repeated, under their first id"
    bodies: dict[str, bytes] = {}
    for one in receiver_says.took:
        assert bodies.setdefault(one.headers["webhook-id"], one.body) == one.body
        assert json.loads(one.body)["id"] == one.headers["webhook-id"]


def test_a_receiver_that_fails_one_time_in_five_and_restarts_misses_nothing(opened: Opened) -> None:
    flaky_simulation(opened, 400)


@pytest.mark.slow
def test_ten_thousand_events_reach_such_a_receiver_too(opened: Opened) -> None:
    flaky_simulation(opened, 10_000)


def test_what_is_taken_is_signed_at_the_moment_it_leaves(opened: Opened) -> None:
    clock = VirtualClock()
    clock.at = datetime.now(UTC)
    with receiving() as receiver:
        hooked(opened, receiver.url)
        happens(opened)
        deliverer(opened, clock).once()
    (one,) = receiver.got
    assert Webhook(SECRET).verify(one.body, one.headers)["type"] == "record.posted"


def test_events_arrive_in_the_order_in_which_they_happened_while_the_receiver_is_well(opened: Opened) -> None:
    with receiving() as receiver:
        hooked(opened, receiver.url)
        happens(opened, 3)
        happens(opened, 1, EventType.RUN_FAILED)
        deliverer(opened, VirtualClock()).once()
    assert [json.loads(one.body)["type"] for one in receiver.got] == ["record.posted"] * 3 + ["run.failed"]


def test_a_receiver_that_is_away_is_left_alone_after_three_failures_and_holds_up_no_other(opened: Opened) -> None:
    clock = VirtualClock()
    with receiving(lambda _: status(500)) as broken, receiving() as well:
        hooked(opened, broken.url, "hook_1")
        hooked(opened, well.url, "hook_2")
        happens(opened, 20)
        made = deliverer(opened, clock)
        made.once()
        assert (len(broken.got), len(well.got)) == (3, 20)
        made.once()
        assert len(broken.got) == 3
        clock.pause_ms(5000)
        made.once()
        assert len(broken.got) == 4


def test_after_the_last_pause_it_is_a_dead_letter_that_somebody_hears_of_and_can_send_again(opened: Opened) -> None:
    clock, says, told = VirtualClock(), [500], list[str]()
    with receiving(lambda _: status(says[0])) as receiver:
        hooked(opened, receiver.url)
        happens(opened)
        made = deliverer(opened, clock)
        made.told = told.append
        until_quiet(made, clock)
        assert states(made) == {DEAD: 1}
        assert len(receiver.got) == len(PAUSES) + 1
        assert told == ["clinic"]
        (lost,) = made.outbox.deliveries("clinic", "hook_1", DEAD)
        assert [one.status for one in made.outbox.attempts("clinic", lost.id)] == [500] * 4
        says[0] = 200
        assert made.outbox.send_again("clinic", "hook_1", [lost.id]) == 1
        made.once()
    assert states(made) == {DELIVERED: 1}
    assert len({one.headers["webhook-id"] for one in receiver.got}) == 1


def test_a_receiver_that_is_gone_ends_its_hook_at_once(opened: Opened) -> None:
    told: list[str] = []
    with receiving(lambda _: status(410)) as receiver:
        hooked(opened, receiver.url)
        happens(opened, 5)
        made = deliverer(opened, VirtualClock())
        made.told = told.append
        made.once()
        happens(opened, 5)
        made.once()
    assert len(receiver.got) == 1
    assert [hook.state for hook in made.outbox.hooks("clinic")] == [GONE]
    assert states(made) == {DEAD: 5}
    assert told == ["clinic"]


def test_a_private_address_gets_nothing_and_ends_as_a_dead_letter(opened: Opened) -> None:
    clock = VirtualClock()
    with receiving() as receiver:
        hooked(opened, receiver.url)
        happens(opened)
        secrets = HookSecrets(secret=Private(SECRET))
        means = ClinicHooks(retry_seconds=(1,), allowed=(), secrets=lambda _: secrets)
        made = Deliverer(
            database=opened.database, clock=clock, clinics=lambda: ["clinic"], open_hooks=lambda _: means,
        )  # fmt: skip
        until_quiet(made, clock)
        (lost,) = made.outbox.deliveries("clinic", "hook_1")
    assert receiver.got == []
    assert (lost.state, lost.reason) == (DEAD, "refused: private address")


class Silent(httpx2.BaseTransport):
    """Takes what is posted, and never answers for some addresses before it may."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.got = Queue[str]()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.got.put(request.url.path)
        if request.url.path == "/silent":
            self.may_answer.wait(60)
        return httpx2.Response(200)


def test_receivers_that_never_answer_hold_up_nobody_else_of_a_service(opened: Opened) -> None:
    network, stop = Silent(), threading.Event()
    for number, path in enumerate(("silent", "silent", "silent", "well")):
        hooked(opened, f"http://127.0.0.1:9/{path}", f"hook_{number}")
    happens(opened)
    made = replace(deliverer(opened, VirtualClock()), stops=stop.is_set, transport=network)
    service = threading.Thread(target=made.run, args=(lambda: stop.wait(0.01),), daemon=True)
    service.start()
    try:
        first = [network.got.get(timeout=30) for _ in range(4)]
        assert sorted(first) == ["/silent", "/silent", "/silent", "/well"]
        happens(opened, 2)
        assert [network.got.get(timeout=30) for _ in range(2)] == ["/well", "/well"]
        network.may_answer.set()
        assert [network.got.get(timeout=30) for _ in range(6)] == ["/silent"] * 6
    finally:
        network.may_answer.set()
        stop.set()
        service.join(30)
    assert not service.is_alive()


def test_who_failed_lately_never_gets_the_last_thread() -> None:
    may_end, served = threading.Event(), Queue[str]()

    def serve(claim: Claim) -> None:
        served.put(claim[0].id)
        if claim[0].failures:
            may_end.wait(60)

    def claim(name: str, failures: int = 0) -> Claim:
        return Hook(id=name, clinic="clinic", url="", events=(), made_at=NOW, failures=failures), ()

    crew = Crew(serve=serve, now=lambda: NOW, keeps=timedelta(seconds=60))
    crew.take_on(claim(f"bad_{number}", 1) for number in range(6))
    first = {served.get(timeout=30) for _ in range(PARALLEL - 1)}
    crew.take_on([claim("well"), claim("bad_0", 1)])
    assert served.get(timeout=30) == "well", "of those that failed no other was begun"
    may_end.set()
    rest = {served.get(timeout=30) for _ in range(6 - len(first))}
    assert first | rest == {f"bad_{number}" for number in range(6)}, "and each of them was begun once"


def test_a_claim_that_waited_for_too_long_is_left_to_others() -> None:
    served: list[str] = []
    for name, waited_s in (("soon", 59), ("late", 61)):
        moments = iter([NOW, NOW + timedelta(seconds=waited_s)])
        crew = Crew(
            serve=lambda claim: served.append(claim[0].id), now=partial(next, moments), keeps=timedelta(seconds=60)
        )
        crew.take_on([(Hook(id=name, clinic="clinic", url="", events=(), made_at=NOW), ())])
        crew.pause(30)
    assert served == ["soon"]


def test_two_processes_never_work_on_one_hook_at_the_same_time(opened: Opened) -> None:
    with receiving() as receiver:
        hooked(opened, receiver.url)
        happens(opened, 3)
        first, second = deliverer(opened, VirtualClock()), deliverer(opened, VirtualClock())
        claimed = first.outbox.claim(["clinic"], timedelta(minutes=2))
        assert len(claimed) == 1
        assert second.once() == 0
    assert receiver.got == []


def test_an_error_nobody_foresaw_ends_neither_the_loop_nor_another_hook(opened: Opened) -> None:
    told, network, stop = Queue[str](), Silent(), threading.Event()
    hooked(opened, "http://127.0.0.1:9/broken", "hook_1")
    hooked(opened, "http://127.0.0.1:9/well", "hook_2")
    happens(opened, 2)
    secrets = HookSecrets(secret=Private(SECRET))

    def broken(hook: str) -> HookSecrets:
        if hook == "hook_1":
            raise RuntimeError("odd")
        return secrets

    means = ClinicHooks(retry_seconds=(1,), allowed=("127.0.0.1",), secrets=broken)
    made = replace(
        deliverer(opened, VirtualClock()),
        stops=stop.is_set,
        transport=network,
        open_hooks=lambda _: means,
        unexpected=lambda hook, _: told.put(hook),
    )
    service = threading.Thread(target=made.run, args=(lambda: stop.wait(0.01),), daemon=True)
    service.start()
    try:
        assert told.get(timeout=30) == "hook_1"
        assert [network.got.get(timeout=30) for _ in range(2)] == ["/well", "/well"]
        happens(opened)
        assert network.got.get(timeout=30) == "/well", "the loop goes on"
    finally:
        stop.set()
        service.join(30)
    assert told.empty(), "what failed so waits until its claim has run out"
