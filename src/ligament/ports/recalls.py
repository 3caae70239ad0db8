"""What recalls need of a practice system: people, appointments and who came, a little of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from ligament.core.recalls import OwnRecall, RecallPerson
    from ligament.core.records import PracticeSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallBooking:
    """An appointment, of one person or of a class; `on` is its day on the wall of the place where it is."""

    id: str
    type_id: str
    starts_at: datetime
    on: date
    cancelled: bool = False
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallVisit:
    """One person's place on an appointment; `no_show` when somebody recorded that they did not come."""

    id: str
    booking_id: str
    patient_id: str
    no_show: bool = False
    cancelled: bool = False
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallPage:
    """Rows read, and the positions to keep once they are kept."""

    people: tuple[RecallPerson, ...] = ()
    bookings: tuple[RecallBooking, ...] = ()
    visits: tuple[RecallVisit, ...] = ()
    cursors: Mapping[str, str] = field(default_factory=dict)
    stream: str = ""
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallScope:
    """Where to read on, the present instant, and the zone of places that name none."""

    now: datetime
    zone: str
    cursors: Mapping[str, str] = field(default_factory=dict)


class RecallReader(Protocol):
    """A practice system that can say who was seen when."""

    def settings(self) -> PracticeSettings:
        """Return what the practice says of itself: recalls are read of the practice that the clinic is pinned to."""
        ...

    def appointment_types(self) -> Mapping[str, str]:
        """Return the names of the appointment types by id, those no longer offered too."""
        ...

    def read_recall_facts(self, scope: RecallScope) -> Iterator[RecallPage]:
        """Read what changed since the cursors (everything without them), page by page."""
        ...

    def own_recalls(self) -> tuple[OwnRecall, ...] | None:
        """Return the recalls that the practice itself keeps; None where it has none or the key may not see them."""
        ...

    def links_to(self, system: str) -> bool:
        """Say whether the practice's own link to another system is switched on."""
        ...
