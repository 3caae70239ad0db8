"""Cutting a comparison at every call and every commit: what is left then, and what the next one says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from random import Random
from types import SimpleNamespace
from typing import Any

import httpx2
from sqlalchemy import Connection

from ligament.app.comparisons import standing_comparison
from ligament.app.reconcile import reconcile
from ligament.app.runs import run_list
from ligament.ports.errors import PortError
from ligament.simkit.hosting import Host
from ligament.store.database.errors import StoreError, StoreFull
from ligament.wiring.clinic import Overrides, open_clinic
from tests.faults.clocks import WorkerClock
from tests.faults.enumeration import HEADS, lock_free
from tests.faults.homes import OneDatabase
from tests.faults.simulation import plugged
from tests.faults.wires import Killed
from tests.reconcile.planting import Scene
from tests.support.mounting import mounted
from tests.support.windows import InMemoryWindows

KILL, DROP, REFUSE, FULL = "kill", "drop the reply", "refuse", "disk full"
_TELLS = (
    "id", "kind", "needs", "state", "enters", "parts", "number", "amount", "tax", "date", "books_date", "sentence",
    "fix",
)  # fmt: skip
"""What of a variance must be the same however often it was begun."""


class Nested(OneDatabase):
    """A database in memory that can be looked at while a look at it is open, as a file can."""

    def __init__(self) -> None:
        super().__init__()
        self._open: Connection | None = None

    @contextmanager
    def reading(self, *, everything: bool = False) -> Iterator[Connection]:
        """Read, within what is being read already if need be: both see the same moment."""
        if self._open is not None:
            yield self._open
            return
        with super().reading(everything=everything) as connection:
            self._open = connection
            try:
                yield connection
            finally:
                self._open = None


@cache
def _database() -> Nested:
    return Nested()


@dataclass(frozen=True, slots=True)
class Cut:
    """What happens at which place: the so manieth call or commit."""

    kind: str
    place: str
    number: int

    def __str__(self) -> str:
        return f"{self.kind} at {self.place} {self.number}"


@dataclass(slots=True)
class Cutting:
    """A scene whose comparisons can be cut; everything is put back before each."""

    scene: Scene
    database: OneDatabase = field(default_factory=_database)
    rng: Random = field(default_factory=lambda: Random(0))
    windows: InMemoryWindows = field(default_factory=InMemoryWindows)
    script: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(seed=0))
    cut: Cut | None = None
    seen: dict[str, int] = field(default_factory=dict)
    dead: bool = False

    # --- one process --------------------------------------------------------------------------------------------------
    @contextmanager
    def app(self) -> Iterator[Any]:
        """Open the application, as a new process would."""
        stage = self.scene.stage
        hosts = {"cliniko": stage.practice, "xero": stage.books}
        outside = Overrides(
            transports={name: _Wire(host, self) for name, host in hosts.items()}, clock=WorkerClock(stage.time)
        )
        with open_clinic(stage.settings(), outside=outside) as opened:
            yield opened

    def compare(self, cut: Cut | None = None) -> dict[str, Any] | None:
        """Compare in a process of its own, cut or not; nothing where it did not come to its end."""
        self.cut, self.seen, self.dead = cut, {"call": 0, "commit": 0}, False
        try:
            with self.app() as clinic:
                return reconcile(clinic).document
        except (Killed, PortError, StoreError):
            if cut is None:
                raise
            return None
        finally:
            self.cut, self.dead = None, False

    def look(self, at: Callable[[Any], Any]) -> Any:
        """Open the application once more and look at something."""
        with self.app() as clinic:
            return at(clinic)

    # --- what is cut --------------------------------------------------------------------------------------------------
    def met(self, place: str, kinds: tuple[str, ...]) -> str:
        """Say what happens here, if anything does; a dead process does nothing more."""
        if self.dead:
            raise Killed
        wanted = self.cut
        hits = wanted is not None and (wanted.place, wanted.number) == (place, self.seen[place])
        return wanted.kind if wanted is not None and hits and wanted.kind in kinds else ""

    def die(self) -> None:
        """Pull the plug."""
        self.dead = True
        raise Killed

    def gate(self, point: str) -> None:
        """Stand at each commit."""
        if self.dead:
            raise Killed
        if point == "commit":
            self.seen["commit"] = self.seen.get("commit", 0) + 1
            if self.met("commit", (FULL,)):
                raise StoreFull("The disk is full.")
        elif point == "committed" and self.met("commit", (KILL,)):
            self.die()

    # --- going back in time -------------------------------------------------------------------------------------------
    def keep(self) -> tuple[Any, ...]:
        """Return everything there is at this moment."""
        stage = self.scene.stage
        return stage.practice.world, stage.books.world, self.database.snapshot(), dict(HEADS), stage.time.at

    def put_back(self, kept: tuple[Any, ...]) -> None:
        """Go back to a moment."""
        stage = self.scene.stage
        stage.practice.world, stage.books.world, database, heads, stage.time.at = kept
        self.database.restore(database)
        HEADS.clear()
        HEADS.update(heads)
        self.windows = InMemoryWindows()


class _Wire(httpx2.BaseTransport):
    """Carries requests to a host, and cuts where it is time."""

    def __init__(self, host: Host[Any], way: Cutting) -> None:
        self._inner, self._way = mounted(host), way

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Carry one request."""
        way = self._way
        way.seen["call"] = way.seen.get("call", 0) + 1
        kind = way.met("call", (KILL, DROP, REFUSE))
        if kind == REFUSE:
            return httpx2.Response(503, request=request)
        response = self._inner.handle_request(request)
        if kind == KILL:
            way.die()
        if kind == DROP:
            raise httpx2.RemoteProtocolError("Server disconnected without sending a response.")
        return response


@contextmanager
def cutting(scene: Scene) -> Iterator[Cutting]:
    """Put a database in memory under a scene, whose comparisons can then be cut."""
    way = Cutting(scene)
    way.database.empty()
    HEADS.clear()
    with plugged(way), lock_free():  # type: ignore[arg-type]
        way.database.gate = way.gate
        yield way


def plain(told: dict[str, Any]) -> dict[str, Any]:
    """Return what a comparison says, without what tells how often and when it was made."""
    variances = [{name: one[name] for name in _TELLS} for one in told["variances"]]
    return {**{name: told[name] for name in ("period", "compared", "balanced", "totals")}, "variances": variances}


def finished(clinic: Any) -> tuple[set[str], Any, set[str]]:
    """Return the comparisons that are shown: those kept, the one that stands, and the runs that say they ended well."""
    kept = {one.id for one in clinic.variances.comparisons()}
    standing = standing_comparison(clinic)["comparison"]
    runs = run_list(clinic)["runs"]
    ended = {run["id"] for run in runs if run["kind"] == "reconcile" and run["finished_at"] and not run["trouble"]}
    return kept, standing, ended
