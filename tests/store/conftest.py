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


BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    yield from _home(request, tmp_path, "postgres_with_tables")


@pytest.fixture(params=BOTH)
def bare_home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    """A home whose database has no tables yet on PostgreSQL either, for tests of what makes them."""
    yield from _home(request, tmp_path, "postgres_url")


def _home(request: pytest.FixtureRequest, folder: Path, server: str) -> Iterator[Home]:
    url = f"sqlite:///{folder / 'ligament.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue(server).replace("postgresql+psycopg://", "postgresql://")
    made = Home(url=url, folder=folder, random=random.Random(7))
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
