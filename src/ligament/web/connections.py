"""Connections of the web server: each has so long to ask its question, and there are only so many at a time.

Who opens hundreds and says nothing, or a byte a minute, would otherwise use up all the descriptors that the process may
have, and with them its database and its calls.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol

QUESTION_S = 20
"""How long the head and the body of one request may take to arrive."""
MOST_CONNECTIONS = 200
IDLE_S = 15
"""How long a connection may wait for its next request."""
_ASKED = (h11.DONE, h11.MUST_CLOSE, h11.CLOSED, h11.ERROR)


_TWO_LENGTHS = frozenset({b"content-length", b"transfer-encoding"})


class _PlainConnection(h11.Connection):
    """Refuses a request that names its end twice: a proxy may read the other end, and take its rest for a request."""

    def next_event(self) -> Any:  # noqa: ANN401 - as the library has it
        found = super().next_event()
        if isinstance(found, h11.Request) and {name for name, _ in found.headers} >= _TWO_LENGTHS:
            raise h11.RemoteProtocolError("Content-Length beside Transfer-Encoding", error_status_hint=400)
        return found


class PatientProtocol(H11Protocol):
    """The server's own protocol, with an end to its patience."""

    question_s = QUESTION_S
    _late: asyncio.TimerHandle | None = None
    _refused = False

    def __init__(self, config: Config, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - what the server hands over
        super().__init__(config, *args, **kwargs)
        most = config.h11_max_incomplete_event_size
        self.conn = _PlainConnection(h11.SERVER) if most is None else _PlainConnection(h11.SERVER, most)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as the server's own
        """Take a connection, or refuse it at once when there are too many."""
        if len(self.connections) >= MOST_CONNECTIONS:
            self._refused = True
            transport.abort()
            return
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Read on; once the whole question is there, nobody waits for it any more."""
        if self._refused:
            return
        super().data_received(data)
        if self._is_asked():
            self._forget()
        elif self._late is None:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of a connection."""
        self._forget()
        if not self._refused:
            super().connection_lost(exc)

    def _is_asked(self) -> bool:
        return self.conn.their_state in _ASKED

    def _watch(self) -> None:
        self._late = self.loop.call_later(self.question_s, self._give_up)

    def _forget(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        if not self._is_asked():
            self.transport.abort()
