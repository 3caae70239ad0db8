"""How long a change travels, each way, in virtual time: the service itself on a clock that nobody waits for.

From the practice: changes at random instants, the pause between two looks as the service chooses it, never more than a
tenth of the practice's limit. From the books: by webhook, which the books send 0.2 to 2 s after the change; and with
all webhooks lost, by the safety net. Each request takes 300 ms.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.clinic import Size, patient_id
from benchmarks.figures import Figure
from benchmarks.service import Service, service
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control
from ligament.connectors.xero.simulator import control as desk
from ligament.connectors.xero.simulator.records import Contact
from ligament.service.runner import books_pause

CLINIC = Size(patients=60, invoices=0)
CHANGES, SOME_CHANGES = 60, 12
CALLS_A_MINUTE = 200
AIMS = {30: 45, 5: 15}
HOOK_AIM_S = 5
DAILY_CALLS = 5000
SEED = 7
SECOND = timedelta(seconds=1)
Change = Callable[[Service, int, str], None]
Arrival = Callable[[Service, int, str], datetime | None]


def measure(*, small: bool = False) -> list[Figure]:
    """Time changes on their way from the practice, from the books by webhook, and from the books without any."""
    count = SOME_CHANGES if small else CHANGES
    figures: list[Figure] = []
    for poll_s, aim_s in AIMS.items():
        name = f"change in the practice, a look every {poll_s} s"
        figures += _figures(name, aim_s, _travel(count, _in_practice, _in_books_now, poll_s=poll_s))
    hooked = _travel(count, _in_books, _in_practice_now, poll_s=30)
    figures += _figures("change in the books, by webhook", HOOK_AIM_S, hooked)
    lost = _travel(count, _in_books, _in_practice_now, poll_s=30, hear=False)
    net_s = int(books_pause(DAILY_CALLS) / SECOND) + 30
    figures += _figures("change in the books, all webhooks lost", net_s, lost, against="one safety poll and a look")
    return figures


@dataclass(frozen=True, slots=True, kw_only=True)
class _Travels:
    """How long each change took in seconds, and the calls per minute that both systems got meanwhile."""

    waits: list[float]
    practice: float
    books: float


def _figures(name: str, aim_s: int, told: _Travels, against: str = "the aim") -> list[Figure]:
    waits = sorted(told.waits)
    p50, p95 = waits[len(waits) // 2], waits[max(0, len(waits) * 95 // 100 - 1)]
    share = told.practice / CALLS_A_MINUTE * 100
    note = (
        f"{len(waits)} changes, p50 {p50:.1f} s, p95 {p95:.1f} s, longest {waits[-1]:.1f} s; "
        f"{told.practice:.1f} calls a minute to the practice ({share:.1f} % of its limit), "
        f"{told.books:.1f} to the books"
    )
    return [
        Figure(name=f"{name}: p50", measured=p50, yardstick=aim_s, unit="s", against=f"{against}, for p95"),
        Figure(name=f"{name}: p95", measured=p95, yardstick=aim_s, unit="s", against=against, limit=1.0, note=note),
        Figure(
            name=f"{name}: calls", measured=share, yardstick=10, unit="%", against="a tenth of the limit", limit=1.0
        ),
    ]


@dataclass(slots=True)
class _Journey:
    """Changes on their way: who changed what, and when."""

    change: Change
    arrival: Arrival
    pending: dict[int, tuple[str, datetime]] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)

    def begin(self, running: Service, number: int) -> None:
        email = f"changed{number}@patients.example"
        self.pending[number] = (email, running.clock.now())
        self.change(running, number, email)

    def look(self, running: Service) -> bool:
        """Take note of what has arrived; says whether everything has."""
        for number, (email, at) in list(self.pending.items()):
            there = self.arrival(running, number, email)
            if there is not None:
                self.waits.append((there - at) / SECOND)
                del self.pending[number]
        return not self.pending


def _travel(count: int, change: Change, arrival: Arrival, *, poll_s: int, hear: bool = True) -> _Travels:
    draw, journey = random.Random(SEED), _Journey(change, arrival)
    with (
        tempfile.TemporaryDirectory() as folder,
        service(Path(folder), CLINIC, poll_s=poll_s, daily_calls=DAILY_CALLS, hear=hear) as running,
    ):
        # The first turn reads everything once more; what is measured begins behind it.
        settled = running.clock.now() + timedelta(minutes=2)
        running.run(lambda: running.clock.now() > settled, settled + timedelta(minutes=1))
        began, hosts = running.clock.now(), (running.stage.practice, running.stage.books)
        for host in hosts:
            host.clear_log()
        moment = began
        for number in range(count):
            moment += timedelta(milliseconds=draw.randint(2_000, 40_000))
            running.at(moment, lambda number=number: journey.begin(running, number))  # type: ignore[misc]
        running.run(lambda: running.clock.now() > moment and journey.look(running), moment + timedelta(hours=1))
        minutes = (running.clock.now() - began) / timedelta(minutes=1)
        practice, books = (len(host.log) / minutes for host in hosts)
    return _Travels(waits=journey.waits, practice=practice, books=books)


def _patient(number: int) -> str:
    return patient_id(number % CLINIC.patients)


def _contact(running: Service, number: int) -> Contact:
    wanted = f"CLK-{_patient(number)}"
    return next(held for held in running.stage.books.world.only().contacts.values() if held.number == wanted)


def _in_practice(running: Service, number: int, email: str) -> None:
    at = running.clock.now()
    running.stage.practice.change(
        lambda world: control.edit_record(world, "patients", _patient(number), {"email": email}, at=at)
    )


def _in_books_now(running: Service, number: int, email: str) -> datetime | None:
    contact = _contact(running, number)
    return contact.updated_at if contact.email == email else None


def _in_books(running: Service, number: int, email: str) -> None:
    at, contact = running.clock.now(), _contact(running, number).contact_id
    running.stage.books.change(lambda world: desk.edit_contact(world, contact, {"EmailAddress": email}, at=at))


def _in_practice_now(running: Service, number: int, email: str) -> datetime | None:
    row = cliniko.get(running.stage.practice.world, "patients", _patient(number)) or {}
    return datetime.fromisoformat(str(row["updated_at"])) if row["email"] == email else None
