"""What tests everywhere share: the repository's own and those that each connector keeps beside it."""

from __future__ import annotations

import gc
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from sqlalchemy import make_url

from ligament.store.database.connection import open_database
from tests.support.compiled_once import write_statements_once
from tests.support.fresh_tables import copy_fresh_tables
from tests.support.postgres import passing_database, running_postgres

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

REPOSITORY = Path(__file__).parent

# A slow machine is not a failing test, and a failure prints what repeats it. What is run at every change asks the same
# each time; `make test-long` looks for examples that nobody has seen yet.
hypothesis.settings.register_profile("same", deadline=None, print_blob=True, derandomize=True)
hypothesis.settings.register_profile("new", deadline=None, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("LIGAMENT_EXAMPLES", "same"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make conformance NAME=x` look at one connector only."""
    parser.addoption("--connector", metavar="NAME", default="", help="run the conformance tests of this connector only")


def pytest_configure() -> None:
    """Hear Ctrl-C in the background too, where a command inherits being deaf to it from whoever starts it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep what was loaded out of the search for waste, which every test would pay for again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _new_databases_cost_little() -> Iterator[None]:
    """Make the tables of new databases from one copy of what the migrations leave, and write each statement once."""
    with pytest.MonkeyPatch.context() as patch:
        copy_fresh_tables(patch)
        write_statements_once(patch)
        yield


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The vendors' descriptions and the golden stories, which are kept beside the repository."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip(
            "the vendors' descriptions are kept in a folder `shared` beside the repository, and it is not there"
        )
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Give the address of a PostgreSQL server that runs as long as the tests do."""
    with running_postgres() as address:
        yield address


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Give the address, for SQLAlchemy, of an empty PostgreSQL database that goes away after the test."""
    with passing_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def _postgres_template(postgres_server: str) -> Iterator[str]:
    """Let the migrations run once on PostgreSQL, in a database that others are copied from; gives its name."""
    with passing_database(postgres_server) as url:
        open_database(url).close()
        yield str(make_url(url).database)


@pytest.fixture
def postgres_with_tables(postgres_server: str, _postgres_template: str) -> Iterator[str]:
    """Give the address of a PostgreSQL database in which nothing stands but the tables, as opening a new one leaves it.

    For many tests on both kinds of database; that an empty one gets its tables is for those with `postgres_url`.
    """
    with passing_database(postgres_server, _postgres_template) as url:
        yield url
