"""What is sold: however long ago, each kind of line is stood for by one invoice, beside the newest ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from ligament.ports.books import BooksPage
from ligament.ports.practice import PracticePage
from ligament.store.queries.sold import assortment, what_is_sold
from tests.store.makers import document, invoice, line

if TYPE_CHECKING:
    from tests.store.homes import Opened

GST = {"tax_name": "GST", "tax_rate": Decimal(10)}


def sold(opened: Opened, identifier: str, year: int, **more: object) -> None:
    kept = replace(invoice(identifier), issued_on=date(year, 3, 1))
    opened.store.keep_practice_page(PracticePage(stream="s", rows=(kept, line(f"{identifier}0", identifier, **more))))


def test_what_was_sold_once_long_ago_is_among_the_few(opened: Opened) -> None:
    sold(opened, "1", 2019, name="Splint")
    for number in range(2, 9):
        sold(opened, str(number), 2020 + number % 3, name="Consultation")
    sold(opened, "9", 2026, name="Consultation")
    found = what_is_sold(opened.database, "clinic", newest=1, documents=0)
    assert {"1", "9"} <= found.invoices
    assert len(found.invoices) <= 3


def test_another_tax_is_another_kind_of_line_and_a_removed_line_is_none(opened: Opened) -> None:
    sold(opened, "1", 2019, name="Consultation", **GST)
    sold(opened, "2", 2019, name="Gone", removed=True)
    for number in ("3", "4"):
        sold(opened, number, 2020, name="Consultation")
    found = what_is_sold(opened.database, "clinic", newest=0, documents=0)
    assert "1" in found.invoices
    assert "2" not in found.invoices
    assert len(found.invoices) == 2


def test_the_newest_documents_come_first_and_only_so_many(opened: Opened) -> None:
    made = [replace(document(str(year), f"N-{year}"), on=date(year, 1, 1)) for year in (2023, 2025, 2024)]
    opened.store.keep_books_page(BooksPage(stream="invoices", documents=tuple(made)))
    found = what_is_sold(opened.database, "clinic", newest=0, documents=2)
    assert [one.number for one in found.documents] == ["N-2025", "N-2024"]


def test_a_new_kind_of_line_is_among_them_at_once_and_each_stands_there_once(opened: Opened) -> None:
    sold(opened, "1", 2019, name="Splint")
    sold(opened, "2", 2020, name="Consultation")
    assert [one.name for one in assortment(opened.database, "clinic", documents=0).lines] == ["Splint", "Consultation"]
    assert [one.name for one in assortment(opened.database, "clinic", documents=0).lines] == ["Splint", "Consultation"]
    sold(opened, "3", 2021, name="Splint")
    sold(opened, "4", 2021, name="Consultation", **GST)
    again = assortment(opened.database, "clinic", documents=0).lines
    assert [(one.name, one.tax_name) for one in again] == [
        ("Consultation", ""),
        ("Splint", ""),
        ("Consultation", "GST"),
    ]


def test_somebody_elses_clinic_has_kinds_of_its_own(opened: Opened) -> None:
    sold(opened, "1", 2019, name="Splint")
    assert assortment(opened.database, "clinic", documents=0).lines
    assert assortment(opened.database, "another", documents=0).lines == ()
