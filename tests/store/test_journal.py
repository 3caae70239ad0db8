"""The journal cannot be changed, and if somebody manages to, the check names the entry."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import DBAPIError

from ligament.core.notes import PAUSED_NOTE, undos_note
from ligament.store.database.errors import JournalBroken, StoreError
from ligament.store.journal.audit import accept_break, export, verify
from ligament.store.journal.chain import Head
from ligament.store.journal.headfile import HeadFile
from tests.store.makers import contact_action, intent

if TYPE_CHECKING:
    from tests.store.homes import Home, Opened


@pytest.fixture
def five(opened: Opened) -> Opened:
    for number in range(1, 6):
        opened.store.keep_note(PAUSED_NOTE, str(number))
    return opened


def unguarded(opened: Opened, statement: str) -> None:
    """Change the journal as somebody with the database's own rights could."""
    with opened.database.writing("test") as connection:
        if opened.database.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS journal_no_update")
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS journal_no_delete")
        else:
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS journal_no_change ON journal")
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS journal_no_delete ON journal")
        connection.exec_driver_sql(statement)


def test_an_untouched_journal_holds(five: Opened) -> None:
    found = verify(five.journal)
    assert (found.holds, found.entries, found.reason) == (True, 5, "")


def test_an_empty_journal_holds(opened: Opened) -> None:
    assert verify(opened.journal).holds


@pytest.mark.parametrize("statement", ["UPDATE journal SET actor = 'x'", "DELETE FROM journal"])
def test_the_database_itself_refuses_changes(five: Opened, statement: str) -> None:
    with pytest.raises((StoreError, DBAPIError), match="append-only"):
        five.sql(statement)
    assert verify(five.journal).holds


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'x'",
        "public = '{}'",
        "at = '2020-01-01T00:00:00.000000Z'",
        "subject = 'a'",
        "source = 'b'",
        "kind = 'c'",
    ],
)
def test_an_edited_entry_is_named(five: Opened, change: str) -> None:
    unguarded(five, f"UPDATE journal SET {change} WHERE sequence = 3")  # noqa: S608 - our own test values
    found = verify(five.journal)
    assert (found.broken_at, found.entries) == (3, 2)
    assert "Entry 3 was changed" in found.reason


def test_a_cut_off_tail_is_named(five: Opened) -> None:
    unguarded(five, "DELETE FROM journal WHERE sequence > 3")
    found = verify(five.journal)
    assert found.broken_at == 4
    assert "Entries 4 to 5 are missing" in found.reason


def test_a_tail_cut_off_together_with_its_head_is_known_from_the_file(five: Opened, home: Home) -> None:
    kept = five.one("SELECT mac FROM journal_heads")
    five.store.keep_note(PAUSED_NOTE, "6")
    hash_of_five = five.one("SELECT hash FROM journal WHERE sequence = 5")
    unguarded(five, "DELETE FROM journal WHERE sequence > 5")
    unguarded(five, f"UPDATE journal_heads SET sequence = 5, hash = '{hash_of_five}', mac = '{kept}'")  # noqa: S608
    found = verify(five.journal)
    assert "Entries 6 to 6 are missing: the head in its file knows" in found.reason
    (home.folder / "journal-clinic.head").unlink()
    if five.database.is_sqlite:
        assert "journal-clinic.head, is missing" in verify(five.journal).reason
    else:
        assert verify(five.journal).holds, "a worker on another machine has no file before its first entry"


def test_a_missing_middle_is_named(five: Opened) -> None:
    unguarded(five, "DELETE FROM journal WHERE sequence = 2")
    assert verify(five.journal).reason == "Entry 2 is missing; the next one kept is 3."


def test_swapped_entries_are_named(five: Opened) -> None:
    for old, new in ((2, 99), (3, 2), (99, 3)):
        unguarded(five, f"UPDATE journal SET sequence = {new} WHERE sequence = {old}")  # noqa: S608 - our own numbers
    found = verify(five.journal)
    assert found.broken_at == 2
    assert "Entry 2 was changed" in found.reason


def test_an_entry_added_by_others_is_named(five: Opened) -> None:
    from ligament.store.journal.chain import Entry  # noqa: PLC0415 - only the forger needs it

    last = five.one("SELECT hash FROM journal WHERE sequence = 5")
    forged = Entry(
        clinic="clinic", sequence=6, at="t", actor="a", source="s", kind="note", subject="", public="{}", owner="",
        sealed=None, previous=str(last),
    )  # fmt: skip
    five.sql(
        "INSERT INTO journal (clinic, sequence, at, actor, source, kind, subject, public, owner, previous, hash) "
        "VALUES ('clinic', 6, 't', 'a', 's', 'note', '', '{}', '', :previous, :hash)",
        previous=last,
        hash=forged.unkeyed_digest(),
    )
    found = verify(five.journal)
    assert (found.broken_at, found.entries) == (6, 5)
    assert "Entry 6 was changed" in found.reason, "without the key nobody can work out its hash"


def test_a_rewritten_last_entry_is_named_even_with_a_fitting_hash(five: Opened) -> None:
    from ligament.store.journal.chain import Entry  # noqa: PLC0415 - only the forger needs it

    previous = five.one("SELECT hash FROM journal WHERE sequence = 4")
    at = five.one("SELECT at FROM journal WHERE sequence = 5")
    forged = Entry(
        clinic="clinic", sequence=5, at=str(at), actor="x", source="cli host-1", kind="note", subject="", public="{}",
        owner="", sealed=None, previous=str(previous),
    )  # fmt: skip
    digest = forged.unkeyed_digest()
    unguarded(five, f"UPDATE journal SET actor = 'x', public = '{{}}', hash = '{digest}' WHERE sequence = 5")  # noqa: S608
    found = verify(five.journal)
    assert found.broken_at == 5
    assert "Entry 5 was changed" in found.reason, "without the key nobody can work out its hash"


def test_a_forged_head_is_named(five: Opened) -> None:
    five.sql("UPDATE journal_heads SET mac = 'forged'")
    assert "signature of the head in the database is not ours" in verify(five.journal).reason


def test_an_older_copy_of_the_database_is_noticed(file_home: Home) -> None:
    opened = file_home.open()
    opened.store.keep_note(PAUSED_NOTE, "1")
    file_home.close()
    file = file_home.folder / "ligament.db"
    copy = file.read_bytes()
    file_home.open().store.keep_note(PAUSED_NOTE, "2")
    file_home.close()
    file.write_bytes(copy)
    assert "an older copy of the database was put back" in verify(file_home.open().journal).reason


TAMPERING = {
    "an entry edited": "UPDATE journal SET actor = 'x' WHERE sequence = 5",
    "a tail cut off": "DELETE FROM journal WHERE sequence > 3",
    "everything taken away": "DELETE FROM journal",
    "the head taken away": "DELETE FROM journal_heads",
    "a forged head": "UPDATE journal_heads SET mac = 'forged'",
    "the signing key taken away": "DELETE FROM data_keys",
}


@pytest.mark.parametrize("statement", TAMPERING.values(), ids=TAMPERING)
def test_nothing_is_added_behind_an_end_that_was_not_signed(five: Opened, statement: str) -> None:
    unguarded(five, statement)
    with pytest.raises(JournalBroken, match="nothing is written"):
        five.store.keep_note(PAUSED_NOTE, "6")
    assert five.store.note(PAUSED_NOTE) == "5"


def test_a_missing_head_file_stops_writing(file_home: Home) -> None:
    opened = file_home.open()
    opened.store.keep_note(PAUSED_NOTE, "1")
    (file_home.folder / "journal-clinic.head").unlink()
    with pytest.raises(JournalBroken, match="is missing"):
        opened.store.keep_note(PAUSED_NOTE, "2")


def test_an_older_copy_of_the_database_is_not_gone_on_with(file_home: Home) -> None:
    file_home.open().store.keep_note(PAUSED_NOTE, "1")
    file_home.close()
    file = file_home.folder / "ligament.db"
    copy = file.read_bytes()
    file_home.open().store.keep_note(PAUSED_NOTE, "2")
    file_home.close()
    file.write_bytes(copy)
    with pytest.raises(JournalBroken, match="older copy"):
        file_home.open().store.keep_note(PAUSED_NOTE, "3")


def test_an_empty_journal_beside_links_is_an_alarm(opened: Opened, home: Home) -> None:
    opened.sql("INSERT INTO payment_links (clinic, payment_id, subject, body) VALUES ('clinic', 'p', 'invoice:1', '')")
    with pytest.raises(JournalBroken, match="empty although records are linked"):
        home.open().store.keep_note(PAUSED_NOTE, "1")
    assert "empty although" in verify(opened.journal).reason


def test_an_accepted_break_is_told_and_the_journal_goes_on(five: Opened) -> None:
    unguarded(five, "DELETE FROM journal WHERE sequence > 3")
    assert "are missing" in accept_break(five.journal, "the disk was replaced").reason
    five.store.keep_note(PAUSED_NOTE, "7")
    found = verify(five.journal)
    assert (found.holds, found.accepted_at, found.entries) == (True, 6, 7)
    (told,) = [entry for entry in export(five.journal) if entry["kind"] == "break_accepted"]
    assert "the disk was replaced" in str(told["public"])
    unguarded(five, "UPDATE journal SET actor = 'x' WHERE sequence = 7")
    assert verify(five.journal).broken_at == 7, "what comes after an accepted break is guarded again"


def test_nobody_accepts_a_break_without_the_key(five: Opened) -> None:
    unguarded(five, "UPDATE journal SET actor = 'x' WHERE sequence = 3")
    unguarded(five, "UPDATE journal SET kind = 'break_accepted' WHERE sequence = 5")
    assert verify(five.journal).broken_at == 3


def test_the_head_file_may_lag_behind_after_a_crash(five: Opened, home: Home) -> None:
    head = home.folder / "journal-clinic.head"
    before = head.read_bytes()
    five.store.keep_note(PAUSED_NOTE, "6")
    head.write_bytes(before)
    assert verify(five.journal).holds


def test_heads_that_are_written_at_the_same_moment_do_not_disturb_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = HeadFile(tmp_path / "journal-a.head")
    sync, later = os.fsync, Head(sequence=2, hash="b", mac="")

    def another_thread_comes_between(descriptor: int) -> None:
        sync(descriptor)
        monkeypatch.setattr(os, "fsync", sync)
        file.begin_anew(later)

    monkeypatch.setattr(os, "fsync", another_thread_comes_between)
    file.begin_anew(Head(sequence=1, hash="a", mac=""))
    assert file.read() is not None
    assert [found.name for found in tmp_path.iterdir()] == ["journal-a.head"]


def test_entries_tell_who_when_and_from_where(five: Opened) -> None:
    entries = list(export(five.journal))
    assert [entry["sequence"] for entry in entries] == [1, 2, 3, 4, 5]
    assert {(entry["actor"], entry["source"]) for entry in entries} == {("ligament", "cli host-1")}
    assert entries[1]["public"] == {"name": PAUSED_NOTE, "before": "1", "after": "2"}
    assert [entry["sequence"] for entry in export(five.journal, after=3)] == [4, 5]


def test_unchanged_notes_are_not_journalled(opened: Opened) -> None:
    opened.store.keep_note(PAUSED_NOTE, "1")
    opened.store.keep_note(PAUSED_NOTE, "1")
    assert opened.store.note(PAUSED_NOTE) == "1"
    assert opened.kinds() == ["note"]


def test_pages_of_the_journal_come_newest_first(five: Opened) -> None:
    five.store.open_intent(intent("i1", contact_action("patient:1")))
    assert [entry["sequence"] for entry in five.queries.journal(limit=2)] == [6, 5]
    assert [entry["sequence"] for entry in five.queries.journal(before=3)] == [2, 1]
    assert [entry["sequence"] for entry in five.queries.journal(subject="patient:1")] == [6]


WRITER = """
import sys, random, pathlib
from ligament.core.notes import undos_note
from tests.store.homes import Home
home = Home(url=sys.argv[1], folder=pathlib.Path(sys.argv[2]), random=random.Random(int(sys.argv[3])))
opened = home.open()
count = int(sys.argv[4])
number = 0
while number != count:
    number += 1
    opened.store.keep_note(undos_note(sys.argv[3]), str(number))
    print(number, flush=True)
"""


def writer(home: Home, seed: int, count: int) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    paths = {"PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}
    command = [sys.executable, "-c", WRITER, home.url, str(home.folder), str(seed), str(count)]
    return subprocess.Popen(command, cwd=root, env={**os.environ, **paths}, stdout=subprocess.PIPE, text=True)


@pytest.mark.process
def test_a_process_killed_among_its_commits_leaves_a_journal_that_holds(home: Home) -> None:
    with writer(home, 1, -1) as child:
        assert child.stdout is not None
        told = [int(child.stdout.readline()) for _ in range(20)]
        child.send_signal(signal.SIGKILL)
    opened = home.open()
    found = verify(opened.journal)
    assert found.holds, found.reason
    assert found.entries >= told[-1]
    assert opened.store.note(undos_note("1")) == str(found.entries)


@pytest.mark.process
def test_two_processes_that_start_and_write_at_once_keep_one_chain(bare_home: Home) -> None:
    children = [writer(bare_home, seed, 15) for seed in (1, 2)]
    for child in children:
        child.communicate(timeout=60)
        assert child.returncode == 0
    found = verify(bare_home.open().journal)
    assert (found.holds, found.entries) == (True, 30), found.reason
