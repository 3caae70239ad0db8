"""Many seeds on all cores, each process with its own database, and what they come to together."""

from __future__ import annotations

import gc
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.faults.scripts import FAULTS, QUIET_SPELLS, script_for
from tests.faults.simulation import Ended, simulate

CHUNK = 25
TWICE_EVERY = 100
"""One seed in so many is run twice, and the two wire logs are compared."""


@dataclass(slots=True)
class Tally:
    """What a batch of seeds came to."""

    seeds: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    twice: int = 0
    simulated_s: float = 0.0
    cpu_s: float = 0.0
    real_s: float = 0.0
    failed: list[tuple[int, str]] = field(default_factory=list)
    sweeps: dict[int, int] = field(default_factory=dict)

    @property
    def faults(self) -> int:
        """Return how many faults struck."""
        return self.struck.total()

    def never(self) -> list[str]:
        """Return the kinds of faults that never struck."""
        return sorted(FAULTS - QUIET_SPELLS - self.struck.keys())

    def add(self, other: Tally) -> None:
        """Add what another process did."""
        self.seeds += other.seeds
        self.struck += other.struck
        self.calls += other.calls
        self.twice += other.twice
        self.simulated_s += other.simulated_s
        self.cpu_s += other.cpu_s
        self.failed += other.failed
        for sweeps, count in other.sweeps.items():
            self.sweeps[sweeps] = self.sweeps.get(sweeps, 0) + count

    def told(self) -> str:
        """Return the numbers that a bench prints."""
        real = max(self.real_s, 0.001)
        return (
            f"{self.seeds} seeds, {self.faults} faults, {self.calls} calls in {real:.0f} s: "
            f"{self.seeds * 60 / real:.0f} seeds a minute, {self.faults / real:.0f} faults a second, "
            f"simulated time {self.simulated_s / real:,.0f} x real time, "
            f"{1000 * self.cpu_s / max(self.seeds, 1):.0f} ms of processor a seed, {self.twice} seeds run twice, "
            f"sweeps to quiet {dict(sorted(self.sweeps.items()))}, "
            f"{len(self.failed)} failed"
        )


def run_some(seeds: Iterable[int]) -> Tally:
    """Run seeds in this process; the collector of cycles is kept still, which saves a sixth of the time."""
    tally, began = Tally(), time.process_time()
    gc.disable()
    for seed in seeds:
        ended = simulate(script_for(seed))
        _count(tally, seed, ended)
        if seed % TWICE_EVERY == 0:
            _compare(tally, seed, ended)
    gc.enable()
    gc.collect()
    tally.cpu_s = time.process_time() - began
    return tally


def _count(tally: Tally, seed: int, ended: Ended) -> None:
    tally.seeds += 1
    tally.struck += ended.struck
    tally.calls += len(ended.log)
    tally.simulated_s += ended.simulated_s
    tally.sweeps[ended.sweeps] = tally.sweeps.get(ended.sweeps, 0) + 1
    if ended.violation:
        tally.failed.append((seed, ended.violation))


def _compare(tally: Tally, seed: int, first: Ended) -> None:
    tally.twice += 1
    second = simulate(script_for(seed))
    if [str(line) for line in first.log] != [str(line) for line in second.log]:
        tally.failed.append((seed, "replay: the same seed sent something else over the wire the second time"))


def run_many(first: int, count: int, processes: int = 0) -> Tally:
    """Run seeds on all cores; stops handing out more once ten have failed."""
    total, began = Tally(), time.perf_counter()
    chunks = [range(start, min(start + CHUNK, first + count)) for start in range(first, first + count, CHUNK)]
    for tally in _spread(chunks, processes or os.cpu_count() or 1):
        total.add(tally)
        if len(total.failed) >= 10:
            break
    total.real_s = time.perf_counter() - began
    return total


def _spread(chunks: list[range], processes: int) -> Iterator[Tally]:
    if processes == 1 or len(chunks) == 1:
        yield from map(run_some, chunks)
        return
    # Spawned, so that no database or lock is shared with the process that asks.
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap_unordered(run_some, chunks)
