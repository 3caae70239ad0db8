"""Live pages: a stream that says that something changed, never what; the page then asks for its parts anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from ligament.app.access.sessions import recognise, seconds_left
from ligament.core.access import Right
from ligament.web.page import Answer, Page, Streamed, Visit

_LOOK_S = 2
_LOOKS_A_HEARTBEAT, _LOOKS_A_SESSION = 8, 5
_WARN_S = 120
"""How long before the end of a session its page says so; people need the time to answer (WCAG 2.2.1)."""
_CHANGED, _SIGNED_OUT = b"event: changed\ndata: now\n\n", b"event: signed-out\ndata: now\n\n"
_ENDING, _HEARTBEAT = b"event: ending\ndata: soon\n\n", b": here\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What one stream looks at: the clinic's pulse, and for how many seconds the person is still signed in."""

    pulse: Callable[[], str]
    seconds_left: Callable[[], int]


def show(visit: Visit) -> Answer:
    """Begin a stream."""
    access, name, secret, pulses = visit.access, visit.clinic.name, visit.secret, visit.house.pulses

    def left() -> int:
        found = recognise(access, secret, by_hand=False)
        if found is None or not found.is_signed_in or not found.caller.sees(visit.clinic_id):
            return 0
        return seconds_left(access, found)

    return Streamed(watch=Watch(pulse=lambda: pulses.of(name), seconds_left=left))


class Stream(ASGIResponse):
    """A response that goes on until the browser leaves, or the session ends."""

    def __init__(self, watch: Watch) -> None:
        """Take what it looks at."""
        super().__init__(media_type="text/event-stream", headers=[("x-accel-buffering", "no")])
        self._watch = watch

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send an event for each change."""
        headers = [(b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await _send(send, b"retry: 5000\n\n")
        seen, looks = await asyncio.to_thread(self._watch.pulse), 0
        while not await _has_left(receive):
            if looks % _LOOKS_A_SESSION == 0 and not await self._goes_on(send):
                return
            looks += 1
            now = await asyncio.to_thread(self._watch.pulse)
            if now != seen:
                await _send(send, _CHANGED)
            elif looks % _LOOKS_A_HEARTBEAT == 0:
                await _send(send, _HEARTBEAT)
            seen = now

    async def _goes_on(self, send: Send) -> bool:
        """Say whether the session goes on, and tell the page when it soon does not, or no longer."""
        left = await asyncio.to_thread(self._watch.seconds_left)
        if left <= 0:
            await _send(send, _SIGNED_OUT, more=False)
        elif left <= _WARN_S:
            await _send(send, _ENDING)
        return left > 0


async def _has_left(receive: Receive) -> bool:
    """Wait a little, and say whether the browser went away meanwhile."""
    try:
        message: Any = await asyncio.wait_for(receive(), _LOOK_S)
    except TimeoutError:
        return False
    return bool(message["type"] == "http.disconnect")


async def _send(send: Send, body: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


PAGES = (Page(path="/c/{clinic}/live", name="live", answer=show, right=Right.LOOK),)
