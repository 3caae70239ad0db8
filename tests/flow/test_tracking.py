"""Tracking options: what somebody archived is asked for by name, never made a second time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.contacts.kit import ANA, Clinic

ASKED = '[tracking]\nbusiness = "Location"\ncreate_options = true\n'


def statuses(world: Any, status: str) -> Any:
    """Give every option of the books that status."""
    books = world.only()
    rows = {
        key: replace(row, options=tuple(replace(option, status=status) for option in row.options))
        for key, row in books.tracking.items()
    }
    return world.with_books(replace(books, tracking=rows))


def test_an_archived_option_waits_and_goes_on_once_it_is_restored(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path / "home")
    clinic.rulebook(ASKED)
    clinic.invoice(ANA)
    clinic.sync()
    clinic.books.change(lambda world: statuses(world, "ARCHIVED"))
    clinic.invoice(ANA)
    document = clinic.sync()
    (hold,) = document["holds"]
    assert (hold["code"], document["failed"]["invoices"]) == ("unmapped_tracking", 0)
    assert '"Riverside"' in hold["sentence"]
    assert "archived" in hold["sentence"]
    clinic.books.change(lambda world: statuses(world, "ACTIVE"))
    clinic.later(60 * 60)
    document = clinic.sync()
    assert (document["holds"], document["created"]["invoices"]) == ([], 1)
