"""One run of one command: opens the clinic, calls the verb, prints, and turns trouble into an exit code."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ligament.app.errors import EXPECTED, trouble_of
from ligament.app.output import to_json
from ligament.app.results import Result
from ligament.cli.views.paper import show_times_of
from ligament.cli.views.progress import console, progress_bar
from ligament.wiring.actors import person_at_terminal
from ligament.wiring.clinic import Clinic, Overrides, open_clinic
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.settings import load_settings

USAGE, UNREACHABLE, STOPPED = 2, 3, 130
Show = Callable[[dict[str, Any], Callable[[str], str]], None]
"""Prints a document for people; the function completes a command to what is typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The options that every command takes; `asks` says that the verb talks to a person while it runs."""

    home: Path | None = None
    clinic: str | None = None
    as_json: bool = False
    asks: bool = False

    def over(self, home: Path | None, clinic: str | None, as_json: bool) -> Session:
        """Return the options of a sub-command, which may stand before or behind its name."""
        return replace(self, home=home or self.home, clinic=clinic or self.clinic, as_json=as_json or self.as_json)

    def command(self, words: str) -> str:
        """Return a command as it is typed for this home and clinic."""
        home = ["--home", str(self.home)] if self.home is not None else []
        clinic = ["--clinic", self.clinic] if self.clinic is not None else []
        return " ".join(["ligament", words, *(shlex.quote(word) for word in (*home, *clinic))])


def run_verb(session: Session, verb: Callable[[Clinic], Result], show: Show) -> None:
    """Call a verb on the opened clinic and print what it tells; ends the process with the verb's exit code."""
    run_plain(session, lambda: _with_app(session, verb), show)


def run_plain(session: Session, verb: Callable[[], Result], show: Show) -> None:
    """Call a verb that opens no clinic, and print and exit in the same way."""
    try:
        verdict = verb()
        text = to_json(verdict.document) + "\n"
    except EXPECTED as error:
        found = trouble_of(error)
        if found is None:
            raise
        _print_trouble(session, found.document, found.lines)
        raise SystemExit(found.code) from None
    except KeyboardInterrupt:
        # Told here: the library that reads the arguments would end the process without a word.
        sys.stderr.write("Stopped. Everything done until now is kept; run it again to go on.\n")
        raise SystemExit(STOPPED) from None
    if session.as_json:
        sys.stdout.write(text)
    else:
        show(verdict.document, session.command)
    raise SystemExit(verdict.code)


def _with_app(session: Session, verb: Callable[[Clinic], Result]) -> Result:
    settings = load_settings(home=session.home)
    with progress_bar(quiet=session.as_json or session.asks) as tell:
        outside = Overrides(tell=tell, actor=person_at_terminal(), source="cli")
        with open_clinic(settings, name=settings.meant(session.clinic).name, outside=outside) as held:
            show_times_of(held.settings.rulebook.clinic.time_zone)
            return verb(held)


def _print_trouble(session: Session, document: dict[str, Any], lines: tuple[str, ...]) -> None:
    if session.as_json:
        sys.stdout.write(to_json(document) + "\n")
    for line in lines:
        console(stderr=True).print(line, markup=False, highlight=False)


__all__ = ["ConfigurationError", "Session", "run_plain", "run_verb"]
