"""Very many hints at once: what changed is read as a list, not record by record."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from ligament.connectors.xero.simulator import control as office
from ligament.core.ids import BooksId
from ligament.flow.read.read import Hint
from tests.support.stage import Stage, stage

MANY = 30


def entered(clinic: Stage, count: int) -> list[Hint]:
    """Let somebody enter credit notes in the books, and return what the vendor tells of them."""
    at = clinic.pass_time(minutes=5)
    known = set(clinic.kept_books().credit_notes)
    clinic.books.change(lambda world: _entered(world, at, count))
    new = sorted(set(clinic.kept_books().credit_notes) - known)
    return [Hint(kind="credit_note", id=BooksId(key), at=at) for key in new]


def _entered(world: Any, at: datetime, count: int) -> Any:
    contact = next(iter(world.only().contacts))
    line = {"Description": "Care", "UnitAmount": "10.00", "AccountCode": "200", "TaxType": "EXEMPTOUTPUT"}
    head = {"Type": "ACCRECCREDIT", "Contact": {"ContactID": contact}, "Date": at.date().isoformat()}
    for _ in range(count):
        world, _key = office.create_credit_note(world, {**head, "Status": "AUTHORISED", "LineItems": [line]}, at=at)
    return world


def asked(clinic: Stage) -> int:
    return sum(1 for one in clinic.books.log if "/CreditNotes" in one.request.path)


def kept(clinic: Stage, hints: list[Hint]) -> int:
    with clinic.app() as opened:
        return len(opened.store.known_books().updated("credit_notes", [hint.id for hint in hints]))


def test_a_flood_of_hints_costs_few_calls_and_all_of_it_is_read(tmp_path: Path) -> None:
    clinic = stage(tmp_path / "home")
    clinic.invoice()
    clinic.sync()
    few = entered(clinic, 2)
    clinic.clear_log()
    clinic.sync(hints=tuple(few))
    assert (asked(clinic), kept(clinic, few)) == (2, 2)
    many = entered(clinic, MANY)
    clinic.clear_log()
    clinic.sync(hints=tuple(many))
    assert kept(clinic, many) == MANY
    assert asked(clinic) == 1
