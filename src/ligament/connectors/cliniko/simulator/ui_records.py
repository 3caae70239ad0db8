"""Staff actions that every kind shares: edit, archive, unarchive, restore, and changes that leave no trace."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ligament.connectors.cliniko.simulator.kinds_diary import KINDS
from ligament.connectors.cliniko.simulator.values import stamp, stored_record
from ligament.connectors.cliniko.simulator.world import World, amend

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ligament.connectors.cliniko.simulator.kinds import Record


def edit_record(world: World, kind: str, record_id: str, changes: Record, *, at: datetime) -> World:
    """Change fields of any record and move its `updated_at`."""
    return amend(world, kind, record_id, stored_record(KINDS.get(kind), changes), at=at)


def archive_record(world: World, kind: str, record_id: str, *, at: datetime) -> World:
    """Archive a record; the switches say which mark is set and whether `updated_at` moves."""
    known, sets = KINDS.get(kind), world.switches.archiving_sets
    marks = ("archived_at", "deleted_at") if sets == "both" else (sets,)
    asked_by = known.filters if known else {}
    # A mark that no filter speaks about would put the record out of everybody's reach: such kinds, patients among
    # them, can only be archived, and an archived one is reached by its filter (facts 3.5).
    wanted = [mark for mark in marks if mark in asked_by] or ["archived_at"]
    changes = dict.fromkeys(wanted, stamp(at))
    return amend(world, kind, record_id, changes, at=at, bump=world.switches.archiving_bumps)


def unarchive_record(world: World, kind: str, record_id: str, *, at: datetime) -> World:
    """Bring an archived record back; both marks are cleared."""
    known = KINDS.get(kind)
    marks = [mark for mark in ("archived_at", "deleted_at") if known is not None and mark in known.fields]
    return amend(world, kind, record_id, dict.fromkeys(marks or ["archived_at"]), at=at)


def silently(world: World, change: Callable[[World], World]) -> World:
    """Apply a change without moving any `updated_at`: the write that incremental polling cannot see."""
    return replace(change(replace(world, silent=True)), silent=world.silent)
