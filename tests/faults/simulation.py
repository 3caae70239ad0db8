"""One seed, one simulation: phase one with faults and safety checked at every step, phase two healing to quiet."""

from __future__ import annotations

import time as real_time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from ligament.app.sync import sync
from ligament.connectors.cliniko.simulator import control, find
from ligament.core.notes import RULEBOOK_NOTE
from ligament.ports.errors import PortError
from ligament.store.backup.after_restore import UNSEEN
from ligament.store.database.errors import StoreBusy, StoreError, StoreFull
from ligament.store.journal.audit import export, verify
from ligament.wiring import allowances, ambient, exclusive, retries
from ligament.wiring import clinic as build_module
from ligament.wiring.clinic import Clinic as OpenClinic
from ligament.wiring.clinic import Overrides, open_clinic
from ligament.wiring.file_lock import AnotherRun
from tests.faults import people
from tests.faults.backups import put_back
from tests.faults.checker import Checker
from tests.faults.clocks import START, TICK, TrueTime, WorkerClock
from tests.faults.findings import Violation
from tests.faults.homes import GatedWindows, HeadInMemory, one_database, settings_for
from tests.faults.hooks import Hooks, run_hinted
from tests.faults.mishaps import STRANGERS_KEY, Tampering, is_pinned, mend, stranger_of, tamper
from tests.faults.processes import PROCESSES
from tests.faults.scripts import (
    ANY,
    BEFORE,
    COMMIT,
    HINTS,
    HOOK,
    LISTED,
    QUIET_SPELLS,
    READ,
    RIVALS,
    WHOLE,
    WRITE,
    Event,
    Script,
)
from tests.faults.wires import BOOKS, PRACTICE, Killed, Sent, Wire, applies, is_write
from tests.faults.worlds import Start, named_words, start_for

SWEEPS, MOST_SWEEPS = 2, 4
HEALING_GAPS = tuple(timedelta(minutes=minutes) for minutes in (5, 9, 26 * 60))
LONG_GAP = HEALING_GAPS[-1]
"""After this every wait that a server asked for, and every wrong calendar, is over."""
_SECOND_PATIENCE_MS = 20_000
_EXPECTED = (PortError, StoreError, AnotherRun)

Plant = Callable[[], AbstractContextManager[object]]


@dataclass(slots=True)
class Ended:
    """How a simulation ended; `violation` is empty when everything held."""

    script: Script
    violation: str = ""
    steps: list[str] = field(default_factory=list)
    log: list[Sent] = field(default_factory=list)
    struck: Counter[str] = field(default_factory=Counter)
    """How often each kind of fault really struck a call, a commit, a webhook or a run."""
    simulated_s: float = 0.0
    real_s: float = 0.0
    sweeps: int = 0

    @property
    def faults(self) -> int:
        """Return how many faults struck."""
        return self.struck.total()

    def told(self) -> str:
        """Return the failure with everything that is needed to repeat it."""
        steps = "\n".join(f"  {step}" for step in self.steps)
        return f"{self.violation}\n{self.script.told()}\nwhat happened:\n{steps}"


class Simulation:
    """Both worlds, the wire, the clock, the database and the people of one seed."""

    def __init__(self, script: Script, start: Start | None = None) -> None:
        made = start or start_for(script.seed)
        self.script = script
        self.practice, self.books = made.practice, made.books
        self.rulebook = made.rulebook
        self._settle_rulebook()
        self.time, self.tick = TrueTime(), TICK
        self.clocks = [WorkerClock(self.time), WorkerClock(self.time)]
        self.rng = Random(f"luck {script.seed}")
        self.windows = GatedWindows(self.gate)
        self.struck: Counter[str] = Counter()
        self.wire = Wire(self)
        self.checker = Checker(self)
        self.steps: list[str] = []
        self.database = one_database()
        self.database.empty()
        self.database.gate = self.gate
        PROCESSES.begin_anew()
        self.backup: bytes | None = None
        self.rulebook_edits = 0
        self.has_run = False
        """Whether a run went to its end, so that whose practice it is must be known."""
        self.hooks = Hooks(self)
        self._counts = dict.fromkeys((ANY, READ, WRITE, COMMIT, HOOK, LISTED), 0)
        self._is_listed = self._keeps_listed = False
        """Whether the books gave a list since the last commit, and whether the commit of this moment keeps it."""
        self._events: dict[tuple[str, int], list[Event]] = {}
        self._dead = self._full = False
        self._worker = 0
        self._app: OpenClinic | None = None
        self.fenced_off = False
        """Whether another machine has the clinic, taken between two calls: this worker must not write any more."""
        self.report: dict[str, Any] = {}
        self.stranger: Any = None
        """Another practice, whose key somebody connected by mistake for this run."""
        self.tampered: Tampering | None = None

    # --- the points at which something may happen -------------------------------------------------------------------

    def kill(self) -> None:
        """Pull the plug."""
        self._dead = True

    def gate(self, point: str) -> None:
        """Be asked at every call, read and commit; a dead process gets no further."""
        if self._dead:
            raise Killed
        if point not in {"commit", "committed"}:
            return
        if point == "commit":
            self._counts[COMMIT] += 1
            self._keeps_listed, self._is_listed = self._is_listed, False
            self._counts[LISTED] += self._keeps_listed
            if self._full:
                raise StoreFull("The disk is full.")
        behind_list = self._events.get((LISTED, self._counts[LISTED]), []) if self._keeps_listed else []
        for event in [*self._events.get((COMMIT, self._counts[COMMIT]), ()), *behind_list]:
            if event.kind != "takeover":
                self._strike_commit(event, point)
            elif point == "committed":
                self._take_over(event)

    def _strike_commit(self, event: Event, point: str) -> None:
        committed = event.kind == "kill_committed"
        if committed is not (point == "committed"):
            return
        self.strike(event.kind, f"commit {event.nth}")
        match event.kind:
            case "disk_full":
                self._full = bool(event.pick % 2)
                raise StoreFull("The disk is full.")
            case "busy":
                raise StoreBusy("Another process is using the database.")
            case _:
                self.kill()
                raise Killed

    def strike(self, kind: str, where: str) -> None:
        """Count a fault that strikes, and tell it."""
        self.struck[kind] += 1
        self.steps.append(f"    {kind} at {where}")

    def fate_of_hook(self) -> str:
        """Return what becomes of the next webhook."""
        self._counts[HOOK] += 1
        for event in self._events.get((HOOK, self._counts[HOOK]), ()):
            self.strike(event.kind, f"webhook {event.nth}")
            return event.kind
        return ""

    def listed(self) -> None:
        """The books gave a list: the next commit keeps what it says."""
        self._is_listed = True

    def on_call(self, system: str, *, write: bool) -> tuple[str, int]:
        """Let people and faults have their turn before an exchange; return the fault that strikes it."""
        sort = WRITE if write else READ
        self._counts[ANY] += 1
        self._counts[sort] += 1
        due = [
            *self._events.get((sort, self._counts[sort]), ()),
            *self._events.get((ANY, self._counts[ANY]), ()),
        ]
        struck: tuple[str, int] = ("", 0)
        for event in due:
            if event.kind == "second_worker":
                self._try_second(event)
            elif event.kind == "takeover":
                self._take_over(event)
                self.ask_again(write=write)
            elif event.is_fault:
                if not struck[0] and applies(event.kind, system):
                    struck = event.kind, event.pick
                    self.strike(event.kind, f"{event.at} {event.nth}")
            else:
                self.edit(event)
        return struck

    # --- people -------------------------------------------------------------------------------------------------------

    def edit(self, event: Event) -> None:
        """Let somebody change something in one of the two systems."""
        self.time.advance(TICK)
        self.wire.deliver_late()
        at = self.time.at
        if event.kind in people.PRACTICE:
            before = self.practice
            self.practice = people.edit_practice(before, event.kind, event.pick, at)
            self.checker.practice_edited(self.practice)
            happened = self.practice is not before
        else:
            former = self.books
            self.books = people.edit_books(former, event.kind, event.pick, at)
            self.checker.books_edited(former, self.books)
            happened = self.books is not former
            self.hooks.tell(former, self.books)
        self.steps.append(f"    {event.kind} ({event.pick}){'' if happened else ', not possible'}")

    def _spell(self, event: Event) -> None:
        """Let something happen that lasts."""
        match event.kind:
            case "outage_cliniko" | "outage_xero":
                system = PRACTICE if event.kind == "outage_cliniko" else BOOKS
                self.wire.down_until[system] = self.time.at + timedelta(minutes=(1, 45, 600)[event.pick % 3])
            case "skew":
                self.clocks[event.pick % 2].skew = timedelta(minutes=(event.pick % 241) - 120)
                self.checker.clocks_moved()
            case "backup":
                self.backup = self.database.snapshot()
            case "restore" if self.backup is not None:
                put_back(self.database, self.backup)
                self.checker.restored()
            case "rulebook":
                self._edit_rulebook(event.pick)
            case "upgrade":
                self.database.upgrade()
            case "native_on" | "native_off":
                self.practice = control.set_native_xero(self.practice, enabled=event.kind == "native_on")
            case _ if not self._at_desk(event):
                return
            case _:
                pass
        if event.kind not in QUIET_SPELLS:
            self.struck[event.kind] += 1
        self.steps.append(f"    {event.kind} ({event.pick})")

    def _at_desk(self, event: Event) -> bool:
        """Let somebody do something at Ligament itself; says whether it was possible."""
        match event.kind:
            case "answers":
                return self._answer(event.pick) > 0
            case "stranger_key" if self.has_run or self._as_operator(is_pinned):
                self.stranger = stranger_of(self.script.seed)
                return True
            case "tamper":
                return self._tamper(event.pick)
            case _:
                return False

    def _as_operator(self, do: Callable[[OpenClinic], Any]) -> Any:
        """Do something at Ligament itself, in a process of its own, while nothing goes wrong."""
        gate, self.database.gate = self.database.gate, None
        try:
            PROCESSES.begin()
            with open_clinic(self.settings, outside=Overrides(clock=self.clocks[0])) as app:
                return do(app)
        finally:
            self.database.gate = gate

    def _answer(self, pick: int) -> int:
        return int(self._as_operator(lambda app: self.checker.answers.give(app, pick)))

    def _tamper(self, pick: int) -> bool:
        found = tamper(self.database, self.backup, pick)
        if found is not None and self._as_operator(lambda app: verify(app.journal).holds):
            # An old copy in which the journal ends where it ends now shows nothing.
            self.database.restore(found.whole)
            found = None
        self.tampered = found
        return found is not None

    def _edit_rulebook(self, pick: int) -> None:
        """Change what decides nothing about these records: what waits has to wait on, and nothing is planned anew."""
        self.rulebook_edits += 1
        lines = [line for line in self.rulebook.splitlines() if not line.startswith("remind_hours")]
        self.rulebook = "\n".join([*lines, f"remind_hours = {pick % 90 + 1}", ""])
        self._settle_rulebook()

    def _settle_rulebook(self) -> None:
        self.settings = settings_for(self.rulebook)
        self.elsewhere = settings_for(self.rulebook + "# the home of another machine on the same database\n")

    # --- runs ---------------------------------------------------------------------------------------------------------

    def begin_run(self, events: Sequence[Event]) -> None:
        """Set the counters back, and file the events of a run."""
        self._dead = self._full = self.fenced_off = self._is_listed = False
        self._counts = dict.fromkeys(self._counts, 0)
        self._events = {}
        for event in events:
            self._events.setdefault((event.at, event.nth), []).append(event)
        mishaps = ("stranger_key", "tamper")
        for event in sorted(self._events.get((BEFORE, 0), ()), key=lambda event: event.kind in mishaps):
            if event.is_fault:
                self._spell(event)
            else:
                self.edit(event)
        self.hooks.catch_up()
        if self.stranger is not None or self.tampered is not None:
            # Nobody else has the right key, or a sound database, at this moment.
            self._events = {
                place: [event for event in events if event.kind not in RIVALS] for place, events in self._events.items()
            }

    def run(self, worker: int, style: str = WHOLE) -> str:
        """Open Ligament as one worker does, run one cycle, and say how it ended."""
        self._worker = worker
        if self.checker.answers.asks_at_all:
            self._as_operator(self.checker.answers.begin)
        outside = Overrides(transports=self.wire.transports(), clock=self.clocks[worker])
        known_lock, calls = self.checker.forms.locked_to, len(self.wire.log)
        settings = self.settings if self.stranger is None else settings_for(self.rulebook, STRANGERS_KEY)
        try:
            PROCESSES.begin()
            with open_clinic(settings, outside=outside) as app:
                self._app = app
                self.report = (run_hinted(app) if style == HINTS else sync(app)).document
                ended = "done" if not self.report.get("parked") else "parked"
        except Killed:
            ended = "killed"
        except _EXPECTED as trouble:
            ended = f"{type(trouble).__name__}: {trouble}"
            if isinstance(trouble, StoreFull):
                self.checker.rolled_back(known_lock)
        self._app = None
        self.has_run |= ended == "done" and self.stranger is None
        self._after_mishap(ended, self.wire.log[calls:], known_lock)
        self.checker.look()
        return ended

    def _after_mishap(self, ended: str, sent: Sequence[Sent], known_lock: date | None) -> None:
        """With another practice's key, or on a journal that does not hold, a run writes nothing; then it is mended."""
        if self.stranger is not None and ended == "done":
            raise Violation("stranger", "a run with another practice's key ends as if all were well")
        self.stranger = None
        found, self.tampered = self.tampered, None
        if found is not None:
            written = [one for one in sent if is_write(one.method, one.target)]
            if written:
                raise Violation("tampering", f"{written[0]} leaves on a journal that does not hold ({found.way})")
            self._as_operator(lambda app: mend(self.database, found, app))
            self.checker.rolled_back(known_lock)

    def judge_forgotten(self) -> None:
        """A day later nothing in the store names whoever was deleted for good."""
        if not self.checker.gone_people:
            return
        self.time.advance(timedelta(hours=25))
        self.begin_run(())
        how = self.run(0)
        if how != "done":
            raise Violation("healing", f"a day later the run ended with: {how}")
        kept = self.database.snapshot()
        for patient in self.checker.gone_people:
            if named_words(patient).encode() in kept and not self._is_merged(patient):
                raise Violation("erasure", f"patient {patient} was deleted, and a line still names them in the store")
        for patient, emails in self.checker.gone_people.items():
            for email in emails - self.checker.emails_of_others(patient):
                if email.encode() in kept.lower():
                    raise Violation("erasure", f"patient {patient} was deleted, and {email} is still in the store")

    def _is_merged(self, patient: str) -> bool:
        """Say whether somebody's records went to another person, who has them by right."""
        return bool((find(self.practice, "patients", patient) or {}).get("merged_with_patient_id"))

    def judge_journal(self) -> None:
        """Check that everything we wrote over is in the journal, which holds."""
        with open_clinic(self.settings, outside=Overrides(clock=self.clocks[0])) as app:
            if not verify(app.journal).holds:
                raise Violation("journal", "its chain does not hold")
            entries = list(export(app.journal))
            self.checker.overwritten.judge(entries)
            changes = [entry for entry in entries if _is_rulebook_change(entry)]
            if len(changes) > self.rulebook_edits:
                told = f"{len(changes)} times, and people did so {self.rulebook_edits} times"
                raise Violation("journal", f"it says that the rulebook changed {told}")

    def _try_second(self, event: Event) -> None:
        """Let the other worker start a run of the same clinic while this one is under way: it has to wait."""
        outside = Overrides(transports=self.wire.transports(), clock=self.clocks[1 - self._worker])
        calls = len(self.wire.log)
        self.strike(event.kind, f"{event.at} {event.nth}")
        held, self._events = self._events, {}
        try:
            with open_clinic(self.settings, outside=outside) as app:
                sync(app, patience_ms=_SECOND_PATIENCE_MS)
        except AnotherRun:
            self._events = held
            return
        except _EXPECTED:
            pass
        self._events = held
        raise Violation("two workers", f"both ran at once; the second made {len(self.wire.log) - calls} calls")

    def _take_over(self, event: Event) -> None:
        """This worker is suspended for longer than its lease; one on another machine takes over and finishes a run."""
        self.strike(event.kind, f"{event.at} {event.nth}: this worker is suspended, another machine takes over")
        self.time.advance(timedelta(seconds=(60, 200, 700)[event.pick % 3]))
        held, self._events = self._events, {}
        outside = Overrides(transports=self.wire.transports(), clock=self.clocks[1 - self._worker])
        # Between two runs, or before it holds the clinic, nothing can be taken from this worker.
        is_taken = self._app is not None and self._app.store.is_fenced
        try:
            with open_clinic(self.elsewhere, outside=outside) as app:
                sync(app, patience_ms=_SECOND_PATIENCE_MS)
        except _EXPECTED as trouble:
            is_taken = is_taken and isinstance(trouble, PortError)
            self.steps.append(f"    the other machine: {type(trouble).__name__}: {trouble}")
        self.fenced_off = is_taken
        self._events = held

    def ask_again(self, *, write: bool) -> None:
        """Do what the real connection does when a write was held up: ask once more whether it may leave.

        Held up while it asks, as when another machine takes over at that very moment, it asks again: the moment between
        the last answer and the first byte is shorter than any that can be simulated.
        """
        if not write or self._app is None:
            return
        before = None
        while before != self.struck["takeover"]:
            before = self.struck["takeover"]
            self._app.store.may_write()


def _is_rulebook_change(entry: Mapping[str, Any]) -> bool:
    """Say whether an entry tells that another rulebook is in force than before; after a restore nobody knows."""
    told = entry["public"]
    return bool(entry["kind"] == "note" and told.get("name") == RULEBOOK_NOTE and told["before"] not in {None, UNSEEN})


@contextmanager
def plugged(sim: Simulation) -> Iterator[None]:
    """Put the simulation's database, limits and luck in the place of the process's own."""
    luck = SimpleNamespace(
        token_hex=lambda n: sim.rng.randbytes(n).hex(), token_bytes=sim.rng.randbytes, token_urlsafe=lambda n: "x" * n
    )
    # Who holds the clinic is drawn apart, so that every seed keeps the luck that it was told with.
    holders = Random(f"holders {sim.script.seed}")
    heads: dict[bool, HeadInMemory] = {}

    def head_of(path: Path) -> HeadInMemory:
        """Return the file of this machine or of the other one: an edited rulebook stands in the home it stood in."""
        here = heads.setdefault(path.is_relative_to(sim.elsewhere.home), HeadInMemory(path))
        here.path = path
        return here

    planned = (
        (build_module, "open_database", lambda _: sim.database),
        (allowances, "SharedWindows", lambda _: sim.windows),
        (build_module, "HeadFile", head_of),
        (build_module, "jitter", lambda most: sim.rng.randint(0, max(most, 0))),
        (retries, "jitter", lambda most: sim.rng.randint(0, max(most, 0))),
        (exclusive, "random_hex", lambda n: holders.randbytes(n).hex()),
        # It wakes up by the real clock, so that on a busy machine one seed would commit more often than it was told.
        (exclusive, "_renew", lambda *_: None),
        (ambient, "secrets", luck),
    )
    kept = [(module, name, getattr(module, name)) for module, name, _ in planned]
    for module, name, value in planned:
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in kept:
            setattr(module, name, value)
        sim.database.gate = None


def simulate(script: Script, start: Start | None = None) -> Ended:
    """Run a whole story; never raises for what the product does wrong, but tells it."""
    began = real_time.perf_counter()
    sim = Simulation(script, start)
    ended = Ended(script=script, steps=sim.steps, log=sim.wire.log)
    try:
        with plugged(sim):
            _phase_one(sim)
            ended.sweeps = heal(sim)
    except Violation as found:
        ended.violation = f"{found.code}: {found.text}"
    except Exception as broken:  # noqa: BLE001 - whatever breaks in the product is a finding, told with its seed
        ended.violation = f"broke: {type(broken).__name__}: {broken}"
        ended.steps.append(_where(broken))
    ended.struck = sim.struck
    ended.simulated_s = (sim.time.at - START).total_seconds()
    ended.real_s = real_time.perf_counter() - began
    return ended


def _where(broken: BaseException) -> str:
    trace, place = broken.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f"    at {code.co_filename}:{trace.tb_lineno} in {code.co_name}"
        trace = trace.tb_next
    return place


def _phase_one(sim: Simulation) -> None:
    for number in range(sim.script.runs):
        sim.time.advance(timedelta(minutes=sim.script.gaps[number]))
        worker, style = sim.script.workers[number], sim.script.styles[number]
        sim.steps.append(f"run {number} ({style}) at {sim.time.at:%d %H:%M}, worker {worker}")
        sim.begin_run([event for event in sim.script.events if event.run == number])
        sim.steps.append(f"  ended: {sim.run(worker, style)}")


def heal(sim: Simulation) -> int:
    """End every trouble and run until a run writes nothing; then everything must be as promised."""
    lasting = any(event.kind in {"too_many_day", "skew"} for event in sim.script.events)
    sim.time.advance(LONG_GAP if lasting else sim.rng.choice(HEALING_GAPS))
    sim.time.at = max([sim.time.at, *(one.at for one in sim.wire.late)])
    sim.wire.deliver_late()
    sim.wire.down_until.clear()
    sim.practice = control.set_native_xero(sim.practice, enabled=False)
    for clock in sim.clocks:
        clock.skew = timedelta(0)
    sim.checker.faults_over()
    for sweep in range(1, MOST_SWEEPS + 1):
        sim.begin_run(())
        calls = len(sim.wire.log)
        how = sim.run(sweep % 2)
        written = [one for one in sim.wire.log[calls:] if is_write(one.method, one.target)]
        sim.steps.append(f"sweep {sweep} at {sim.time.at:%d %H:%M}: {how}, {len(written)} writes")
        if how != "done":
            raise Violation("healing", f"without faults, sweep {sweep} ended with: {how}")
        sim.time.advance(timedelta(minutes=6))
        if written:
            continue
        try:
            sim.checker.complete(sim.report)
            sim.judge_journal()
            sim.judge_forgotten()
        except Violation:
            # Two sweeps is what was promised: a quiet first one may leave things to the second.
            if sweep >= SWEEPS:
                raise
        else:
            return sweep
    raise Violation("quiescent", f"still writing in sweep {MOST_SWEEPS}: {written[0]}")
