"""Measuring in a process of its own, so that one measurement never warms or fills another."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any


def cpu_s() -> float:
    """Return the processor seconds this process has used, its own and the system's for it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_mb() -> float:
    """Return the most memory this process ever held, in MB."""
    status = Path("/proc/self/status")
    if status.is_file():
        # The system's other count starts with what the parent held, which is no memory of ours.
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1024 * 1024 if sys.platform == "darwin" else 1024)


def timed(work: Callable[[], object]) -> float:
    """Return the processor seconds that a piece of work needs."""
    before = cpu_s()
    work()
    return cpu_s() - before


def child(module: str, *arguments: str) -> dict[str, Any]:
    """Run a benchmark's own part in a new process and return what it prints as JSON on its last line."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], check=True, stdout=subprocess.PIPE, encoding="utf-8"
    )
    *told, last = done.stdout.rstrip("\n").split("\n")
    if told:
        print("\n".join(told))
    answer: dict[str, Any] = json.loads(last)
    return answer


def exhaust(pages: Iterable[object]) -> None:
    """Go through everything and keep nothing."""
    for _ in pages:
        pass
