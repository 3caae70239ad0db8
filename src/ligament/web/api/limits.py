"""Limits: how many calls one token may make in a minute."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

CALLS_A_MINUTE = 600
_MINUTE_MS = 60_000
_MOST_TOKENS = 10_000


@dataclass(slots=True, kw_only=True)
class Meter:
    """Counts the calls of each token over the last minute; safe to share between threads."""

    now_ms: Callable[[], int]
    most: int = CALLS_A_MINUTE
    _calls: OrderedDict[str, deque[int]] = field(default_factory=OrderedDict)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def wait_s(self, token: str) -> int:
        """Count a call, and return 0; or count nothing and return after how many seconds there is room again."""
        now = self.now_ms()
        with self._turn:
            made = self._calls.setdefault(token, deque())
            self._calls.move_to_end(token)
            while made and made[0] <= now - _MINUTE_MS:
                made.popleft()
            if len(made) >= self.most:
                return max(1, -((now - _MINUTE_MS - made[0]) // 1000))
            made.append(now)
            while len(self._calls) > _MOST_TOKENS:
                self._calls.popitem(last=False)
        return 0
