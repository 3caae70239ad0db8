"""A bench: one connector, its own simulator under the real HTTP client, and what the house lends it."""

from __future__ import annotations

from collections import Counter
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from ligament.connectors.registry import named, part_of
from ligament.core.private import Private
from ligament.net.meter import CallMeter
from ligament.net.opening import Notebook, Opening
from ligament.net.token_vault import TextVault
from ligament.ports.practice import ReadingScope
from ligament.simkit.clinic import make_clinic
from ligament.simkit.faults import Fault, FaultKind, FaultScript, Rule
from ligament.simkit.hosting import Host
from ligament.simkit.story import Size
from tests.net.clocks import START, VirtualClock
from tests.support.mounting import LOOPBACK, mounted
from tests.support.windows import InMemoryWindows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from ligament.net.manifest import Manifest
    from ligament.ports.windows import Full, Window

CONTACT = "office@clinic.example"
SEED = 11


@cache
def world_of(connector: str) -> Any:
    """Return the invented clinic's world in this connector's simulator; worlds are never changed, only followed."""
    story = make_clinic(SEED, Size.SMALL, START.date())
    return part_of(named(connector), "simulator.demo").world_for(story)


class WatchedWindows(InMemoryWindows):
    """Windows in memory that remember which limits were kept."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: set[Window] = set()
        self.slots: set[int] = set()

    def take(self, scope: str, windows: Sequence[Window], at_ms: int, quota: Any = None) -> Full | None:
        self.kept.update(windows)
        return super().take(scope, windows, at_ms, quota)

    def enter(self, scope: str, slots: int, at_ms: int, lease_ms: int) -> str | None:
        self.slots.add(slots)
        return super().enter(scope, slots, at_ms, lease_ms)


@dataclass
class Memory:
    """Keeps rows and cursors as the store does, only simpler; serves readers of every role."""

    rows: dict[tuple[str, str], Any] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)

    def keep(self, page: Any) -> None:
        for row in (*getattr(page, "rows", ()), *getattr(page, "contacts", ()), *getattr(page, "documents", ())):
            self.rows[page.stream, str(getattr(row, "id", ""))] = row
        self.cursors.update(page.cursors)

    def revisions(self, kind: str, ids: Sequence[str]) -> Mapping[str, str]:
        found = {(type(row).__name__.casefold(), key): row for (_, key), row in self.rows.items()}
        return {key: found[kind, key].revision for key in ids if (kind, key) in found}

    def updated(self, stream: str, ids: Sequence[str]) -> Mapping[str, datetime]:
        return {key: self.rows[stream, key].updated_at for key in ids if (stream, key) in self.rows}

    def count_since(self, kind: str, since: datetime) -> int:
        rows = (row for (stream, _), row in self.rows.items() if kind in {stream, type(row).__name__.casefold()})
        return sum(row.updated_at >= since for row in rows)


@dataclass
class Bench:
    """A connector under test."""

    manifest: Manifest
    host: Host[Any]
    clock: VirtualClock
    opening: Opening
    windows: WatchedWindows
    memory: Memory = field(default_factory=Memory)

    @property
    def connector(self) -> Any:
        """Return the connector as the house loads it."""
        return part_of(self.manifest, "opening")

    @property
    def demo(self) -> Any:
        """Return what its folder knows about the demo."""
        return part_of(self.manifest, "simulator.demo")

    @property
    def meter(self) -> CallMeter:
        """Return what counts its calls."""
        return self.opening.meter

    @contextmanager
    def port(self, **changes: Any) -> Iterator[Any]:
        """Open the port, and close it again."""
        with closing(self.connector.open_port(replace(self.opening, **changes))) as port:
            yield port

    def with_values(self, **values: str) -> Opening:
        """Return what is lent with other settings."""
        return replace(self.opening, values={name: Private(value) for name, value in values.items()})

    def secrets(self) -> list[str]:
        """Return the secrets that were lent."""
        names = self.manifest.secrets()
        return [held.reveal() for name, held in self.opening.values.items() if name in names]

    def fail(self, kind: FaultKind, *, method: str = "", at_most: int = 0, **fault: Any) -> None:
        """Let requests go wrong from now on."""
        self.host.faults = FaultScript(rules=(Rule(fault=Fault(kind=kind, **fault), method=method, at_most=at_most),))

    def heal(self) -> None:
        """Let everything go well again."""
        self.host.faults = FaultScript()

    def writes(self) -> list[Any]:
        """Return the requests that would change something, in their order."""
        return [one.request for one in self.host.log if self.demo.is_write(one.request)]

    def calls(self) -> Counter[str]:
        """Return how often each path was asked."""
        return Counter(f"{one.request.method} {one.request.path}" for one in self.host.log)

    def read(self, port: Any) -> list[Any]:
        """Read everything that is new, as the flow does, and keep it."""
        self.clock.at += timedelta(seconds=1)
        pages = []
        if self.manifest.role == "practice":
            scope = ReadingScope(cursors=dict(self.memory.cursors), now=self.clock.now())
            found = port.read(scope, self.memory)
        else:
            found = port.read(dict(self.memory.cursors), self.memory, self.clock.now())
        for page in found:
            self.memory.keep(page)
            pages.append(page)
        return pages


def bench(manifest: Manifest) -> Bench:
    """Return a connector on its own simulator, with everything that it may be lent."""
    clock, windows = VirtualClock(), WatchedWindows()
    demo = part_of(manifest, "simulator.demo")
    host = Host(demo.handle, world_of(manifest.name), clock=clock.now, pause=lambda _: None, patience_ms=1)
    given = demo.environment(host.world, LOOPBACK)
    notes: dict[str, str] = {}
    tokens: dict[str, str] = {}
    opening = Opening(
        values={name: Private(given[variable]) for name, variable in manifest.environment.items() if variable in given},
        partner="partner",
        contact=CONTACT,
        clock=clock,
        pace=clock,
        meter=CallMeter(),
        windows=windows,
        tokens=TextVault(lambda: tokens.get("kept"), lambda text: tokens.update(kept=text), nullcontext),
        notebook=Notebook(read=lambda name: notes.get(name, ""), write=notes.__setitem__),
        jitter=lambda most: most // 2,
        transport=mounted(host),
    )
    return Bench(manifest=manifest, host=host, clock=clock, opening=opening, windows=windows)
