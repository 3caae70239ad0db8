"""A host gives a pure handler a world that lives on: in-process for tests, over real HTTP on loopback for the demo."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from ligament.simkit.faults import (
    ConnectionDropped,
    Fault,
    FaultKind,
    FaultScript,
    FaultState,
    ReplyTimedOut,
    decide,
    disfigure,
    instead_of_handling,
    kept,
)
from ligament.simkit.loopback import Cut, LoopbackServer
from ligament.simkit.messages import Request, Response, request_from_target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from types import TracebackType

W = TypeVar("W")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One logged exchange; `response` is None when the caller got no whole answer."""

    request: Request
    response: Response | None
    at: datetime
    fault: Fault | None = None


class Host(Generic[W]):
    """Keeps a world, lets requests change it one at a time, and logs what was said.

    As a context manager it also listens on loopback. `clock` tells the time of requests that arrive over a socket or
    through `call`; an `exchange` brings its own. `log_limit` caps the log (0 switches it off). `pause` waits for
    a number of seconds. `patience_ms` is how long an in-process caller waits before `ReplyTimedOut` (0: for ever).
    """

    def __init__(  # noqa: PLR0913 - each argument is one thing a person chooses
        self,
        handle: Callable[[W, Request], tuple[W, Response]],
        world: W,
        *,
        clock: Callable[[], datetime] | None = None,
        faults: FaultScript | None = None,
        port: int = 0,
        log_limit: int = 10_000,
        pause: Callable[[float], object] | None = None,
        patience_ms: int = 0,
    ) -> None:
        self._handle = handle
        self._world = world
        self._clock = clock
        # Delays end early when the host stops, so that stopping never waits for a fault.
        self._stopped = threading.Event()
        self._pause = pause or self._stopped.wait
        self._patience_ms = patience_ms
        self._lock = threading.RLock()
        self._faults = faults
        self._fault_state = FaultState()
        self._log: deque[Exchange] | None = deque(maxlen=log_limit) if log_limit else None
        self._port = port
        self._server: LoopbackServer | None = None

    # --- the world -------------------------------------------------------------------------------------------------

    @property
    def world(self) -> W:
        with self._lock:
            return self._world

    @world.setter
    def world(self, world: W) -> None:
        with self._lock:
            self._world = world

    def change(self, fn: Callable[[W], W]) -> W:
        """Apply a change between two requests and return the new world."""
        with self._lock:
            self._world = fn(self._world)
            return self._world

    # --- faults and log --------------------------------------------------------------------------------------------

    @property
    def faults(self) -> FaultScript | None:
        return self._faults

    @faults.setter
    def faults(self, script: FaultScript | None) -> None:
        with self._lock:
            self._faults = script
            self._fault_state = FaultState()

    @property
    def fault_state(self) -> FaultState:
        """Return how far the fault script has been played; its strikes feed `faults.replay`."""
        with self._lock:
            return self._fault_state

    @property
    def log(self) -> list[Exchange]:
        """Return the exchanges so far, oldest first."""
        with self._lock:
            return list(self._log or ())

    def clear_log(self) -> None:
        """Forget the exchanges so far."""
        with self._lock:
            if self._log is not None:
                self._log.clear()

    # --- exchanges -------------------------------------------------------------------------------------------------

    def exchange(self, request: Request) -> Response:
        """Answer one request in-process; raise `ConnectionDropped` or `ReplyTimedOut` where a socket would fail."""
        outcome, fault = self._answer(request)
        if outcome is None or isinstance(outcome, Cut):
            raise ConnectionDropped(request.method, request.path)
        if fault is not None and 0 < self._patience_ms < fault.milliseconds:
            raise ReplyTimedOut(request.method, request.path)
        return outcome

    def call(self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Response:
        """Answer a request given by its raw target, timed by the host's clock."""
        return self.exchange(request_from_target(method, target, headers or {}, body, self._now()))

    def _now(self) -> datetime:
        if self._clock is None:
            raise RuntimeError("The host has no clock: give it one, such as Host(handle, world, clock=clock).")
        return self._clock()

    def _answer(self, request: Request) -> tuple[Response | Cut | None, Fault | None]:
        fault = self._next_fault(request)
        if fault is None:
            response = self._commit(request)
            self._record(request, response, None)
            return response, None
        outcome = self._answer_badly(fault, request)
        self._record(request, outcome if isinstance(outcome, Response) else None, fault)
        return outcome, fault

    def _answer_badly(self, fault: Fault, request: Request) -> Response | Cut | None:
        if fault.kind is FaultKind.DROP_BEFORE:
            return None
        instead = instead_of_handling(fault)
        if instead is not None:
            return instead
        if fault.kind is FaultKind.DELAY_BEFORE:
            self._wait(fault)
        response = self._commit(request)
        if fault.kind is FaultKind.DELAY_AFTER:
            self._wait(fault)
        if fault.kind is FaultKind.DROP_AFTER:
            return None
        if fault.kind is FaultKind.CUT:
            return Cut(response=response, body=kept(fault, response.body))
        return disfigure(fault, response)

    def _wait(self, fault: Fault) -> None:
        # An in-process caller that would give up anyway need not wait: the exchange raises after the commit.
        if not 0 < self._patience_ms < fault.milliseconds:
            self._pause(fault.milliseconds / 1000)

    def _next_fault(self, request: Request) -> Fault | None:
        with self._lock:
            if self._faults is None:
                return None
            self._fault_state, fault = decide(self._faults, self._fault_state, request)
            return fault

    def _commit(self, request: Request) -> Response:
        with self._lock:
            self._world, response = self._handle(self._world, request)
            return response

    def _record(self, request: Request, response: Response | None, fault: Fault | None) -> None:
        if self._log is not None:
            with self._lock:
                self._log.append(Exchange(request=request, response=response, at=request.at, fault=fault))

    # --- listening -------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Return the address without a closing slash; the host must be listening."""
        if self._server is None:
            raise RuntimeError("The host is not listening: use it as a context manager or call start() first.")
        return f"http://127.0.0.1:{self._server.port}"

    def start(self) -> Host[W]:
        """Listen on loopback; a free port is chosen unless one was given."""
        self._now()
        self._stopped.clear()
        if self._server is None:
            self._server = LoopbackServer(self._port, self._answer_raw)
        return self

    def stop(self) -> None:
        """Stop listening and close the open connections; the world and the log remain."""
        self._stopped.set()
        if self._server is not None:
            self._server.stop()
            self._server = None

    def _answer_raw(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response | Cut | None:
        # A loopback host speaks plain HTTP; the simulators build their links from this header.
        marked = {"x-forwarded-proto": "http", **headers}
        return self._answer(request_from_target(method, target, marked, body, self._now()))[0]

    def __enter__(self) -> Host[W]:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
