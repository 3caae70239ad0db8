"""A stage on SQLite and one on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.stage import Stage, stage


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def clinic(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    database = ""
    if request.param == "postgres":
        database = request.getfixturevalue("postgres_url").replace("postgresql+psycopg://", "postgresql://")
    return stage(tmp_path / "home", database=database)


@pytest.fixture
def file_clinic(tmp_path: Path) -> Stage:
    return stage(tmp_path / "home")
