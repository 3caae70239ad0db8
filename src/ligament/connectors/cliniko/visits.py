"""Visits: attendees joined with their bookings and priced for the person; keeps what is looked up in one run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from ligament.connectors.cliniko import wire
from ligament.connectors.cliniko.charges import Catalogue, Person, catalogue_of, charges_for
from ligament.connectors.cliniko.digest import digest
from ligament.connectors.cliniko.guarding import guarded
from ligament.connectors.cliniko.mapping import NO_INSTANT, TAX_INCLUSIVE, Reader, is_removed, sentence_of
from ligament.core.ids import SourceId
from ligament.core.oddities import Heed, unheeded
from ligament.core.records import Visit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ligament.connectors.cliniko.client import ClinikoClient
    from ligament.core.records import Line

ARCHIVED = ("archived_at:*",)
REMOVED = ("archived_at:*", "deleted_at:*")
CANCELLED = ("archived_at:*", "deleted_at:*", "cancelled_at:*")

R = TypeVar("R", bound=wire.Row)


@dataclass(slots=True, kw_only=True)
class PriceBook:
    """Prices and concessions of the practice, read when first needed and kept until `forget`."""

    client: ClinikoClient
    forced: bool | None = None
    concession_of: dict[str, str] = field(default_factory=dict)
    _catalogue: Catalogue | None = None
    _names: dict[str, str] | None = None
    _inclusive: bool | None = None

    def forget(self) -> None:
        """Read everything again when it is needed next."""
        self._catalogue, self._names, self._inclusive = None, None, None
        self.concession_of.clear()

    def catalogue(self) -> Catalogue:
        """Return the price list."""
        if self._catalogue is None:
            self._catalogue = catalogue_of(
                self._all("/billable_items", wire.BillableItemRow, ARCHIVED),
                self._all("/products", wire.ProductRow, ARCHIVED),
                self._all("/taxes", wire.TaxRow),
                self._all("/concession_prices", wire.ConcessionPriceRow),
                [
                    *self._all("/appointment_type_billable_items", wire.ChargeRow),
                    *self._all("/appointment_type_products", wire.ChargeRow),
                ],
            )
        return self._catalogue

    def concession_name(self, identifier: str) -> str:
        """Return the name of a concession type, its id when the name is not known, empty for none."""
        if not identifier:
            return ""
        if self._names is None:
            rows = self._all("/concession_types", wire.ConcessionTypeRow, ARCHIVED)
            self._names = {wire.identifier(row.id) or "": wire.text(row.name) for row in rows}
        return self._names.get(identifier) or identifier

    def includes_tax(self) -> bool:
        """Say whether item prices include tax: as the newest invoice was calculated, unless forced (facts 7.1)."""
        if self.forced is not None:
            return self.forced
        if self._inclusive is None:
            page = self.client.page("/invoices", filters=REMOVED, sort="created_at:desc", per_page=1)
            rows = [wire.decode(raw, wire.InvoiceRow) for raw in page.rows]
            self._inclusive = any(wire.whole(row.calculation_method) == TAX_INCLUSIVE for row in rows)
        return self._inclusive

    def learn_patients(self, rows: Iterable[wire.PatientRow]) -> None:
        """Remember the concessions of patients that were read anyway."""
        for row in rows:
            self.concession_of[wire.identifier(row.id) or ""] = wire.related(row.concession_type) or ""

    def ask_for_patients(self, ids: Iterable[str]) -> None:
        """Read the patients whose concessions are not known yet."""
        missing = [key for key in ids if key not in self.concession_of]
        raws = self.client.by_ids("/patients", "id", missing, ARCHIVED)
        self.learn_patients(wire.decode(raw, wire.PatientRow) for raw in raws)

    def charges(self, type_id: str, patient_id: str) -> tuple[Line, ...]:
        """Return what a person is charged for an appointment type."""
        concession = self.concession_of.get(patient_id, "")
        person = Person(concession_id=concession, concession=self.concession_name(concession))
        return charges_for(self.catalogue(), type_id, person, prices_include_tax=self.includes_tax())

    def _all(self, path: str, row: type[R], filters: Sequence[str] = ()) -> list[R]:
        pages = self.client.pages(path, filters=filters, sort="created_at:asc")
        return [wire.decode(raw, row) for page in pages for raw in page.rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """A booking and whether it is one for a group."""

    row: wire.BookingRow
    in_group: bool


def own_revision(row: wire.AttendeeRow) -> str:
    """Return the first half of a visit's revision, which the attendee's row alone decides."""
    return digest(
        wire.identifier(row.id),
        wire.related(row.booking),
        wire.related(row.patient),
        wire.yes_no(row.arrived),
        wire.text(row.cancelled_at),
        is_removed(row),
        wire.text(row.updated_at),
    )


def visits_of(
    client: ClinikoClient, prices: PriceBook, rows: Sequence[wire.AttendeeRow], heed: Heed = unheeded
) -> list[Visit]:
    """Return the visits of attendees, with bookings and prices looked up in batches."""
    bookings = _bookings(client, [key for row in rows if (key := wire.related(row.booking))])
    prices.ask_for_patients([key for row in rows if (key := wire.related(row.patient))])

    def read(row: wire.AttendeeRow) -> Visit | None:
        return _visit(prices, row, bookings.get(wire.related(row.booking) or ""))

    visits = (guarded(row, read, heed) for row in rows)
    return [visit for visit in visits if visit is not None]


def _bookings(client: ClinikoClient, ids: Sequence[str]) -> dict[str, Booked]:
    found: dict[str, Booked] = {}
    for raw in client.by_ids("/individual_appointments", "id", ids, CANCELLED):
        row = wire.decode(raw, wire.BookingRow)
        found[wire.identifier(row.id) or ""] = Booked(row=row, in_group=False)
    rest = [key for key in ids if key not in found]
    for raw in client.by_ids("/group_appointments", "id", rest, REMOVED):
        row = wire.decode(raw, wire.BookingRow)
        found[wire.identifier(row.id) or ""] = Booked(row=row, in_group=True)
    return found


def _visit(prices: PriceBook, row: wire.AttendeeRow, booked: Booked | None) -> Visit | None:
    identifier, booking_id = wire.identifier(row.id), wire.related(row.booking)
    if identifier is None or booking_id is None:
        return None
    party_id = wire.related(row.patient)
    booking = booked.row if booked else wire.BookingRow()
    type_id = wire.related(booking.appointment_type)
    charges = prices.charges(type_id, party_id or "") if type_id else ()
    reader = Reader()
    visit = Visit(
        id=SourceId(identifier),
        booking_id=SourceId(booking_id),
        party_id=SourceId(party_id) if party_id else None,
        practitioner_id=_source(wire.related(booking.practitioner)),
        location_id=_source(wire.related(booking.business)),
        in_group=booked is not None and booked.in_group,
        starts_at=reader.read(wire.instant_or_none, booking.starts_at, "starts_at", None),
        ends_at=reader.read(wire.instant_or_none, booking.ends_at, "ends_at", None),
        arrived=wire.yes_no(row.arrived),
        cancelled_at=reader.read(wire.instant_or_none, row.cancelled_at or booking.cancelled_at, "cancelled_at", None),
        removed=is_removed(row) or is_removed(booking),
        charges=charges,
        updated_at=reader.read(wire.instant, row.updated_at, "updated_at", NO_INSTANT),
        revision="",
    )
    defects = [*reader.defects, *wire.odd_fields(row), *wire.odd_fields(booking)]
    return _with_revision(replace(visit, defect=sentence_of("appointment", defects)), row, defects)


def _with_revision(visit: Visit, row: wire.AttendeeRow, defects: Sequence[str]) -> Visit:
    # Two halves: an unchanged attendee is seen without looking at its booking; a moved booking changes the second.
    return replace(visit, revision=f"{own_revision(row)}.{digest(visit, *defects)}")


def _source(value: str | None) -> SourceId | None:
    return SourceId(value) if value else None
