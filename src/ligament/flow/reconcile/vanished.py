"""Vanished invoices: when most of them are gone at once, nothing is believed before a person has said so.

A key with fewer rights shows less, which looks as if invoices had been removed; what only became invisible must never
be voided. What a person takes for removed is exactly what was shown, and nothing that vanishes later.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from ligament.core.notes import VANISHED_NOTE
from ligament.core.periods import iso_instant
from ligament.ports.errors import SignInAgain
from ligament.ports.memory import Memory

_FEW_GONE = 2
"""So many invoices may be gone for good at once without a second thought, even if they were all there were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished:
    """Invoices that were shown before and are not any more: their ids, of how many, and when that was seen.

    `accepted` says that a person has taken them for removed.
    """

    ids: frozenset[str]
    kept: int
    at: datetime
    accepted: bool = False

    def sentence(self, title: str) -> str:
        """Return what is told of them, and what a person may do; `title` is the practice's system."""
        return (
            f"{title} no longer shows {len(self.ids)} of {self.kept} invoices that it showed before, as a key "
            "with fewer rights would. None of them was taken for removed, and nothing was posted. If they really were "
            'removed there, say so: `ligament variances accept-removed --note "WHY"`.'
        )


def vanished(memory: Memory) -> Vanished | None:
    """Return what vanished and has not been settled since, or nothing."""
    text = memory.note(VANISHED_NOTE)
    if not text:
        return None
    kept = json.loads(text)
    at = datetime.fromisoformat(kept["at"])
    return Vanished(ids=frozenset(kept["ids"]), kept=kept["kept"], at=at, accepted=kept["accepted"])


def accept_vanished(memory: Memory, found: Vanished) -> None:
    """Keep that exactly these were removed: the next comparison takes them for that."""
    _keep(memory, replace(found, accepted=True))


def doubt(memory: Memory, gone: Collection[str], kept: int, now: datetime, title: str) -> None:
    """Keep and tell where most of those kept are gone at once, but for what a person takes for removed.

    Raises SignInAgain then, with what a person may do.
    """
    before = vanished(memory)
    accepted = before.ids if before is not None and before.accepted else frozenset()
    doubted = set(gone) - accepted
    if len(doubted) <= _FEW_GONE or len(doubted) * 2 <= kept - len(accepted.intersection(gone)):
        return
    found = Vanished(ids=frozenset(gone), kept=kept, at=now)
    _keep(memory, found)
    raise SignInAgain(found.sentence(title))


def settle(memory: Memory, ids: Collection[str]) -> None:
    """Forget what is shown again, or is kept as removed by now."""
    before = vanished(memory)
    if before is not None:
        left = before.ids - set(ids)
        if left:
            _keep(memory, replace(before, ids=left))
        else:
            memory.keep_note(VANISHED_NOTE, "")


def _keep(memory: Memory, found: Vanished) -> None:
    told = {"ids": sorted(found.ids), "kept": found.kept, "at": iso_instant(found.at), "accepted": found.accepted}
    memory.keep_note(VANISHED_NOTE, json.dumps(told))
