"""The engine that survives a power cut: turns are queued in a database, and other processes go on with a dead one's.

The only module that knows DBOS. It is imported when the engine starts, for that takes a second or two.
"""

from __future__ import annotations

import json
import logging
import re
import sqlite3
import sys
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ligament.engine.work import CannotStart, Work

APPLICATION_VERSION = "1"
"""Pinned: what another release of the program began is taken up by this one; a turn has no steps to disagree on."""
QUEUE = "turns"
_LIBRARY = "dbos"
_TRACE = "Traceback (most recent call last)"
_KIND_OF_ERROR = re.compile(r"^(?:\w+\.)*(\w+(?:Error|Exception))\b", re.MULTILINE)
TURN = "turn"
SCHEMA = "dbos"
"""Where the queue's tables are on a server."""
KEEP = timedelta(minutes=15)
_FORGET_AT_ONCE, _FORGET_ROUNDS = 500, 10
_POLL_S = 0.25
_FIRST_FIT_SQLITE = (3, 42)
_SINCE_PYTHON = (3, 12)
_SQLITE = "sqlite:///"
_KIND, _PATIENCE_S = 0xFF, 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlace:
    """Where the queue is kept, who works on it, and how many turns this process takes at once."""

    url: str
    executor: str
    threads: int = 4
    now: Callable[[], datetime]


def unfit(url: str, python: tuple[int, ...], sqlite: tuple[int, ...]) -> str:
    """Return why the engine cannot run on these versions, or an empty text."""
    if url.startswith(_SQLITE) and python >= _SINCE_PYTHON and sqlite < _FIRST_FIT_SQLITE:
        found, needed = ".".join(map(str, sqlite)), ".".join(map(str, _FIRST_FIT_SQLITE))
        return (
            f"The engine does not run with Python 3.12 or newer and SQLite {found}: it needs SQLite {needed}. "
            "Use Python 3.11, a newer SQLite, or PostgreSQL through LIGAMENT_DATABASE_URL. "
            "`ligament sync --once` and `ligament sync --watch` work without it."
        )
    return ""


class Briefly(logging.Filter):
    """Lets the library say each trouble in one line, and once until something else is: it prints where it was, too."""

    def __init__(self) -> None:
        super().__init__()
        self._last = ""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten what is told; says whether it is new."""
        said = record.getMessage()
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] is not None else ""
        if not kind:
            kind = next(iter(_KIND_OF_ERROR.findall(said)), "")
        told = said.partition("\n")[0].partition(_TRACE)[0].rstrip(": ")
        record.msg, record.args = f"{told} ({kind})" if kind and kind not in told else told, ()
        record.exc_info = record.exc_text = record.stack_info = None
        is_new, self._last = record.msg != self._last, record.msg
        return is_new


class JsonText:
    """Keeps what DBOS keeps as JSON, so that nobody can smuggle code into the queue."""

    def serialize(self, data: Any) -> str:  # noqa: ANN401 - DBOS hands over whatever it keeps
        """Return the text; an exception, which JSON cannot carry, becomes its kind."""
        return json.dumps(data, default=lambda value: {"kind": type(value).__name__})

    def deserialize(self, serialized_data: str) -> Any:  # noqa: ANN401 - as above
        return json.loads(serialized_data)

    def name(self) -> str:
        """Return under which name DBOS notes how a value was kept."""
        return "ligament_json"


class DurableEngine:
    """Runs turns from a queue in the database that all processes of an installation share."""

    def __init__(self, place: QueuePlace) -> None:
        self._place = place
        self._dbos: Any = None
        self._turn: Any = None
        self._under_way: set[str] = set()
        self._changed = threading.Condition()
        self._stopping = False

    def start(self, work: Work) -> None:
        """Begin to run what is submitted, and what an earlier process left; raises CannotStart."""
        complaint = unfit(self._place.url, sys.version_info[:2], sqlite3.sqlite_version_info)
        if complaint:
            raise CannotStart(complaint)
        _prefer_wal(self._place.url)
        import dbos  # noqa: PLC0415 - it costs two seconds, which only those who need it should pay

        logging.getLogger(_LIBRARY).addFilter(Briefly())

        def turn(clinic: str) -> str:
            return self._take(clinic, work)

        self._dbos = dbos
        dbos.DBOS(config=self._configuration())
        self._turn = dbos.DBOS.workflow(name=TURN)(turn)
        dbos.DBOS.launch()
        dbos.DBOS.register_queue(
            QUEUE, worker_concurrency=self._place.threads, polling_interval_sec=_POLL_S, on_conflict="always_update"
        )

    def _configuration(self) -> Any:  # noqa: ANN401 - a dictionary with a type of its own
        return {
            "name": "ligament",
            "system_database_url": self._place.url,
            "executor_id": self._place.executor,
            "application_version": APPLICATION_VERSION,
            "serializer": JsonText(),
            "use_listen_notify": False,
            "max_executor_threads": self._place.threads * 4,
            "log_level": "ERROR",
            "console_log_level": "ERROR",
        }

    def _take(self, clinic: str, work: Work) -> str:
        with self._changed:
            if self._stopping:
                return "left"
            self._under_way.add(clinic)
        try:
            work(clinic)
        finally:
            with self._changed:
                self._under_way.discard(clinic)
                self._changed.notify_all()
        return "done"

    def submit(self, clinic: str) -> bool:
        """Queue a turn; false when one of that clinic is queued or under way anywhere."""
        try:
            with self._dbos.SetEnqueueOptions(deduplication_id=clinic):
                self._dbos.DBOS.enqueue_workflow(QUEUE, self._turn, clinic)
        except self._dbos.error.DBOSQueueDeduplicatedError:
            return False
        return True

    def adopt(self, alive: Collection[str]) -> int:
        """Queue again what processes that are no longer alive had begun; the leases keep it from running twice."""
        begun = self._dbos.DBOS.list_workflows(status="PENDING", queue_name=QUEUE, load_input=False, load_output=False)
        dead = {found.executor_id for found in begun if found.executor_id} - {*alive, self._place.executor}
        if not dead:
            return 0
        # DBOS calls this from its paid conductor and its admin server; it has no other public door to it.
        recover = self._dbos.DBOS._recover_pending_workflows  # noqa: SLF001
        return len(recover(sorted(dead)))

    def tidy(self) -> None:
        """Forget turns that ended a quarter of an hour ago: the journal is the truth, this is only a queue."""
        limit = (self._place.now() - KEEP).isoformat()
        for _ in range(_FORGET_ROUNDS):
            if self._forget(limit) < _FORGET_AT_ONCE:
                return

    def _forget(self, limit: str) -> int:
        old = self._dbos.DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            end_time=limit,
            limit=_FORGET_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if old:
            self._dbos.DBOS.delete_workflows([found.workflow_id for found in old])
        return len(old)

    def stop(self, patience_s: int) -> bool:
        """Begin nothing more and wait for what is under way."""
        if self._dbos is None:
            return True
        with self._changed:
            self._stopping = True
            ended = self._changed.wait_for(lambda: not self._under_way, timeout=patience_s)
        # One second more, for DBOS to note the end of what has just ended.
        self._dbos.DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=1 if ended else 0)
        self._dbos = None
        return ended


def _prefer_wal(url: str) -> None:
    """Let readers and the one writer of a SQLite file not wait for each other; the setting stays with the file.

    A damaged file is put aside: it is only a queue, and whoever is due is queued again.
    """
    if not url.startswith(_SQLITE):
        return
    file = Path(url.removeprefix(_SQLITE))
    if not _is_sound(file):
        for part in ("", "-wal", "-shm"):
            held = file.with_name(file.name + part)
            if held.exists():
                held.replace(file.with_name(f"{file.name}.damaged{part}"))
    connection = sqlite3.connect(file, timeout=_PATIENCE_S)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError as error:
        # Another process is at the file, which has set it or is about to.
        if not _is_busy(error):
            raise
    finally:
        connection.close()


def _is_sound(file: Path) -> bool:
    """Look through a SQLite file: a damaged page could end the whole process when it is met later."""
    connection = sqlite3.connect(file, timeout=_PATIENCE_S)
    try:
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.OperationalError as error:
        # What another process is using is not taken away from it.
        return _is_busy(error)
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return False
    finally:
        connection.close()


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & _KIND == sqlite3.SQLITE_BUSY
