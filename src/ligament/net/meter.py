"""Counts what really went over the wire, by system and method."""

from __future__ import annotations

import threading


class CallMeter:
    """Counts calls that left, and bytes received, in this process; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[tuple[str, str], int] = {}
        self._received: dict[str, int] = {}

    def count(self, system: str, method: str, calls: int = 1) -> None:
        with self._lock:
            key = (system, method)
            self._calls[key] = self._calls.get(key, 0) + calls

    def received(self, system: str, size: int) -> None:
        """Add bytes of answers as they came over the wire."""
        with self._lock:
            self._received[system] = self._received.get(system, 0) + size

    def total(self, system: str = "") -> int:
        """Return all calls so far, of one system when named."""
        with self._lock:
            return sum(number for (name, _), number in self._calls.items() if system in ("", name))

    def as_dict(self) -> dict[str, dict[str, int]]:
        """Return `{system: {method: calls}}`."""
        with self._lock:
            answer: dict[str, dict[str, int]] = {}
            for (system, method), number in sorted(self._calls.items()):
                answer.setdefault(system, {})[method] = number
            return answer

    def volume(self) -> dict[str, int]:
        """Return the bytes received, by system."""
        with self._lock:
            return dict(sorted(self._received.items()))
