"""A process may end at any moment: what it left is finished by the next run, with no duplicate and nothing missing."""

from __future__ import annotations

import http.client
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from urllib.parse import urlsplit

import pytest

from ligament.simkit.faults import Fault, FaultKind, FaultScript, Rule
from ligament.simkit.messages import Request, Response
from tests.process import stage
from tests.process.stage import Servers

pytestmark = [pytest.mark.process, pytest.mark.slow]

# What a first run of this clinic writes, in order: contacts twice, invoices three times, credit notes, two
# allocations, payments twice. Before the first write come twenty reads and the sign-in.
CONTACTS, INVOICES, NOTES, ALLOCATION, PAYMENTS = 1, 3, 6, 7, 9
LAST_INVOICES = 5
WRITES, READS = 10, 20
# Every kind of write, the last of several batches, and the very last write.
TELLING = (CONTACTS, INVOICES, LAST_INVOICES, NOTES, ALLOCATION, PAYMENTS, WRITES)
LOST, DONE = "received and never done", "done and never answered"
MOMENTS = [
    *(("write", number, DONE) for number in TELLING),
    *(("write", number, LOST) for number in (CONTACTS, INVOICES + 1, NOTES, ALLOCATION, PAYMENTS)),
    *(("request", number, DONE) for number in (4, 15, READS)),
    pytest.param("request", 1, DONE, id="signing in"),
]
NOBODY = Response(status=503)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    stage.prepare(folder)
    return folder


@pytest.fixture
def held() -> Iterator[Servers]:
    with stage.servers() as held:
        yield held


class Ambush:
    """Sends a signal to the process when a moment has come, once; `struck` says that it came."""

    def __init__(self, held: Servers, what: str, number: int, how: str, signal_: int = signal.SIGKILL) -> None:
        self._gate = held.gate
        counter = {"write": "writes", "request": "requests", "books": "asked_books"}[what]
        self._count: Callable[[], int] = lambda: int(getattr(self._gate, counter))
        self._target = number + self._count()
        self._signal = signal_
        self.struck = False
        self._process: subprocess.Popen[str] | None = None
        if how == LOST:
            self._gate.before, self._gate.after = self._strike, None
        else:
            self._gate.before, self._gate.after = None, self._strike

    def run(self, home: Path, held: Servers) -> stage.Ended:
        """Run the command into the ambush."""
        # The first request cannot come before the process is known: starting takes longer, and the lock makes sure.
        with held.books._lock, held.practice._lock:
            self._process = stage.start(home, held)
        ended = stage.finish(self._process)
        self._gate.before = self._gate.after = None
        assert self.struck, f"the moment never came: {ended}"
        return ended

    def _strike(self, _request: Request) -> Response | None:
        if self.struck or self._count() < self._target:
            return None
        self.struck = True
        assert self._process is not None
        self._process.send_signal(self._signal)
        if self._signal == signal.SIGKILL:
            self._process.wait()
        return NOBODY


@pytest.mark.parametrize(("what", "number", "how"), MOMENTS)
def test_a_run_killed_at_any_moment_is_finished_by_the_next(
    home: Path, held: Servers, what: str, number: int, how: str
) -> None:
    killed = Ambush(held, what, number, how).run(home, held)
    assert killed.code == -signal.SIGKILL
    ended = stage.run(home, held)
    assert ended.code == 0, ended.out + ended.err
    stage.assert_whole(held)
    stage.assert_journal(home, held)
    assert stage.assert_quiet(home, held).code == 0


def test_runs_killed_three_times_over_are_finished_too(home: Path, held: Servers) -> None:
    for how, number in ((DONE, INVOICES), (LOST, 1), (DONE, 2)):
        assert Ambush(held, "write", number, how).run(home, held).code == -signal.SIGKILL
    ended = stage.run(home, held)
    assert ended.code == 0, ended.out + ended.err
    stage.assert_whole(held)
    stage.assert_journal(home, held)


def test_what_many_killed_runs_held_is_not_waited_for(home: Path, held: Servers) -> None:
    for _ in range(6):
        assert Ambush(held, "books", 1, DONE).run(home, held).code == -signal.SIGKILL
    ended = stage.run(home, held)
    assert ended.code == 0, ended.out + ended.err
    assert ended.document["seconds"] < 60
    stage.assert_whole(held)


@pytest.mark.parametrize("path", ["/Contacts$", "/Invoices$", "/CreditNotes$", "/Allocations$", "/Payments$"])
def test_a_reply_lost_after_the_books_took_it_posts_nothing_twice(home: Path, held: Servers, path: str) -> None:
    lost = Rule(fault=Fault(kind=FaultKind.DROP_AFTER), method="PUT", path=path, ordinals=frozenset({1}))
    held.books.faults = FaultScript(rules=(lost,))
    ended = stage.run(home, held)
    assert held.books.fault_state.strikes, "the reply was not lost"
    assert ended.code == 0, ended.out + ended.err
    stage.assert_whole(held)
    stage.assert_journal(home, held)


def test_two_runs_started_at_once_post_everything_once(home: Path, held: Servers) -> None:
    both = [stage.start(home, held), stage.start(home, held)]
    ended = [stage.finish(one) for one in both]
    assert [one.code for one in ended] == [0, 0], [one.out + one.err for one in ended]
    assert sorted(one.document["created"]["invoices"] for one in ended) == [0, stage.CLINIC.invoices]
    stage.assert_whole(held)
    stage.assert_journal(home, held)


@pytest.mark.parametrize(
    ("what", "number", "signal_"),
    [
        ("request", 9, signal.SIGINT),
        ("write", INVOICES, signal.SIGINT),
        ("write", INVOICES, signal.SIGTERM),
        ("write", WRITES, signal.SIGINT),
    ],
)
def test_a_run_that_is_stopped_ends_without_a_trace_and_the_next_goes_on(
    home: Path, held: Servers, what: str, number: int, signal_: int
) -> None:
    ambush = Ambush(held, what, number, DONE, signal_)
    ended = ambush.run(home, held)
    assert "Traceback" not in ended.err, ended.err
    assert (ended.code, ended.err.count("Stopped.")) == (130, 1), ended.err
    again = stage.run(home, held)
    assert again.code == 0, again.out + again.err
    stage.assert_whole(held)
    stage.assert_journal(home, held)


# --- other servers ----------------------------------------------------------------------------------------------------


class Relay(BaseHTTPRequestHandler):
    """Another server, of the standard library: passes every request on and counts it."""

    protocol_version = "HTTP/1.1"
    target = ""
    counted: list[str]
    lock: Lock

    def _pass_on(self) -> None:
        with self.lock:
            self.counted.append(self.command)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        onward = http.client.HTTPConnection(self.target, timeout=60)
        onward.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in {"connection", "transfer-encoding"}:
                onward.putheader(name, value)
        onward.endheaders(body or None)
        answer = onward.getresponse()
        said = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"connection", "content-length", "server", "date"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)
        onward.close()

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _pass_on  # noqa: N815 - the library's names

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@contextmanager
def relay(url: str) -> Iterator[tuple[str, list[str]]]:
    """Serve another address that passes everything on; gives the address and the methods that came."""
    counted: list[str] = []
    kind = type("OneRelay", (Relay,), {"target": urlsplit(url).netloc, "counted": counted, "lock": Lock()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", counted
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_same_commands_work_against_any_server_the_addresses_name(home: Path, held: Servers) -> None:
    with relay(held.practice.url) as (practice, asked), relay(held.books.url) as (books, told):
        held.urls.update(practice=practice, books=books)
        planned = stage.run(home, held, "plan", "--json")
        assert (planned.code, held.gate.writes) == (1, 0), planned.out + planned.err
        before = (len(asked), len(told))
        ended = stage.run(home, held)
        assert ended.code == 0, ended.out + ended.err
        met = ended.document["calls"]
        assert sum(met["cliniko"].values()) == len(asked) - before[0]
        # Signing in is no call to the books' interface, but it goes over the same relay.
        assert sum(met["xero"].values()) <= len(told) - before[1]
        stage.assert_whole(held)
        stage.assert_journal(home, held)
        assert stage.assert_quiet(home, held).code == 0
    assert (len(asked), len(told)) == (len(held.practice.log), len(held.books.log)), "something went round the relay"
