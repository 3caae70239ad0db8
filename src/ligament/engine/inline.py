"""The engine inside one process: threads and nothing kept; what is cut off is found by the next turn anyway."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection
from functools import partial

from ligament.core.oddities import attempt
from ligament.engine.work import Work

Noticed = Callable[[str, Exception], None]


def guarded(work: Work, notice: Noticed) -> Work:
    """Return work whose unexpected errors are told instead of raised, so that one clinic's never stop the others."""

    def guard(clinic: str) -> None:
        try:
            work(clinic)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other clinics go on
            notice(clinic, error)

    return guard


class InlineEngine:
    """Runs turns on `threads` threads of this process, first come, first served."""

    def __init__(self, threads: int = 1) -> None:
        self._count = threads
        self._waiting: deque[str] = deque()
        self._held: set[str] = set()
        self._changed = threading.Condition()
        self._stopping = False
        self._threads: list[threading.Thread] = []

    def start(self, work: Work) -> None:
        """Begin to run what is submitted."""
        for number in range(self._count):
            thread = threading.Thread(target=self._run, args=(work,), name=f"turns-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def submit(self, clinic: str) -> bool:
        """Queue a turn; false when one of that clinic is queued or under way already."""
        with self._changed:
            if self._stopping or clinic in self._held:
                return False
            self._held.add(clinic)
            self._waiting.append(clinic)
            self._changed.notify()
            return True

    def adopt(self, alive: Collection[str]) -> int:
        """Do nothing: no other process shares this queue."""
        del alive
        return 0

    def tidy(self) -> None:
        """Do nothing: nothing is kept."""

    def stop(self, patience_s: int) -> bool:
        """Begin nothing more and wait for what is under way."""
        with self._changed:
            self._stopping = True
            self._held -= set(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._held, timeout=patience_s)

    def _run(self, work: Work) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopping)
                if self._stopping:
                    return
                clinic = self._waiting.popleft()
            try:
                # Work tells of its own trouble; what ends even that must not end the thread that all clinics wait for.
                attempt(partial(work, clinic), clinic)
            finally:
                with self._changed:
                    self._held.discard(clinic)
                    self._changed.notify_all()
