"""Machines that share a database must agree on the time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ligament.store.database.connection import Database, open_database
from ligament.wiring.clocks import need_same_time
from ligament.wiring.errors import ConfigurationError


@pytest.fixture
def shared(postgres_url: str) -> Iterator[Database]:
    database = open_database(postgres_url)
    yield database
    database.close()


@pytest.mark.postgres
@pytest.mark.parametrize(("minutes", "words"), [(10, "seconds ahead of"), (-10, "seconds behind")])
def test_a_machine_whose_clock_is_off_is_told_so_and_does_nothing(shared: Database, minutes: int, words: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        need_same_time(shared, lambda: datetime.now(UTC) + timedelta(minutes=minutes))
    assert words in str(told.value)
    assert "NTP" in str(told.value)


@pytest.mark.postgres
def test_a_machine_that_agrees_with_the_database_is_let_in(shared: Database) -> None:
    need_same_time(shared, lambda: datetime.now(UTC))


def test_a_file_has_no_clock_to_differ_from() -> None:
    database = open_database("sqlite://")
    need_same_time(database, lambda: datetime(2001, 1, 1, tzinfo=UTC))
    database.close()
