"""Old entries of the journal leave in a signed file, whole or not at all, and what is still needed stays."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from ligament.app.journal import journal_page, journal_verify
from ligament.app.journal_archive import archive_journal, file_verified
from ligament.app.runs import one_run, show_run
from ligament.app.scheduled import compare_daily
from ligament.app.undo import undo
from ligament.store.database.search_keys import stamp
from ligament.store.database.tables import runs
from ligament.store.journal.audit import verify
from ligament.wiring.errors import ConfigurationError
from tests.reconcile.planting import Scene, edit_paid
from tests.support.stage import Stage, stage

YEARS = {"days": 365.25 * 8}


def archived(made: Stage) -> dict[str, Any]:
    made.pass_time(minutes=1)
    with made.app() as clinic:
        return archive_journal(clinic).document


def proved(made: Stage, head: str = "") -> tuple[dict[str, Any], int]:
    with made.app() as clinic:
        told = journal_verify(clinic, head)
    return told.document, told.code


def newest(made: Stage) -> str:
    with made.app() as clinic:
        entry = journal_page(clinic, limit=1).document["entries"][0]
    return f"{entry['sequence']}:{entry['hash']}"


@pytest.fixture
def old(tmp_path: Path) -> tuple[Stage, str, str]:
    """A clinic that posted an invoice eight years ago: the stage, the run, and the head written down then."""
    made = stage(tmp_path / "home")
    made.invoice(paid=True)
    run = str(made.sync()["run_id"])
    head = newest(made)
    made.pass_time(**YEARS)
    return made, run, head


def test_what_is_old_enough_leaves_in_a_signed_file_and_the_chain_still_holds(old: tuple[Stage, str, str]) -> None:
    made, run, head = old
    made.invoice(price="40.00")
    made.sync()
    told = archived(made)["archived"]
    file = Path(told["file"])
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert [told["first"], told["last"]] == [1, int(head.partition(":")[0])]
    assert len(file.read_bytes().splitlines()) == told["entries"] + 2
    found, code = proved(made)
    assert (found["holds"], code) == (True, 0)
    assert [(one["first"], one["last"], one["holds"]) for one in found["archives"]] == [(1, told["last"], True)]
    for known in (head, newest(made), f"2:{json.loads(file.read_bytes().splitlines()[2])['hash']}"):
        assert proved(made, known) == (found, 0), "a head that was written down is proved wherever its entry is"
    forged, code = proved(made, f"2:{'0' * 64}")
    assert (forged["broken_at"], code) == (2, 1)
    with made.app() as clinic:
        shown = one_run(clinic, run)
        assert show_run(clinic, run).document["archived"] == (shown or {})["archived"]
        assert str(file) in (shown or {})["archived"]
        refused = undo(clinic, run)
    assert refused.code == 1
    assert "can no longer be undone" in refused.document["sentence"]
    assert str(file) in refused.document["sentence"]


def test_nothing_changes_for_the_records_and_nothing_leaves_twice(old: tuple[Stage, str, str]) -> None:
    made, _, _ = old
    first = archived(made)["archived"]
    assert archived(made)["archived"] is None
    made.clear_log()
    told = made.sync()
    assert made.writes() == []
    assert sum(told["created"].values()) == 0
    made.pass_time(**YEARS)
    second = archived(made)["archived"]
    assert second["first"] == first["last"] + 1
    found, code = proved(made)
    assert (len(found["archives"]), found["holds"], code) == (2, True, 0)


def test_what_is_younger_stays(tmp_path: Path) -> None:
    made = stage(tmp_path / "home")
    made.invoice()
    made.sync()
    made.pass_time(days=365 * 7)
    assert archived(made)["archived"] is None
    assert not (made.home / "journals").exists()


def test_an_archive_that_was_changed_cut_or_lost_is_told(old: tuple[Stage, str, str]) -> None:
    made, _, _ = old
    file = Path(archived(made)["archived"]["file"])
    whole = file.read_bytes()
    lines = whole.splitlines(keepends=True)
    spoilt = {
        "does not fit": whole.replace(b'"actor":"ligament"', b'"actor":"somebody"', 1),
        "was cut off": b"".join(lines[:-1]),
        "is no archive": b"{}\n",
        "goes on behind": whole + lines[1],
    }
    for words, content in spoilt.items():
        file.write_bytes(content)
        found, code = proved(made)
        assert (found["holds"], code) == (True, 1), words
        assert words in found["archives"][0]["reason"]
    file.unlink()
    found, code = proved(made)
    assert "is not there" in found["archives"][0]["reason"]
    assert code == 1
    elsewhere = made.home.parent / "kept.jsonl"
    elsewhere.write_bytes(whole)
    with made.app() as clinic:
        told = file_verified(clinic, elsewhere)
    assert (told.document["holds"], told.document["linked"], told.code) == (True, True, 0)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM journal_archives",
        "UPDATE journal_archives SET last = last - 1",
        "UPDATE journal_archives SET hash = 'x'",
        "UPDATE journal_archives SET mac = 'x'",
    ],
)
def test_who_meddles_with_what_is_kept_of_an_archive_is_found_out(old: tuple[Stage, str, str], change: str) -> None:
    made, _, _ = old
    archived(made)
    with made.app() as clinic:
        with clinic.database.writing("test") as connection:
            connection.exec_driver_sql(change)
        assert not verify(clinic.journal).holds


def test_the_database_still_refuses_to_let_other_entries_go(old: tuple[Stage, str, str]) -> None:
    made, _, _ = old
    archived(made)
    with made.app() as clinic, pytest.raises(Exception, match="append-only"), clinic.database.writing("test") as one:
        one.exec_driver_sql("DELETE FROM journal")


def test_what_an_open_hold_or_an_undo_on_its_way_needs_stays(tmp_path: Path) -> None:
    made = stage(tmp_path / "home")
    scene = Scene(made)
    first = made.invoice()
    made.sync()
    made.pay(first)
    made.sync()
    edit_paid(scene, first)
    held = made.sync()
    assert held["holds"]
    made.pass_time(**YEARS)
    told = archived(made)
    assert "hold" in told["waits_for"]
    with made.app() as clinic:
        entries = clinic.queries.journal(subject=f"invoice:{first}", limit=500)
    assert {"receipt", "hold_opened"} <= {str(one["kind"]) for one in entries}, "the hold's record has its history"


def test_a_run_is_never_cut_in_two(tmp_path: Path) -> None:
    made = stage(tmp_path / "home")
    made.invoice()
    run = str(made.sync()["run_id"])
    with made.app() as clinic:
        later = clinic.clock.now().replace(year=clinic.clock.now().year + 1)
        with clinic.database.writing("test") as connection:
            connection.execute(update(runs).values(finished_at=stamp(later)))
    made.pass_time(days=365 * 7 + 30)
    told = archived(made)
    assert "not over" in told["waits_for"]
    with made.app() as clinic:
        assert show_run(clinic, run).document["writes"]


def test_somebody_who_is_forgotten_later_is_gone_from_the_archive_too(old: tuple[Stage, str, str]) -> None:
    made, _, _ = old
    told = archived(made)["archived"]
    # Three letters alone may stand by luck in what is sealed.
    text = Path(told["file"]).read_text(encoding="utf-8")
    assert not [trace for trace in ("Ada Sample", "Sample", "ada@example.org") if trace in text], "detail stays sealed"


def test_the_schedule_lets_them_leave_and_a_folder_that_cannot_be_written_stops_nothing(
    old: tuple[Stage, str, str],
) -> None:
    made, _, _ = old
    (made.home / "journals").write_text("in the way", encoding="utf-8")
    with made.app() as clinic:
        assert compare_daily(clinic).document["balanced"]
        with pytest.raises(ConfigurationError, match="cannot be made"):
            archive_journal(clinic)
    (made.home / "journals").unlink()
    with made.app() as clinic:
        compare_daily(clinic)
    found, code = proved(made)
    assert (len(found["archives"]), code) == (1, 0)


def test_a_file_that_is_in_the_way_is_never_overwritten(old: tuple[Stage, str, str]) -> None:
    made, _, _ = old
    file = Path(archived(made)["archived"]["file"])
    other = file.with_name(file.name.replace("000000001", f"{len(file.read_bytes().splitlines()) - 1:09}"))
    other.write_text("mine", encoding="utf-8")
    made.pass_time(**YEARS)
    with pytest.raises(ConfigurationError, match="holds something else"):
        archived(made)
    assert other.read_text(encoding="utf-8") == "mine"
    assert proved(made)[1] == 0


KILLED = """
import os, pathlib, signal, sys
from datetime import datetime
from ligament.app import journal_archive as cases
from ligament.store.journal import retention
from ligament.wiring.clinic import Overrides, open_clinic
from ligament.wiring.settings import load_settings
from tests.faults.clocks import TrueTime, WorkerClock

def die(*_given, **_more):
    os.kill(os.getpid(), signal.SIGKILL)

where, at = sys.argv[2], datetime.fromisoformat(sys.argv[3])
if where == "half a file":
    whole = cases.write_archive
    def half(*given, **more):
        made = whole(*given, **more)
        given[4].write_bytes(given[4].read_bytes()[:500])
        die()
    cases.write_archive = half
elif where == "before they go":
    cases.take_out = die
else:
    retention.Note = die
clock = WorkerClock(TrueTime(at=at))
settings = load_settings(home=pathlib.Path(sys.argv[1]), environ=dict(os.environ))
with open_clinic(settings, outside=Overrides(clock=clock)) as clinic:
    cases.archive_journal(clinic)
"""


@pytest.mark.parametrize("where", ["half a file", "before they go", "among the deletes"])
def test_a_kill_in_the_middle_loses_nothing_and_the_next_one_ends_it(old: tuple[Stage, str, str], where: str) -> None:
    made, _, _ = old
    with made.app() as clinic:
        before = verify(clinic.journal).entries
        now = clinic.clock.now().isoformat()
    command = [sys.executable, "-c", KILLED, str(made.home), where, now]
    root = str(Path(__file__).parents[2])
    environ = {**made.environ, "PYTHONPATH": f"{root}/src:{root}", "PATH": "/usr/bin:/bin"}
    ended = subprocess.run(command, env=environ, capture_output=True, check=False, timeout=120)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    with made.app() as clinic:
        found = verify(clinic.journal)
        assert (found.holds, found.entries) == (True, before), "all of it is still in the database"
    files = list((made.home / "journals").glob("*.jsonl"))
    assert len(files) == (0 if where == "half a file" else 1)
    told = archived(made)
    assert told["archived"]["last"] == before
    assert proved(made)[1] == 0
    assert len(list((made.home / "journals").iterdir())) == 1, "nothing of the attempt is left lying about"
