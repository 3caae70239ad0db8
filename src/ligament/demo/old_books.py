"""Part of the demo: a second clinic whose books an older link kept for a year, audited and then taken over."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from ligament.app.approvals import approve
from ligament.app.audit import audit
from ligament.app.documents import Document
from ligament.app.plans import whole
from ligament.app.sync import sync
from ligament.connectors.registry import part_of
from ligament.core.money import ZERO, two_places
from ligament.core.periods import Period
from ligament.net.manifest import Manifest
from ligament.simkit.hosting import Host
from ligament.simkit.old_link import old_year
from ligament.wiring.clinic import Clinic, Overrides, open_clinic
from ligament.wiring.clocks import FastClock
from ligament.wiring.settings import Settings, load_settings

_LOG_LIMIT = 100_000
_BEFORE = timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OldClinic:
    """The two served systems by role, and the home that leads to them."""

    hosts: Mapping[str, Host[Any]]
    parts: Mapping[str, Any]
    settings: Settings
    clock: FastClock

    @contextmanager
    def opened(self) -> Iterator[Clinic]:
        """Open the clinic as each command does."""
        with open_clinic(self.settings, outside=Overrides(clock=self.clock, actor="demo", source="demo")) as clinic:
            yield clinic

    def documents(self) -> Counter[str]:
        """Return how many documents of each number the books hold, straight from their own records."""
        totals = self.parts["books"].totals(self.hosts["books"].world)
        return Counter(str(number) for number in totals)


def show_old_books(manifests: Mapping[str, Manifest], seed: int, today: date, clock: FastClock) -> Document:
    """Audit the books while the older link is on, switch it off, take over, and count what came twice."""
    with _served(manifests, seed, today, clock) as old:
        with old.opened() as clinic:
            found = audit(clinic, Period()).document
        practice = part_of(manifests["practice"], "simulator.demo_old_link")
        old.hosts["practice"].change(practice.switched_off)
        before = old.documents()
        with old.opened() as clinic:
            planned = Counter(action["action"] for action in whole(clinic).document["actions"])
            approve(clinic, by="demo")
        with old.opened() as clinic:
            posted = sync(clinic).document
        with old.opened() as clinic:
            again = audit(clinic, Period()).document
        added = sum((old.documents() - before).values())
    doubles = Counter(one["kind"] for one in again["findings"])["doubled"]
    earlier = Counter(one["kind"] for one in found["findings"])["doubled"]
    at_stake = sum((abs(Decimal(one["amount"])) for one in found["findings"]), ZERO)
    return {
        "score": found["score"],
        "compared": found["compared"],
        "findings": _by_kind(found["findings"]),
        "at_stake": two_places(at_stake),
        "linked": planned["link_document"],
        "added": added,
        "created": sum(posted["created"].get(kind, 0) for kind in ("invoices", "credit_notes")),
        "new_doubles": doubles - earlier,
        "score_after": again["score"],
    }


def _by_kind(findings: list[Document]) -> list[Document]:
    counts = Counter(one["kind"] for one in findings)
    examples = {one["kind"]: one["sentence"] for one in reversed(findings)}
    return [{"kind": kind, "count": count, "example": examples[kind]} for kind, count in counts.items()]


@contextmanager
def _served(manifests: Mapping[str, Manifest], seed: int, today: date, clock: FastClock) -> Iterator[_OldClinic]:
    """Serve the clinic on loopback and write a rulebook into a home of its own."""
    year = old_year(seed, today - timedelta(days=1))
    parts = {role: part_of(manifest, "simulator.demo") for role, manifest in manifests.items()}
    sides = {role: part_of(manifest, "simulator.demo_old_link") for role, manifest in manifests.items()}
    worlds = {role: side.world_for(year) for role, side in sides.items()}
    hosts = {role: Host(parts[role].handle, worlds[role], clock=clock.now, log_limit=_LOG_LIMIT) for role in manifests}
    environment: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="ligament-demo-") as folder:
        try:
            for role, host in hosts.items():
                host.start()
                environment.update(parts[role].environment(host.world, host.url))
            _write_rulebook(Path(folder), manifests, today)
            settings = load_settings(home=Path(folder), environ=environment)
            yield _OldClinic(hosts=hosts, parts=parts, settings=settings, clock=clock)
        finally:
            for host in hosts.values():
                host.stop()


def _write_rulebook(home: Path, manifests: Mapping[str, Manifest], today: date) -> None:
    systems = "\n".join(f'{role} = "{manifest.name}"' for role, manifest in manifests.items())
    text = f"""[clinic]
name = "Old Mill Allied Health"
time_zone = "Australia/Melbourne"
{systems}

[invoices]
start_on = {(today - _BEFORE).isoformat()}

[accounts]
default = "200"

[taxes]
none = "EXEMPTOUTPUT"
"GST 10" = "OUTPUT"

[payments]
account = "090"
"""
    (home / "ligament.toml").write_text(text, encoding="utf-8")
