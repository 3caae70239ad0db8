"""Results: what a use case tells, and the exit code that goes with it."""

from __future__ import annotations

from dataclasses import dataclass

from ligament.app.documents import Document

DONE, WAITS, MISTAKEN = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a verb tells: its document and the exit code that goes with it."""

    document: Document
    code: int = DONE
