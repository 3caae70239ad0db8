"""What recalls read of Cliniko: consent and address of patients, appointments, who came, and its own recalls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from ligament.connectors.cliniko import recall_rows, wire
from ligament.connectors.cliniko.mapping import is_removed
from ligament.connectors.cliniko.streams import Stream, Walk
from ligament.connectors.cliniko.visits import ARCHIVED, CANCELLED, REMOVED
from ligament.core.periods import is_zone, local_date
from ligament.core.private import NOTHING, Private
from ligament.core.recalls import OwnRecall, RecallPerson
from ligament.ports.errors import Rejected, SignInAgain
from ligament.ports.recalls import RecallBooking, RecallPage, RecallVisit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import msgspec

    from ligament.connectors.cliniko.client import ClinikoClient
    from ligament.ports.recalls import RecallScope

PEOPLE = Stream(name="recall_patients", path="/patients", lifted=ARCHIVED)
APPOINTMENTS = Stream(name="recall_appointments", path="/individual_appointments", lifted=CANCELLED)
CLASSES = Stream(name="recall_classes", path="/group_appointments", lifted=REMOVED)
PLACES = Stream(name="recall_attendees", path="/attendees", lifted=CANCELLED)
_DAY = len("2026-11-22")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallReading:
    """One reading: only what changed since the last one."""

    client: ClinikoClient
    scope: RecallScope

    def pages(self) -> Iterator[RecallPage]:
        """Yield people, then appointments, then who had a place on them."""
        zones = self._zones()
        yield from self._walked(PEOPLE, _people)
        for stream in (APPOINTMENTS, CLASSES):
            yield from self._walked(stream, partial(self._appointments, zones=zones))
        yield from self._walked(PLACES, _places)

    def _walked(self, stream: Stream, read: Callable[[Sequence[msgspec.Raw]], RecallPage]) -> Iterator[RecallPage]:
        """Yield the pages of a list, at last one that carries how far the list was read."""
        walk = Walk(client=self.client, stream=stream, kept=self.scope.cursors, now=self.scope.now)
        for chunk in walk.chunks():
            yield replace(read(chunk.rows), stream=stream.name, done=chunk.done, total=chunk.total)
        yield RecallPage(stream=stream.name, cursors=walk.cursors(), done=walk.done, total=walk.done)

    def _appointments(self, raws: Sequence[msgspec.Raw], zones: Mapping[str, str]) -> RecallPage:
        rows = [wire.decode(raw, recall_rows.RecallBookingRow) for raw in raws]
        bookings = tuple(filter(None, (self._booking(row, zones) for row in rows)))
        return RecallPage(bookings=bookings, visits=tuple(filter(None, map(own_visit, rows))))

    def _zones(self) -> dict[str, str]:
        """Return the zone of each business: the day of an appointment is that of its place."""
        pages = self.client.pages("/businesses", filters=REMOVED, sort="created_at:asc")
        rows = [wire.decode(raw, wire.BusinessRow) for page in pages for raw in page.rows]
        named = {wire.identifier(row.id) or "": wire.text(row.time_zone_identifier) for row in rows}
        return {key: zone for key, zone in named.items() if zone and is_zone(zone)}

    def _booking(self, row: recall_rows.RecallBookingRow, zones: Mapping[str, str]) -> RecallBooking | None:
        identifier = wire.identifier(row.id)
        try:
            starts_at = wire.instant(row.starts_at, "starts_at")
        except wire.Unreadable:
            return None
        if identifier is None:
            return None
        zone = zones.get(wire.related(row.business) or "", self.scope.zone)
        return RecallBooking(
            id=identifier,
            type_id=wire.related(row.appointment_type) or "",
            starts_at=starts_at,
            on=local_date(starts_at, zone),
            cancelled=bool(wire.text(row.cancelled_at)),
            removed=is_removed(row),
        )


def _people(raws: Sequence[msgspec.Raw]) -> RecallPage:
    rows = (wire.decode(raw, recall_rows.RecallPatientRow) for raw in raws)
    return RecallPage(people=tuple(filter(None, map(person_of, rows))))


def _places(raws: Sequence[msgspec.Raw]) -> RecallPage:
    rows = (wire.decode(raw, wire.AttendeeRow) for raw in raws)
    return RecallPage(visits=tuple(filter(None, map(visit_of, rows))))


def person_of(row: recall_rows.RecallPatientRow) -> RecallPerson | None:
    """Return a patient; the preferred first name is the one that may leave."""
    identifier = wire.identifier(row.id)
    if identifier is None:
        return None
    first = wire.text(row.preferred_first_name).strip() or wire.text(row.first_name).strip()
    email = wire.text(row.email).strip()
    return RecallPerson(
        id=identifier,
        first=Private(first) if first else NOTHING,
        email=Private(email) if email else NOTHING,
        accepts=wire.yes_no(row.accepted_email_marketing),
        archived=is_removed(row),
        merged=wire.related(row.merged_with_patient) is not None,
    )


def own_visit(row: recall_rows.RecallBookingRow) -> RecallVisit | None:
    """Return the place of the one person of an individual appointment; a class has none of its own."""
    identifier, patient = wire.identifier(row.id), wire.related(row.patient)
    if identifier is None or patient is None:
        return None
    return RecallVisit(
        id=f"b{identifier}",
        booking_id=identifier,
        patient_id=patient,
        no_show=wire.yes_no(row.did_not_arrive) is True,
        cancelled=bool(wire.text(row.cancelled_at)),
        removed=is_removed(row),
    )


def visit_of(row: wire.AttendeeRow) -> RecallVisit | None:
    """Return somebody's place on an appointment."""
    identifier, booking, patient = wire.identifier(row.id), wire.related(row.booking), wire.related(row.patient)
    if identifier is None or booking is None or patient is None:
        return None
    return RecallVisit(
        id=f"a{identifier}",
        booking_id=booking,
        patient_id=patient,
        no_show=wire.yes_no(row.arrived) is False,
        cancelled=bool(wire.text(row.cancelled_at)),
        removed=is_removed(row),
    )


def appointment_types(client: ClinikoClient) -> dict[str, str]:
    """Return the names of the appointment types by id, archived ones too."""
    pages = client.pages("/appointment_types", filters=ARCHIVED, sort="created_at:asc")
    rows = [wire.decode(raw, wire.NamedRow) for page in pages for raw in page.rows]
    return {wire.identifier(row.id) or "": wire.text(row.name).strip() for row in rows}


def own_recalls(client: ClinikoClient) -> tuple[OwnRecall, ...] | None:
    """Return Cliniko's own recalls; None where the account has none.

    The resource stands in no description (facts/recalls.md, section 1: seen answering in May 2026): it is probed, and a
    refusal only means that appointments alone decide. Its notes may hold a condition and are never read.
    """
    try:
        types = [wire.decode(raw, wire.NamedRow) for page in client.pages("/recall_types") for raw in page.rows]
        rows = [wire.decode(raw, recall_rows.RecallRecordRow) for page in client.pages("/recalls") for raw in page.rows]
    except (Rejected, SignInAgain) as trouble:
        if "401" in trouble.detail:
            raise
        return None
    names = {wire.identifier(row.id) or "": wire.text(row.name).strip() for row in types}
    return tuple(filter(None, (_own(row, names) for row in rows)))


def _own(row: recall_rows.RecallRecordRow, names: Mapping[str, str]) -> OwnRecall | None:
    patient = wire.related(row.patient) or wire.identifier(row.patient_id)
    kind = wire.related(row.recall_type) or wire.identifier(row.recall_type_id) or ""
    try:
        due_on = date.fromisoformat(wire.text(row.recall_at)[:_DAY])
    except ValueError:
        return None
    if patient is None or is_removed(row):
        return None
    return OwnRecall(patient_id=patient, due_on=due_on, type=names.get(kind, "") or "Recall")


def links_to(client: ClinikoClient, system: str) -> bool:
    """Say whether the account's own link to another system is on; its key may be written with underscores."""
    try:
        row = client.one("/settings", wire.SettingsRow)
    except (SignInAgain, Rejected) as trouble:
        if "401" in trouble.detail:
            raise
        row = client.one("/settings/public", wire.SettingsRow)
    integrations = row.integrations if isinstance(row.integrations, dict) else {}
    return any(
        name.replace("_", "").casefold() == system.casefold() and isinstance(part, dict) and part.get("enabled") is True
        for name, part in integrations.items()
    )
