"""Processor time and memory of planning a whole clinic, beside a plain decode of its JSON.

The aim: planning 150,000 invoices costs at most five times the decode (`json.loads`), in at most 400 MB, facts and plan
included. It is planned in portions, as a run does it; making the facts of each portion stands for reading them from the
store and is told apart. `--profile` prints where the time goes.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import sys

import tomlkit

from benchmarks.clinic import RULEBOOK, SMALL, Size
from benchmarks.decoding import decode_seconds
from benchmarks.facts import MEDIUM, Kept, surroundings
from benchmarks.figures import Figure
from benchmarks.measuring import child, peak_mb, timed
from ligament.core.plans import State
from ligament.core.rules.model import Rulebook
from ligament.core.rules.parse import rulebook
from ligament.flow.plan.survey import Part, Planner, Survey, surveyed
from ligament.flow.read.read import EVERYTHING
from ligament.wiring.rulebooks import system_names

LIMIT_MB = 400
AIM = 5.0


def measure(*, small: bool = False, profile: bool = False) -> list[Figure]:
    """Plan a clinic nothing of which is posted yet."""
    size = SMALL if small else MEDIUM
    peer = decode_seconds(size)
    told = child("benchmarks.planning", str(size.patients), str(size.invoices), *(["--profile"] if profile else []))
    name = f"planning {size.invoices:,} invoices"
    note = (
        f"{told['actions']:,} actions in {told['portions']} portions; imports {told['before_mb']:.0f} MB, "
        f"with the facts of the first portion {told['facts_mb']:.0f} MB, at most {told['peak_mb']:.0f} MB; "
        f"building the facts took {told['build_s']:.1f} s more, the JSON is {peer['bytes'] / 1e6:.0f} MB"
    )
    spent: float = told["plan_s"]
    return [
        Figure(
            name=f"{name}: CPU",
            measured=spent,
            yardstick=peer["json_s"],
            unit="s",
            against="json.loads",
            limit=None if small else AIM,
        ),
        Figure(name=f"{name}: CPU", measured=spent, yardstick=peer["msgspec_s"], unit="s", against="msgspec decode"),
        Figure(
            name=f"{name}: memory",
            measured=told["peak_mb"],
            yardstick=LIMIT_MB,
            unit="MB",
            against="the aim",
            limit=1.0,
            note=note,
        ),
    ]


def rules(own: str = "") -> Rulebook:
    """Return the rulebook of the benchmarks, with a clinic's own rules where they are given."""
    book, problems = rulebook(tomlkit.parse(RULEBOOK + own).unwrap(), system_names())
    assert not problems, problems
    return book


def main(size: Size, *, profile: bool, own_rules: str = "") -> dict[str, float]:
    """Plan in this process and tell what it took."""
    kept = Kept(size)
    planner = Planner(memory=kept, rulebook=rules(own_rules), around=surroundings())
    before_mb = peak_mb()
    counted = {"actions": 0, "portions": 0}
    surveys: list[Survey] = []

    def look(part: Part) -> None:
        counted["actions"] += len(part.plan.actions)
        counted["portions"] += 1

    profiler = cProfile.Profile()
    if profile:
        profiler.enable()
    spent = timed(lambda: surveys.append(surveyed(planner, EVERYTHING, look)))
    found = surveys[0]
    if profile:
        profiler.disable()
        pstats.Stats(profiler).sort_stats("tottime").print_stats(15)
    assert counted["actions"] == size.patients + size.invoices + size.payments(), (counted, list(found.holds)[:3])
    assert found.as_plan().counts(State.PLANNED).total() == size.patients + size.invoices
    return {
        "plan_s": spent - kept.build_s,
        "build_s": kept.build_s,
        "before_mb": before_mb,
        "facts_mb": kept.facts_mb,
        "peak_mb": peak_mb(),
        **counted,
    }


if __name__ == "__main__":
    wanted = Size(patients=int(sys.argv[1]), invoices=int(sys.argv[2]))
    from benchmarks.rules import rules_text

    own = rules_text(20) if "--rules" in sys.argv else ""
    print(json.dumps(main(wanted, profile="--profile" in sys.argv, own_rules=own)))
