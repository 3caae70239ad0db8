"""A host over real sockets on loopback, and in-process with the same world, faults and log."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from ligament.simkit.faults import (
    HTML_PAGE,
    ConnectionDropped,
    Fault,
    FaultKind,
    FaultScript,
    ReplyTimedOut,
    Rule,
    replay,
)
from ligament.simkit.hosting import Host
from ligament.simkit.messages import Request, Response

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def tally(world: int, request: Request) -> tuple[int, Response]:
    """Count the writes, and answer with the count and what was heard."""
    if request.method == "GET":
        return world, Response(status=200, headers=(("X-Count", str(world)),), body=f"{world} {request.path}".encode())
    if request.method == "DELETE":
        return world + 1, Response(status=204)
    return world + 1, Response(status=201, body=b"got " + request.body)


def struck(kind: FaultKind, **details: Any) -> FaultScript:
    return FaultScript(rules=(Rule(fault=Fault(kind=kind, **details), ordinals=frozenset({1})),))


@pytest.fixture
def host() -> Iterator[Host[int]]:
    with Host(tally, 0, clock=lambda: AT) as running:
        yield running


Connection = http.client.HTTPConnection


def connect(host: Host[int]) -> closing[Connection]:
    return closing(Connection("127.0.0.1", urlsplit(host.url).port, timeout=60))


def ask_once(host: Host[int], method: str, target: str, body: bytes | None = None) -> tuple[int, bytes]:
    with connect(host) as connection:
        return ask(connection, method, target, body)


def ask(connection: Connection, method: str, target: str, body: bytes | None = None) -> tuple[int, bytes]:
    connection.request(method, target, body=body)
    answer = connection.getresponse()
    return answer.status, answer.read()


# --- over sockets --------------------------------------------------------------------------------------------------


def test_a_connection_is_kept_for_many_requests(host: Host[int]) -> None:
    with connect(host) as connection:
        assert ask(connection, "GET", "/a") == (200, b"0 /a")
        first = connection.sock
        assert ask(connection, "POST", "/b", b"hello") == (201, b"got hello")
        assert ask(connection, "DELETE", "/b") == (204, b"")
        assert ask(connection, "GET", "/a%20b?x=1") == (200, b"2 /a b")
        assert connection.sock is first
        assert host.world == 2


def test_a_chunked_body_is_read_whole(host: Host[int]) -> None:
    with connect(host) as connection:
        connection.request(
            "POST", "/", body=iter([b"hel", b"lo"]), encode_chunked=True, headers={"Transfer-Encoding": "chunked"}
        )
        assert connection.getresponse().read() == b"got hello"


def test_small_answers_are_sent_without_delay(host: Host[int]) -> None:
    with socket.create_connection(("127.0.0.1", int(urlsplit(host.url).port or 0)), timeout=60) as client:
        client.sendall(b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        heard = b"".join(iter(lambda: client.recv(65_536), b""))
    assert heard.count(b"HTTP/1.1 200 OK") == 2
    assert heard.endswith(b"0 /2")


def test_a_malformed_request_closes_the_connection(host: Host[int]) -> None:
    with socket.create_connection(("127.0.0.1", int(urlsplit(host.url).port or 0)), timeout=60) as client:
        client.sendall(b"nonsense\r\n\r\n")
        assert client.recv(100) == b""


def test_requests_are_marked_as_plain_http_and_timed_by_the_hosts_clock(host: Host[int]) -> None:
    ask_once(host, "GET", "/")
    (heard,) = host.log
    assert heard.request.headers["x-forwarded-proto"] == "http"
    assert heard.at == heard.request.at == AT


def test_requests_of_many_connections_change_the_world_one_at_a_time(host: Host[int]) -> None:
    def write() -> None:
        with connect(host) as connection:
            for _ in range(25):
                ask(connection, "POST", "/")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert host.world == len(host.log) == 100


def test_the_world_can_be_read_replaced_and_changed(host: Host[int]) -> None:
    host.world = 5
    assert host.change(lambda world: world + 1) == 6
    assert ask_once(host, "GET", "/") == (200, b"6 /")


def test_a_stopped_host_refuses_connections_and_keeps_its_world() -> None:
    host = Host(tally, 0, clock=lambda: AT).start()
    with connect(host) as connection:
        ask(connection, "POST", "/")
        port = int(urlsplit(host.url).port or 0)
        host.stop()
        with pytest.raises(OSError), socket.create_connection(("127.0.0.1", port), timeout=60):  # noqa: PT011 - the system's own wording differs
            pass
        assert (host.world, len(host.log)) == (1, 1)
        with pytest.raises(RuntimeError):
            _ = host.url


@pytest.mark.parametrize(("kind", "world"), [(FaultKind.DROP_BEFORE, 0), (FaultKind.DROP_AFTER, 1)])
def test_a_dropped_connection_tells_nothing_of_what_was_committed(host: Host[int], kind: FaultKind, world: int) -> None:
    host.faults = struck(kind)
    with pytest.raises(http.client.RemoteDisconnected):
        ask_once(host, "POST", "/")
    assert host.world == world
    assert host.log[0].response is None


def test_a_cut_answer_ends_before_its_promised_length(host: Host[int]) -> None:
    host.faults = struck(FaultKind.CUT, keep_bytes=3)
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask_once(host, "POST", "/", b"hello")
    assert caught.value.partial == b"got"
    assert host.world == 1


def test_other_faults_leave_the_connection_usable(host: Host[int]) -> None:
    host.faults = struck(FaultKind.ANSWER, status=503, headers=(("Retry-After", "7"),), body=b"busy")
    with connect(host) as connection:
        assert ask(connection, "POST", "/") == (503, b"busy")
        assert ask(connection, "POST", "/") == (201, b"got ")
        assert host.world == 1


# --- in-process ----------------------------------------------------------------------------------------------------


def test_an_exchange_needs_no_socket_and_shares_world_and_log() -> None:
    host = Host(tally, 0, clock=lambda: AT)
    assert host.call("POST", "/x", body=b"1").body == b"got 1"
    assert host.call("GET", "/x?y=1").header("x-count") == "1"
    assert [heard.request.method for heard in host.log] == ["POST", "GET"]
    assert host.log[0].request.at == AT


@pytest.mark.parametrize(("kind", "world"), [(FaultKind.DROP_BEFORE, 0), (FaultKind.DROP_AFTER, 1), (FaultKind.CUT, 1)])
def test_a_drop_in_process_is_raised(kind: FaultKind, world: int) -> None:
    host = Host(tally, 0, clock=lambda: AT, faults=struck(kind))
    with pytest.raises(ConnectionDropped):
        host.call("POST", "/")
    assert host.world == world
    assert host.call("POST", "/").status == 201


@pytest.mark.parametrize("kind", [FaultKind.DELAY_BEFORE, FaultKind.DELAY_AFTER])
def test_a_delay_waits_or_exceeds_the_callers_patience_and_commits_in_any_case(kind: FaultKind) -> None:
    waits: list[float] = []
    patient = Host(tally, 0, clock=lambda: AT, faults=struck(kind, milliseconds=1500), pause=waits.append)
    assert patient.call("POST", "/").status == 201
    assert waits == [1.5]
    hasty = Host(
        tally, 0, clock=lambda: AT, faults=struck(kind, milliseconds=1500), pause=waits.append, patience_ms=1000
    )
    with pytest.raises(ReplyTimedOut):
        hasty.call("POST", "/")
    assert (patient.world, hasty.world, waits) == (1, 1, [1.5])


@pytest.mark.parametrize(
    ("kind", "body"), [(FaultKind.HTML, HTML_PAGE), (FaultKind.EMPTY, b""), (FaultKind.TRUNCATE, b"got")]
)
def test_a_disfigured_answer_was_committed(kind: FaultKind, body: bytes) -> None:
    host = Host(tally, 0, clock=lambda: AT, faults=struck(kind))
    assert host.call("POST", "/", body=b"zz").body == body
    assert host.world == 1


def test_a_failing_run_can_be_replayed_from_its_strikes() -> None:
    script = FaultScript(rules=(Rule(fault=Fault(kind=FaultKind.ANSWER, status=500), per_mille=400),), seed=9)

    def run(faults: FaultScript) -> tuple[list[int], Host[int]]:
        host = Host(tally, 0, clock=lambda: AT, faults=faults)
        return [host.call("POST", "/").status for _ in range(20)], host

    statuses, host = run(script)
    assert {201, 500} == set(statuses)
    assert run(replay(script, host.fault_state.strikes))[0] == statuses


def test_a_host_without_a_clock_answers_exchanges_and_refuses_to_listen() -> None:
    host = Host(tally, 0)
    assert host.exchange(Request(method="POST", path="/", at=AT)).status == 201
    with pytest.raises(RuntimeError, match="clock"):
        host.start()


def test_stopping_does_not_wait_for_a_delay() -> None:
    host = Host(tally, 0, clock=lambda: AT, faults=struck(FaultKind.DELAY_BEFORE, milliseconds=600_000)).start()
    waiting = threading.Thread(target=lambda: host.call("POST", "/"))
    waiting.start()
    host.stop()
    waiting.join(timeout=60)
    assert not waiting.is_alive()


def test_the_log_is_capped_cleared_and_switched_off() -> None:
    host = Host(tally, 0, clock=lambda: AT, log_limit=2)
    for path in ("/1", "/2", "/3"):
        host.call("GET", path)
    assert [heard.request.path for heard in host.log] == ["/2", "/3"]
    host.clear_log()
    assert host.log == []
    silent = Host(tally, 0, clock=lambda: AT, log_limit=0)
    silent.call("GET", "/")
    assert silent.log == []
