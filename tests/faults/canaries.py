"""Proof of the proof: plant each bug, and say which seed or test catches it: `python -m tests.faults.canaries`."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests.faults.planted import load
from tests.faults.scripts import script_for
from tests.faults.simulation import simulate

SEEDS = 1000
CAUGHT_AT: dict[str, int] = {
    "cursor kept before its rows": 1,
    "what was read is not marked to be looked at": 7,
    "what waits is not looked at again": 5,
    "no overlap behind the practice's cursor": 2,
    "changed lines are not read": 0,
    "archived invoices are not read": 5,
    "the last row of a page is lost": 0,
    "the clock of this machine is the cursor": 22,
    "no look-up before sending again": 28,
    "payments are not looked up": 28,
    "a new key each time it is sent again": 0,
    "the window of a key slides with each attempt": 28,
    "no quarantine for requests under way": 0,
    "writes leave without a key": 0,
    "POST in the place of PUT": 0,
    "elements are not judged one by one": 0,
    "a silent answer counts as done": 0,
    "more than the id of a contact goes with a document": 0,
    "line ids are left out": 2,
    "nothing is read anew before an update": 28,
    "two runs at once": 4,
    "a refused token is not renewed": 9,
    "ids go through floating point": 0,
    "half a cent rounds to even": 3,
    "amounts are cut to ten cents": 0,
    "the issue date is shifted by a zone": 0,
    "payments are dated in UTC": 0,
    "terms are ignored": 0,
    "a line is posted wrong": 0,
    "only the first line is posted": 0,
    "tax is not looked at": 0,
    "accounts of items are ignored": 0,
    "lock dates are ignored": 8,
    "credit notes are posted as invoices": 0,
    "an archived invoice is posted": 2,
    "payments are not posted": 0,
    "a credit that was taken off is put on again": 0,
    "payers are ignored": 0,
    "the practice always wins a contact's field": 13,
}
"""Which seed caught a bug when it was last looked for from the first seed on; only saves time."""
HEALED = "every write looks again at what it changes, so what was not read is seen then"
UNPROVEN = "not caught by the few dozen seeds tried so far; run `python -m tests.faults.canaries` with all 1,000"
KNOWN_UNCAUGHT: dict[str, str] = {
    "cursor of the books kept before its rows": HEALED,
    "no overlap behind the cursor of the books": HEALED,
    "key made from the bytes only": "see test_keys.py",
    "keys are trusted for an hour": UNPROVEN,
    "a write without an answer counts as not sent": UNPROVEN,
    "an unfinished call is forgotten": UNPROVEN,
    "calls are not kept before they leave": UNPROVEN,
    "payments are not remembered": UNPROVEN,
    "what a refusal hides is not read": UNPROVEN,
    "limits are not counted": UNPROVEN,
    "the total is paid, not what is due": UNPROVEN,
    "a payment that exists is posted again": UNPROVEN,
    "payments are not taken back": UNPROVEN,
    "payments taken back still count": UNPROVEN,
    "a reconciled payment is deleted": UNPROVEN,
    "a closed invoice counts as paid": UNPROVEN,
    "a name alone adopts a contact": UNPROVEN,
    "a blank overwrites a value": UNPROVEN,
    "edits overwrite what a person changed": UNPROVEN,
    "edits in the practice are ignored": UNPROVEN,
    "a void with money on it": UNPROVEN,
    "archived invoices stay in the books": UNPROVEN,
    "what was agreed is forgotten": UNPROVEN,
    "gone documents count as live": UNPROVEN,
    "an adjustment is posted twice": UNPROVEN,
    "drafts in the place of documents": UNPROVEN,
}
"""Planted bugs that no seed has caught yet, with the reason or the test that does."""


@dataclass(frozen=True, slots=True)
class Catch:
    """What came of one planted bug; `seed` is -1 when nothing caught it."""

    name: str
    seed: int
    violation: str
    seconds: float

    def told(self) -> str:
        """Return one line."""
        if self.seed < 0:
            return f"  NOT caught   {self.name}: {KNOWN_UNCAUGHT.get(self.name, 'nobody knows why')}"
        return f"  seed {self.seed:5}   {self.name}: {self.violation[:120]}"


def hunt(name: str, first: int = 0, seeds: int = SEEDS) -> Catch:
    """Run seeds with a planted bug until one is caught."""
    began = time.perf_counter()
    with load()[name].planted():
        for seed in range(first, first + seeds):
            ended = simulate(script_for(seed))
            if ended.violation:
                return Catch(name, seed, ended.violation, time.perf_counter() - began)
    return Catch(name, -1, "", time.perf_counter() - began)


def hunt_all(names: list[str], seeds: int, processes: int, tell: Callable[[Catch], None]) -> list[Catch]:
    """Hunt every planted bug, spread over processes; `tell` hears of each as it ends."""
    found = []
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for one in pool.imap_unordered(partial(hunt_known_first, seeds=seeds), names):
            tell(one)
            found.append(one)
    return found


def hunt_known_first(name: str, seeds: int) -> Catch:
    """Try the seed that caught it last time, then all others."""
    known = CAUGHT_AT.get(name)
    if known is not None:
        found = hunt(name, known, 1)
        if found.seed >= 0:
            return found
    return hunt(name, 0, seeds)


def say(text: str) -> None:
    """Say it to whoever typed the command."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(words: list[str]) -> int:
    """Plant the bugs that were named, or all; the code is 1 when fewer than 95 in 100 are caught."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.canaries", description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of names; default: all")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many seeds each may need")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args(words)
    names = [name for name in load() if not asked.names or any(part in name for part in asked.names)]
    found = hunt_all(names, asked.seeds, asked.processes, lambda one: say(one.told()))
    caught = [one for one in found if one.seed >= 0]
    say(f"{len(caught)} of {len(found)} planted bugs are caught within {asked.seeds} seeds each")
    return 0 if len(caught) * 100 >= len(found) * 95 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
