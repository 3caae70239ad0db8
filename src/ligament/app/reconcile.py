"""Reconciliation: read both sides, compare everything that is kept, and tell every difference with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ligament.app.comparison_documents import compared_document
from ligament.app.comparison_reading import bring_up_to_date, swept_document
from ligament.app.contacts.owners import look_at_owners, lost_owners
from ligament.app.cut_short import keep_comparison
from ligament.app.cycle_options import PATIENCE_MS, started_on
from ligament.app.days import day_of
from ligament.app.mending import ask_to_mend
from ligament.app.output import to_json
from ligament.app.results import DONE, WAITS, Result
from ligament.app.run_ends import told_by_its_run
from ligament.app.safety.after_restore import settle
from ligament.app.who_changed import ask_who_changed
from ligament.core.comparisons import Judging, tax_labels
from ligament.core.facts import Facts
from ligament.core.judgements import judge
from ligament.core.money import ZERO, cents
from ligament.core.periods import australian, local_date
from ligament.core.strays import completed_visit, judge_contact, judge_merged, judge_owner
from ligament.core.variances import KeptVariance, Needs, Unbalanced, Variance, VarianceState, needs_somebody
from ligament.flow.reconcile.compare import Compared, compare
from ligament.ports.comparison import Comparison, Scope, SideBySide
from ligament.ports.errors import Broken
from ligament.ports.memory import Selection
from ligament.store.queries.comparison import StoreComparison
from ligament.store.queries.pairings import merged_contacts
from ligament.store.writes.variances import KeptComparison
from ligament.wiring.ambient import random_hex
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.exclusive import alone_for

_HOURS = 24
_FAR_BACK = date(2000, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The days that a comparison covers; `full` means everything since the first day taken in."""

    first: date
    last: date
    full: bool = False

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Period:
        """Return the period that a comparison's document tells."""
        return cls(first=date.fromisoformat(told["from"]), last=date.fromisoformat(told["to"]), full=told["full"])


# --- which days -------------------------------------------------------------------------------------------------------


def period_of(clinic: Clinic, first: str | None, last: str | None, *, full: bool) -> Period:
    """Return the days meant: by default the current and the previous month in the clinic's zone.

    Raises ConfigurationError for a day that is none, and for a period that ends before it begins.
    """
    today = local_date(clinic.clock.now(), clinic.settings.rulebook.clinic.time_zone)
    start = started_on(clinic)
    end = _month_end(today)
    if full and (first is not None or last is not None):
        raise ConfigurationError(("--full compares everything: leave out --from and --to.",))
    if full:
        return Period(first=min(start, end), last=date.max, full=True)
    to = day_of("--to", last) if last is not None else end
    begins = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    since = (
        day_of("--from", first) if first is not None else min(begins, max(start, _FAR_BACK)) if to < begins else begins
    )
    if to < since:
        place = "--to" if last is not None else "--from"
        raise ConfigurationError(
            (f"{place}: the period ends on {australian(to)} before it begins on {australian(since)}.",)
        )
    return Period(first=since, last=to)


def _month_end(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


# --- comparing --------------------------------------------------------------------------------------------------------


def reconcile(
    clinic: Clinic,
    *,
    first: str | None = None,
    last: str | None = None,
    full: bool = False,
    patience_ms: int = PATIENCE_MS,
) -> Result:
    """Compare both systems and explain every difference; nothing is written to either.

    Raises the port errors when a system cannot be reached, and Broken when the sums do not close.
    """
    began, started_at = clinic.clock.monotonic_ms(), clinic.clock.now()
    # A day that is none leaves no run behind that never ended.
    period_of(clinic, first, last, full=full)
    with alone_for(clinic, patience_ms):
        settle(clinic)
        run_id = clinic.runs.start("reconcile", random_hex(3))
        with told_by_its_run(clinic, run_id):
            swept, asking = bring_up_to_date(clinic, run_id, started_on(clinic), full=full)
            if not swept.parked:
                look_at_owners(clinic)
            period = period_of(clinic, first, last, full=full)
            try:
                compared, kept = _compared(clinic, period, asking)
            except Unbalanced as trouble:
                raise Broken(f"{trouble} Nothing of this comparison is reported.", "the equation") from trouble
        kept |= _mended_by_policy(clinic, kept)
        if not swept.parked:
            ask_who_changed(clinic, compared.variances)
        document = compared_document(clinic, compared, kept)
        document = {"run_id": run_id, "period": _period_document(clinic, period, compared), **document}
        document |= swept_document(swept, clinic.clock.now(), clinic.settings.rulebook.clinic.time_zone)
        document["calls"] = clinic.meter.as_dict()
        document["bytes"] = clinic.meter.volume()
        document["seconds"] = (clinic.clock.monotonic_ms() - began) / 1000
        _keep(clinic, run_id, started_at, document, full=period.full)
        keep_comparison(clinic, swept, full=period.full)
        summary = {"balanced": document["balanced"], "variances": len(document["variances"])}
        clinic.runs.finish(run_id, summary | ({"parked": document["parked"]} if swept.parked else {}))
    done = document["balanced"] and not swept.parked
    return Result(document=document, code=DONE if done else WAITS)


def _keep(clinic: Clinic, run_id: str, started_at: datetime, document: Mapping[str, Any], *, full: bool) -> None:
    """Keep a comparison that came to its end, with its totals and how many differences need a person."""
    made = KeptComparison(
        id=run_id,
        started_at=started_at,
        finished_at=clinic.clock.now(),
        first=date.fromisoformat(document["period"]["from"]),
        last=date.fromisoformat(document["period"]["to"]),
        full=full,
        balanced=document["balanced"],
        body=to_json(document).encode(),
    )
    clinic.variances.keep_comparison(
        made,
        {key: document["totals"][key] for key in ("source", "books", "explained")},
        needing=sum(needs_somebody(one["needs"], one["state"]) for one in document["variances"]),
    )


def _mended_by_policy(clinic: Clinic, kept: Mapping[str, KeptVariance]) -> dict[str, KeptVariance]:
    """Ask for what policy mends without asking a person; the next run does it."""
    wanted = [held for held in kept.values() if held.variance.fix is not None and held.variance.needs is Needs.HEAL]
    return ask_to_mend(clinic, [held for held in wanted if held.state is not VarianceState.KNOWN], by="policy")


def _period_document(clinic: Clinic, period: Period, compared: Compared) -> dict[str, Any]:
    last = period.last
    if period.full:
        today = local_date(clinic.clock.now(), clinic.settings.rulebook.clinic.time_zone)
        months = [month for month, _ in (*compared.sums.source, *compared.sums.books)]
        last = max([_month_end(today), *(_month_end(date.fromisoformat(f"{month}-01")) for month in months)])
    return {"from": period.first.isoformat(), "to": last.isoformat(), "full": period.full}


def _compared(clinic: Clinic, period: Period, asking: frozenset[str]) -> tuple[Compared, dict[str, KeptVariance]]:
    now = clinic.clock.now()
    with comparing(clinic, period, asking) as (comparison, how):
        compared = compare(comparison, how, _listed(clinic, comparison, how, now))
        again = list(_still_there(clinic, comparison, how, compared))
    found = {variance.id for variance in compared.variances}
    everything = [*compared.variances, *(variance for variance in again if variance.id not in found)]
    kept = clinic.variances.keep_found(everything, lambda held: _covers(period, held), now)
    return compared, kept


def _listed(clinic: Clinic, comparison: Comparison, how: Judging, now: datetime) -> Iterator[Variance]:
    """Yield what enters no sum: contacts, who treats, and attended appointments that nobody invoiced."""
    yield from (judge_owner(practitioner, name, how) for practitioner, name in lost_owners(clinic))
    if not how.rulebook.contacts.archive_contacts:
        # Otherwise the next run archives them by itself, or asks.
        yield from (judge_merged(contact, how) for contact in comparison.merged())
    for contact in comparison.contacts():
        variance = judge_contact(contact, how)
        if variance is not None:
            yield variance
    for visit, on in comparison.uninvoiced(now):
        amount = sum((cents(charge.total) for charge in visit.charges), ZERO)
        if amount:
            number = str(visit.id if visit.in_group else visit.booking_id)
            yield completed_visit(visit.id, number, on, amount)


def _covers(period: Period, held: KeptVariance) -> bool:
    """Say whether a comparison of a period would have found a variance that still stands."""
    variance = held.variance
    day = variance.on or variance.books_on
    return variance.subject.startswith("invoice:") or bool(variance.owed) or day is None or day >= period.first


def _still_there(clinic: Clinic, comparison: Comparison, how: Judging, compared: Compared) -> Iterator[Variance]:
    """Look again at what was found before and lies outside of the period: it is gone only when it really is."""
    found = {variance.id for variance in compared.variances}
    before = [held.variance for held in clinic.variances.kept() if held.variance.id not in found]
    wanted = {variance.id for variance in before}
    ids = {variance.source_id for variance in before if variance.subject.startswith("invoice:")}
    for pairing in comparison.pairings(ids):
        yield from (variance for variance in judge(pairing, how) if variance.id in wanted)


@contextmanager
def comparing(
    clinic: Clinic, period: Period, asking: frozenset[str] = frozenset()
) -> Iterator[tuple[StoreComparison, Judging]]:
    """Open a comparison of one moment of what is kept, with what judging it needs."""
    book, manifest = clinic.settings.rulebook, clinic.practice_manifest
    facts: Facts = clinic.store.gather(Selection())
    labels = tax_labels(book, facts.chart)
    scope = Scope(
        first=period.first,
        last=period.last,
        start_on=started_on(clinic),
        prefix=book.invoices.prefix,
        reference=f"{manifest.name}:",
        hours=_hours_ahead(clinic, facts),
        visits=book.invoices.source.value == "appointments",
        asking=asking,
        rulebook=book,
    )
    zone = book.clinic.time_zone
    with clinic.database.reading(everything=True) as connection:
        how = Judging(
            rulebook=book,
            labels=labels,
            title=manifest.title,
            books=clinic.books_manifest.title,
            first=max(period.first, scope.start_on),
            last=period.last,
            local=lambda instant: local_date(instant, zone),
            merged=merged_contacts(connection, clinic.settings.name),
            heals=lambda amount: not book.approval.fix.asks(amount),
            locked_to=facts.organisation.locks.last_locked_day() if facts.organisation is not None else None,
        )
        yield StoreComparison(connection=connection, clinic=clinic.settings.name, scope=scope, labels=labels), how


def _hours_ahead(clinic: Clinic, facts: Facts) -> dict[int, int]:
    """Return for each hour of the day in UTC by how many days the clinic is ahead, where that holds all year."""
    zones = {
        clinic.settings.rulebook.clinic.time_zone,
        *(place.zone for place in facts.locations.values() if place.zone),
    }
    now = clinic.clock.now()
    offsets = set()
    for zone in zones:
        for month in range(1, 13):
            offset = now.replace(month=month, day=1).astimezone(ZoneInfo(zone)).utcoffset() or timedelta(0)
            offsets.add(offset)
    found: dict[int, int] = {}
    for hour in range(_HOURS):
        days = {
            (timedelta(hours=hour) + minutes + offset) // timedelta(days=1)
            for offset in offsets
            for minutes in (timedelta(0), timedelta(minutes=59, seconds=59))
        }
        if len(days) == 1:
            found[hour] = days.pop()
    return found


def side_by_side(clinic: Clinic, period: Period) -> Iterator[SideBySide]:
    """Yield every record of a period as both sides have it, one after the other."""
    with comparing(clinic, period) as (comparison, _):
        yield from comparison.rows()
