"""The rooms that ARCHITECTURE.md and the contracts name are the folders that are there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "src" / "ligament"


def rooms_there(folder: Path) -> set[str]:
    """Return the folders and files of a room that hold code."""
    folders = {path.name for path in folder.iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    return folders | {path.stem for path in folder.glob("*.py") if path.stem != "__init__"}


def drawn() -> set[str]:
    """Return the rooms that the picture in ARCHITECTURE.md draws."""
    text = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")
    picture = text.partition("## Rooms")[2].partition("```text")[2].partition("```")[0]
    named: set[str] = set()
    for line in picture.splitlines():
        left = re.split(r" {3,}", line.strip())[0]
        if line.strip() and re.fullmatch(r"[a-z]+( \| [a-z]+)*", left):
            named |= set(left.split(" | "))
    return named


def layers(identifier: str) -> set[str]:
    """Return every room of one contract."""
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    (found,) = [one for one in settings["tool"]["importlinter"]["contracts"] if one["id"] == identifier]
    return {name.strip("() ") for layer in found["layers"] for name in layer.split("|")}


def test_the_picture_shows_every_room_and_no_other() -> None:
    assert drawn() == rooms_there(PACKAGE)


def test_the_contracts_speak_of_every_room() -> None:
    assert layers("way-down") == rooms_there(PACKAGE)
    assert layers("inside-flow") == rooms_there(PACKAGE / "flow")
    assert layers("inside-store") == rooms_there(PACKAGE / "store")


def test_what_the_contributors_guide_names_is_there_and_each_question_names_few() -> None:
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.partition("## Where do I change ...")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith("| Question")]
    assert len(rows) == 12
    for row in rows:
        named = [name for name in re.findall(r"`([^`]+)`", row) if "/" in name]
        assert 1 <= len(named) <= 2, row
        assert [name for name in named if not (REPOSITORY / name).exists()] == []
