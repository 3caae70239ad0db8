"""What the rulebook has to cover: every kind of line with how often it occurs, places, people and groups, streamed.

Of 150,000 invoices one is held for each kind of line, whatever their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, not_

from ligament.core.drafting import invoice_from_visit
from ligament.core.frozen import fast_frozen
from ligament.core.ids import SourceId
from ligament.core.private import NOTHING, Private
from ligament.core.records import Invoice, Line, Location, PartyKind, Practitioner, Visit
from ligament.core.rules.model import Rulebook
from ligament.store.database.bulk import of_kind
from ligament.store.database.codec import decoder
from ligament.store.database.tables import practice_rows
from ligament.store.mirror.related import Closure
from ligament.store.queries.sold import LineSort

_AT_ONCE = 2000
_issued = practice_rows.alias("issued")
_LIVE = of_kind(practice_rows.c.body).where(not_(practice_rows.c.removed))
_LINES = (
    of_kind(practice_rows.c.body, _issued.c.body.label("of"))
    .join(_issued, (_issued.c.clinic == practice_rows.c.clinic) & (_issued.c.id == practice_rows.c.parent_id))
    .where(not_(practice_rows.c.removed), _issued.c.kind == "invoice", not_(_issued.c.removed))
)


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """What of an invoice decides the account and the tracking of its lines."""

    practitioner_id: SourceId | None = None
    location_id: SourceId | None = None


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenFields:
    """What of a patient or payer is read here: the custom fields that the rulebook chose."""

    custom: tuple[tuple[str, Private[str]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineKind:
    """One kind of line: an invoice of one such line that stands for all of them, and how many there are."""

    example: Invoice
    count: int


class Coverage:
    """Reads on a connection that sees one moment; places as the practice says they are now may be laid over."""

    def __init__(self, connection: Connection, clinic: str) -> None:
        self._connection = connection
        self._clinic = clinic
        kept = Closure(connection, clinic)
        self.locations: Mapping[SourceId, Location] = kept.records(Location, "location", None)
        self.practitioners: Mapping[SourceId, Practitioner] = kept.records(Practitioner, "practitioner", None)

    def custom_values(self, token: str) -> Iterator[str]:
        """Yield what stands in a custom field of each patient and payer, where anything does."""
        read = decoder(ChosenFields)
        for kind in PartyKind:
            for row in self._stream(of_kind(practice_rows.c.body), kind.value):
                if text := dict(read(row.body).custom).get(token, NOTHING).reveal():
                    yield text

    def line_kinds(self, book: Rulebook, first: date) -> tuple[LineKind, ...]:
        """Return every kind of line on live invoices from a day on, and on what visits would be charged."""
        tally = _Tally()
        self._invoiced(tally, first)
        self._charged(tally, book, first)
        return tuple(LineKind(example=tally.examples[sort], count=count) for sort, count in tally.counts.items())

    def _invoiced(self, tally: _Tally, first: date) -> None:
        sort_of, where_of = decoder(LineSort), decoder(Where)
        invoice_of, line_of = decoder(Invoice), decoder(Line)
        for row in self._stream(_LINES.where(_issued.c.day >= first.isoformat()), "line"):
            kind = (sort_of(row.body), where_of(row.of))
            if tally.is_first(kind):
                line = line_of(row.body)
                tally.examples[kind] = replace(invoice_of(row.of), lines=(line,), total=line.total)

    def _charged(self, tally: _Tally, book: Rulebook, first: date) -> None:
        visit_of = decoder(Visit)
        for row in self._stream(_LIVE, "visit"):
            visit = visit_of(row.body)
            place = self.locations.get(visit.location_id) if visit.location_id else None
            invoice = invoice_from_visit(visit, place, book) if visit.charges else None
            if invoice is not None and invoice.issued_on >= first:
                where = Where(practitioner_id=invoice.practitioner_id, location_id=invoice.location_id)
                for line in invoice.lines:
                    kind = (_sort(line), where)
                    if tally.is_first(kind):
                        tally.examples[kind] = replace(invoice, lines=(line,), total=line.total)

    def _stream(self, statement: Any, kind: str) -> Iterator[Any]:  # noqa: ANN401 - a select of any columns
        given = {"clinic": self._clinic, "kind": kind}
        return iter(self._connection.execute(statement, given, execution_options={"yield_per": _AT_ONCE}))


@dataclass(slots=True)
class _Tally:
    """How often each kind occurs, and one invoice for each."""

    counts: dict[tuple[LineSort, Where], int] = field(default_factory=dict)
    examples: dict[tuple[LineSort, Where], Invoice] = field(default_factory=dict)

    def is_first(self, kind: tuple[LineSort, Where]) -> bool:
        """Count one more of a kind, and say whether it is the first."""
        before = self.counts.get(kind, 0)
        self.counts[kind] = before + 1
        return not before


def _sort(line: Line) -> LineSort:
    return LineSort(
        item_id=line.item_id,
        code=line.code,
        name=line.name,
        sealed_name=line.sealed_name,
        tax_name=line.tax_name,
        tax_rate=line.tax_rate,
    )
