"""What the client's tests share: a simulated clinic under the real client, a virtual clock, and a small memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ligament.connectors.cliniko.port import ClinikoPractice, connect
from ligament.connectors.cliniko.simulator.handle import handle
from ligament.connectors.cliniko.simulator.switches import Switches
from ligament.connectors.cliniko.simulator.world import DEFAULT_KEY, World, put_many
from ligament.core.records import Line, Party, PartyKind, Removal
from ligament.net.meter import CallMeter
from ligament.ports.practice import ReadingScope
from ligament.simkit.hosting import Host
from tests.support.mounting import LOOPBACK, mounted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ligament.core.records import PracticeRecord
    from ligament.net.governor import Governor
    from ligament.ports.practice import PracticePage
    from ligament.simkit.faults import FaultScript

START = datetime(2026, 11, 20, 1, 0, 0, tzinfo=UTC)


class VirtualClock:
    """A calendar that moves only when told to, or when somebody pauses."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at
        self.pauses: list[int] = []

    def now(self) -> datetime:
        return self.at

    def monotonic_ms(self) -> int:
        return (self.at - START) // timedelta(milliseconds=1)

    def pause_ms(self, milliseconds: int) -> None:
        self.pauses.append(milliseconds)
        self.at += timedelta(milliseconds=milliseconds)

    def forward(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)


def kind_of(row: PracticeRecord | Removal) -> str:
    if isinstance(row, Party):
        return "payer" if row.kind is PartyKind.PAYER else "patient"
    return type(row).__name__.lower()


@dataclass
class Memory:
    """Keeps rows and cursors as the store does, only simpler."""

    rows: dict[tuple[str, str], Any] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)

    def keep(self, page: PracticePage) -> None:
        whole = set(page.whole_invoices)
        for key in [key for key, row in self.rows.items() if isinstance(row, Line) and row.invoice_id in whole]:
            del self.rows[key]
        for row in page.rows:
            self.rows[kind_of(row), str(getattr(row, "id", ""))] = row
        self.cursors.update(page.cursors)

    def revisions(self, kind: str, ids: Sequence[str]) -> Mapping[str, str]:
        return {key: self.rows[kind, key].revision for key in ids if (kind, key) in self.rows}

    def count_since(self, kind: str, since: datetime) -> int:
        return sum(row.updated_at >= since for (name, _), row in self.rows.items() if name == kind)

    def of(self, kind: str) -> dict[str, Any]:
        return {key: row for (name, key), row in self.rows.items() if name == kind}


@dataclass
class Clinic:
    """A host with a clinic, a practice reading it, and what the reading kept."""

    host: Host[World]
    clock: VirtualClock
    meter: CallMeter
    practice: ClinikoPractice
    memory: Memory = field(default_factory=Memory)

    def read(
        self, *, visits: bool = False, reference: bool = False, brief: bool = False, now: datetime | None = None
    ) -> list[PracticePage]:
        scope = ReadingScope(
            cursors=dict(self.memory.cursors),
            visits=visits,
            refresh_reference=reference,
            brief=brief,
            now=now or self.clock.now(),
        )
        pages = []
        for page in self.practice.read(scope, self.memory):
            self.memory.keep(page)
            pages.append(page)
        return pages

    def calls(self) -> Counter[str]:
        return Counter(exchange.request.path.removeprefix("/v1/") for exchange in self.host.log)

    def change(self, fn: Any) -> None:
        self.host.change(fn)


def clinic(
    world: World | None = None,
    *,
    switches: Switches | None = None,
    faults: FaultScript | None = None,
    key: str = f"{DEFAULT_KEY}-au2",
    governor: Governor | None = None,
    clock: VirtualClock | None = None,
    base_url: str = f"{LOOPBACK}/v1",
    **choices: Any,
) -> Clinic:
    clock = clock or VirtualClock()
    host = Host(
        handle,
        world or World.empty(switches=switches or Switches(rate_limit=0)),
        clock=clock.now,
        faults=faults,
        pause=lambda _: None,
        patience_ms=1,
    )
    meter = CallMeter()
    practice = connect(
        api_key=key,
        contact="desk@clinic.example",
        meter=meter,
        clock=clock,
        jitter=lambda most: most // 2,
        governor=governor,
        base_url=base_url,
        transport=mounted(host),
        **choices,
    )
    return Clinic(host=host, clock=clock, meter=meter, practice=practice)


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def with_people(world: World, number: int, at: datetime = START - timedelta(days=90)) -> World:
    people = [
        {
            "id": str(1_410_000_000_000_000_001 + index),
            "first_name": f"Ada{index}",
            "last_name": "Sample",
            "email": f"ada{index}@example.org",
            "date_of_birth": "1988-03-09",
            "notes": "SECRET-NOTE",
            "medicare": "SECRET-MEDICARE",
            "appointment_notes": "SECRET-NOTE",
            "country": "",
            "country_code": "AU",
            "created_at": stamp(at + timedelta(minutes=index)),
        }
        for index in range(number)
    ]
    return put_many(world, "patients", people)


def with_invoices(
    world: World, number: int, *, at: datetime = START - timedelta(days=30), step_s: int = 60, first: int = 0
) -> World:
    """Add invoices with one line each, created `step_s` apart."""
    invoices, items = [], []
    for index in range(first, first + number):
        invoice_id = str(1_412_000_000_000_000_001 + index)
        moment = stamp(at + timedelta(seconds=index * step_s))
        invoices.append(
            {
                "id": invoice_id,
                "number": 1000 + index,
                "issue_date": moment[:10],
                "status": 10,
                "status_description": "Open",
                "total_amount": "93.5",
                "tax_amount": "8.5",
                "net_amount": "85.0",
                "calculation_method": 2,
                "invoice_to": "Ms Ada Sample",
                "notes": "SECRET-NOTE",
                "patient_extra_information": "SECRET-NOTE",
                "patient_id": "1410000000000000001",
                "created_at": moment,
            }
        )
        items.append(
            {
                "id": str(1_412_500_000_000_000_001 + index),
                "invoice_id": invoice_id,
                "name": "Standard consultation",
                "code": "ST30",
                "quantity": "1.0",
                "unit_price": "85.0",
                "discount_percentage": "0.0",
                "discounted_amount": "0.0",
                "is_monetary_discount": False,
                "tax_name": "GST",
                "tax_rate": "10.0",
                "total_including_tax": "93.5",
                "created_at": moment,
            }
        )
    return put_many(put_many(world, "invoices", invoices), "invoice_items", items)
