"""Delivery records: hooks, deliveries and attempts as they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

ON, GONE = "on", "gone"
"""A hook is `gone` when its receiver said so (410); it gets nothing more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """Where events of one clinic go; `header` is the name of a fixed header, whose value the vault keeps.

    `failures` counts attempts that failed since the last one that succeeded.
    """

    id: str
    clinic: str
    url: str
    events: tuple[str, ...]
    state: str = ON
    header: str = ""
    made_at: datetime
    made_by: str = ""
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one hook; `status` and `reason` tell the last attempt, 0 when no answer came."""

    id: str
    clinic: str
    hook: str
    webhook_id: str
    type: str
    state: str
    attempts: int
    status: int
    reason: str
    made_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    place: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How one attempt ended: the answer's status, or 0 and why there was none."""

    at: datetime
    status: int
    reason: str
    ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What becomes of a delivery after an attempt; `due_at` counts while it waits, `pause_until` for its whole hook."""

    state: str
    due_at: datetime | None = None
    pause_until: datetime | None = None
    failures: int = 0
    ends_hook: bool = False
