"""Run many seeds, or repeat one: `python -m tests.faults --seeds N --from S`, `python -m tests.faults --seed S`."""

from __future__ import annotations

import argparse
import sys

from tests.faults.batches import run_many
from tests.faults.scripts import script_for
from tests.faults.shrinking import shrink
from tests.faults.simulation import Ended, simulate


def main(words: list[str]) -> int:
    """Run what was asked for; the code is 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many seeds")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="repeat this one seed, shrink it when it fails, and show all of it")
    parser.add_argument("--processes", type=int, default=0, help="how many processes; default: one for each core")
    parser.add_argument("--log", action="store_true", help="with --seed: show every exchange")
    asked = parser.parse_args(words)
    if asked.seed is not None:
        return show_one(asked.seed, with_log=asked.log)
    tally = run_many(asked.first, asked.seeds, asked.processes)
    tell(tally.told())
    tell("struck: " + ", ".join(f"{kind} {count}" for kind, count in tally.struck.most_common()))
    for seed, violation in sorted(tally.failed):
        tell(f"seed {seed}: {violation}\n  repeat it: python -m tests.faults --seed {seed}")
    return 1 if tally.failed else 0


def show_one(seed: int, *, with_log: bool) -> int:
    """Repeat one seed."""
    ended = simulate(script_for(seed))
    if ended.violation:
        ended = shrink(ended)
    tell(_all_of(ended, with_log=with_log))
    return 1 if ended.violation else 0


def _all_of(ended: Ended, *, with_log: bool) -> str:
    lines = [ended.told(), f"{ended.faults} faults, {len(ended.log)} calls, {ended.sweeps} sweeps to quiet"]
    return "\n".join([*lines, *(str(line) for line in ended.log)] if with_log else lines)


def tell(text: str) -> None:
    """Say it to whoever typed the command."""
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
