"""Steps: how far the set-up of a clinic is, from what is kept; each can be left, and taken up again anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ligament.app.documents import Document
from ligament.app.setup.connections import systems_asked
from ligament.app.setup.gaps import gaps
from ligament.core.notes import FIRST_RUN_NOTE, SETUP_CHECKED_NOTE, SETUP_PREVIEWED_NOTE
from ligament.wiring.clinic import Clinic


class StepState(StrEnum):
    """How a step stands."""

    DONE = "done"
    NOW = "now"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: `minutes` it usually takes, `who` can do it."""

    name: str
    title: str
    minutes: int
    who: str
    state: StepState


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """The set-up of a clinic: every step in order, the first that is not done, and what each system asks for."""

    steps: tuple[Step, ...]
    now: str
    systems: tuple[Document, ...]

    @property
    def is_over(self) -> bool:
        """Say whether nothing is left to do."""
        return not self.now

    def one(self, name: str) -> Step | None:
        return next((step for step in self.steps if step.name == name), None)


def set_up(clinic: Clinic) -> SetUp:
    """Return how far a clinic's set-up is; nothing is called."""
    systems = systems_asked(clinic)
    is_over = clinic.store.note(FIRST_RUN_NOTE) == "yes"
    owner, keeper = "the owner", "owner or bookkeeper"

    def has_passed(note: str) -> bool:
        return clinic.store.note(note) == "yes"

    told = [
        (one["name"], f"Connect {one['title']}", minutes, owner, one["connected"])
        for one, minutes in zip(systems, (1, 3), strict=True)
    ]
    told += [
        ("checks", "See what was found", 1, owner, is_over or has_passed(SETUP_CHECKED_NOTE)),
        ("mapping", "Choose accounts and taxes", 2, keeper, not any(gap.blocks for gap in gaps(clinic.settings))),
        ("preview", "See a month as it would be posted", 2, keeper, is_over or has_passed(SETUP_PREVIEWED_NOTE)),
        ("approval", "Give the first approval", 1, keeper, is_over),
    ]
    now = next((name for name, *_, is_done in told if not is_done), "")
    steps = tuple(
        Step(name=name, title=title, minutes=minutes, who=who, state=_state(name, now, is_done=is_done))
        for name, title, minutes, who, is_done in told
    )
    return SetUp(steps=steps, now=now, systems=tuple(systems))


def _state(name: str, now: str, *, is_done: bool) -> StepState:
    if is_done:
        return StepState.DONE
    return StepState.NOW if name == now else StepState.LATER


def passed(clinic: Clinic, note: str) -> None:
    """Keep that somebody has seen a step that asks nothing."""
    clinic.store.keep_note(note, "yes")
