"""A PostgreSQL server that is there but does not let us: told in a sentence, with what to do, and never as a fault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, make_url, text

from ligament.store.database.connection import Database, open_database
from ligament.store.database.errors import StoreBusy, StoreDamaged, StoreUnreachable
from ligament.store.shared.values import EVERYBODY, SharedValues

pytestmark = pytest.mark.postgres


@pytest.fixture
def url(postgres_url: str) -> str:
    return postgres_url.replace("postgresql+psycopg://", "postgresql://")


@contextmanager
def somebody(url: str, name: str, *manners: str) -> Iterator[str]:
    """Give the address under which a user without rights of its own comes in."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN"))
        try:
            for one in manners:
                connection.execute(text(f"ALTER ROLE {name} {one}"))
            yield make_url(url).set(username=name).render_as_string(hide_password=False)
        finally:
            connection.execute(text(f"DROP OWNED BY {name}"))
            connection.execute(text(f"DROP ROLE {name}"))
    engine.dispose()


def keep(database: Database) -> None:
    SharedValues(database).keep(EVERYBODY, "colour", "blue")


def test_a_user_who_may_make_no_tables_is_told_so(url: str) -> None:
    with somebody(url, "ligament_newcomer") as theirs, pytest.raises(StoreUnreachable, match="all rights") as caught:
        open_database(theirs)
    assert "permission denied" in caught.value.detail


def test_a_user_who_may_not_use_the_tables_is_told_so(url: str) -> None:
    open_database(url).close()
    with somebody(url, "ligament_stranger") as theirs:
        database = open_database(theirs, as_it_is=True)
        with pytest.raises(StoreUnreachable, match="all rights"):
            keep(database)
        with pytest.raises(StoreUnreachable, match="all rights"):
            database.need_schema("queue")
        database.close()


def test_a_server_that_takes_no_changes_is_told_so(url: str) -> None:
    open_database(url).close()
    with somebody(url, "ligament_reader", "SUPERUSER", "SET default_transaction_read_only = on") as theirs:
        database = open_database(theirs, as_it_is=True)
        with pytest.raises(StoreUnreachable, match="read-only"):
            keep(database)
        database.close()


def test_a_table_that_somebody_took_away_is_told_as_damage(url: str) -> None:
    database = open_database(url)
    with database.writing("test") as connection:
        connection.execute(text("DROP TABLE beats"))
    with pytest.raises(StoreDamaged, match="ligament restore FILE"):
        keep(database)
    database.close()


def test_two_that_would_get_in_each_others_way_are_told_to_try_again(url: str) -> None:
    database = open_database(url)
    keep(database)
    with pytest.raises(StoreBusy):
        _changed_by_both(database)
    database.close()


def _changed_by_both(database: Database) -> None:
    """Let somebody change what another changed after the moment that both go by."""
    change = text("UPDATE beats SET value = value || 'r'")
    with database.reading() as early:
        early.execute(text("SELECT count(*) FROM beats"))
        with database.writing("test") as connection:
            connection.execute(change)
        early.execute(change)


def test_a_schema_that_is_needed_is_made_once(url: str) -> None:
    database = open_database(url)
    for _ in range(2):
        database.need_schema("queue")
    with database.reading() as connection:
        found = connection.execute(text("SELECT count(*) FROM pg_namespace WHERE nspname = 'queue'")).scalar()
    assert found == 1
    database.close()
