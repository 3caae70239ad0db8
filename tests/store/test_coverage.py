"""What the doctor tries against the rulebook: each kind of line once, counted over everything, with few in memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from ligament.core.ids import SourceId
from ligament.core.private import Private
from ligament.core.rules.model import Rulebook
from ligament.ports.practice import PracticePage
from ligament.store.queries.coverage import Coverage
from tests.store.makers import invoice, line, patient, payer, visit

if TYPE_CHECKING:
    from ligament.core.records import PracticeRecord
    from tests.store.homes import Opened

FIRST = date(2026, 2, 1)
GST = {"tax_name": "GST", "tax_rate": Decimal(10)}


def keep(opened: Opened, *records: PracticeRecord) -> None:
    opened.store.keep_practice_page(PracticePage(stream="s", rows=records))


def counted(opened: Opened) -> Counter[tuple[str, str, str | None, str]]:
    """Return how many lines there are of each kind, by name, tax, practitioner and the day of the example."""
    with opened.database.reading() as connection:
        kinds = Coverage(connection, "clinic").line_kinds(Rulebook(), FIRST)
    told: Counter[tuple[str, str, str | None, str]] = Counter()
    for kind in kinds:
        (held,) = kind.example.lines
        assert kind.example.total == held.total, "the invoice that stands for them has that one line"
        told[held.name, held.tax_name, kind.example.practitioner_id, kind.example.number] += kind.count
    assert len(told) == len(kinds), "no kind is told twice"
    return told


def test_lines_of_one_kind_are_counted_together_wherever_they_stand(opened: Opened) -> None:
    for number in range(1, 8):
        keep(opened, invoice(f"{number}"), line(f"{number}1", f"{number}", name="Consult"))
    keep(opened, line("12", "1", name="Consult"), line("13", "1", name="Band", **GST), line("14", "1", name="Band"))
    keep(opened, invoice("9", practitioner_id=SourceId("ann")), line("91", "9", name="Consult"))
    told = counted(opened)
    assert {key[:3]: count for key, count in told.items()} == {
        ("Consult", "", None): 8,
        ("Band", "GST", None): 1,
        ("Band", "", None): 1,
        ("Consult", "", "ann"): 1,
    }


def test_what_is_removed_archived_or_before_the_first_day_is_not_counted(opened: Opened) -> None:
    keep(opened, invoice("1"), line("11", "1", name="Counts"), line("12", "1", name="Gone", removed=True))
    keep(opened, invoice("2", removed_at=datetime(2026, 3, 2, tzinfo=UTC)), line("21", "2", name="Archived"))
    keep(opened, line("31", "3", name="Of nothing"))
    for number, day in (("4", date(2026, 1, 31)), ("5", FIRST)):
        keep(opened, replace(invoice(number), issued_on=day), line(f"{number}1", number, name=f"On {day}"))
    assert {key[0] for key in counted(opened)} == {"Counts", "On 2026-02-01"}


def test_what_a_visit_would_be_charged_is_counted_with_it(opened: Opened) -> None:
    keep(opened, invoice("1"), line("11", "1", name="Consult"))
    at = datetime(2026, 3, 4, 1, tzinfo=UTC)
    early = datetime(2026, 1, 4, 1, tzinfo=UTC)
    charges = (line("c1", "v", name="Consult"), line("c2", "v", name="Tape"))
    keep(opened, visit("v1", starts_at=at, charges=charges), visit("v2", starts_at=at, charges=charges[1:]))
    keep(
        opened, visit("v3", starts_at=early, charges=charges), visit("v4", starts_at=at, charges=charges, removed=True)
    )
    keep(opened, visit("v5", starts_at=at), visit("v6", charges=charges))
    assert {key[0]: count for key, count in counted(opened).items()} == {"Consult": 2, "Tape": 2}


def test_what_stands_in_a_custom_field_is_told_of_patients_and_payers(opened: Opened) -> None:
    keep(opened, patient("1", custom=(("t-funding", Private("Plan")),)), patient("2"))
    keep(opened, patient("3", custom=(("t-other", Private("Else")),)))
    keep(opened, payer("4", "Insurer", custom=(("t-funding", Private("Fund")),)))
    with opened.database.reading() as connection:
        kept = Coverage(connection, "clinic")
        assert sorted(kept.custom_values("t-funding")) == ["Fund", "Plan"]
        assert list(kept.custom_values("none")) == []
