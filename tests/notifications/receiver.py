"""A web address on loopback that takes webhooks as real ones do: it fails, hangs up and restarts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Answering = Callable[["Arrived"], bytes | None]
"""Returns the bytes to answer with, or nothing to hang up."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One request as it came; header names are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes
    number: int


def status(code: int, body: bytes = b"", **headers: str) -> bytes:
    """Return the bytes of an answer."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {code} X\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode() + body


@dataclass(slots=True)
class Receiver:
    """Listens on one port for as long as the test runs; `answer` decides about each request in turn."""

    answer: Answering
    port: int = 0
    got: list[Arrived] = field(default_factory=list)
    _listener: socket.socket | None = None
    _connections: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/inbox"

    def start(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._run(self._accept, self._listener)

    def stop(self) -> None:
        assert self._listener is not None
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        mine = threading.current_thread()
        for thread in self._threads:
            if thread is not mine:
                thread.join(timeout=5)
        self._connections.clear()
        self._threads.clear()

    def _run(self, task: Callable[[socket.socket], None], connection: socket.socket) -> None:
        thread = threading.Thread(target=task, args=(connection,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            self._run(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rb") as stream:
            while line := stream.readline():
                headers: dict[str, str] = {}
                while (raw := stream.readline().strip()) != b"":
                    name, _, value = raw.decode().partition(":")
                    headers[name.lower()] = value.strip()
                body = stream.read(int(headers.get("content-length", "0")))
                with self._lock:
                    arrived = Arrived(line.decode().split(" ")[1], headers, body, len(self.got) + 1)
                    self.got.append(arrived)
                    answer = self.answer(arrived)
                if answer is None:
                    return
                connection.sendall(answer)


@contextmanager
def receiving(answer: Answering = lambda _: status(204)) -> Iterator[Receiver]:
    """Receive until the end of the test."""
    receiver = Receiver(answer)
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()
