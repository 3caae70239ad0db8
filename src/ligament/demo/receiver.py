"""Part of the demo: another tool. It takes webhooks on this machine and checks signatures as the standard says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One webhook as it came; header names are in lower case."""

    headers: Mapping[str, str]
    body: bytes

    def is_genuine(self, secret: str) -> bool:
        """Say whether it was signed with this secret; worked out from the standard alone, not with what signed it."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + self.body
        mine = f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"
        return any(hmac.compare_digest(mine, given) for given in self.headers["webhook-signature"].split())

    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(slots=True)
class Receiver:
    """What came, in order, and the address that takes more."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on a free port of this machine."""
    receiver = Receiver()

    class Inbox(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Keep what came."""
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.heard.append(Heard(headers={name.lower(): held for name, held in self.headers.items()}, body=body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Inbox)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/inbox"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
