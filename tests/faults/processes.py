"""Processes of a simulation: each opening of Ligament stands for one, with a hash seed of its own.

The simulation runs in one real process, in which a set always comes in the same order. So that a planted bug that
leans on that order is seen, it asks here in which order the process of this moment has it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_SET = re.compile(r"frozenset\(\{([^{}]*)\}\)")


@dataclass(slots=True)
class Processes:
    """Counts the processes of one simulation."""

    number: int = 0

    def begin_anew(self) -> None:
        """Another simulation begins."""
        self.number = 0

    def begin(self) -> None:
        """Another process begins."""
        self.number += 1

    def written(self, value: object) -> str:
        """Return a value as `repr` writes it in this process: each set in an order of its own."""
        return _SET.sub(self._set, repr(value))

    def _set(self, found: re.Match[str]) -> str:
        return "{" + ", ".join(sorted(found.group(1).split(", "), key=self._place)) + "}"

    def _place(self, item: str) -> str:
        return hashlib.blake2b(f"{self.number} {item}".encode(), digest_size=8).hexdigest()


PROCESSES = Processes()
"""The processes of the simulation that runs in this one."""
