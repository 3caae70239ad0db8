"""One check of the doctor: how it stands, in a sentence, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ligament.app.documents import Document


class CheckState(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at; `area` groups checks on the screen, and `stops_nothing` is advice about no record."""

    area: str
    state: CheckState
    sentence: str
    todo: str = ""
    stops_nothing: bool = False

    def document(self) -> Document:
        return {"area": self.area, "state": self.state.value, "sentence": self.sentence, "todo": self.todo}


def ok(area: str, sentence: str) -> Check:
    """Return a check that found nothing wrong."""
    return Check(area=area, state=CheckState.OK, sentence=sentence)


def warn(area: str, sentence: str, todo: str) -> Check:
    """Return a check that found something to look at."""
    return Check(area=area, state=CheckState.WARN, sentence=sentence, todo=todo)


def advise(area: str, sentence: str, todo: str) -> Check:
    """Return a check that found something to look at which is about no record: the exit code stays that of all well."""
    return Check(area=area, state=CheckState.WARN, sentence=sentence, todo=todo, stops_nothing=True)


def bad(area: str, sentence: str, todo: str) -> Check:
    """Return a check that found something that stops records."""
    return Check(area=area, state=CheckState.BAD, sentence=sentence, todo=todo)
