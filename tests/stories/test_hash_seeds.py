"""Nothing kept, sent or told depends on the order of a set: stories played in processes with other hash seeds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stories.loading import GOLDEN, OWN, ROOT, all_files
from tests.stories.recording import JOURNAL, STORE, TOLD, WIRE

SEEDS = ("1", "4242")
FEW = (
    "first-run-asks",
    "too-many-changes-at-once",
    "merged-with-a-held-invoice",
)
PARTS = 8


def recorded(folder: Path, files: list[Path]) -> None:
    """Play stories in one process for each hash seed, each in a folder of its own."""
    for seed in SEEDS:
        # Both work in a folder of the same name, and one after the other: that too must make no difference.
        place = folder / seed
        place.mkdir()
        done = subprocess.run(
            [sys.executable, "-m", "tests.stories.recording", "told", *map(str, files)],
            cwd=place,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def differing(folder: Path, files: list[Path]) -> list[str]:
    """Return the first line that differs of each file of each story."""
    found = []
    for name in (f"{file.stem}/{part}" for file in files for part in (TOLD, WIRE, JOURNAL, STORE)):
        one, other = ((folder / seed / "told" / name).read_text("utf-8").splitlines() for seed in SEEDS)
        assert one, f"{name} is empty"
        if one != other:
            pairs = zip(one, other, strict=False)
            line = next((pair for pair in pairs if pair[0] != pair[1]), (len(one), len(other)))
            found.append(f"{name}:\n  {line[0]}\n  {line[1]}")
    return found


@pytest.mark.process
def test_a_few_stories_leave_the_same_bytes_under_another_hash_seed(tmp_path: Path) -> None:
    files = [OWN / f"{name}.yaml" for name in FEW]
    recorded(tmp_path, files)
    assert differing(tmp_path, files) == []


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("part", range(PARTS))
def test_every_story_leaves_the_same_bytes_under_another_hash_seed(part: int, tmp_path: Path) -> None:
    files = [path for place, path in enumerate(all_files()) if place % PARTS == part]
    assert files or not GOLDEN.exists()
    recorded(tmp_path, files)
    assert differing(tmp_path, files) == []
