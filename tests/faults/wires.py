"""The wire between Ligament and the two simulated systems: no sockets, and every way for an exchange to go wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import httpx2

from ligament.connectors.cliniko.simulator import handle as handle_practice
from ligament.connectors.xero.simulator import control as desk
from ligament.connectors.xero.simulator import handle as handle_books
from ligament.simkit.faults import HTML_PAGE
from ligament.simkit.messages import Request, Response, request_from_target
from tests.faults.findings import Violation
from tests.faults.people import expire_tokens

if TYPE_CHECKING:
    from tests.faults.simulation import Simulation

PRACTICE, BOOKS = "cliniko", "xero"
PATIENCE = timedelta(seconds=45)
"""How long the clients wait for an answer."""
_HTML = (("Content-Type", "text/html; charset=utf-8"),)
_PROBLEMS = {
    "too_many_minute": "minute",
    "too_many_app": "appminute",
    "too_many_concurrent": "concurrent",
    "too_many_day": "day",
}


class Killed(BaseException):
    """The process is dead: nothing it does from now on reaches a server or the disk."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One line of the wire log."""

    at: datetime
    system: str
    method: str
    target: str
    digest: str
    outcome: str

    def __str__(self) -> str:
        said = f"{self.system:7} {self.method:5} {self.target[:110]} {self.digest}"
        return f"{self.at:%d %H:%M:%S.%f} {said} -> {self.outcome}"


@dataclass(frozen=True, slots=True)
class Late:
    """A request that is still under way; one that is overtaken arrives right behind the next one, if that is sooner."""

    number: int
    at: datetime
    system: str
    request: Request
    is_overtaken: bool = False


def applies(fault: str, system: str) -> bool:
    """Say whether a fault can strike a system: only the books have tokens that expire."""
    return fault != "expired" or system == BOOKS


def is_write(method: str, path: str) -> bool:
    """Say whether a request would change something; signing in does not."""
    return method != "GET" and not path.startswith("/connect")


@dataclass(slots=True)
class Wire:
    """Both systems at the end of their wires; `late` holds requests that are still under way."""

    sim: Simulation
    log: list[Sent] = field(default_factory=list)
    late: list[Late] = field(default_factory=list)
    down_until: dict[str, datetime] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    """Keys under which something left already."""
    _delayed: int = 0

    def transports(self) -> dict[str, httpx2.BaseTransport]:
        """Return what the real clients send through."""
        return {name: _Mounted(self, name) for name in (PRACTICE, BOOKS)}

    def exchange(self, system: str, method: str, target: str, headers: dict[str, str], body: bytes) -> Response:
        """Carry one request, with whatever happens to it."""
        sim = self.sim
        sim.gate("call")
        write = is_write(method, target)
        fault, pick = sim.on_call(system, write=write)
        if write and sim.fenced_off:
            raise Violation("fence", f"{method} {target} leaves though another worker has the clinic")
        sim.time.advance(sim.tick)
        self.deliver_late()
        request = request_from_target(method, target, headers, body, sim.time.at)
        sim.checker.waits.leaves(system, request)
        if fault == "" and sim.time.at < self.down_until.get(system, sim.time.at):
            fault = "unavailable"
            sim.struck[fault] += 1
        if write and sim.stranger is None:
            self.keys.add(request.headers.get("idempotency-key", ""))
            if system == BOOKS:
                sim.checker.barred.leaves(request)
                sim.checker.voids.leaves(request)
        overtaken = [one for one in self.late if one.is_overtaken and one.system == system]
        try:
            response = self._carried(system, request, fault, pick)
        except BaseException as trouble:
            self._note(system, request, target, fault or type(trouble).__name__)
            raise
        self._arrive([replace(one, at=sim.time.at) for one in overtaken])
        self._note(system, request, target, f"{response.status} {fault}".strip())
        sim.checker.answered(system, request, response)
        return response

    def deliver_late(self) -> None:
        """Let requests arrive whose time has come, in their order."""
        self._arrive(sorted((one for one in self.late if one.at <= self.sim.time.at), key=lambda one: one.at))

    def _arrive(self, due: list[Late]) -> None:
        numbers = {one.number for one in due}
        self.late = [one for one in self.late if one.number not in numbers]
        for one in due:
            arrived = replace(one.request, at=one.at)
            answer = self._handle(one.system, arrived, late=True)
            self._note(one.system, arrived, arrived.path, f"{answer.status} arrived late")

    def delay(self, system: str, request: Request, seconds: int, *, is_overtaken: bool = False) -> None:
        """Keep a request under way for so long; one that is overtaken arrives right behind the next one, if sooner."""
        at = self.sim.time.at + timedelta(seconds=seconds)
        self._delayed += 1
        self.late.append(Late(self._delayed, at, system, request, is_overtaken))

    def _handle(self, system: str, request: Request, *, late: bool = False) -> Response:
        sim = self.sim
        if sim.stranger is not None and not late:
            # What was decided while the key was right may still be sent again to the books, under its own key.
            again = system == BOOKS and request.headers.get("idempotency-key", "") in self.keys
            if is_write(request.method, request.path) and not again:
                raise Violation(
                    "stranger", f"{request.method} {request.path} leaves while the key is another practice's"
                )
            if system == PRACTICE:
                sim.stranger, response = handle_practice(sim.stranger, request)
                return response
        if system == PRACTICE:
            before = sim.practice
            sim.practice, response = handle_practice(before, request)
            sim.checker.practice_written(before, sim.practice, request, response)
        else:
            former = sim.books
            sim.books, response = handle_books(former, request)
            sim.checker.books_written(former, sim.books, request, response, late=late)
            sim.hooks.tell(former, sim.books)
        return response

    def _carried(self, system: str, request: Request, fault: str, pick: int) -> Response:
        if not fault:
            response = self._handle(system, request)
            self.sim.checker.not_too_many(system, request, response)
            return response
        before = _BEFORE.get(fault)
        if before is not None:
            return before(self, system, request, pick)
        response = self._handle(system, request)
        return _AFTER[fault](self, response, pick)

    def _note(self, system: str, request: Request, target: str, outcome: str) -> None:
        digest = hashlib.blake2b(request.body, digest_size=4).hexdigest() if request.body else "-"
        self.log.append(Sent(request.at, system, request.method, target, digest, outcome))


class _Mounted(httpx2.BaseTransport):
    """Hands the real client's requests to the wire."""

    def __init__(self, wire: Wire, system: str) -> None:
        self._wire, self._system = wire, system

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Carry one request."""
        headers = {"x-forwarded-proto": request.url.scheme, **dict(request.headers.items())}
        target = request.url.raw_path.decode("ascii")
        answer = self._wire.exchange(self._system, request.method, target, headers, request.read())
        return httpx2.Response(answer.status, headers=list(answer.headers), stream=httpx2.ByteStream(answer.body))


# --- what goes wrong before the system sees the request ---------------------------------------------------------------

Before = Callable[[Wire, str, Request, int], Response]
After = Callable[[Wire, Response, int], Response]


def _no_connection(wire: Wire, system: str, request: Request, pick: int) -> Response:
    del wire, system, request, pick
    raise httpx2.ConnectError("connection refused")


def _dropped(wire: Wire, system: str, request: Request, pick: int) -> Response:
    del wire, system, request, pick
    raise httpx2.RemoteProtocolError("Server disconnected without sending a response.")


def _late(wire: Wire, system: str, request: Request, pick: int) -> Response:
    """The request is under way for up to six minutes; the client gives up after its patience."""
    wire.delay(system, request, 50 + pick % 300)
    wire.sim.time.advance(PATIENCE)
    raise httpx2.ReadTimeout("timed out")


def _overtaken(wire: Wire, system: str, request: Request, pick: int) -> Response:
    """The connection is lost at once, and the request reaches the server only behind the next one."""
    wire.delay(system, request, 50 + pick % 300, is_overtaken=True)
    raise httpx2.RemoteProtocolError("Server disconnected without sending a response.")


def _killed_in_flight(wire: Wire, system: str, request: Request, pick: int) -> Response:
    """The process dies while its request is still under way for up to six minutes."""
    wire.delay(system, request, 50 + pick % 300)
    wire.sim.kill()
    raise Killed


def _killed(wire: Wire, system: str, request: Request, pick: int) -> Response:
    del system, request, pick
    wire.sim.kill()
    raise Killed


def _paused(wire: Wire, system: str, request: Request, pick: int) -> Response:
    """The process is suspended before the request leaves, for longer than a key lives every second time."""
    wire.sim.time.advance(timedelta(seconds=(30, 400, 900)[pick % 3]))
    wire.deliver_late()
    wire.sim.ask_again(write=is_write(request.method, request.path))
    return wire._handle(system, replace(request, at=wire.sim.time.at))


def _expired(wire: Wire, system: str, request: Request, pick: int) -> Response:
    del pick
    wire.sim.books = expire_tokens(wire.sim.books)
    return wire._handle(system, request)


def _answer(status: int, body: bytes = b"", headers: tuple[tuple[str, str], ...] = ()) -> Before:
    def answer(wire: Wire, system: str, request: Request, pick: int) -> Response:
        del wire, system, request, pick
        return Response(status=status, headers=headers, body=body)

    return answer


def _too_many(fault: str) -> Before:
    def answer(wire: Wire, system: str, request: Request, pick: int) -> Response:
        del request
        if system == PRACTICE:
            reset = int(wire.sim.time.at.timestamp()) + 1 + pick % 60
            return Response(status=429, headers=(("X-RateLimit-Reset", str(reset)),), body=b"Rate limit exceeded\n")
        head = [("X-Rate-Limit-Problem", _PROBLEMS[fault])]
        if fault == "too_many_day":
            head.append(("Retry-After", str(600 + pick % 20_000)))
        elif fault == "too_many_minute":
            head.append(("Retry-After", str(1 + pick % 60)))
        return Response(status=429, headers=tuple(head))

    return answer


def _stored_500(wire: Wire, system: str, request: Request, pick: int) -> Response:
    """Xero breaks inside and keeps its answer under the key; the practice just breaks."""
    if system != BOOKS or request.method == "GET":
        return _answer(500)(wire, system, request, pick)
    wire.sim.books = desk.break_next_writes(wire.sim.books)
    response = wire._handle(system, request)
    # A request that never came so far (an expired token, a limit) must not leave the fault to a later one.
    wire.sim.books = desk.break_next_writes(wire.sim.books, 0)
    return response


_BEFORE: dict[str, Before] = {
    "no_connection": _no_connection,
    "drop_before": _dropped,
    "late": _late,
    "overtaken": _overtaken,
    "kill_before": _killed,
    "kill_in_flight": _killed_in_flight,
    "pause": _paused,
    "expired": _expired,
    "unauthorised": _answer(401),
    "forbidden": _answer(403),
    "unavailable": _answer(503, b"Service unavailable", (("Content-Type", "text/plain"),)),
    "html_502_before": _answer(502, HTML_PAGE, _HTML),
    "plain_500": _answer(500),
    "stored_500": _stored_500,
    **{name: _too_many(name) for name in _PROBLEMS},
}


# --- what goes wrong once the system has done it ----------------------------------------------------------------------


def _lost(wire: Wire, response: Response, pick: int) -> Response:
    del wire, response, pick
    raise httpx2.RemoteProtocolError("Server disconnected without sending a response.")


def _killed_after(wire: Wire, response: Response, pick: int) -> Response:
    del response, pick
    wire.sim.kill()
    raise Killed


def _slow(wire: Wire, response: Response, pick: int) -> Response:
    wire.sim.time.advance(timedelta(seconds=1 + pick % 40))
    return response


def _truncated(wire: Wire, response: Response, pick: int) -> Response:
    del wire, pick
    return Response(status=response.status, headers=response.headers, body=response.body[: len(response.body) // 2])


def _instead(status: int, body: bytes) -> After:
    def answer(wire: Wire, response: Response, pick: int) -> Response:
        del wire, pick
        return Response(status=status or response.status, headers=_HTML, body=body)

    return answer


_AFTER: dict[str, After] = {
    "drop_after": _lost,
    "kill_after": _killed_after,
    "slow": _slow,
    "truncated": _truncated,
    "html_200": _instead(200, HTML_PAGE),
    "html_502_after": _instead(502, HTML_PAGE),
    "empty_200": _instead(200, b""),
}


def _duplicated(wire: Wire, system: str, request: Request, pick: int) -> Response:
    """A box in between sends the request twice; the client sees one of the two answers."""
    first = wire._handle(system, request)
    second = wire._handle(system, request)
    return (first, second)[pick % 2]


_BEFORE["duplicate"] = _duplicated
