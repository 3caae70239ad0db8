"""Ten clinics under one `serve`: whatever happens to one, the others go on, it is said once, and nothing leaks.

How long is said by `LIGAMENT_WATCH_S`; `make watch` watches for an hour.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from tests.watch.serving import Held, Serving, serving
from tests.watch.town import Town, settled
from tests.watch.troubles import QUICK, TROUBLES, Place, Trouble

pytestmark = pytest.mark.process

WATCH_S = int(os.environ.get("LIGAMENT_WATCH_S", "0"))
AGAIN = 2
"""Turns that a troubled clinic has after its trouble was said, so that saying it again would be seen."""
MORE_THREADS, MORE_DESCRIPTORS, MORE_MEMORY_KB = 6, 24, 48_000


@dataclass(slots=True)
class Watch:
    """What is watched, and what was seen."""

    town: Town
    serve: Serving
    seen: list[Held] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)

    def place(self, name: str) -> Place:
        return self.places.setdefault(name, Place(self.town, name, self.serve.port))

    def business(self) -> None:
        """Let every front desk issue an invoice."""
        for place, name in enumerate(self.town.names):
            self.town.invoice(name, paid=place % 2 == 0)

    def posted(self, names: tuple[str, ...]) -> bool:
        return not any(self.town.missing(name) for name in names)

    def go_through(self, troubles: Mapping[str, Trouble]) -> None:
        """Let troubles come over clinics, be said, and go."""
        town, serve, before = self.town, self.serve, len(self.serve.alerts())
        for name, trouble in troubles.items():
            trouble.begin(self.place(name))
        held = {name: town.missing(name) for name in troubles}
        self.business()
        well = tuple(name for name in town.names if name not in troubles)
        serve.wait_for(lambda: self.posted(well), "the others going on")
        for name, trouble in troubles.items():
            self.assert_said(name, trouble, before, held[name])
        for name, trouble in troubles.items():
            trouble.end(self.place(name))
        serve.wait_for(lambda: self.posted(town.names), "being whole again")
        told = serve.alerts()[before:]
        assert not [one for one in told if one[1] in well], told
        assert town.wrong() == []

    def look_at(self, name: str, trouble: Trouble) -> None:
        """Let a trouble come over a clinic; what is wrong is kept, and told at the end of the watch."""
        try:
            self.go_through({name: trouble})
        except AssertionError as found:
            self.findings.append(f"{trouble.name}: {found}")
            say(self.findings[-1])
            with suppress(Exception):
                trouble.end(self.place(name))
            self.serve.wait_for(lambda: self.posted(self.town.names), "being whole again")

    def assert_said(self, name: str, trouble: Trouble, before: int, odd: set[str]) -> None:
        """It is said, in its one way, and not again at the next turns."""
        serve, turns = self.serve, self.serve.taken(name)
        serve.wait_for(lambda: self.is_said(name, trouble, before, odd), f"{trouble.name} being said at {name}")
        if trouble.said or trouble.goes_on:
            serve.wait_for(lambda: serve.taken(name) >= turns + AGAIN, f"more turns of {name}")
        told = self.told(name, before)
        assert len(told) <= 1, told
        if trouble.said:
            assert [kind for kind, _ in told] == [trouble.said], told

    def told(self, name: str, before: int) -> list[tuple[str, str]]:
        """Return what was told of one clinic's trouble, with the words."""
        found = [(kind, words) for kind, clinic, words in self.serve.alerts()[before:] if clinic == name]
        return [one for one in found if one[0] != "recovered"]

    def is_said(self, name: str, trouble: Trouble, before: int, odd: set[str]) -> bool:
        """Say whether a trouble was said in its one way; `odd` are the invoices that wait for it."""
        newest = self.serve.newest.get(name, {})
        return (
            (not trouble.said or self.told(name, before) != [])
            and (not trouble.outcome or newest.get("outcome") == trouble.outcome)
            and (not trouble.held or newest.get("holds") == trouble.held)
            and (not trouble.goes_on or self.town.missing(name) <= odd)
        )

    def rest(self) -> None:
        """Take note of what the process holds, once every clinic had another turn."""
        turns = {name: self.serve.taken(name) for name in self.town.names}
        self.serve.wait_for(lambda: all(self.serve.taken(name) > turns[name] for name in turns), "a turn of everybody")
        self.seen.append(self.serve.held())

    def assert_flat(self) -> None:
        """Nothing leaks: what is held after every trouble is what was held when all of them had been met."""
        first, last = self.seen[0], self.seen[-1]
        assert last.threads <= first.threads + MORE_THREADS, self.seen
        assert last.descriptors <= first.descriptors + MORE_DESCRIPTORS, self.seen
        assert last.memory_kb <= first.memory_kb + MORE_MEMORY_KB, self.seen


def say(words: str) -> None:
    """Say how far it is to whoever waits that long."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {words}\n")
    sys.stderr.flush()


def test_three_clinics_in_trouble_keep_the_others_from_nothing(tmp_path: Path) -> None:
    """What the long watch does one after the other, at once and from the start; what is mended is left to it."""
    with settled(tmp_path) as town:
        troubles = dict(zip(town.names, QUICK, strict=False))
        for name, trouble in troubles.items():
            trouble.begin(Place(town, name, 0))
        odd = {name: town.missing(name) for name in troubles}
        with serving(town) as serve:
            watch = Watch(town, serve)
            watch.business()
            well = tuple(name for name in town.names if name not in troubles)
            serve.wait_for(lambda: watch.posted(well), "the others going on")
            for name, trouble in troubles.items():
                serve.wait_for(partial(watch.is_said, name, trouble, 0, odd[name]), f"{trouble.name} being said")
            told = Counter((kind, clinic) for kind, clinic, _ in serve.alerts())
            assert told == {(trouble.said, name): 1 for name, trouble in troubles.items() if trouble.said}
            assert town.wrong() == []


@pytest.mark.slow
def test_one_clinic_has_every_trouble_for_as_long_as_is_asked(tmp_path: Path) -> None:
    began = time.monotonic()
    with settled(tmp_path) as town, serving(town) as serve:
        watch = Watch(town, serve)
        watch.business()
        serve.wait_for(lambda: watch.posted(town.names), "the first sync")
        rounds = 0
        while rounds == 0 or time.monotonic() < began + WATCH_S:
            rounds += 1
            for trouble in TROUBLES:
                watch.look_at(town.names[-1], trouble)
                say(f"round {rounds}, {trouble.name}: {serve.held()}, {sum(serve.turns.values())} turns")
            watch.rest()
            say(f"after round {rounds}: {watch.seen[-1]}, {sum(map(len, town.raised.values()))} invoices")
        watch.assert_flat()
        assert watch.findings == []
