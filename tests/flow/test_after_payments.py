"""After many payments their invoices are read once more, and nothing else: the next run stays as quiet as any."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from benchmarks.calls import Stage
from benchmarks.clinic import Size

if TYPE_CHECKING:
    from pathlib import Path

QUIET = ["Organisation", "Contacts", "Invoices", "CreditNotes"]


def test_only_what_payments_moved_is_read_again_and_the_next_run_needs_four_calls(tmp_path: Path) -> None:
    clinic = Stage(tmp_path, Size(patients=30, invoices=1_020, open_every=1_000))
    _, _, books = clinic.run()
    said = [(one.request.method, one.request.path.rpartition("/")[2]) for one in books]
    last = max(place for place, call in enumerate(said) if call == ("PUT", "Payments"))
    assert [name for _, name in said[last + 1 :] if name != "Users"] == ["Invoices"] * 2

    clinic.later(timedelta(minutes=1))
    verdict, _, books = clinic.run()
    assert [one.request.path.rpartition("/")[2] for one in books] == QUIET
    assert not any(verdict.document["created"].values())
