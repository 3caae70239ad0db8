"""Faults of our own: a page with a number, and a line in the log with the same number, the kind and the place."""

from __future__ import annotations

import traceback
from pathlib import Path

from ligament.wiring.logs import operators_log

_FRAMES = 6


def log_fault(error: BaseException, reference: str, path: str) -> None:
    """Write down what happened and where; never a message, for it may name a person."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    told = {"reference": reference, "kind": type(error).__name__, "path": path, "place": places}
    operators_log().error("a page failed", **told)
