"""Default scopes: which records a list or a single read leaves out unless a filter asks for them [3.5]."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ligament.connectors.cliniko.simulator.filters import Filter
    from ligament.connectors.cliniko.simulator.kinds import Kind, Record
    from ligament.connectors.cliniko.simulator.switches import Switches


def hiding_fields(kind: Kind, filters: Iterable[Filter], switches: Switches) -> tuple[str, ...]:
    """Return the marks that hide a record here: those of the kind less those that a filter speaks about."""
    spoken = {wanted.name for wanted in filters}
    if switches.archived_filter_reveals_deleted and "archived_at" in spoken:
        spoken.add("deleted_at")
    if not switches.hide_cancelled:
        spoken.add("cancelled_at")
    return tuple(name for name in kind.hidden_by if name not in spoken)


def hides_inactive(kind: Kind, filters: Iterable[Filter]) -> bool:
    """Say whether inactive practitioners are left out; a filter on `active` brings them back."""
    return kind.name == "practitioners" and all(wanted.name != "active" for wanted in filters)


def in_scope(hiding: tuple[str, ...], *, without_inactive: bool) -> Callable[[Record], bool]:
    """Return the test that a record lies in the scope."""

    def passes(record: Record) -> bool:
        if without_inactive and record.get("active") is False:
            return False
        return all(record.get(name) is None for name in hiding)

    return passes


def filters_of_single_read(kind: Kind) -> tuple[str, ...]:
    """Return the fields by which a single read can be filtered: the marks that can hide it."""
    return tuple(name for name in kind.hidden_by if name in kind.filters)
