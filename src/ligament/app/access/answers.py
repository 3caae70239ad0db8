"""What the use cases of access answer, and who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Where a request comes from: its address, its browser, and what the journal calls the way in."""

    address: str
    agent: str = ""

    @property
    def source(self) -> str:
        """Return what the journal says about where somebody acts from."""
        return f"web {self.address}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """Too many failures: nothing was looked at, or nothing more will be for some seconds."""

    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Something was wrong: a sentence for each field; the empty name is the whole form."""

    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A session began: what its browser keeps, and the recovery codes where they are new."""

    secret: str
    recovery: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What was to be done has been done already, or its time is over."""
