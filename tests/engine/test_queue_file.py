"""The file of the queue, while another process is at it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from ligament.engine import durable

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("turn", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_a_queue_that_another_process_uses_is_neither_damaged_nor_a_reason_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turn: str
) -> None:
    monkeypatch.setattr(durable, "_PATIENCE_S", 0.1)
    file = tmp_path / "engine.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("CREATE TABLE turns (id)")
        other.execute(turn)
        durable._prefer_wal(f"sqlite:///{file}")
        assert [found.name for found in tmp_path.iterdir() if "damaged" in found.name] == []
    durable._prefer_wal(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as again:
        assert again.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_damaged_queue_is_put_aside(tmp_path: Path) -> None:
    file = tmp_path / "engine.db"
    file.write_bytes(b"no database" * 1000)
    durable._prefer_wal(f"sqlite:///{file}")
    assert (tmp_path / "engine.db.damaged").is_file()
