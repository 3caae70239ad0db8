"""A call that somebody waits for pauses no longer in all than it may, however often it opens a clinic."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ligament.ports.errors import TryLater
from ligament.web.api.call import Asking
from ligament.wiring.clinic import Overrides
from ligament.wiring.clocks import Patience
from tests.net.clocks import VirtualClock


def test_pauses_of_all_that_share_a_patience_count_together() -> None:
    clock, outside = VirtualClock(), Overrides(patience=Patience(most_ms=5_000))
    outside.waiting(clock).pause_ms(2_000)
    outside.waiting(clock).pause_ms(3_000)
    with pytest.raises(TryLater):
        outside.waiting(clock).pause_ms(1)
    assert clock.pauses == [2_000, 3_000]


def test_another_call_has_a_patience_of_its_own_and_who_has_none_waits() -> None:
    clock = VirtualClock()
    Overrides(patience=Patience(most_ms=5_000)).waiting(clock).pause_ms(5_000)
    Overrides(patience=Patience(most_ms=5_000)).waiting(clock).pause_ms(5_000)
    Overrides().waiting(clock).pause_ms(60_000)
    assert clock.pauses == [5_000, 5_000, 60_000]


def test_everything_that_one_call_opens_shares_its_patience() -> None:
    runner = SimpleNamespace(transports={})
    house: Any = SimpleNamespace(door=SimpleNamespace(place=SimpleNamespace(runner=runner)))
    caller: Any = SimpleNamespace(name="A tool", token="t")
    one, other = (Asking(house=house, caller=caller, address="127.0.0.1", values={}) for _ in range(2))
    assert one.outside().patience is one.outside().patience is one.patience
    assert one.patience is not other.patience
    assert one.patience.most_ms == Asking.longest_wait_ms
