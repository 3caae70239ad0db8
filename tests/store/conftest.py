"""A home on SQLite and one on PostgreSQL, empty for every test."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.store.homes import Home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.store.homes import Opened


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    url = f"sqlite:///{tmp_path / 'ligament.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url").replace("postgresql+psycopg://", "postgresql://")
    made = Home(url=url, folder=tmp_path, random=random.Random(7))
    yield made
    made.close()


@pytest.fixture
def file_home(tmp_path: Path) -> Iterator[Home]:
    made = Home(url=f"sqlite:///{tmp_path / 'ligament.db'}", folder=tmp_path, random=random.Random(7))
    yield made
    made.close()


@pytest.fixture
def opened(home: Home) -> Opened:
    return home.open()
