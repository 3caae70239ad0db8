"""`python -m benchmarks [--small] [--profile] [NAME...]`: measure, print a table, exit 1 when something is over."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial

from benchmarks import (
    calls,
    comparison,
    contacts,
    demo,
    doctor,
    engine,
    faults,
    files,
    hooks,
    interface,
    mailing,
    nightly,
    pages,
    planning,
    recalls,
    retries,
    rules,
    starting,
    store,
    travel,
    undoing,
    watched,
)
from benchmarks.figures import Figure, table

Measure = Callable[..., list[Figure]]
BENCHMARKS: dict[str, Measure] = {
    "calls": calls.measure,
    "planning": planning.measure,
    "rules": rules.measure,
    "starting": starting.measure,
    "contacts": contacts.measure,
    "travel": travel.measure,
    "store": store.measure,
    "engine": engine.measure,
    "demo": demo.measure,
    "doctor": doctor.measure,
    "retries": retries.measure,
    "faults": faults.measure,
    "files": files.measure,
    "hooks": hooks.measure,
    "pages": pages.measure,
    "viewers": watched.measure,
    "interface": interface.measure,
    "recalls": recalls.measure,
    "mailing": mailing.measure,
    "comparison": comparison.measure,
    "nightly": nightly.measure,
    "undo": undoing.measure,
}


def main(arguments: Sequence[str]) -> int:
    """Run the named benchmarks, or all."""
    names = [one for one in arguments if not one.startswith("-")] or list(BENCHMARKS)
    unknown = [one for one in names if one not in BENCHMARKS]
    flags = {one for one in arguments if one.startswith("-")}
    if unknown or flags - {"--small", "--profile"}:
        known = ", ".join(BENCHMARKS)
        print(f"usage: python -m benchmarks [--small] [--profile] [NAME...]; names: {known}", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    for name in names:
        measure = partial(BENCHMARKS[name], small="--small" in flags)
        if name == "planning":
            measure = partial(measure, profile="--profile" in flags)
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        figures += measure()
    print(table(figures))
    return int(any(figure.is_over for figure in figures))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
