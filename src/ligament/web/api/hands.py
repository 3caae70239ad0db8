"""Hands: threads that answer what only looks, beside the loop that talks to everybody.

What the standard library hands to threads goes through three locks and a list of callbacks, which costs as much as an
empty answer. A look needs none of that: it is put into a queue, and its answer is called back into the loop.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Self, TypeVar

T = TypeVar("T")
_Job = tuple[asyncio.AbstractEventLoop, asyncio.Future[Any], Callable[[], Any]]
_MOST = min(32, (os.cpu_count() or 1) + 4)
"""As many as the standard library would take."""


class Hands:
    """Threads that begin when they are first needed and end with the process: what they do changes nothing."""

    def __init__(self, most: int = _MOST) -> None:
        """Take how many threads there may be."""
        self._most = most
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._turn = threading.Lock()
        self._begun = 0
        self._busy = 0

    async def do(self, work: Callable[[], T]) -> T:
        """Return what the work returns, or raise what it raises, without keeping the loop waiting."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        with self._turn:
            self._busy += 1
            if self._busy > self._begun < self._most:
                self._begun += 1
                threading.Thread(target=self._work, name=f"looks-{self._begun}", daemon=True).start()
        self._jobs.put((loop, answer, work))
        return await answer

    def _work(self) -> None:
        while True:
            loop, answer, work = self._jobs.get()
            with _Answering(loop, answer) as answering:
                answering.done = work()
            with self._turn:
                self._busy -= 1
            # Nothing of it is kept until the next one comes.
            del loop, answer, work, answering


class _Answering:
    """Hands what came of some work to whoever waits for it in a loop: an answer, or what was raised."""

    def __init__(self, loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Any]) -> None:
        self._loop = loop
        self._answer = answer
        self.done: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        # A loop that has ended meanwhile takes nothing any more, and nobody waits there.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(_tell, self._answer, self.done, error)
        return True


def _tell(answer: asyncio.Future[Any], done: object, error: BaseException | None) -> None:
    if answer.done():
        # Whoever asked has gone.
        return
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(done)
