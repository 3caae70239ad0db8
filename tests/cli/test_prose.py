"""What people read at a terminal: prose is broken between words, a command that can be copied never."""

from __future__ import annotations

import io

import pytest
from typer.testing import CliRunner

from ligament.cli.main import app
from ligament.cli.menu import MENU
from ligament.cli.views.progress import Paper
from ligament.cli.views.prose import wrapped

WIDTH = 40
PROSE = "Part payments cannot be seen and that day can be edited, so compare the receipts."


def test_prose_is_broken_between_words_and_stands_under_its_beginning() -> None:
    rows = wrapped(f"  ok     {PROSE}", WIDTH).split("\n")
    assert len(rows) > 1
    assert all(len(row) <= WIDTH for row in rows)
    assert all(row.startswith(" " * 9) and row[9] != " " for row in rows[1:])
    assert " ".join(" ".join(rows).split()) == f"ok {PROSE}"


@pytest.mark.parametrize(
    "line",
    [
        "  ligament holds dismiss h8e693e80c0    to leave it as it is until it changes",
        "Next: ligament approve h8e693e80c0 --as practice --clinic riverside",
        "1. ligament connect cliniko --clinic riverside-physio-and-more",
        "https://login.example/identity/connect/authorize?response_type=code",
        "short",
    ],
)
def test_a_command_and_a_word_are_never_broken(line: str) -> None:
    assert wrapped(line, WIDTH) == line


def test_a_command_in_prose_stays_whole() -> None:
    rows = wrapped("Put the newest backup back with `ligament restore FILE --yes` and then look.", WIDTH).split("\n")
    assert any("`ligament restore FILE --yes`" in row for row in rows)


@pytest.mark.parametrize("terminal", [True, False])
def test_lines_are_broken_at_a_terminal_only(*, terminal: bool) -> None:
    told = io.StringIO()
    Paper(file=told, force_terminal=terminal, width=WIDTH, soft_wrap=True, color_system=None).print(PROSE)
    longest = max(map(len, told.getvalue().splitlines()))
    assert (longest <= WIDTH) is terminal


@pytest.mark.parametrize("name", [entry.name for entry in MENU])
def test_help_speaks_of_no_types_of_a_programmer(name: str) -> None:
    shown = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "200"}).output
    assert "--help" in shown
    for word in ("<bool>", "<str>", "<int>", "<float>"):
        assert word not in shown
