"""What the house lends a connector when it is opened; every connector's `opening` module takes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ligament.core.oddities import Heed, unheeded
from ligament.core.private import Private
from ligament.net.governor import Priority
from ligament.net.meter import CallMeter
from ligament.net.token_vault import TokenVault
from ligament.ports.clocks import Clock
from ligament.ports.windows import WindowStore

if TYPE_CHECKING:
    # A command that only looks need not load what talks to the vendors.
    from ligament.net.session import Observer, Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Notebook:
    """A small text that a connector keeps for a clinic, such as which organisation was chosen."""

    read: Callable[[str], str]
    write: Callable[[str, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Settings and means of one connection.

    `values` holds secrets and addresses by the names of the manifest's `[environment]`; an absent one is not set.
    `partner` is the name of the system on the other side. `clock` tells the day, `pace` the real time that limits are
    counted in: the two differ when a test chooses the day. `jitter(limit)` draws a whole number from 0 to `limit`.
    With `reading_tokens` nothing will be written: a sign-in that can do with less is asked for less, and kept there.
    `may_write` is asked right before a write leaves, and raises what forbids it. `lane` says who waits for the calls;
    `heed` notes what nobody foresaw. `audience` is the mailing list that the rulebook names, or empty.
    """

    values: Mapping[str, Private[str]]
    partner: str
    contact: str
    clock: Clock
    pace: Clock
    meter: CallMeter
    windows: WindowStore
    tokens: TokenVault
    reading_tokens: TokenVault | None = None
    notebook: Notebook
    jitter: Callable[[int], int]
    observer: Observer | None = None
    transport: Transport | None = None
    daily_calls: int = 0
    reserve_percent: int = 10
    may_add_options: bool = False
    prices_include_tax: bool | None = None
    custom_fields: tuple[str, ...] = ()
    audience: str = ""
    may_write: Callable[[], None] | None = None
    lane: Priority = Priority.SYNC
    heed: Heed = unheeded

    def value(self, name: str) -> str:
        """Return a setting in clear, or an empty text."""
        held = self.values.get(name)
        return held.reveal().strip() if held is not None else ""
