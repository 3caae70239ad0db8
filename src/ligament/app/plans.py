"""What the plan adds for people: the day of every record, and only those from a day on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ligament.app.documents import Document
from ligament.app.results import DONE, WAITS, Result
from ligament.app.sync import App
from ligament.core.holds import HoldKind
from ligament.core.periods import local_date
from ligament.ports.memory import Selection
from ligament.wiring.errors import ConfigurationError


def plan(app: App, *, since: str | None = None) -> Result:
    """Say what would be posted and why, each with its day as `on`; `since` leaves out what is dated before that day.

    What has no day of its own, such as a contact, stays. Raises ConfigurationError for a day that is none.
    """
    first = _day(since) if since is not None else None
    verdict = app.plan()
    document = verdict.document
    parts: dict[str, list[Document]] = {name: document[name] for name in ("actions", "holds", "skips")}
    days = _days(app, {str(row["source_id"]) for rows in parts.values() for row in rows})
    dated = {name: _dated(rows, days, first) for name, rows in parts.items()}
    waits = dated["actions"] or dated["holds"]
    return Result(document={**document, "since": since, **dated}, code=WAITS if waits else DONE)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError((f'--since: "{text}" is no day. Write it as in 2026-07-01.',)) from None


def _days(app: App, ids: Iterable[str]) -> dict[str, date]:
    """Return the day of each invoice and visit, by id."""
    wanted = frozenset(ids)
    facts = app.clinic.store.gather(Selection(invoices=wanted, visits=wanted))
    clinic_zone = app.clinic.settings.rulebook.clinic.time_zone
    days: dict[str, date] = {}
    for visit in facts.visits.values():
        if visit.starts_at is not None:
            place = facts.locations.get(visit.location_id) if visit.location_id else None
            days[visit.id] = local_date(visit.starts_at, (place.zone if place else "") or clinic_zone)
    days.update({invoice.id: invoice.issued_on for invoice in facts.invoices.values()})
    return days


def _dated(rows: Iterable[Document], days: dict[str, date], first: date | None) -> list[Document]:
    kept = []
    for row in rows:
        day = None if _has_no_day(row) else days.get(str(row["source_id"]))
        if day is None or first is None or day >= first:
            kept.append({**row, "on": day.isoformat() if day else None})
    return kept


def _has_no_day(row: Document) -> bool:
    return row["kind"] in {"contacts", HoldKind.CONTACT.value, HoldKind.CLINIC.value}
