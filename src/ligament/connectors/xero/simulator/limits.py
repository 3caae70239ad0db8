"""Rate limits per app and organisation: concurrent, minute, day, and per app over all organisations."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator.wire import milliseconds
from ligament.simkit.messages import Response

if TYPE_CHECKING:
    from datetime import datetime

    from ligament.connectors.xero.simulator.switches import Switches
    from ligament.connectors.xero.simulator.world import App, World
    from ligament.simkit.messages import Request

_MINUTE = 60_000
_DAY = 86_400_000
_RAPID_SYNC = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    used: int
    limit: int
    ends_in_ms: int

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)


def admit(world: World, app: App, tenant_id: str, request: Request) -> tuple[World, Response | None]:
    """Count the call, or return the 429 that refuses it; a refused call is not counted."""
    switches = world.switches
    in_flight = request.headers.get("x-sim-in-flight", "0")
    if in_flight.isdigit() and int(in_flight) > switches.concurrent_limit:
        wait = 1_000 if switches.retry_after_on_concurrent else 0
        return world, _refusal(switches.problem_concurrent, wait)
    minute, day, app_minute = _windows(world, app, tenant_id, request.at)
    lifted = _is_rapid(world, app, tenant_id, request.at)
    if not lifted and day.left == 0:
        return world, _refusal(switches.problem_day, day.ends_in_ms)
    if not lifted and minute.left == 0:
        return world, _refusal(switches.problem_minute, minute.ends_in_ms)
    if app_minute.left == 0:
        wait = app_minute.ends_in_ms if switches.retry_after_on_app_minute else 0
        return world, _refusal(switches.problem_app_minute, wait)
    now = milliseconds(request.at)
    calls = dict(world.calls)
    for key, length in (((app.client_id, tenant_id), _DAY), ((app.client_id, ""), _MINUTE)):
        if not (lifted and key[1]):
            former = calls.get(key, ())
            calls[key] = (*former[bisect_left(former, now - length) :], now)
    return replace(world, calls=calls), None


def headers(world: World, app: App, tenant_id: str, at: datetime) -> tuple[tuple[str, str], ...]:
    """Return the three headers that tell what is left."""
    minute, day, app_minute = _windows(world, app, tenant_id, at)
    lifted = _is_rapid(world, app, tenant_id, at)
    return (
        ("X-DayLimit-Remaining", str(day.limit if lifted else day.left)),
        ("X-MinLimit-Remaining", str(minute.limit if lifted else minute.left)),
        ("X-AppMinLimit-Remaining", str(app_minute.left)),
    )


def _windows(world: World, app: App, tenant_id: str, at: datetime) -> tuple[_Window, _Window, _Window]:
    switches = world.switches
    calls = world.calls.get((app.client_id, tenant_id), ())
    all_calls = world.calls.get((app.client_id, ""), ())
    offset = int(tenant_id[:8] or "0", 16) if tenant_id else 0
    now = milliseconds(at)
    return (
        _window(switches, calls, now, _MINUTE, offset, switches.minute_limit),
        _window(switches, calls, now, _DAY, offset, app.day_limit),
        _window(switches, all_calls, now, _MINUTE, 0, switches.app_minute_limit),
    )


def _window(switches: Switches, calls: tuple[int, ...], now: int, length: int, offset: int, limit: int) -> _Window:
    if switches.windows == "rolling":
        first = bisect_left(calls, now - length + 1)
        used = len(calls) - first
        # The window opens again once enough of the oldest calls have left it.
        frees = calls[max(first, len(calls) - limit)] + length - now if used else 0
        return _Window(used=used, limit=limit, ends_in_ms=frees)
    starts = now - (now + offset) % length
    return _Window(used=len(calls) - bisect_left(calls, starts), limit=limit, ends_in_ms=starts + length - now)


def _is_rapid(world: World, app: App, tenant_id: str, at: datetime) -> bool:
    return world.switches.rapid_sync and any(
        (it.client_id, it.tenant_id) == (app.client_id, tenant_id) and at - it.created_at < _RAPID_SYNC
        for it in world.connections.values()
    )


def _refusal(problem: str, wait_ms: int) -> Response:
    head = [("X-Rate-Limit-Problem", problem)]
    if wait_ms > 0:
        head.append(("Retry-After", str(-(-wait_ms // 1_000))))
    return Response(status=429, headers=tuple(head))
