"""`serve` with many clinics: their first turns begin at the same moment, and the process lives."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.stage import Stage, staged

pytestmark = pytest.mark.process

CLINICS = 10
CALLS = 12


def with_clinics(stage: Stage, count: int) -> None:
    """Give the home so many clinics."""
    text = (stage.home / "ligament.toml").read_text(encoding="utf-8")
    (stage.home / "ligament.toml").unlink()
    folder = stage.home / "clinics"
    folder.mkdir()
    first = next(line for line in text.splitlines() if line.startswith("name = "))
    for number in range(count):
        named = text.replace(first, f'name = "Clinic {number}"', 1)
        (folder / f"clinic-{number}.toml").write_text(named, encoding="utf-8")


def serve_once(stage: Stage) -> None:
    """Start, let the first turns read side by side, and stop; all clinics share one allowance of calls."""
    practice = stage.hosts["practice"]
    before = len(practice.log)
    serving = stage.run("serve", "--port", "0")
    serving.hear(lambda line: "serving" in line)
    stage.wait_for(lambda: len(practice.log) >= before + CALLS, "reading by several clinics")
    serving.ask_to_stop()
    assert serving.process.returncode == 0, serving.complaints()


def test_ten_clinics_begin_at_once_and_the_process_lives(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        with_clinics(stage, CLINICS)
        serve_once(stage)
        assert len(list(stage.home.glob("run-*.lock"))) > 1


@pytest.mark.slow
def test_of_fifty_starts_with_ten_clinics_not_one_crashes(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        with_clinics(stage, CLINICS)
        for _ in range(50):
            serve_once(stage)
