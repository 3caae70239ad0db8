"""Approving what waits: everything of the newest plan after asking once, or what is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ligament.app.approvals import approve, waiting
from ligament.app.holds import answer, decide
from ligament.app.results import WAITS, Result
from ligament.cli.asking import confirmed
from ligament.cli.views.holds import waiting as show_waiting
from ligament.cli.views.types import Command
from ligament.core.links import DecisionKind
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError

_NOTHING: dict[str, object] = {"approved": 0, "holds": [], "unknown": []}


def approve_some(
    clinic: Clinic,
    wanted: Sequence[str],
    *,
    yes: bool,
    choice: str = "",
    contact: str = "",
    quiet: bool = False,
    command: Command = str,
) -> Result:
    """Approve what is named, or everything in the newest plan once somebody says yes.

    Raises ConfigurationError for a choice that is none. Nothing is approved when nobody can be asked.
    """
    kind = decision_of(clinic, choice)
    if contact:
        if not wanted or kind is not DecisionKind.APPROVED:
            raise ConfigurationError(("--contact: name the hold that it answers, and no other decision.",))
        return Result(
            document=_NOTHING | {"holds": answer(clinic, wanted, "approve", contact=contact).document["holds"]}
        )
    if not wanted:
        if kind is not DecisionKind.APPROVED:
            raise ConfigurationError(
                (f"--as {choice}: name what it is about, as in `ligament approve ID --as {choice}`.",)
            )
        return _approve_all(clinic, yes=yes, quiet=quiet, command=command)
    if kind is not DecisionKind.APPROVED:
        return decide(clinic, wanted, kind)
    done = approve(clinic, wanted)
    unknown = done.document["unknown"]
    if unknown and not done.document["approved"] and not done.document["holds"]:
        named = ", ".join(f'"{name}"' for name in unknown)
        raise ConfigurationError((f"Nothing called {named} waits. `ligament holds` lists what does.",))
    return done


def decision_of(clinic: Clinic, choice: str) -> DecisionKind:
    """Return the decision that a word stands for; the two systems may be named too."""
    words = choices(clinic.practice_manifest.name, clinic.books_manifest.name)
    found = words.get(choice.strip().casefold())
    if found is None:
        raise ConfigurationError(
            (f'--as: "{choice}" is no decision. Choose one of {", ".join(w for w in words if w)}.',)
        )
    return found


def choices(practice: str, books: str) -> dict[str, DecisionKind]:
    """Return the decisions by the words that stand for them."""
    return {
        "": DecisionKind.APPROVED,
        "cash": DecisionKind.CASH,
        "separate": DecisionKind.SEPARATE,
        "practice": DecisionKind.TAKE_PRACTICE,
        "books": DecisionKind.TAKE_BOOKS,
        practice: DecisionKind.TAKE_PRACTICE,
        books: DecisionKind.TAKE_BOOKS,
    }


def _approve_all(clinic: Clinic, *, yes: bool, quiet: bool, command: Callable[[str], str]) -> Result:
    held = waiting(clinic)
    if not held["actions"]:
        return Result(document={**_NOTHING, "plan": "", "sentence": "Nothing waits for approval."})
    if not quiet:
        show_waiting(held, command)
    number = len(held["actions"])
    answer = True if yes else None if quiet else confirmed(f"Approve all {number:,}?")
    if answer:
        verdict = approve(clinic)
        return Result(document={**verdict.document, "plan": held["plan"]}, code=verdict.code)
    why = "Nobody can be asked here, so nothing was approved: add --yes." if answer is None else "Nothing was approved."
    return Result(document={**_NOTHING, "plan": held["plan"], "waiting": held["actions"], "sentence": why}, code=WAITS)
