"""Half-open connections end by themselves, and there are only so many: whoever asks properly is answered meanwhile."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import uvicorn

from ligament.web.connections import MOST_CONNECTIONS, PatientProtocol

PATIENCE_S = 30
HALF = (b"", b"GET /healthz HT", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly so much")


class Hasty(PatientProtocol):
    """The server's protocol with less patience, so that the test need not have it."""

    question_s = 1


async def app(_scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=300)
    config = uvicorn.Config(app, http=Hasty, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield listener.getsockname()
    server.should_exit = True
    thread.join(PATIENCE_S)


def opened(address: tuple[str, int]) -> socket.socket:
    connection = socket.create_connection(address, timeout=PATIENCE_S)
    connection.settimeout(PATIENCE_S)
    return connection


def asked(connection: socket.socket) -> bytes:
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    told = b""
    while not told.endswith(b"ok"):
        told += (part := connection.recv(4096))
        assert part, "it was closed instead of answered"
    return told


def is_closed(connection: socket.socket) -> bool:
    """Wait until the other side has closed; fails when it never does."""
    try:
        return connection.recv(4096) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("said", HALF)
def test_who_never_finishes_the_question_is_let_go(address: tuple[str, int], said: bytes) -> None:
    with opened(address) as connection:
        connection.sendall(said)
        assert is_closed(connection)


FORGED = b"GET /forged HTTP/1.1\r\nHost: x\r\n\r\n"
TWO_WAYS = (
    b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"Content-Length: 0\r\nContent-Length: 41\r\n\r\n",
    b"Content-Length: +0\r\n\r\n",
    b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    b"Content-Length: 0\r\n Transfer-Encoding: chunked\r\nX\r\n\r\n",
)


@pytest.mark.parametrize("said", TWO_WAYS)
def test_a_question_whose_end_can_be_read_in_two_ways_is_refused(address: tuple[str, int], said: bytes) -> None:
    with opened(address) as connection:
        connection.sendall(b"POST /sign-in HTTP/1.1\r\nHost: x\r\n" + said + FORGED)
        told = b""
        while part := _received(connection):
            told += part
    assert told.startswith(b"HTTP/1.1 400"), told
    assert told.count(b"HTTP/1.1") == 1, "what stood behind it was taken for another question"


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(4096)
    except ConnectionError:
        return b""


def test_the_second_question_on_a_connection_has_an_end_too(address: tuple[str, int]) -> None:
    with opened(address) as connection:
        assert asked(connection).startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET /healthz HT")
        assert is_closed(connection)


def test_beyond_the_most_nobody_is_let_in_and_who_is_in_is_answered(address: tuple[str, int]) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(opened(address))
        assert asked(first).startswith(b"HTTP/1.1 200")
        crowd = [stack.enter_context(opened(address)) for _ in range(MOST_CONNECTIONS + 20)]
        assert is_closed(crowd[-1])
        assert asked(first).startswith(b"HTTP/1.1 200")
    with opened(address) as later:
        assert asked(later).startswith(b"HTTP/1.1 200")
