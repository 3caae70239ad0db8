"""Cut short: work that stopped before its end, why, since when, and what makes it go on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from ligament.core.periods import iso_instant, local_moment


@dataclass(frozen=True, slots=True, kw_only=True)
class CutShort:
    """Why some work stopped, since when, and until when it cannot go on: nothing where that is not known.

    `full` says of a comparison that everything was to be compared.
    """

    sentence: str
    since: datetime
    until: datetime | None = None
    full: bool = False

    @classmethod
    def of(cls, told: Mapping[str, object]) -> CutShort:
        """Return what `written` told."""
        until = str(told["until"])
        return cls(
            sentence=str(told["sentence"]),
            since=datetime.fromisoformat(str(told["since"])),
            until=datetime.fromisoformat(until) if until else None,
            full=bool(told.get("full")),
        )

    @property
    def written(self) -> dict[str, object]:
        """Return it as JSON has it."""
        until = iso_instant(self.until) if self.until else ""
        return {"sentence": self.sentence, "since": iso_instant(self.since), "until": until, "full": self.full}


def one_in(text: str) -> CutShort | None:
    """Return what a note says that tells of one piece of work, or nothing."""
    return CutShort.of(json.loads(text)) if text else None


def many_in(text: str) -> dict[str, CutShort]:
    """Return what a note says that tells of several, by name."""
    return {name: CutShort.of(told) for name, told in json.loads(text or "{}").items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """What a clinic began and did not end: its newest run, undos by the run that each takes back, a comparison."""

    run: CutShort | None
    undos: Mapping[str, CutShort]
    comparison: CutShort | None

    def of_the_run(self, zone: str) -> Iterator[tuple[str, str]]:
        """Yield why the newest run stopped, and since when the rest of it waits and what makes it go on."""
        if self.run is not None:
            since = local_moment(self.run.since, zone)
            goes_on = f"the first run {_after(self.run, zone)}" if self.run.until else "the next run"
            yield self.run.sentence, f"What is left has waited since {since}, and goes on with {goes_on}."

    def beside_the_run(self, zone: str) -> Iterator[tuple[str, str]]:
        """Yield the same of what no run goes on with by itself: each undo, and a comparison."""
        for name, undo in self.undos.items():
            when = f", {_after(undo, zone)}" if undo.until else ""
            began = f"The undo of {name} has waited since {local_moment(undo.since, zone)}"
            again = f"ligament undo {name} --yes. Or with --give-up it ends there."
            yield undo.sentence, f"{began}, and goes on when somebody asks again{when}: {again}"
        if self.comparison is not None:
            one, wanted = self.comparison, "ligament reconcile --full" if self.comparison.full else "ligament reconcile"
            began = f"What is left of a comparison has waited since {local_moment(one.since, zone)}"
            which = "full comparison" if one.full else "comparison"
            follows = f"the first {which} {_after(one, zone)}" if one.until else f"the next {which}"
            yield one.sentence, f"{began}, and follows with {follows}: {wanted}."


def _after(one: CutShort, zone: str) -> str:
    return f"after {local_moment(one.until, zone)}" if one.until else ""


def in_one_text(told: Iterable[tuple[str, str]]) -> str:
    """Return what is told as one text, in which no reason is said twice."""
    said: list[str] = []
    for why, rest in told:
        said += [rest] if why in said else [why, rest]
    return " ".join(filter(None, said))
