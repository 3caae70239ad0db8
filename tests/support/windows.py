"""Rate windows in memory, for tests of one process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ligament.ports.windows import Full, SharedQuota, Window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

from ligament.net.governor import FORGET_MS


class InMemoryWindows:
    """A window store for one process, safe between threads; for tests and for runs without a database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[str, list[int]] = {}
        self._leases: dict[str, dict[str, int]] = {}
        self._numbers: dict[str, dict[str, int]] = {}
        self._quotas: dict[str, list[tuple[int, str]]] = {}
        self._waiting: dict[str, dict[str, int]] = {}
        self._made = 0

    def take(self, scope: str, windows: Sequence[Window], at_ms: int, quota: SharedQuota | None = None) -> Full | None:
        """Record a call unless a window is full."""
        with self._lock:
            calls = [at for at in self._calls.get(scope, []) if at > at_ms - FORGET_MS]
            for window in windows:
                inside = sorted(at for at in calls if window.since_ms < at <= window.until_ms)
                if len(inside) >= window.calls:
                    return Full(window=window, blocking_ms=inside[-window.calls] if window.calls else None)
            full = self._join(quota, scope, at_ms) if quota is not None else None
            if full is None:
                self._calls[scope] = [*calls, at_ms]
            return full

    def _join(self, quota: SharedQuota, scope: str, at_ms: int) -> Full | None:
        """Count a call among those of everybody, unless there is no room."""
        made = [one for one in self._quotas.get(quota.scope, []) if abs(at_ms - one[0]) < quota.span_ms]
        since_said = sum(1 for at, _ in made if at > quota.said_ms)
        refused = self._waiting.setdefault(quota.scope, {})
        waiting = {name: 0 for name, at in refused.items() if abs(at_ms - at) < quota.span_ms}
        for _, member in made:
            if member in waiting:
                waiting[member] += 1
        if not quota.has_room(len(made), since_said, waiting, scope):
            refused[scope] = at_ms
            return Full(window=None, blocking_ms=made[0][0] if made else None)
        self._quotas[quota.scope] = [*made, (at_ms, scope)]
        return None

    def enter(self, scope: str, slots: int, at_ms: int, lease_ms: int) -> str | None:
        """Occupy a place."""
        with self._lock:
            held = self._leases.setdefault(scope, {})
            for slot in [slot for slot, end in held.items() if end <= at_ms]:
                del held[slot]
            if len(held) >= slots:
                return None
            self._made += 1
            name = str(self._made)
            held[name] = at_ms + lease_ms
            return name

    def leave(self, scope: str, slot: str) -> None:
        """Give the place back."""
        with self._lock:
            self._leases.get(scope, {}).pop(slot, None)

    def numbers(self, scope: str) -> Mapping[str, int]:
        with self._lock:
            return dict(self._numbers.get(scope, {}))

    def keep(self, scope: str, numbers: Mapping[str, int]) -> None:
        with self._lock:
            self._numbers.setdefault(scope, {}).update(numbers)
