"""Listening: uvicorn around the application, until the process is asked to stop."""

from __future__ import annotations

import socket
from collections.abc import Callable
from errno import EADDRNOTAVAIL

import uvicorn

from ligament.service.opening import Service
from ligament.service.stopping import StopSign
from ligament.web.application import application
from ligament.web.connections import IDLE_S, PatientProtocol
from ligament.wiring.errors import ConfigurationError

_END_S = 2
_LAST_PORT = 65_535
"""How long answers under way may take once the process is asked to stop."""


def listen(door: Service, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Answer on an address until SIGTERM or Ctrl-C; `ready` hears the address once nobody else can have it."""
    with _bound(host, port) as listener:
        shown = f"[{host}]" if ":" in host else host
        ready(f"http://{shown}:{listener.getsockname()[1]}")
        config = uvicorn.Config(
            application(door),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_END_S,
            timeout_keep_alive=IDLE_S,
            http=PatientProtocol,
            lifespan="off",
        )
        _Server(config, door.place.sign).run(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that also ends when it was asked to before it began to hear signals itself."""

    def __init__(self, config: uvicorn.Config, sign: StopSign) -> None:
        super().__init__(config)
        self._sign = sign

    async def on_tick(self, counter: int) -> bool:
        """Say whether to end."""
        return await super().on_tick(counter) or self._sign.is_set()


def _bound(host: str, port: int) -> socket.socket:
    if not 0 <= port <= _LAST_PORT:
        raise ConfigurationError((f"--port: {port} is no port. Choose one from 1 to {_LAST_PORT}, or 0 for any.",))
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        # A name that nobody knows comes with a number below zero, and with more words than a person needs.
        which = "--host" if error.errno == EADDRNOTAVAIL or (error.errno or 0) < 0 else "--port"
        why = str(error.strerror).partition(" (")[0]
        complaint = f"{which}: it is not possible to listen on {host}:{port} ({why}). Choose another one."
        raise ConfigurationError((complaint,)) from None
    except UnicodeError:
        raise ConfigurationError((f'--host: "{host}" is no address, such as 127.0.0.1.',)) from None
