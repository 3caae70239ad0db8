"""Whatever a command prints to type works as the next thing typed, at every stage of a story."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.loading import GOLDEN, OWN, all_files, load, story_files
from tests.stories.typing_it import printed, type_along

FEW = (OWN / "first-run-asks.yaml",)
"""The story in which most is asked; the others are typed along with the slow tests."""


def trouble_of(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    typist = type_along(load(path), folder, monkeypatch)
    assert typist.count > 0, "nothing was printed to type"
    return typist.trouble


def test_commands_are_found_in_prose_in_columns_and_in_documents() -> None:
    text = (
        "3 of these ask first. Next: ligament approve  (or ligament refuse --reason WHY)\n"
        "  ligament approve h12 --as cash    when it was paid with money\n"
        "Run `ligament map`, then look. The next run does it: ligament sync --once\n"
    )
    found = ["approve", "refuse --reason WHY", "approve h12 --as cash", "map", "sync --once"]
    assert printed(text) == found
    assert printed('{"todo": "Type `ligament holds show h1` first.", "number": "12"}') == ["holds show h1"]
    assert printed("Ligament keeps a clinic and its books the same.") == []


@pytest.mark.parametrize("path", FEW, ids=[path.stem for path in FEW])
def test_what_is_printed_in_a_story_can_be_typed(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert trouble_of(path, tmp_path, monkeypatch) == []


@pytest.mark.slow
@pytest.mark.skipif(not story_files(GOLDEN), reason="the golden stories are not beside this repository")
@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in all_files() if path not in FEW])
def test_what_is_printed_in_every_story_can_be_typed(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert trouble_of(path, tmp_path, monkeypatch) == []
