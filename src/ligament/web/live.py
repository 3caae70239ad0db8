"""Live pages: a stream that says that something changed, never what; the page then asks for its parts anew."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from ligament.app.access.proofs import digest
from ligament.app.access.sessions import recognise, seconds_left
from ligament.core.access import Right
from ligament.service.progress import BOARD, HowFar
from ligament.web.page import Answer, Page, Streamed, Visit
from ligament.web.rendering import progress_words

_LOOK_S = 2
_LOOKS_A_HEARTBEAT, _LOOKS_A_SESSION = 8, 5
_MARK, _LIST = 16, "/clinics"
_WARN_S = 120
"""How long before the end of a session its page says so; people need the time to answer (WCAG 2.2.1)."""
_WORKING_S, _WORKING_EACH_S = 10, 1
"""While work is under way everything changes all the time: how far it is comes by itself, the rest now and then."""
SIGNED_OUT = b"event: signed-out\ndata: now\n\n"
_CHANGED = b"event: changed\ndata: now\n\n"
_ENDING, _HEARTBEAT = b"event: ending\ndata: soon\n\n", b": here\n\n"
_OPEN: set[int] = set()
"""The streams that are open in this process: with many of them each asks for less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What one stream looks at: the clinic's pulse, its work, and how many seconds of being signed in are left.

    `since` is the pulse that its page was made after; what changed between the two is told at the first look.
    """

    since: str
    pulse: Callable[[], str]
    work: Callable[[], HowFar | None]
    seconds_left: Callable[[], int]


def show(visit: Visit) -> Answer:
    """Begin a stream of one clinic."""
    name = visit.clinic.name
    return Streamed(
        watch=Watch(
            since=visit.query.get("since"),
            pulse=lambda: _pulse(visit),
            work=lambda: BOARD.of(name),
            seconds_left=lambda: _left(visit),
        )
    )


def show_list(visit: Visit) -> Answer:
    """Begin a stream of the list of clinics, those of it that the person sees."""
    return Streamed(
        watch=Watch(
            since=visit.query.get("since"),
            pulse=lambda: _pulse(visit),
            work=lambda: None,
            seconds_left=lambda: _left(visit),
        )
    )


def stream_of(visit: Visit) -> str:
    """Return where a page listens, or an empty text; to be asked before the page reads what it shows."""
    if not visit.clinic_id and visit.page.path != _LIST:
        return ""
    return f"{visit.clinic_path if visit.clinic_id else _LIST}/live?since={_pulse(visit)}"


def stream_since(visit: Visit, pulse: str) -> str:
    """Return where a page of a clinic listens that read the pulse together with what it shows."""
    return f"{visit.clinic_path}/live?since={digest(pulse)[:_MARK]}"


def _pulse(visit: Visit) -> str:
    """Return a short mark of the pulse of the clinic, or of the list, that a page or stream is about."""
    pulses = visit.house.pulses
    beats = pulses.of(visit.clinic.name) if visit.clinic_id else pulses.of_list(tuple(visit.clinics().values()))
    return digest(beats)[:_MARK]


def _left(visit: Visit) -> int:
    """Return how many seconds the session goes on that asked for a stream; none when it may not look any more."""
    found = recognise(visit.access, visit.secret, by_hand=False)
    if found is None or not found.is_signed_in:
        return 0
    return seconds_left(visit.access, found) if not visit.clinic_id or found.caller.sees(visit.clinic_id) else 0


@dataclass(slots=True)
class Beat:
    """What was told last, and what is to be told now; looks are counted, not timed."""

    seen: str
    work: HowFar | None = None
    is_stale: bool = False
    looks_ago: int = 0

    def events(self, pulse: str, work: HowFar | None, streams: int) -> Iterator[bytes]:
        """Yield what a look found; while work goes on, that something changed is told only now and then."""
        self.looks_ago += 1
        is_over = self.work is not None and work is None
        self.is_stale = self.is_stale or pulse != self.seen or is_over
        if work != self.work:
            yield _progress(work)
        pause = max(_WORKING_S, streams * _WORKING_EACH_S) if work is not None else 0
        if self.is_stale and (is_over or self.looks_ago * _LOOK_S >= pause):
            self.is_stale, self.looks_ago = False, 0
            yield _CHANGED
        self.seen, self.work = pulse, work


def _progress(work: HowFar | None) -> bytes:
    told = {} if work is None else {"words": progress_words(work), "done": work.done, "total": work.total}
    return f"event: progress\ndata: {json.dumps(told)}\n\n".encode()


class Stream(ASGIResponse):
    """A response that goes on until the browser leaves, or the session ends."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(media_type="text/event-stream", headers=[("x-accel-buffering", "no")])
        self._watch = watch

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send an event for each change."""
        headers = [(b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await _send(send, b"retry: 5000\n\n")
        _OPEN.add(id(self))
        try:
            await self._go_on(receive, send)
        finally:
            _OPEN.discard(id(self))

    async def _go_on(self, receive: Receive, send: Send) -> None:
        beat, looks = Beat(seen=self._watch.since or await asyncio.to_thread(self._watch.pulse)), 0
        while not await _has_left(receive):
            if looks % _LOOKS_A_SESSION == 0 and not await self._is_signed_in(send):
                return
            looks += 1
            pulse = await asyncio.to_thread(self._watch.pulse)
            events = list(beat.events(pulse, self._watch.work(), len(_OPEN)))
            for one in events or ([_HEARTBEAT] if looks % _LOOKS_A_HEARTBEAT == 0 else []):
                await _send(send, one)

    async def _is_signed_in(self, send: Send) -> bool:
        """Say whether the session goes on, and tell the page when it soon does not, or no longer."""
        left = await asyncio.to_thread(self._watch.seconds_left)
        if left <= 0:
            await _send(send, SIGNED_OUT, more=False)
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


PAGES = (
    Page(path="/c/{clinic}/live", name="live", answer=show, right=Right.LOOK, is_stream=True),
    Page(path="/clinics/live", name="live list", answer=show_list, right=Right.LOOK, is_stream=True),
)
