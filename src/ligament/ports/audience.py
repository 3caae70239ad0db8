"""What recalls need of a system that keeps mailing lists: who stands how, adding whom, and tags."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from ligament.core.private import NOTHING, Private

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime


class Standing(StrEnum):
    """How an address stands on a mailing list; only a subscribed one is written to, and none is ever changed by us."""

    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    CLEANED = "cleaned"
    PENDING = "pending"
    NOT_SUBSCRIBED = "not_subscribed"
    TAKEN_OUT = "taken_out"
    REFUSED = "refused_there"
    UNKNOWN = "unknown_there"


REFUSALS = frozenset({Standing.UNSUBSCRIBED, Standing.REFUSED})
"""What is a person's or the system's lasting no: such an address is never offered again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An address on the mailing list; `id` tells it from others without saying it."""

    id: str
    email: Private[str] = NOTHING
    standing: Standing
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AudiencePage:
    """One page of members, and the positions to keep once it is kept."""

    rows: tuple[Member, ...] = ()
    cursors: Mapping[str, str] = field(default_factory=dict)
    stream: str = "members"
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceIdentity:
    """Which mailing list the key and the rulebook lead to."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Somebody to be added who agreed to be written to."""

    email: Private[str]
    first: Private[str] = NOTHING


class Audience(Protocol):
    """A mailing list. Adding and tagging may be repeated: both say what is to be, not what is to change."""

    def identify(self) -> AudienceIdentity:
        """Return the mailing list; raises SignInAgain for a wrong key, Rejected where none or several fit."""
        ...

    def mark_of(self, email: Private[str]) -> str:
        """Return the id that a member with that address has or would have."""
        ...

    def read(self, cursors: Mapping[str, str], known: object, now: datetime) -> Iterator[AudiencePage]:
        """Read the members that changed since the cursors, everybody without them."""
        ...

    def add(self, people: Collection[Newcomer]) -> Mapping[str, Standing]:
        """Add people who are not there; returns how each stands afterwards, by id. Nobody who is there is changed."""
        ...

    def tag(self, name: str, *, put: Collection[Private[str]], take: Collection[Private[str]]) -> None:
        """Put a tag on some members and take it off others; no other tag is touched."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...
