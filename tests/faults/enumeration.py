"""One cut at a time: every exchange and every commit of a story's runs is cut, and the end must be the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx2

from ligament.net.governor import InMemoryWindows
from ligament.ports.errors import PortError
from ligament.simkit.hosting import Host
from ligament.store.errors import StoreError, StoreFull
from ligament.wiring.app import open_app
from ligament.wiring.build import Outside
from ligament.wiring.settings import Settings, load_settings
from tests.faults.homes import one_database
from tests.faults.simulation import plugged
from tests.faults.wires import Killed
from tests.stories.acting import as_printed, environment
from tests.stories.clocks import StoryClock
from tests.stories.comparing import writes
from tests.stories.loading import Shape, Story
from tests.stories.running import Stage
from tests.stories.seeing import look
from tests.support.mounting import LOOPBACK, mounted

CALL_CUTS = ("drop_reply", "kill_after")
COMMIT_CUTS = ("disk_full", "kill_committed")
MOST_RERUNS = 4
_TROUBLE = (PortError, StoreError)


@dataclass(frozen=True, slots=True)
class Cut:
    """What is cut: the `nth` exchange or commit of a run."""

    kind: str
    nth: int

    @property
    def is_call(self) -> bool:
        """Say whether it cuts an exchange, rather than a commit."""
        return self.kind in CALL_CUTS


@dataclass(slots=True)
class Counters:
    """How many exchanges and commits a run has had, and which cut waits for it."""

    calls: int = 0
    commits: int = 0
    cut: Cut | None = None
    dead: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """Everything there is at one moment."""

    worlds: tuple[Any, ...]
    logs: tuple[list[Any], ...]
    database: bytes
    clock: Any


@dataclass(slots=True)
class Found:
    """What enumerating one story came to."""

    cuts: int = 0
    runs: int = 0
    wrong: list[str] = field(default_factory=list)


class _Cutting(httpx2.BaseTransport):
    """Carries requests to a host, and cuts the one whose turn it is."""

    def __init__(self, host: Host[Any], way: Enumerating) -> None:
        self._inner, self._way = mounted(host), way

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Carry one request."""
        counters = self._way.counters
        if counters.dead:
            raise Killed
        counters.calls += 1
        response = self._inner.handle_request(request)
        cut = counters.cut
        if cut is not None and cut.is_call and cut.nth == counters.calls:
            if cut.kind == "kill_after":
                counters.dead = True
                raise Killed
            raise httpx2.RemoteProtocolError("Server disconnected without sending a response.")
        return response


class Enumerating:
    """A way to run a story which, at each of its runs, tries every cut and then goes on as if nothing had happened."""

    def __init__(self, home: Path, hosts: Mapping[str, Host[Any]], clock: StoryClock) -> None:
        self._settings: Settings = load_settings(home=home, environ=environment(f"{LOOPBACK}/v1", LOOPBACK))
        self._hosts, self._clock = hosts, clock
        self.counters = Counters()
        self.rng = Random(0)
        self.database = one_database()
        self.database.empty()
        self.database.gate = self._gate
        self.windows = InMemoryWindows()
        self.found = Found()
        self.pairs = False
        self.most_runs = 99
        self.cut_kinds: Sequence[str] = (*CALL_CUTS, *COMMIT_CUTS)

    # --- what a story asks for ----------------------------------------------------------------------------------------

    def sync(self, approve: Sequence[str]) -> Shape:
        """Approve, run once uncut, then try every cut of that run from the same start."""
        with plugged(self):  # type: ignore[arg-type]
            self.database.gate = self._gate
            if approve:
                with self._opened() as app:
                    app.approve(list(approve))
            start = self._keep()
            report = self._uncut()
            end, total = self._keep(), self.counters
            said = [*self._hosts["cliniko"].log[len(start.logs[0]) :], *self._hosts["xero"].log[len(start.logs[1]) :]]
            if writes(said) and self.found.runs < self.most_runs:
                self.found.runs += 1
                for cut in self._cuts(total):
                    self._try(start, end, cut)
            self._put_back(end)
        return report

    def reconcile(self) -> Shape | None:
        """Reconciling writes nothing and is not cut here."""
        return None

    # --- cutting ------------------------------------------------------------------------------------------------------

    def _cuts(self, total: Counters) -> Iterator[tuple[Cut, ...]]:
        singles = [
            Cut(kind, nth)
            for kind in self.cut_kinds
            for nth in range(1, (total.calls if kind in CALL_CUTS else total.commits) + 1)
        ]
        if not self.pairs:
            yield from ((one,) for one in singles)
            return
        kills = [one for one in singles if one.kind in {"kill_after", "kill_committed"}]
        yield from ((one, other) for one in kills for other in kills)

    def _try(self, start: State, end: State, cuts: tuple[Cut, ...]) -> None:
        """Run with the cuts, one per run, then to the end; everything must be as without them."""
        self._put_back(start)
        self.found.cuts += 1
        told = " then ".join(f"{cut.kind} {cut.nth}" for cut in cuts)
        left = list(cuts)
        for _ in range(MOST_RERUNS + len(cuts)):
            cut = left.pop(0) if left else None
            ended = self._once(cut)
            if ended == "done" and not left and (cut is None or not self._struck(cut)):
                break
        else:
            self.found.wrong.append(f"{told}: it never came to an end, {ended}")
            return
        differs = [
            name for name, held in shown(end.worlds[1]).items() if shown(self._hosts["xero"].world)[name] != held
        ]
        if differs:
            self.found.wrong.append(f"{told}: {differs} differ from a run that nothing cut")

    def _struck(self, cut: Cut) -> bool:
        counted = self.counters.calls if cut.is_call else self.counters.commits
        return counted >= cut.nth

    def _once(self, cut: Cut | None) -> str:
        self.counters = Counters(cut=cut)
        try:
            with self._opened() as app:
                app.sync()
        except Killed:
            return "killed"
        except _TROUBLE as trouble:
            return f"{type(trouble).__name__}: {trouble}"
        return "done"

    def _uncut(self) -> Shape:
        self.counters = Counters()
        with self._opened() as app:
            return as_printed(app.sync())

    def _gate(self, point: str) -> None:
        counters = self.counters
        if counters.dead:
            raise Killed
        if point == "commit":
            counters.commits += 1
        cut = counters.cut
        if cut is None or cut.is_call or counters.commits != cut.nth:
            return
        if cut.kind == "disk_full" and point == "commit":
            raise StoreFull("The disk is full.")
        if cut.kind == "kill_committed" and point == "committed":
            counters.dead = True
            raise Killed

    def _opened(self) -> Any:
        transports = {name: _Cutting(host, self) for name, host in self._hosts.items()}
        return open_app(self._settings, outside=Outside(transports=transports, clock=self._clock))

    # --- going back in time -------------------------------------------------------------------------------------------

    def _keep(self) -> State:
        hosts = (self._hosts["cliniko"], self._hosts["xero"])
        self.counters.cut = None
        return State(
            worlds=tuple(host.world for host in hosts),
            logs=tuple(host.log for host in hosts),
            database=self.database.snapshot(),
            clock=self._clock.now(),
        )

    def _put_back(self, state: State) -> None:
        hosts = (self._hosts["cliniko"], self._hosts["xero"])
        for host, world, log in zip(hosts, state.worlds, state.logs, strict=True):
            host.world = world
            host.clear_log()
            assert host._log is not None
            host._log.extend(log)
        self.counters = Counters()
        # The limits are those of the servers' minutes, which begin anew when time goes back.
        self.windows = InMemoryWindows()
        self.database.restore(state.database)
        self._clock._at = state.clock


def shown(world: Any) -> dict[str, list[str]]:
    """Return the books without ids and times, so that two of them can be laid side by side."""
    sight = look(world)
    plain = {
        "documents": [*sight.invoices.values(), *sight.credit_notes.values()],
        "payments": list(sight.payments.values()),
        "contacts": list(sight.contacts.values()),
    }
    return {
        name: sorted(repr({key: value for key, value in one.items() if key != "billed_to"}) for one in held)
        for name, held in plain.items()
    }


def enumerate_story(
    story: Story,
    home: Path,
    *,
    pairs: bool = False,
    most_runs: int = 99,
    kinds: Sequence[str] = (*CALL_CUTS, *COMMIT_CUTS),
) -> Found:
    """Try every cut of the first runs of a story that write something; with `pairs`, every pair of killed calls."""
    ways: list[Enumerating] = []

    def make(where: Path, hosts: Mapping[str, Host[Any]], clock: StoryClock) -> Enumerating:
        way = Enumerating(where, hosts, clock)
        way.pairs, way.most_runs = pairs, most_runs
        way.cut_kinds = ("kill_after",) if pairs else kinds
        ways.append(way)
        return way

    for _ in Stage(story, home, make).play():
        pass
    return ways[0].found
