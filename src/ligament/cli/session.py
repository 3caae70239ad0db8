"""One run of one command: opens the clinic, calls the verb, prints, and turns trouble into an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ligament.cli.progress import console, progress_bar
from ligament.wiring.app import App, Verdict, open_app
from ligament.wiring.build import Outside
from ligament.wiring.output import to_json
from ligament.wiring.settings import ConfigurationError, load_settings
from ligament.wiring.troubles import trouble_of

USAGE, UNREACHABLE = 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The options that every command takes."""

    home: Path | None = None
    clinic: str | None = None
    as_json: bool = False
    output: Path | None = None

    def over(self, home: Path | None, clinic: str | None, as_json: bool) -> Session:
        """Return the options of a sub-command, which may stand before or behind its name."""
        return replace(self, home=home or self.home, clinic=clinic or self.clinic, as_json=as_json or self.as_json)


def actor() -> str:
    """Return who runs the command, for the journal."""
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or "command line"


def run_verb(
    session: Session,
    verb: Callable[[Any], Verdict],
    show: Callable[[dict[str, Any]], None],
    *,
    needs_app: bool = True,
) -> None:
    """Call a verb and print what it tells; ends the process with the verb's exit code."""
    try:
        verdict = _with_app(session, verb) if needs_app else verb(None)
    except Exception as error:
        found = trouble_of(error)
        if found is None:
            raise
        _print_trouble(session, found.document, found.lines)
        raise SystemExit(found.code) from None
    if session.output is not None:
        session.output.write_text(to_json(verdict.document) + "\n", encoding="utf-8")
    if session.as_json:
        sys.stdout.write(to_json(verdict.document) + "\n")
    else:
        show(verdict.document)
    raise SystemExit(verdict.code)


def _with_app(session: Session, verb: Callable[[App], Verdict]) -> Verdict:
    settings = load_settings(home=session.home)
    with progress_bar(quiet=session.as_json) as tell:
        outside = Outside(tell=tell, actor=actor(), source="cli")
        with open_app(settings, clinic=session.clinic, outside=outside) as held:
            return verb(held)


def _print_trouble(session: Session, document: dict[str, Any], lines: tuple[str, ...]) -> None:
    if session.as_json:
        sys.stdout.write(to_json(document) + "\n")
    for line in lines:
        console(stderr=True).print(line, markup=False, highlight=False)


__all__ = ["ConfigurationError", "Session", "actor", "run_verb"]
