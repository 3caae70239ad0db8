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
CAUGHT_AT: dict[str, int] = {}
"""Which seed caught a bug when it was last looked for from the first seed on; only saves time."""
KNOWN_UNCAUGHT: dict[str, str] = {}
"""Planted bugs that no seed catches, with the reason or the test that does."""


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
