"""How fast the simulation of faults is: 2,000 seeds and 50,000 faults have to fit into five minutes of two cores."""

from __future__ import annotations

import os

from benchmarks.figures import Figure
from tests.faults.batches import run_many

SEEDS, FAULTS, ALLOWED_S, CORES = 2_000, 50_000, 300, 2
"""What issue 3 asks of `make test`."""
MANY, FEW = 400, 50


def measure(*, small: bool = False) -> list[Figure]:
    """Run seeds on the cores there are, two at most, and say how long the whole simulation would take."""
    cores = min(os.cpu_count() or 1, CORES)
    tally = run_many(0, FEW if small else MANY, cores)
    assert not tally.failed, tally.failed
    share = cores / CORES
    told = f"{tally.seeds} seeds, {tally.calls} calls, {cores} processes"
    return [
        Figure(
            name=f"faults: {SEEDS:,} seeds on two cores",
            measured=tally.real_s * SEEDS / tally.seeds * share,
            yardstick=ALLOWED_S,
            unit="s",
            against="five minutes",
            limit=1,
            note=f"{told}; {tally.seeds * 60 / tally.real_s:.0f} seeds a minute",
        ),
        Figure(
            name=f"faults: {FAULTS:,} faults on two cores",
            measured=tally.real_s * FAULTS / tally.faults * share,
            yardstick=ALLOWED_S,
            unit="s",
            against="five minutes",
            limit=1,
            note=f"{tally.faults / tally.real_s:.0f} faults a second, {tally.faults / tally.seeds:.1f} a seed",
        ),
        Figure(
            name="faults: simulated time for each second of one core",
            measured=tally.simulated_s / 3600,
            yardstick=tally.cpu_s / 3600,
            unit="h",
            against="processor time",
        ),
    ]
