"""The state of a simulated Mailchimp account: audiences, members, tags, batches, and what people do to them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

DEFAULT_KEY = "0123456789abcdef0123456789abcdef-us19"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """Every behaviour that Mailchimp does not document; the numbers are sections of the fact file."""

    new_members_become: str = "subscribed"  # "pending" with double opt-in, "unsubscribed" under review [3]
    tag_moves_last_changed: bool = True  # [11]
    tags_on_unsubscribed: bool = True  # False: an address that is not subscribed is ignored by segments [11]
    put_revives_archived: bool = False  # True: PUT with only `status_if_new` un-archives [11]
    tag_names_fold_case: bool = False  # [11]
    batch_s: int = 5  # how long a batch takes, whatever its size [6]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An address of an audience."""

    email: str
    status: str = "subscribed"
    merge_fields: Mapping[str, object] = field(default_factory=dict)
    changed_at: datetime = EPOCH
    forgotten: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """One mailing list: members by the hash of their address, tags by name with the hashes that bear them."""

    id: str
    name: str
    members: Mapping[str, Member] = field(default_factory=dict)
    tags: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tag_ids: Mapping[str, int] = field(default_factory=dict)
    merge_fields: tuple[str, ...] = ("FNAME", "LNAME", "ADDRESS", "PHONE")
    required: tuple[str, ...] = ()

    def with_member(self, member: Member) -> Audience:
        """Return the same with a member added or replaced."""
        return replace(self, members={**self.members, hash_of(member.email): member})

    def with_tag(self, name: str, bearers: frozenset[str]) -> Audience:
        """Return the same with who bears a tag; a new tag gets an id."""
        ids = self.tag_ids if name in self.tag_ids else {**self.tag_ids, name: 1000 + len(self.tag_ids)}
        return replace(self, tags={**self.tags, name: bearers}, tag_ids=ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Operations that are done when their time has come; `results` are their statuses."""

    id: str
    submitted_at: datetime
    ready_at: datetime
    results: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One account."""

    key: str = DEFAULT_KEY
    audiences: Mapping[str, Audience] = field(default_factory=dict)
    batches: Mapping[str, Batch] = field(default_factory=dict)
    switches: Switches = Switches()

    def with_audience(self, audience: Audience) -> World:
        """Return the same with an audience added or replaced."""
        return replace(self, audiences={**self.audiences, audience.id: audience})

    def only(self) -> Audience:
        (audience,) = self.audiences.values()
        return audience


def hash_of(email: str) -> str:
    """Return what stands for an address in paths: the MD5 of its lower case."""
    return hashlib.md5(email.strip().lower().encode(), usedforsecurity=False).hexdigest()


# --- what people do ---------------------------------------------------------------------------------------------------


def set_status(world: World, email: str, status: str, *, at: datetime) -> World:
    """Let a member unsubscribe, bounce, be archived or confirm: their standing changes now."""
    audience = world.only()
    known = audience.members.get(hash_of(email)) or Member(email=email)
    return world.with_audience(audience.with_member(replace(known, status=status, changed_at=at)))


def forget(world: World, email: str) -> World:
    """Delete a member for good: the address can never be added by a program again."""
    audience = world.only()
    known = audience.members[hash_of(email)]
    return world.with_audience(audience.with_member(replace(known, forgotten=True)))
