"""What happens in a simulation, as a flat list of events drawn from the seed: people, faults, crashes, clocks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from random import Random

BEFORE, ANY, READ, WRITE, COMMIT, HOOK = "before", "any", "read", "write", "commit", "webhook"
LISTED = "listed"
"""Counts only the commits right behind a list of the books' contacts: what was just read is about to be kept."""
WHOLE, HINTS = "whole", "by hints"
"""How a run reads: everything that changed on both sides, or only what webhooks named."""

PRACTICE_EDITS = (
    "raise", "raise_for_payer", "raise_taxed", "edit_lines", "edit_price", "edit_date", "pay", "part_pay", "unpay",
    "archive", "unarchive", "reverse", "part_reverse", "apply_credit", "refund", "patient_email", "patient_email_gone",
    "patient_phone",
    "patient_name", "patient_new", "patient_archive", "patient_merge", "rename_line",
)  # fmt: skip
BOOKS_EDITS = (
    "books_due", "books_reference", "books_line", "books_pay", "books_unpay", "books_void", "books_reconcile",
    "books_contact_email", "books_contact_phone", "books_contact_archive", "books_contact_restore",
    "books_contact_merge", "books_lock", "books_unlock", "books_own_invoice", "books_unallocate",
)  # fmt: skip
OUTSIDERS_EDITS = (
    "patient_refill", "books_pay_again", "books_merge_quietly", "books_contact_refill", "books_lock_today",
)  # fmt: skip
"""What people did who tried the product from outside; drawn by a source of their own, so that seeds stay as told."""
LATER_EDITS = ("books_contact_empty", "rulebook")
"""More of that, again drawn apart: an address emptied in the books; the rulebook edited between question and answer."""
LAST_EDITS = (
    "patient_billed_and_archived", "name_in_line", "books_void", "pay", "books_contact_empty", "patient_email",
)  # fmt: skip
"""More again, drawn apart: a last bill before archiving, a line that names somebody, a void before the money comes."""
TAUGHT = (
    ("pay_anew", 0.8), ("unpay", 0.7), ("unarchive", 0.5), ("archive_unpaid", 0.4), ("write_off", 0.4),
    ("credit_elsewhere", 0.35), ("books_unallocate", 0.4), ("books_contact_email", 0.35),
    ("books_contact_phone", 0.35),
)  # fmt: skip
"""What people of taught seeds do more often, and how often: what they open or archive before one run they pay or bring
back before a later one; credit writes a visit off, pays somebody's next one, and is taken off again in the books."""
_TAUGHT_ONE_OF, _TAUGHT = 5, 3
_CALM_ONE_OF, _CALM = 20, 18
MISTYPED = (("patient_email_corrected", 0.5), ("patient_email_mistyped", 0.15))
DESK_EDITS = (("answers", 0.5), ("patient_gone", 0.12), ("stranger_key", 0.06), ("tamper", 0.06))
"""What people do at Ligament itself and how often: they answer what waits, delete somebody within a minute of archiving
them, connect another practice by mistake, and change the journal behind its back."""
CALL_FAULTS = (
    "no_connection", "drop_before", "drop_after", "late", "overtaken", "slow", "duplicate", "truncated", "html_200",
    "html_502_before", "html_502_after", "empty_200", "expired", "too_many_minute", "too_many_app",
    "too_many_concurrent", "plain_500", "unavailable", "pause",
)  # fmt: skip
WRITE_FAULTS = (
    "drop_before", "drop_after", "drop_after", "late", "late", "overtaken", "overtaken", "duplicate", "truncated",
    "html_200", "html_502_before", "html_502_after", "empty_200", "expired", "too_many_minute", "stored_500",
    "stored_500", "plain_500", "pause", "slow",
)  # fmt: skip
LETHAL = ("kill_before", "kill_after", "kill_in_flight", "unauthorised", "forbidden", "too_many_day")
"""Faults that end a run at once, so at most one of them is drawn for each."""
RIVALS = ("second_worker", "takeover")
COMMIT_FAULTS = ("disk_full", "busy", "kill_uncommitted", "kill_committed")
HOOK_FAULTS = ("hook_lost", "hook_twice", "hook_late")
SPELLS = ("outage_cliniko", "outage_xero", "skew", "skew", "native_on", "native_off")
UPGRADE = "upgrade"
RESTORED = ("backup", "restore")
AT_EASE = {"answers", "rulebook"}
"""What people do at Ligament itself while nothing goes wrong."""
QUIET_SPELLS = {"backup", "native_on", "native_off", "rulebook", "answers"}
"""What changes the course of things without being trouble."""

FAULTS = frozenset(
    {
        *CALL_FAULTS,
        *WRITE_FAULTS,
        *LETHAL,
        *RIVALS,
        *COMMIT_FAULTS,
        *HOOK_FAULTS,
        *SPELLS,
        UPGRADE,
        *RESTORED,
        "rulebook",
        "answers",
        "stranger_key",
        "tamper",
    }
)
CALLS, WRITES, HOOKS = 60, 10, 10
"""How many exchanges, writes and webhooks of a run may be struck."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens: in run `run`, before it or at its `nth` exchange or commit; `pick` draws the detail."""

    run: int
    at: str
    nth: int
    kind: str
    pick: int

    @property
    def is_fault(self) -> bool:
        """Say whether it is trouble, rather than people at work."""
        return self.kind in FAULTS

    def __str__(self) -> str:
        place = "before it" if self.at == BEFORE else f"{self.at} {self.nth}"
        return f"run {self.run}, {place}: {self.kind} ({self.pick})"


@dataclass(frozen=True, slots=True)
class Script:
    """A seed's whole story; the world comes from the seed itself, the rest from the events."""

    seed: int
    runs: int
    gaps: tuple[int, ...]
    """Minutes that pass before each run."""
    workers: tuple[int, ...]
    """Which of two workers does each run."""
    styles: tuple[str, ...]
    """How each run reads."""
    events: tuple[Event, ...]

    def only(self, events: Iterable[Event]) -> Script:
        """Return the same story with other events."""
        return replace(self, events=tuple(events))

    def told(self) -> str:
        """Return the story as lines."""
        head = f"seed {self.seed}: {self.runs} runs, minutes before each {self.gaps}, workers {self.workers}"
        return "\n".join([f"{head}, reading {', '.join(self.styles)}", *(f"  {event}" for event in self.events)])


def script_for(seed: int) -> Script:
    """Draw the story of a seed."""
    rng = Random(f"script {seed}")
    runs = rng.choice((2, 3, 3, 4))
    gaps = tuple(rng.choice((1, 1, 2, 5, 7, 31, 200)) for _ in range(runs))
    workers = tuple(rng.randrange(2) for _ in range(runs))
    styles = tuple(HINTS if run and rng.random() < 0.3 else WHOLE for run in range(runs))
    events = [event for run in range(runs) for event in (*_lost_then_late(seed, run), *_events_of(run, rng))]
    events += [event for run in range(1, runs) for event in (*_outsiders(seed, run), *_taught(seed, run))]
    events = _calmed(seed, events)
    if runs > 2 and rng.random() < 0.12 and not is_calm(seed):
        # An old backup is put back: taken before one run, even the first, in force before a later one.
        places = sorted(rng.sample(range(runs), 2))
        events += [Event(run, BEFORE, 0, kind, 0) for run, kind in zip(places, RESTORED, strict=True)]
    return Script(seed=seed, runs=runs, gaps=gaps, workers=workers, styles=styles, events=tuple(events))


def is_taught(seed: int) -> bool:
    """Say whether the people of a seed do what was learnt last; all other seeds stay as they were told before."""
    return seed % _TAUGHT_ONE_OF == _TAUGHT


def is_calm(seed: int) -> bool:
    """Say whether nothing goes wrong in a taught seed, so that people's work is carried out between any two edits."""
    return seed % _CALM_ONE_OF == _CALM


def _calmed(seed: int, events: list[Event]) -> list[Event]:
    if not is_calm(seed):
        return events
    # Who is billed and archived a minute later would be edited in between, before the archiving that came first.
    people = [event for event in events if event.kind != "patient_billed_and_archived"]
    return [event for event in people if not event.is_fault or event.kind in AT_EASE]


def _taught(seed: int, run: int) -> list[Event]:
    if not is_taught(seed):
        return []
    rng = Random(f"taught {seed} {run}")
    found = [Event(run, BEFORE, 0, kind, rng.randrange(1_000_000)) for kind, often in TAUGHT if rng.random() < often]
    if rng.random() < 0.3 and not is_calm(seed):
        found.append(Event(run, LISTED, rng.choice((1, 1, 1, 2)), "kill_committed", 0))
    return found


def _lost_then_late(seed: int, run: int) -> list[Event]:
    """A reply is lost, and the process sleeps before it writes again: the worst for whoever does not look first."""
    rng = Random(f"lost {seed} {run}")
    if rng.random() < 0.5:
        return []
    nth, sleep = rng.randint(1, 5), 3 * rng.randrange(1000) + rng.choice((1, 2))
    if rng.random() < 0.3:
        return [Event(run, WRITE, nth, "kill_in_flight", rng.randrange(1000))]
    lost = rng.choice(("drop_after", "truncated", "html_502_after"))
    return [Event(run, WRITE, nth, lost, 0), Event(run, WRITE, nth + 1, "pause", sleep)]


def _outsiders(seed: int, run: int) -> list[Event]:
    """What outsiders did, before a run."""
    rng = Random(f"outsiders {seed} {run}")
    kinds = [kind for kind in OUTSIDERS_EDITS if rng.random() < 0.2]
    found = [Event(run, BEFORE, 0, kind, rng.randrange(1_000_000)) for kind in kinds]
    later = Random(f"later {seed} {run}")
    kinds = [kind for kind in LATER_EDITS if later.random() < 0.2]
    found += [Event(run, BEFORE, 0, kind, later.randrange(1_000_000)) for kind in kinds]
    last = Random(f"last {seed} {run}")
    kinds = [kind for kind in LAST_EDITS if last.random() < 0.15]
    found += [Event(run, BEFORE, 0, kind, last.randrange(1_000_000)) for kind in kinds]
    # Books refuse what is no address; whoever sees that types it again.
    mistyping = Random(f"mistyped {seed} {run}")
    kinds = [kind for kind, often in MISTYPED if mistyping.random() < often]
    found += [Event(run, BEFORE, 0, kind, mistyping.randrange(1_000_000)) for kind in kinds]
    at_desk = Random(f"desk {seed} {run}")
    return [*found, *(Event(run, BEFORE, 0, kind, at_desk.randrange(1_000_000)) for kind in _of_desk(at_desk))]


def _of_desk(rng: Random) -> list[str]:
    kinds = [kind for kind, often in DESK_EDITS if rng.random() < often]
    # One mishap at a time: each of them ends the run that meets it.
    return kinds if "stranger_key" not in kinds else [kind for kind in kinds if kind != "tamper"]


def _events_of(run: int, rng: Random) -> list[Event]:
    def pick() -> int:
        return rng.randrange(1_000_000)

    found: list[Event] = []
    if run:
        found += [Event(run, BEFORE, 0, rng.choice(PRACTICE_EDITS), pick()) for _ in range(rng.randint(2, 8))]
        found += [Event(run, BEFORE, 0, rng.choice(BOOKS_EDITS), pick()) for _ in range(rng.randint(0, 4))]
    if rng.random() < 0.35:
        found.append(Event(run, BEFORE, 0, rng.choice(SPELLS), pick()))
    during = (*PRACTICE_EDITS, *BOOKS_EDITS)
    found += [Event(run, READ, rng.randint(1, 30), rng.choice(during), pick()) for _ in range(rng.randint(0, 3))]
    # How much goes wrong differs from run to run: where it is little, more of the work itself is reached.
    often = rng.choice((0.1, 0.35, 0.5))
    found += [Event(run, ANY, nth, rng.choice(CALL_FAULTS), pick()) for nth in _struck(rng, CALLS, often)]
    often = rng.choice((0.2, 0.4, 0.6))
    found += [Event(run, WRITE, nth, rng.choice(WRITE_FAULTS), pick()) for nth in _struck(rng, WRITES, often)]
    found += [Event(run, HOOK, nth, rng.choice(HOOK_FAULTS), pick()) for nth in _struck(rng, HOOKS, 0.4)]
    if run and rng.random() < 0.03:
        found.append(Event(run, BEFORE, 0, UPGRADE, pick()))
    if rng.random() < 0.1:
        place = rng.choice(((ANY, rng.randint(1, 30)), (WRITE, rng.randint(1, 4))))
        found.append(Event(run, *place, rng.choice(RIVALS), pick()))
    if rng.random() < 0.06:
        found.append(Event(run, COMMIT, rng.randint(1, 80), "takeover", pick()))
    if rng.random() < 0.2:
        found.append(Event(run, ANY, rng.randint(15, 50), rng.choice(LETHAL), pick()))
    if rng.random() < 0.2:
        found.append(Event(run, WRITE, rng.randint(1, 6), rng.choice(LETHAL), pick()))
    if rng.random() < 0.35:
        found.append(Event(run, COMMIT, rng.randint(1, 80), rng.choice(COMMIT_FAULTS), pick()))
    return found


def _struck(rng: Random, most: int, often: float) -> list[int]:
    return [nth for nth in range(1, most + 1) if rng.random() < often]
