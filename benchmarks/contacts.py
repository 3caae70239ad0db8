"""Finding contacts for a large practice the first time, and how long a change travels from the practice to the books.

First matching: a practice of 100,000 patients meets books in which people typed most of them already. The aim is at
most 20 times the time of one plain decode of the patients (`json.loads`), and 400 MB with facts and plan.

Travel: changes at random instants, the pause between two looks as the service chooses it (never more than a tenth of
the practice's limit), on a virtual clock on which each request takes 300 ms. How changes travel back is measured with
the webhooks.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.calls import ENVIRONMENT, Stage
from benchmarks.clinic import NOW, Size, patient_id
from benchmarks.decoding import decode_seconds
from benchmarks.facts import facts_of, surroundings
from benchmarks.figures import Figure
from benchmarks.measuring import child, peak_mb, timed
from benchmarks.planning import rules
from ligament.connectors.cliniko.simulator import control
from ligament.core.facts import Facts
from ligament.core.ids import BooksId
from ligament.core.ledgers import BooksContact, PhoneSlot
from ligament.core.naming import folded
from ligament.core.plans import ActionKind, Plan
from ligament.core.private import Private
from ligament.core.records import Party
from ligament.engine.schedule import Pace, interval
from ligament.flow.plan import make_plan
from ligament.wiring.app import open_app
from ligament.wiring.build import Outside
from ligament.wiring.settings import load_settings
from tests.support.mounting import mounted

PATIENTS, SMALL_PRACTICE = 100_000, 5_000
LIMIT_MB = 400
CLINIC = Size(patients=60, invoices=0)
CHANGES, SOME_CHANGES = 60, 12
CALLS_A_MINUTE = 200
AIMS = {30: 45, 5: 15}
SEED = 7


def measure(*, small: bool = False) -> list[Figure]:
    """Match a whole practice with books that hold most of it, then time changes on their way."""
    count = SMALL_PRACTICE if small else PATIENTS
    peer = decode_seconds(Size(patients=count, invoices=0))
    told = child("benchmarks.contacts", str(count))
    name = f"first matching of {count:,} contacts"
    note = (
        f"{told['adopted']:,} taken over, {told['held']:,} asked about, {told['created']:,} new; "
        f"{told['facts_mb']:.0f} MB before planning"
    )
    figures = [
        Figure(
            name=f"{name}: CPU",
            measured=told["plan_s"],
            yardstick=peer["json_s"],
            unit="s",
            against="json.loads",
            limit=20.0,
            note=note,
        ),
        Figure(
            name=f"{name}: memory",
            measured=told["peak_mb"],
            yardstick=LIMIT_MB,
            unit="MB",
            against="the aim",
            limit=1.0,
        ),
    ]
    for poll_s, aim in AIMS.items():
        figures += _travel(poll_s, aim, SOME_CHANGES if small else CHANGES)
    return figures


# --- first matching ---------------------------------------------------------------------------------------------------


def matching(count: int) -> dict[str, float]:
    """Match in this process and tell what it took."""
    book, around = rules(), surroundings()
    facts = facts_of(Size(patients=count, invoices=0))
    _fill_books(facts)
    plans: list[Plan] = []
    facts_mb = peak_mb()
    plan_s = timed(lambda: plans.append(make_plan(facts, book, around)))
    kinds = [action.kind for action in plans[0].actions]
    adopted, created = kinds.count(ActionKind.LINK_CONTACT), kinds.count(ActionKind.CREATE_CONTACT)
    held = len(plans[0].holds)
    assert adopted + created + held == count, (adopted, created, held)
    assert created == count // 10 * 3, created
    return {
        "plan_s": plan_s,
        "facts_mb": facts_mb,
        "peak_mb": peak_mb(),
        "adopted": adopted,
        "held": held,
        "created": created,
    }


def _fill_books(facts: Facts) -> None:
    """Of ten patients six are there under e-mail and name, one by name and phone only, three are not."""
    contacts = {held.id: held for held in _typed(facts.parties.values())}
    facts.contacts = contacts
    facts.contacts_by_email = {folded(held.email.reveal()): (held.id,) for held in contacts.values() if held.email}
    facts.contacts_by_name = {folded(held.name.reveal()): (held.id,) for held in contacts.values()}


def _typed(parties: Iterable[Party]) -> Iterator[BooksContact]:
    for place, party in enumerate(parties):
        if place % 10 < 7:
            yield _contact(place, party, with_email=place % 10 < 6)


def _contact(place: int, party: Party, *, with_email: bool) -> BooksContact:
    # People write names in their own way.
    name = party.full_name().upper() if place % 3 else party.full_name()
    return BooksContact(
        id=BooksId(f"contact-{place}"),
        name=Private(name),
        email=party.email if with_email else Private(""),
        phones=tuple((PhoneSlot.MOBILE, phone.number) for phone in party.phones),
        updated_at=NOW,
    )


# --- a change on its way ----------------------------------------------------------------------------------------------


def _travel(poll_s: int, aim_s: int, changes: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        waits, share = _Journey(Path(folder), poll_s).run(changes)
    waits.sort()
    p50, p95 = waits[len(waits) // 2], waits[max(0, len(waits) * 95 // 100 - 1)]
    name = f"change in the practice, a look every {poll_s} s"
    note = (
        f"{len(waits)} changes, p50 {p50:.1f} s, p95 {p95:.1f} s; {share:.0%} of the practice's calls per minute used"
    )
    return [
        Figure(name=f"{name}: p50", measured=p50, yardstick=aim_s, unit="s", against="the aim for p95"),
        Figure(name=f"{name}: p95", measured=p95, yardstick=aim_s, unit="s", against="the aim", limit=1.0, note=note),
        Figure(name=f"{name}: calls", measured=share * 100, yardstick=10, unit="%", against="a tenth of the limit"),
    ]


class _Journey:
    """A practice whose people change e-mail addresses, and a service that looks from time to time."""

    def __init__(self, home: Path, poll_s: int) -> None:
        self.stage = Stage(home, CLINIC)
        self.home = home
        self.pace = Pace(poll=timedelta(seconds=poll_s), night_poll=timedelta(seconds=poll_s), limit=CALLS_A_MINUTE)
        self.random = random.Random(SEED)

    def run(self, changes: int) -> tuple[list[float], float]:
        """Return how long each change took in seconds, and the share of the practice's limit that was used."""
        self.stage.run()
        clock, waits, calls = self.stage.clock, [], 0
        began = clock.now()
        pending: dict[str, tuple[str, datetime]] = {}
        due = clock.now() + self._pause()
        made = 0
        while made < changes or pending:
            looked = clock.now()
            self._look()
            calls += len(self.stage.practice.log)
            waits += self._arrived(pending)
            wait = interval(self.pace, looked, len(self.stage.practice.log))
            following = max(looked + wait, clock.now())
            while made < changes and due < following:
                clock.pause_ms(max(0, (due - clock.now()) // timedelta(milliseconds=1)))
                self._change(made, pending)
                made, due = made + 1, due + self._pause()
            clock.pause_ms(max(0, (following - clock.now()) // timedelta(milliseconds=1)))
        minutes = (clock.now() - began) / timedelta(minutes=1)
        return waits, calls / minutes / CALLS_A_MINUTE

    def _pause(self) -> timedelta:
        return timedelta(milliseconds=self.random.randint(2_000, 40_000))

    def _look(self) -> None:
        self.stage.practice.clear_log()
        transports = {"cliniko": mounted(self.stage.practice), "xero": mounted(self.stage.books)}
        settings = load_settings(home=self.home, environ=ENVIRONMENT)
        with open_app(settings, outside=Outside(transports=transports, clock=self.stage.clock)) as app:
            # Between two looks at the books only the practice is read, as the service does it.
            app.sync(leave_books=True)

    def _change(self, number: int, pending: dict[str, tuple[str, datetime]]) -> None:
        patient, email = patient_id(number % CLINIC.patients), f"changed{number}@patients.example"
        at = self.stage.clock.now()
        self.stage.practice.change(
            lambda world: control.edit_record(world, "patients", patient, {"email": email}, at=at)
        )
        pending[f"CLK-{patient}"] = (email, at)

    def _arrived(self, pending: dict[str, tuple[str, datetime]]) -> list[float]:
        held = {one.number: one for one in self.stage.books.world.only().contacts.values()}
        there = [number for number, (email, _) in pending.items() if held[number].email == email]
        return [(held[number].updated_at - pending.pop(number)[1]) / timedelta(seconds=1) for number in there]


if __name__ == "__main__":
    print(json.dumps(matching(int(sys.argv[1]))))
