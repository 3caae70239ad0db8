"""`ligament sync --watch`: cycles until somebody stops it."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ligament.app.errors import EXPECTED, trouble_of
from ligament.app.output import to_json
from ligament.cli.session import UNREACHABLE, Session
from ligament.cli.views.paper import moment
from ligament.cli.views.progress import console
from ligament.core.periods import iso_instant
from ligament.service.opening import begin, watching
from ligament.service.runner import RunReport
from ligament.service.scheduler import Scheduler
from ligament.service.stopping import StopSign
from ligament.wiring.clocks import SystemClock, clock_starting_at
from ligament.wiring.settings import Settings, load_settings


def watch_clinic(session: Session) -> None:
    """Run cycles until SIGTERM or Ctrl-C; what is under way comes to the end of its step first."""
    sign = StopSign()
    with (
        stopping(sign),
        opened_settings(session) as settings,
        watching(settings, clinic=session.clinic, sign=sign, on_report=Teller(session, settings), alert=alert) as place,
    ):
        begin(place)
        tell(session, {"watching": list(place.clinics)}, f"Watching {', '.join(place.clinics)}. Ctrl-C stops.")
        while not sign.wait(1):
            pass
        end(session, place)


@contextmanager
def opened_settings(
    session: Session, *, may_be_empty: bool = False, without_broken: bool = False
) -> Iterator[Settings]:
    """Give the settings, and tell expected trouble as every command does."""
    try:
        yield load_settings(home=session.home, may_be_empty=may_be_empty, without_broken=without_broken)
    except EXPECTED as error:
        found = trouble_of(error)
        if found is None:
            raise
        if session.as_json:
            sys.stdout.write(to_json(found.document, indent=False) + "\n")
        sys.stderr.write("\n".join(found.lines) + "\n")
        raise SystemExit(found.code) from None


@contextmanager
def stopping(sign: StopSign) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C ask for an end in good order."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        sign.stop()

    # A crash inside a library says at least where it was.
    faulthandler.enable()
    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end(session: Session, place: Scheduler) -> None:
    """Say good-bye; a call that has no answer yet is left: it is kept as sent, and the next run looks it up first."""
    ended = place.stop()
    words = "Stopped." if ended else "Stopped in the middle of a call; the next run looks up what became of it."
    tell(session, {"stopped": True, "in_good_order": ended}, words)
    if place.ended:
        sys.stderr.write(f"The {place.ended} ended although nobody asked it to. Start this again; nothing is lost.\n")
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(UNREACHABLE)
    if not ended:
        sys.stdout.flush()
        sys.stderr.flush()
        # Threads that wait for an answer would keep the process for minutes.
        os._exit(0)


def tell(session: Session, document: dict[str, object], words: str) -> None:
    """Print one line: a document for machines, a sentence for people."""
    if session.as_json:
        sys.stdout.write(to_json(document, indent=False) + "\n")
        sys.stdout.flush()
    else:
        console().print(words, markup=False, highlight=False)


def alert(kind: str, clinic: str, sentence: str) -> None:
    """Print what needs a person where whoever watches the process sees it."""
    sys.stderr.write(f"{kind}: {clinic}: {sentence}\n")
    sys.stderr.flush()


_COUNTED = ("created", "updated", "voided", "failed")


class Teller:
    """Tells of each turn: every one as JSON, only those that did something in words."""

    def __init__(self, session: Session, settings: Settings) -> None:
        self._session = session
        self._clinics = {clinic.name: clinic for clinic in settings.clinics}
        self._calendar = SystemClock() if settings.now is None else clock_starting_at(settings.now)

    def __call__(self, report: RunReport) -> None:
        found = report.document
        if self._session.as_json:
            kept = {key: value for key, value in found.items() if key not in {"holds", "skips", "waiting"}}
            counts = {key: len(found.get(key, ())) for key in ("holds", "waiting")}
            told = {"clinic": report.clinic, "outcome": report.outcome, "sentence": report.sentence}
            tell(self._session, {**kept, **counts, **told, "seconds": report.seconds}, "")
            return
        done = {name: sum(found.get(name, {}).values()) for name in _COUNTED}
        if report.outcome == "done" and not any(done.values()):
            return
        what = ", ".join(f"{count} {name}" for name, count in done.items() if count)
        clinic = self._clinics.get(report.clinic)
        zone = clinic.rulebook.clinic.time_zone if clinic is not None else ""
        named = clinic.title if clinic is not None else report.clinic
        at = moment(iso_instant(self._calendar.now()), zone)
        tell(self._session, {}, f"{at}  {named}: {report.sentence or what or report.outcome}")
