"""The first day that a clinic takes in is decided in one place, whoever asks and whatever wrote the note."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import ligament
from ligament.core.first_days import connected_day, first_day
from ligament.core.notes import CONNECTED_NOTE

DAY, LATER = date(2026, 2, 3), date(2026, 7, 1)


@pytest.mark.parametrize("note", ["2026-02-03", "2026-02-03T00:00:00Z"])
def test_the_day_of_the_first_connection_is_read_as_any_release_wrote_it(note: str) -> None:
    assert connected_day(note) == DAY


def test_the_rulebook_decides_before_the_first_connection_does() -> None:
    assert first_day(LATER, DAY) == LATER
    assert first_day(None, DAY) == DAY
    assert first_day(None, connected_day("")) is None


def test_whoever_reads_the_note_reads_it_here() -> None:
    root = Path(ligament.__file__).parent
    reading = [path for path in root.rglob("*.py") if "CONNECTED_NOTE" in path.read_text("utf-8")]
    assert {path.name for path in reading} >= {"cycle_options.py", "facts.py", "sources.py"}
    for path in reading:
        if path.name != "notes.py":
            assert "connected_day" in path.read_text("utf-8"), path.name
    quoted = {path.name for path in root.rglob("*.py") if f'"{CONNECTED_NOTE}"' in path.read_text("utf-8")}
    assert quoted == {"notes.py"}
