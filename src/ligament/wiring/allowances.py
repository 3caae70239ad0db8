"""Allowances: under which name the calls of a clinic to a system are counted, so that what is left can be told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ligament.net.governor import DAY_LEFT, MINUTE_LEFT
from ligament.ports.windows import Full, SharedQuota, Window
from ligament.store.database.connection import Database
from ligament.store.shared.rate_limits import SharedWindows
from ligament.store.shared.values import SharedValues

_TOLD = {MINUTE_LEFT: "minute", DAY_LEFT: "day"}


@dataclass(slots=True, kw_only=True)
class NamedWindows:
    """The shared windows, with a note of the name under which one clinic's calls to one system are counted."""

    database: Database
    clinic: str
    system: str
    _known: set[str] = field(default_factory=set)

    @property
    def _windows(self) -> SharedWindows:
        return SharedWindows(self.database)

    def take(self, scope: str, windows: Sequence[Window], at_ms: int, quota: SharedQuota | None = None) -> Full | None:
        """Record a call unless a window is full."""
        return self._windows.take(scope, windows, at_ms, quota)

    def enter(self, scope: str, slots: int, at_ms: int, lease_ms: int) -> str | None:
        """Occupy a place."""
        return self._windows.enter(scope, slots, at_ms, lease_ms)

    def leave(self, scope: str, slot: str) -> None:
        """Give the place back."""
        self._windows.leave(scope, slot)

    def numbers(self, scope: str) -> Mapping[str, int]:
        return self._windows.numbers(scope)

    def keep(self, scope: str, numbers: Mapping[str, int]) -> None:
        """Keep numbers; those that a server told of this clinic's own allowance give it away."""
        self._windows.keep(scope, numbers)
        if scope not in self._known and _TOLD.keys() & numbers.keys():
            SharedValues(self.database).jot(self.clinic, _note(self.system), scope)
            self._known.add(scope)


def calls_left(database: Database, clinic: str, systems: Collection[str]) -> dict[str, dict[str, int]]:
    """Return by system how many calls it said are left, by minute and day, as far as it did; with one question."""
    told = SharedWindows(database).numbers_of(clinic, [_note(system) for system in systems])
    return {
        system: {word: told[_note(system)][name] for name, word in _TOLD.items() if name in told[_note(system)]}
        for system in systems
    }


def _note(system: str) -> str:
    return f"allowance/{system}"
