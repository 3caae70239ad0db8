"""Open visits: attended appointments that are over and that nobody invoiced."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, and_, not_, select

from ligament.core.drafting import zone_of
from ligament.core.periods import local_date
from ligament.core.records import Location, Visit
from ligament.ports.comparison import Scope
from ligament.store.database.codec import decoder
from ligament.store.database.tables import document_links, practice_rows
from ligament.store.mirror.related import Closure

_AT_ONCE = 500


def uninvoiced_visits(connection: Connection, clinic: str, scope: Scope, now: datetime) -> Iterator[tuple[Visit, date]]:
    """Yield the visits of a period with their local day, the oldest record first."""
    visits, invoices, links = practice_rows.alias("visits"), practice_rows.alias("invoices"), document_links
    places = Closure(connection, clinic).records(Location, "location", None)
    billed = select(invoices.c.id).where(
        invoices.c.clinic == clinic,
        invoices.c.kind == "invoice",
        invoices.c.visit_id == visits.c.id,
        not_(invoices.c.removed),
    )
    charged = select(links.c.books_id).where(links.c.clinic == clinic, links.c.subject == "visit:" + visits.c.id)
    first = max(scope.first, scope.start_on)
    statement = select(visits.c.body).where(
        visits.c.clinic == clinic,
        visits.c.kind == "visit",
        not_(visits.c.removed),
        # That somebody arrived is said on the day or later.
        visits.c.updated_at >= first.isoformat(),
        and_(not_(billed.exists()), not_(charged.exists())),
    )
    read = decoder(Visit)
    grace = timedelta(minutes=scope.rulebook.invoices.appointment_grace_minutes)
    for row in connection.execute(statement.order_by(visits.c.id).execution_options(yield_per=_AT_ONCE)):
        visit = read(row.body)
        over = visit.ends_at is not None and visit.ends_at + grace <= now
        if visit.starts_at is None or not visit.arrived or visit.cancelled_at is not None or not over:
            continue
        place = places.get(visit.location_id) if visit.location_id else None
        on = local_date(visit.starts_at, zone_of(place, scope.rulebook))
        if first <= on <= scope.last:
            yield visit, on
