"""One check of the doctor: how it stands, in a sentence, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ligament.wiring.reports import Document


class Standing(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at; `area` groups checks on the screen."""

    area: str
    state: Standing
    sentence: str
    todo: str = ""

    def document(self) -> Document:
        """Return it as a document."""
        return {"area": self.area, "state": self.state.value, "sentence": self.sentence, "todo": self.todo}


def ok(area: str, sentence: str) -> Check:
    """Return a check that found nothing wrong."""
    return Check(area=area, state=Standing.OK, sentence=sentence)


def warn(area: str, sentence: str, todo: str) -> Check:
    """Return a check that found something to look at."""
    return Check(area=area, state=Standing.WARN, sentence=sentence, todo=todo)


def bad(area: str, sentence: str, todo: str) -> Check:
    """Return a check that found something that stops records."""
    return Check(area=area, state=Standing.BAD, sentence=sentence, todo=todo)
