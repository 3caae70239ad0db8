"""Reads are repeated with growing pauses, and the server's own wait wins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligament.net.patience import patiently
from ligament.ports.errors import Broken, TryLater
from tests.net.clocks import VirtualClock


def failing(*troubles: Exception) -> object:
    left = list(troubles)

    def attempt() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return attempt


def run(clock: VirtualClock, *troubles: Exception, **more: int) -> str:
    return patiently(failing(*troubles), clock=clock, jitter=lambda most: most, **more)  # type: ignore[arg-type]


def test_pauses_double_up_to_the_cap() -> None:
    clock = VirtualClock()
    assert run(clock, *[TryLater("busy")] * 7, attempts=8, cap_ms=4000) == "done"
    assert clock.pauses == [500, 1000, 2000, 4000, 4000, 4000, 4000]


def test_the_servers_own_wait_is_kept_in_full() -> None:
    clock = VirtualClock()
    assert run(clock, TryLater("slow down", wait_s=30)) == "done"
    assert 30_000 <= clock.pauses[0] <= 31_000


@pytest.mark.parametrize("trouble", [TryLater("day", limit="day", wait_s=5), TryLater("long", wait_s=500), Broken("x")])
def test_what_waiting_cannot_mend_is_passed_on_at_once(trouble: Exception) -> None:
    clock = VirtualClock()
    with pytest.raises(type(trouble)):
        run(clock, trouble)
    assert clock.pauses == []


def test_the_last_trouble_is_passed_on() -> None:
    clock = VirtualClock()
    with pytest.raises(TryLater, match="third"):
        run(clock, TryLater("first"), TryLater("second"), TryLater("third"), attempts=3)
    assert len(clock.pauses) == 2


@given(st.integers(1, 9), st.integers(1, 5000), st.integers(1, 60_000), st.data())
def test_jitter_is_full_and_within_bounds(attempts: int, base_ms: int, cap_ms: int, data: st.DataObject) -> None:
    clock = VirtualClock()
    bounds: list[int] = []

    def jitter(most: int) -> int:
        bounds.append(most)
        return data.draw(st.integers(0, most))

    with pytest.raises(TryLater):
        patiently(
            failing(*[TryLater("busy")] * attempts),  # type: ignore[arg-type]
            clock=clock, jitter=jitter, attempts=attempts, base_ms=base_ms, cap_ms=cap_ms,
        )  # fmt: skip
    assert bounds == [min(base_ms * 2**turn, cap_ms) for turn in range(attempts - 1)]
    assert all(pause <= most for pause, most in zip(clock.pauses, bounds, strict=True))
