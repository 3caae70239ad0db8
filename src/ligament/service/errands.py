"""Errands: what a person sets going from a page, such as a run; it goes on when the browser has given up waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ligament.core.oddities import Oddity, attempt
from ligament.ports.errors import PortError
from ligament.ports.progress import Progress, silent
from ligament.ports.stopping import Stopped
from ligament.service.progress import BOARD
from ligament.store.database.errors import StoreError
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.file_lock import AnotherRun

PATIENCE_S = 20.0
"""How long a page waits for the end before it says that the work goes on."""
_KNOWN = (PortError, ConfigurationError, StoreError, AnotherRun, Stopped, OSError)


@dataclass(slots=True, kw_only=True)
class Errand:
    """One piece of work for one clinic; `document` is what it came to, `trouble` the sentence of what went wrong."""

    name: str
    document: Mapping[str, Any] | None = None
    trouble: str = ""
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for the end; says whether it came."""
        return self._over.wait(seconds)

    def do(self, clinic: str, work: Callable[[], Mapping[str, Any]]) -> None:
        """Do the work; what nobody foresaw goes into the log, and is told without its text, which may name people."""
        try:
            with BOARD.working(clinic) as _HERE.tell:
                found = attempt(work, self.name, _KNOWN)
        except _KNOWN as trouble:
            self.trouble = getattr(trouble, "sentence", "") or str(trouble)
        else:
            if isinstance(found, Oddity):
                self.trouble = f"Something happened that should not ({found.reference}). Tell us about it."
            else:
                self.document = found
        finally:
            self._over.set()


_HERE = threading.local()
_UNDER_WAY: dict[tuple[str, str], Errand] = {}
_LOCK = threading.Lock()


def set_going(clinic: str, name: str, work: Callable[[], Mapping[str, Any]]) -> Errand:
    """Begin a piece of work unless the same is under way, and wait a little for its end."""
    with _LOCK:
        errand = _UNDER_WAY.get((clinic, name))
        if errand is None or errand.is_over:
            errand = _UNDER_WAY[clinic, name] = Errand(name=name)
            threading.Thread(target=errand.do, args=(clinic, work), name=name, daemon=True).start()
    errand.wait(PATIENCE_S)
    return errand


def telling() -> Progress:
    """Return what the work of this thread tells its progress to; nobody where it is no errand."""
    found: Progress = getattr(_HERE, "tell", silent)
    return found


def newest(clinic: str, name: str) -> Errand | None:
    """Return the newest piece of work of that name for a clinic, which may be over; nothing after a restart."""
    with _LOCK:
        return _UNDER_WAY.get((clinic, name))


def put_away(clinic: str, name: str) -> None:
    """Forget a piece of work that is over."""
    with _LOCK:
        errand = _UNDER_WAY.get((clinic, name))
        if errand is not None and errand.is_over:
            del _UNDER_WAY[clinic, name]
