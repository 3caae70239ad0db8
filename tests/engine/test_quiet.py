"""Thousands of looks at a clinic where nothing happens leave nothing behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.stage import Stage, stage


def journal(made: Stage) -> list[dict[str, Any]]:
    with made.app() as app:
        return [dict(entry) for entry in app.queries.journal(limit=10_000)]


def test_a_quiet_day_leaves_no_entry_in_the_journal_and_the_next_change_is_told_with_its_run(tmp_path: Path) -> None:
    made = stage(tmp_path / "home")
    made.invoice(paid=True)
    made.sync()
    made.sync()
    before = journal(made)
    for _ in range(20):
        made.pass_time(minutes=20)
        made.sync()
    assert journal(made) == before
    with made.app() as app:
        assert [run.kind for run in app.runs.newest()] == ["quiet", "sync"]
    made.invoice()
    report = made.sync()
    new = journal(made)[: -len(before)]
    assert [new[-1]["kind"], new[0]["kind"]] == ["run_started", "run_finished"]
    assert {entry["public"].get("run") for entry in (new[-1], new[0])} == {report["run_id"]}
