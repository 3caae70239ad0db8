"""A real web address on loopback that keeps what it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Receiver:
    """What arrived, oldest first; `status` is what it answers, 413 to files where it `takes_files` not."""

    port: int = 0
    status: int = 200
    takes_files: bool = True
    got: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.port}/inbox?retry=0"

    @property
    def titles(self) -> list[str]:
        return [str(one["title"]) for one in self.got]

    def taken(self) -> list[dict[str, Any]]:
        """Return what arrived, and begin anew."""
        found, self.got = self.got, []
        return found


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen until the end."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.paths.append(self.path)
            said = json.loads(body)
            status = 413 if said.get("attachments") and not receiver.takes_files else receiver.status
            if status == 200:
                receiver.got.append(said)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
