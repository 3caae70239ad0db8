"""Visits as the activity report counts them: what became of each, and what one that nobody invoiced is worth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ligament.app.reports.sources import Sources
from ligament.core.drafting import zone_of
from ligament.core.money import NO_CENTS, cents
from ligament.core.periods import local_date, month_of
from ligament.core.records import Visit
from ligament.core.reports import Attendance, Dimension, Seat


def seats(sources: Sources, now: datetime) -> Iterator[Seat]:
    """Yield every visit whose local day lies in the period."""
    invoiced = sources.rows.invoiced_visits()
    for visit in sources.rows.visits():
        if visit.starts_at is None:
            continue
        place = sources.locations.get(visit.location_id) if visit.location_id else None
        day = local_date(visit.starts_at, zone_of(place, sources.rulebook))
        if sources.period.covers(day):
            yield Seat(
                patient=str(visit.party_id or ""),
                labels={
                    Dimension.MONTH: month_of(day),
                    Dimension.PRACTITIONER: sources.name_of(Dimension.PRACTITIONER, visit.practitioner_id),
                    Dimension.BUSINESS: sources.name_of(Dimension.BUSINESS, visit.location_id),
                },
                attendance=_attendance(visit, now),
                invoiced=visit.id in invoiced,
                worth=sum((cents(charge.total) for charge in visit.charges), NO_CENTS),
            )


def _attendance(visit: Visit, now: datetime) -> Attendance:
    if visit.cancelled_at is not None:
        return Attendance.CANCELLED
    if visit.arrived is not None:
        return Attendance.ATTENDED if visit.arrived else Attendance.DID_NOT_ARRIVE
    return Attendance.COMING if visit.starts_at is not None and visit.starts_at > now else Attendance.NOT_RECORDED
