"""Who holds something, and whether that process has died, so that nobody waits for it."""

from __future__ import annotations

import hashlib
import os
import platform
from functools import cache
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NUMBERING = Path("/proc/self/ns/pid")


def holder_mark() -> str:
    """Return a mark of this process: the machine since it started, and the process's number there."""
    return f"{_place()}.{os.getpid()}"


def has_died(mark: str) -> bool:
    """Say whether a process of this machine is certainly gone; of another machine nothing is known."""
    place, _, number = mark.partition(".")
    if place != _place() or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


@cache
def _place() -> str:
    # Containers on one machine number their processes apart, so the numbering is a part of the place.
    boot = _BOOT.read_text(encoding="ascii") if _BOOT.is_file() else platform.node()
    numbering = str(Path(_NUMBERING).readlink()) if _NUMBERING.is_symlink() else ""
    return hashlib.sha256(f"{boot}|{numbering}".encode()).hexdigest()[:16]
