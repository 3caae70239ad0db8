"""One run at a time for one clinic on one machine; the lock goes when its process does, however it ends."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ligament.wiring.locks import OR_BUSY, lock, open_lock_file

_PAUSE_MS = 200


class AnotherRun(Exception):
    """Another run of the same clinic is under way and does not end."""


@contextmanager
def alone(home: Path, clinic: str, pause_ms: Callable[[int], None], patience_ms: int) -> Iterator[None]:
    """Hold the clinic's lock, waiting for it up to `patience_ms`; raises AnotherRun.

    Raises ConfigurationError where that disk keeps no locks, or no file stands in its place.
    """
    file = lock_file(home, clinic)
    descriptor = open_lock_file(file)
    with os.fdopen(descriptor, "r+b"):
        # One that an earlier release made may be open to everybody, or another user's.
        with suppress(PermissionError):
            os.fchmod(descriptor, 0o600)
        waited = 0
        while True:
            try:
                lock(descriptor, file, OR_BUSY)
                break
            except BlockingIOError:
                if waited >= patience_ms:
                    message = f"another run of {clinic} is under way; try again when it has ended"
                    raise AnotherRun(message) from None
                pause_ms(_PAUSE_MS)
                waited += _PAUSE_MS
        yield


def lock_file(home: Path, clinic: str) -> Path:
    """Return the file whose lock says that a run of the clinic is under way."""
    slug = hashlib.sha256(clinic.encode()).hexdigest()[:12]
    return home / f"run-{slug}.lock"
