"""A simulator mounted under the real HTTP client, in this process and without sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2

from ligament.simkit.faults import ConnectionDropped, ReplyTimedOut

if TYPE_CHECKING:
    from ligament.simkit.hosting import Host

LOOPBACK = "http://127.0.0.1:9"
"""An address for mounted simulators; nothing is ever sent there."""


class Mounted(httpx2.BaseTransport):
    """Hands each request to a host and turns its answer, or its silence, into what the client would meet."""

    def __init__(self, host: Host[Any]) -> None:
        self._host = host

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        headers = {"x-forwarded-proto": request.url.scheme, **dict(request.headers.items())}
        target = request.url.raw_path.decode("ascii")
        try:
            response = self._host.call(request.method, target, headers, request.read())
        except ConnectionDropped as trouble:
            raise httpx2.RemoteProtocolError("Server disconnected without sending a response.") from trouble
        except ReplyTimedOut as trouble:
            raise httpx2.ReadTimeout("timed out") from trouble
        return httpx2.Response(response.status, headers=list(response.headers), stream=httpx2.ByteStream(response.body))


def mounted(host: Host[Any]) -> httpx2.BaseTransport:
    """Return a transport that reaches nothing but this host."""
    return Mounted(host)
