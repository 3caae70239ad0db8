"""The rate limit: requests per minute and user, counted in a fixed window or a sliding one [2.5]."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ligament.simkit.messages import Response, json_response

if TYPE_CHECKING:
    from datetime import datetime

    from ligament.connectors.cliniko.simulator.switches import Switches
    from ligament.connectors.cliniko.simulator.world import World


def count_request(world: World, user_id: str, at: datetime) -> tuple[World, Response | None]:
    """Count a request of a user; return the 429 that it meets, or None. Refused requests are not counted."""
    switches = world.switches
    if not switches.rate_limit:
        return world, None
    second, length = int(at.timestamp()), switches.rate_window_s
    before = world.requests.get(user_id, ())
    opened = second - second % length if switches.rate_window == "fixed" else second - length + 1
    current = before if before and before[0] >= opened else tuple(one for one in before if one >= opened)
    if len(current) >= switches.rate_limit:
        reset = opened + length if switches.rate_window == "fixed" else current[0] + length
        return world, too_many(switches, reset, second)
    return replace(world, requests={**world.requests, user_id: (*current, second)}), None


def too_many(switches: Switches, reset: int, now: int) -> Response:
    """Return the answer to a request over the limit; `reset` is the epoch second when the window resets."""
    headers: tuple[tuple[str, str], ...] = ()
    match switches.rate_reset_header:
        case "present":
            headers = (("X-RateLimit-Reset", str(reset)),)
        case "garbage":
            headers = (("X-RateLimit-Reset", "soon"),)
        case "milliseconds":
            headers = (("X-RateLimit-Reset", str(reset * 1000)),)
        case "seconds left":
            headers = (("X-RateLimit-Reset", str(reset - now)),)
        case "missing":
            pass
    match switches.rate_body:
        case "json":
            return json_response(429, {"message": "Rate limit exceeded"}, headers)
        case "empty":
            return Response(status=429, headers=headers)
        case "text":
            plain = ("Content-Type", "text/plain; charset=utf-8")
            return Response(status=429, headers=(plain, *headers), body=b"Rate limit exceeded\n")
