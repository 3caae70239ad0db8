"""Waiting on this machine for the answer of a consent page that a person sees in the browser."""

from __future__ import annotations

import hmac
import queue
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from ligament.ports.connector import Callback as ConsentCallback
from ligament.ports.errors import SignInAgain
from ligament.wiring.ambient import random_text
from ligament.wiring.errors import ConfigurationError

PORT = 8322
PATIENCE_S = 300
_PATH = "/callback"
_DONE = "Thank you. You can close this page and go back to the terminal."
_STRANGE = "This answer does not belong to the sign-in that is under way. Please start again from the terminal."


def _ignore(address: str) -> None:
    """Tell nobody the address of the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """How a person is brought to the consent page, where its answer is awaited (0: any free port), and how long."""

    port: int = PORT
    patience_s: int = PATIENCE_S
    open_page: Callable[[str], object] = field(default=webbrowser.open)
    tell: Callable[[str], object] = _ignore

    def ask(self, page: Callable[[ConsentCallback], str]) -> tuple[ConsentCallback, str]:
        """Bring a person to the page that is made for a callback, and wait for the answer."""
        state, verifier = random_text(32), random_text(64)
        with listening(self.port, state) as listener:
            callback = ConsentCallback(redirect_uri=listener.redirect_uri, state=state, verifier=verifier)
            address = page(callback)
            self.tell(address)
            self.open_page(address)
            return callback, listener.wait(self.patience_s)


class Callback:
    """A listener that takes exactly one answer with the right state."""

    def __init__(self, server: ThreadingHTTPServer, answers: queue.SimpleQueue[str]) -> None:
        """Take the server that listens and the queue that it puts the answer in."""
        self._answers = answers
        self.redirect_uri = f"http://localhost:{server.server_address[1]}{_PATH}"

    def wait(self, patience_s: int) -> str:
        """Return the address the consent page led back to; raises SignInAgain when nobody comes."""
        try:
            return self._answers.get(timeout=patience_s)
        except queue.Empty:
            minutes = max(patience_s // 60, 1)
            sentence = f"Nobody finished the sign-in in the browser within {minutes} minutes. Please start again."
            raise SignInAgain(sentence, "no callback") from None


@contextmanager
def listening(port: int, state: str) -> Iterator[Callback]:
    """Listen on loopback for the answer that carries the state; raises ConfigurationError when the port is taken."""
    answers: queue.SimpleQueue[str] = queue.SimpleQueue()
    handler = _handler(state, answers)
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        message = f"--port: nothing can listen on port {port} of this machine ({error.strerror}). Choose another."
        raise ConfigurationError((message,)) from None
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Callback(server, answers)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(state: str, answers: queue.SimpleQueue[str]) -> type[BaseHTTPRequestHandler]:
    taken = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        """Answers the browser; nothing of a request is ever logged, for it carries the code."""

        timeout: ClassVar[int] = 10

        def do_GET(self) -> None:
            """Take the answer when it is the awaited one and the first."""
            split = urlsplit(self.path)
            given = parse_qs(split.query).get("state", [""])[0]
            if split.path != _PATH:
                self._say(404, "There is nothing here.")
            elif not hmac.compare_digest(given.encode(), state.encode()) or not taken.acquire(blocking=False):
                self._say(400, _STRANGE)
            else:
                self._say(200, _DONE)
                answers.put(self.path)

        def _say(self, status: int, text: str) -> None:
            body = f"<!doctype html><meta charset=utf-8><title>Ligament</title><p>{text}</p>".encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Content-Security-Policy", "default-src 'none'")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the library
            """Log nothing."""

    return Handler
