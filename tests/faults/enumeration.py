"""One cut at a time: every exchange and every commit of a story's runs is cut, and the end must be the same.

At each place a copy of this process is made (`fork`), the cut happens in the copy, and the copy runs on to its end,
while this process goes on as if nothing had happened. So what lies before a cut is run once for all cuts.
"""

from __future__ import annotations

import gc
import json
import os
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import httpx2

from ligament.app.approvals import approve as approve_waiting
from ligament.app.sync import sync
from ligament.connectors.cliniko import simulator as cliniko
from ligament.ports.errors import PortError
from ligament.simkit.hosting import Host
from ligament.store.database.errors import StoreError, StoreFull
from ligament.store.journal.headfile import HeadFile
from ligament.wiring.clinic import Overrides, open_clinic
from ligament.wiring.file_lock import lock_file
from ligament.wiring.settings import Settings, load_settings
from tests.faults.checker import PATIENT_FIELDS
from tests.faults.homes import one_database
from tests.faults.planted import always, returning, switched
from tests.faults.simulation import plugged
from tests.faults.wires import Killed
from tests.stories.acting import as_printed, environment
from tests.stories.clocks import StoryClock
from tests.stories.comparing import writes
from tests.stories.loading import Shape, Story
from tests.stories.running import Stage
from tests.stories.seeing import look
from tests.support.mounting import LOOPBACK, mounted
from tests.support.windows import InMemoryWindows

KILL, DROP_REPLY, DISK_FULL = "kill", "drop_reply", "disk_full"
KINDS = (KILL, DROP_REPLY, DISK_FULL)
MOST_RERUNS = 5
_TROUBLE = (PortError, StoreError)


@dataclass(slots=True)
class Found:
    """What enumerating one story came to; `same` are kills that leave exactly what the kill before them left."""

    cuts: int = 0
    same: int = 0
    runs: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, said: Mapping[str, Any]) -> None:
        """Add what a copy of this process found."""
        self.cuts += said["cuts"]
        self.same += said["same"]
        self.wrong += said["wrong"]


@dataclass(slots=True)
class Counters:
    """How far a run has come; `writes` counts what may have changed a server, `dead` says that the plug is pulled."""

    calls: int = 0
    commits: int = 0
    writes: int = 0
    dead: bool = False
    is_only_a_read: bool = False
    """Whether what was cut last is the reply to a read."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything there is at one moment."""

    worlds: tuple[Any, ...]
    logs: tuple[list[Any], ...]
    database: bytes
    heads: dict[Path, Any]
    clock: Any


class _Cutting(httpx2.BaseTransport):
    """Carries requests to a host, and cuts behind each."""

    def __init__(self, host: Host[Any], way: Enumerating) -> None:
        self._inner, self._way = mounted(host), way

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Carry one request."""
        way, counters = self._way, self._way.counters
        if counters.dead:
            raise Killed
        response = self._inner.handle_request(request)
        counters.calls += 1
        counters.writes += request.method != "GET"
        way.kill_here(f"after call {counters.calls}")
        if way.cut_here(DROP_REPLY, f"to call {counters.calls}"):
            counters.is_only_a_read = request.method == "GET"
            raise httpx2.RemoteProtocolError("Server disconnected without sending a response.")
        return response


@contextmanager
def lock_free() -> Iterator[None]:
    """Leave out what copies of one process would share: the file lock of this machine, and the thread that renews.

    The lease in the database stays: it is there for whoever comes after a cut, as on a real machine.
    """
    holding = "ligament.wiring.exclusive"
    with (
        switched(f"{holding}:alone", always(_unlocked)),
        switched(f"{holding}:_renewed", returning(nullcontext())),
        switched("ligament.wiring.clinic:HeadFile", always(HeadInMemory)),
    ):
        yield


HEADS: dict[Path, Any] = {}
"""The signed ends of journals. Copies of this process share its files but not its database, so that they stay apart."""


class HeadInMemory(HeadFile):
    """A head that each copy of the process has for itself."""

    def read(self) -> Any:
        return HEADS.get(self.path)

    def write(self, head: Any) -> None:
        if self.path not in HEADS or HEADS[self.path].sequence < head.sequence:
            HEADS[self.path] = head

    def begin_anew(self, head: Any) -> None:
        HEADS[self.path] = head


@contextmanager
def _unlocked(home: Path, clinic: str, *_: Any) -> Iterator[None]:
    lock_file(home, clinic).touch()
    yield


class Enumerating:
    """A way to run a story which, at each of its runs, tries every cut and then goes on as if nothing had happened."""

    def __init__(self, home: Path, hosts: Mapping[str, Host[Any]], clock: StoryClock) -> None:
        self._settings: Settings = load_settings(home=home, environ=environment(f"{LOOPBACK}/v1", LOOPBACK))
        self._hosts, self._clock = hosts, clock
        self.counters = Counters()
        self.rng, self.script = Random(0), SimpleNamespace(seed=0)
        self.database = one_database()
        self.database.empty()
        self.database.gate = self._gate
        self.windows = InMemoryWindows()
        self.found = Found()
        self.runs = range(99)
        """Which of the runs that write something are cut."""
        self._wrote_so_far = 0
        self.kinds: Sequence[str] = KINDS
        self.cuts_each = 1
        """How many cuts are combined: 1 tries every single one, 2 every pair."""
        self.share = (0, 1)
        """Which of so many equal shares of the first cuts this process makes; other processes make the others."""
        self._firsts = 0
        self._left = 0
        """How many cuts may still be made from here on."""
        self._told: tuple[str, ...] = ()
        """The cuts that led to this copy of the process; none in the process that was there first."""
        self._pipe = -1
        """Where a copy tells what it found."""
        self._died_at = (0, 0)

    # --- what a story asks for ----------------------------------------------------------------------------------------

    def sync(self, approve: Sequence[str]) -> Shape:
        """Approve, run once uncut to see the end, then again from the same start with every cut."""
        with plugged(self), lock_free():  # type: ignore[arg-type]
            self.database.gate = self._gate
            if approve:
                with self._opened() as app:
                    approve_waiting(app, list(approve))
            start = self._keep()
            report = self._uncut()
            end = self._keep()
            if self._wrote(start):
                self._wrote_so_far += 1
                if self._wrote_so_far - 1 in self.runs:
                    self.found.runs += not self.share[0]
                    self._put_back(start)
                    self._explore(shown(end.worlds))
            self._put_back(end)
        return report

    def reconcile(self) -> Shape | None:
        """Reconciling writes nothing and is not cut here."""
        return None

    def _wrote(self, start: State) -> bool:
        hosts = (self._hosts["cliniko"], self._hosts["xero"])
        return any(writes(host.log[len(log) :]) for host, log in zip(hosts, start.logs, strict=True))

    # --- cutting ------------------------------------------------------------------------------------------------------

    def _explore(self, end: Mapping[str, list[str]]) -> None:
        """Run; where something can be cut, a copy of this process is cut, runs on to its end and is judged."""
        self._left = self.cuts_each
        gc.collect()
        gc.freeze()
        gc.disable()
        for _ in range(MOST_RERUNS + self.cuts_each):
            former, self.counters, self._died_at = self._told, Counters(), (0, 0)
            ended = self._once()
            was_cut = self._told != former
            if was_cut and not self.counters.is_only_a_read:
                # Even when the run ended well, one more finds nothing to do.
                continue
            if ended == "done":
                break
        else:
            self.found.wrong.append(f"{self._where()}: it never came to an end, {ended}")
        now = shown(tuple(host.world for host in self._hosts.values()))
        differs = [name for name in end if now[name] != end[name]]
        if differs:
            self.found.wrong.append(f"{self._where()}: {differs} differ from a run that nothing cut")
        self._end_copy()
        gc.enable()
        gc.unfreeze()

    def cut_here(self, kind: str, place: str) -> bool:
        """Make a copy of this process, and say whether this is the copy, in which the cut has to happen."""
        if kind not in self.kinds or not self._left or not self._is_ours():
            return False
        answers, pipe = os.pipe()
        copy = os.fork()
        if copy:
            os.close(pipe)
            self._hear(copy, answers)
            return False
        os.close(answers)
        self._pipe, self._left = pipe, self._left - 1
        self._told = (*self._told, f"{kind} {place}")
        self.found = Found(cuts=1)
        return True

    def _is_ours(self) -> bool:
        """Say whether a cut belongs to the share of this process: what follows a first cut does, wherever it is."""
        if self._told:
            return True
        self._firsts += 1
        part, parts = self.share
        return self._firsts % parts == part

    def kill_here(self, place: str) -> None:
        """Pull the plug in a copy, unless nothing was kept or changed since the last place where it was pulled."""
        counters = self.counters
        now = (counters.commits, counters.writes)
        if self._left and now == self._died_at:
            self.found.same += bool(self._told or not self.share[0])
            return
        self._died_at = now
        if self.cut_here(KILL, place):
            counters.dead = True
            raise Killed

    def _hear(self, copy: int, answers: int) -> None:
        with os.fdopen(answers, "rb") as heard:
            said = heard.read()
        os.waitpid(copy, 0)
        assert said, "a copy of this process ended without a word"
        self.found.add(json.loads(said))

    def _end_copy(self) -> None:
        """Tell what was found and be gone, when this is a copy."""
        if self._pipe < 0:
            return
        said = {"cuts": self.found.cuts, "same": self.found.same, "wrong": self.found.wrong}
        os.write(self._pipe, json.dumps(said).encode())
        os._exit(0)

    def _where(self) -> str:
        return " then ".join(self._told) or "nothing cut"

    def _once(self) -> str:
        try:
            with self._opened() as app:
                sync(app)
        except Killed:
            return "killed"
        except _TROUBLE as trouble:
            return f"{type(trouble).__name__}: {trouble}"
        except Exception:
            # Whatever breaks in a copy has to be told to the process that made it.
            if self._pipe < 0:
                raise
            self.found.wrong.append(f"{self._where()}: it broke, {traceback.format_exc()}")
            self._end_copy()
        return "done"

    def _uncut(self) -> Shape:
        self._left, self.counters = 0, Counters()
        with self._opened() as app:
            return as_printed(sync(app))

    def _gate(self, point: str) -> None:
        if self.counters.dead:
            raise Killed
        if point == "commit":
            self.counters.commits += 1
            if self.cut_here(DISK_FULL, f"at commit {self.counters.commits}"):
                self.counters.is_only_a_read = False
                raise StoreFull("The disk is full.")
        elif point == "committed":
            self.kill_here(f"after commit {self.counters.commits}")

    def _opened(self) -> Any:
        transports = {name: _Cutting(host, self) for name, host in self._hosts.items()}
        return open_clinic(self._settings, outside=Overrides(transports=transports, clock=self._clock))

    # --- going back in time -------------------------------------------------------------------------------------------

    def _keep(self) -> State:
        hosts = tuple(self._hosts.values())
        return State(
            worlds=tuple(host.world for host in hosts),
            logs=tuple(host.log for host in hosts),
            database=self.database.snapshot(),
            # The head stands beside the database: an older one alone would be an alarm.
            heads=dict(HEADS),
            clock=self._clock.now(),
        )

    def _put_back(self, state: State) -> None:
        for host, world, log in zip(self._hosts.values(), state.worlds, state.logs, strict=True):
            host.world = world
            host.clear_log()
            assert host._log is not None
            host._log.extend(log)
        self._left, self.counters = 0, Counters()
        # The limits are those of the servers' minutes, which begin anew when time goes back.
        self.windows = InMemoryWindows()
        self.database.restore(state.database)
        HEADS.clear()
        HEADS.update(state.heads)
        self._clock._at = state.clock


def shown(worlds: tuple[Any, ...]) -> dict[str, list[str]]:
    """Return practice and books without ids and times, so that two of them can be laid side by side."""
    practice, books = worlds
    sight = look(books)
    plain = {
        "documents": [*sight.invoices.values(), *sight.credit_notes.values()],
        "payments": list(sight.payments.values()),
        "contacts": list(sight.contacts.values()),
        "patients": [{name: one.get(name) for name in PATIENT_FIELDS} for one in cliniko.records(practice, "patients")],
    }
    return {
        name: sorted(repr({key: one[key] for key in sorted(one) if key != "billed_to"}) for one in held)
        for name, held in plain.items()
    }


def enumerate_story(
    story: Story,
    home: Path,
    *,
    cuts_each: int = 1,
    runs: range = range(99),
    kinds: Sequence[str] = KINDS,
    share: tuple[int, int] = (0, 1),
) -> Found:
    """Try every cut of those runs of a story that write something; `cuts_each` 2 tries every pair of them.

    With a `share` only every so manieth first cut is made, and everything that can follow it.
    """
    ways: list[Enumerating] = []

    def make(where: Path, hosts: Mapping[str, Host[Any]], clock: StoryClock) -> Enumerating:
        way = Enumerating(where, hosts, clock)
        way.cuts_each, way.runs, way.kinds, way.share = cuts_each, runs, kinds, share
        ways.append(way)
        return way

    for _ in Stage(story, home, make).play():
        pass
    return ways[0].found
