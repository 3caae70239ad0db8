"""Repeating READS until they work, with growing pauses; writes are never repeated here."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ligament.ports.errors import TryLater

if TYPE_CHECKING:
    from collections.abc import Callable

    from ligament.ports.clocks import Clock

T = TypeVar("T")


def patiently(  # noqa: PLR0913 - each number is a choice of the caller, by name
    attempt: Callable[[], T],
    *,
    clock: Clock,
    jitter: Callable[[int], int],
    attempts: int = 5,
    base_ms: int = 500,
    cap_ms: int = 30_000,
    give_up_s: int = 120,
) -> T:
    """Return what the attempt returns, repeating it on TryLater.

    The n-th pause is drawn by `jitter(limit)`, a whole number from 0 to `limit`, with `limit` doubling from `base_ms`
    up to `cap_ms` (full jitter); a wait asked for by the server is kept in full, with up to a second of jitter on top.
    A used-up allowance, a wait beyond `give_up_s` and the last attempt's trouble are passed on at once.
    """
    for done in range(1, attempts + 1):
        try:
            return attempt()
        except TryLater as trouble:
            if done == attempts or trouble.limit or trouble.wait_s > give_up_s:
                raise
            limit = min(base_ms * 2 ** (done - 1), cap_ms)
            clock.pause_ms(trouble.wait_s * 1000 + jitter(1000) if trouble.wait_s else jitter(limit))
    raise ValueError("at least one attempt is needed")
