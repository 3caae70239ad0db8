"""A small HTTP/1.1 server for loopback: keep-alive, one thread per connection, no delay for small answers."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ligament.simkit.messages import Response

MAX_BODY_BYTES = 64 * 1024 * 1024
BODYLESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """An answer whose connection dies in mid-body: the length promises all of `response`, only `body` is sent."""

    response: Response
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raw:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    keep: bool


class MalformedRequest(Exception):
    """The bytes on the connection are not an HTTP/1.1 request."""


class LoopbackServer:
    """Serves `answer(method, target, headers, body)`; None or a `Cut` from it closes the connection."""

    def __init__(
        self, port: int, answer: Callable[[str, str, Mapping[str, str], bytes], Response | Cut | None]
    ) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._accept, name=f"loopback-{self.port}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the listener and all open connections, and wait for the accepting thread."""
        self._stopping.set()
        # Closing alone does not wake accept(); a shutdown does on Linux, a last connection does elsewhere.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            pass
        self._listener.close()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=5)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self._stopping.is_set():
                connection.close()
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection.makefile("rb") as reader:
                while self._serve_one(connection, reader):
                    pass
        except (OSError, MalformedRequest):
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _serve_one(self, connection: socket.socket, reader: BinaryIO) -> bool:
        raw = read_request(connection, reader)
        if raw is None:
            return False
        outcome = self._answer(raw.method, raw.target, raw.headers, raw.body)
        if outcome is None:
            return False
        if isinstance(outcome, Cut):
            connection.sendall(head_of(outcome.response, keep=False) + outcome.body)
            return False
        body = b"" if outcome.status in BODYLESS or raw.method == "HEAD" else outcome.body
        connection.sendall(head_of(outcome, keep=raw.keep) + body)
        return raw.keep


def read_request(connection: socket.socket, reader: BinaryIO) -> _Raw | None:
    """Read one request, or return None at the end of the connection."""
    line = reader.readline(65_537)
    if not line:
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):  # noqa: PLR2004 - the number is the protocol's own
        raise MalformedRequest(line)
    method, target, version = parts
    headers = _read_headers(reader)
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = _read_body(reader, headers)
    said = headers.get("connection", "").lower()
    keep = said == "keep-alive" if version == "HTTP/1.0" else said != "close"
    return _Raw(method=method, target=target, headers=headers, body=body, keep=keep)


def _read_headers(reader: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    while True:
        line = reader.readline(65_537)
        if line in (b"\r\n", b"\n"):
            return headers
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise MalformedRequest(line)
        key = name.strip().lower()
        headers[key] = f"{headers[key]}, {value.strip()}" if key in headers else value.strip()


def _read_body(reader: BinaryIO, headers: Mapping[str, str]) -> bytes:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return _read_chunks(reader)
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
        raise MalformedRequest(length)
    return reader.read(int(length)) if int(length) else b""


def _read_chunks(reader: BinaryIO) -> bytes:
    chunks: list[bytes] = []
    while True:
        size = int(reader.readline(1024).split(b";")[0].strip() or b"0", 16)
        if size > MAX_BODY_BYTES:
            raise MalformedRequest(size)
        chunk = reader.read(size)
        reader.readline(1024)
        if not size:
            return b"".join(chunks)
        chunks.append(chunk)


def head_of(response: Response, *, keep: bool) -> bytes:
    """Return the status line and headers as they go over the wire."""
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {response.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    if response.status not in BODYLESS:
        lines.append(f"Content-Length: {len(response.body)}")
    lines.append("Connection: keep-alive" if keep else "Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
