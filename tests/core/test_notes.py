"""Notes are a closed set: each stands in one list, and no other name is kept or asked for."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ligament.core import notes

PACKAGE = Path(__file__).parents[2] / "src" / "ligament"
NAMED = {value for name, value in vars(notes).items() if name.endswith("_NOTE")}
VERBS = {"note", "keep_note"}
KEEPERS = {"store", "memory", "rows"}


def test_every_name_says_whether_the_journal_tells_of_it() -> None:
    lists = [notes.TOLD, notes.POSITIONS, notes.WRITTEN_BESIDE]
    assert [name for name in NAMED if sum(name in one for one in lists) != 1] == []
    assert {name for one in lists for name in one} == NAMED


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (notes.PAUSED_NOTE, True),
        (notes.CHART_READ_NOTE, False),
        (notes.undos_note("run-1"), True),
        (notes.key_replaced_note("books"), True),
        ("books_cursor_of_some_vendor", True),
    ],
)
def test_what_is_told(name: str, told: bool) -> None:
    assert notes.is_told(name) is told


@pytest.mark.parametrize("name", ["counter", "chart_looked_on", notes.RESTORED_NOTE])
def test_a_name_that_stands_nowhere_is_no_note(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        notes.is_told(name)


def test_no_note_is_named_by_a_text_where_it_is_used() -> None:
    assert list(texts(PACKAGE)) == []


def test_a_note_that_is_named_by_a_text_is_found(tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text('def f(clinic):\n    clinic.store.keep_note("paused", "")\n')
    assert list(texts(tmp_path)) == ["planted.py:2"]


def texts(folder: Path) -> list[str]:
    return [
        f"{path.relative_to(folder)}:{node.lineno}"
        for path in sorted(folder.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in VERBS
        and ast.unparse(node.func.value).rpartition(".")[2] in KEEPERS
        and node.args
        and isinstance(node.args[0], ast.Constant | ast.JoinedStr)
    ]
