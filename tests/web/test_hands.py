"""Threads for looks: what came of one comes back into the loop, and one that nobody waits for any more is let go."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import pytest

from ligament.web.api.hands import Hands

T = TypeVar("T")


def in_a_loop(asked: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run it in a thread of its own: browser tests may have left a loop running in this one."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(lambda: asyncio.run(asked())).result(timeout=60)


class Slow:
    """Work that ends when it may, and says that it has begun."""

    def __init__(self) -> None:
        self.began, self.may_end = threading.Event(), threading.Event()

    def __call__(self) -> bool:
        self.began.set()
        return self.may_end.wait(20)


def test_an_answer_comes_from_another_thread_and_what_is_raised_comes_too() -> None:
    async def asked() -> tuple[str, str]:
        hands = Hands()
        name = await hands.do(lambda: threading.current_thread().name)
        with pytest.raises(ZeroDivisionError) as raised:
            await hands.do(lambda: 1 // 0)
        return name, str(raised.value)

    name, said = in_a_loop(asked)
    assert (name, said) == ("looks-1", "integer division or modulo by zero")


def test_no_more_threads_begin_than_there_may_be_and_everybody_is_answered() -> None:
    names: set[str] = set()

    def work(number: int) -> int:
        names.add(threading.current_thread().name)
        return number * 2

    async def asked() -> list[int]:
        hands = Hands(most=3)
        return await asyncio.gather(*(hands.do(partial(work, number)) for number in range(200)))

    assert in_a_loop(asked) == [number * 2 for number in range(200)]
    assert names <= {"looks-1", "looks-2", "looks-3"}


def test_looks_go_on_beside_one_that_takes_long() -> None:
    async def asked() -> str:
        hands, slow = Hands(most=2), Slow()
        waiting = asyncio.create_task(hands.do(slow))
        await asyncio.to_thread(slow.began.wait, 20)
        told = await hands.do(lambda: "quick")
        slow.may_end.set()
        assert await waiting
        return told

    assert in_a_loop(asked) == "quick"


def test_who_went_away_is_not_told_and_the_thread_goes_on() -> None:
    async def asked() -> str:
        hands, slow = Hands(most=1), Slow()
        gone = asyncio.create_task(hands.do(slow))
        await asyncio.to_thread(slow.began.wait, 20)
        gone.cancel()
        slow.may_end.set()
        return await hands.do(lambda: "still here")

    assert in_a_loop(asked) == "still here"


def test_a_loop_that_ended_meanwhile_ends_no_thread() -> None:
    hands, slow = Hands(most=1), Slow()

    async def left() -> None:
        task = asyncio.create_task(hands.do(slow))
        await asyncio.to_thread(slow.began.wait, 20)
        task.cancel()

    in_a_loop(left)
    slow.may_end.set()
    assert in_a_loop(lambda: hands.do(lambda: "another loop")) == "another loop"
