"""Run as a process of its own: many threads read every type at the same moment, after the types were prepared.

With the word `unprepared` nothing is prepared first, which is how a service died.
"""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from typing import Any

import msgspec

from ligament.store.database.codec import decoder
from ligament.store.prepared import KEPT
from ligament.wiring.prepared import prepare, shapes

THREADS = 6


def _read(shape: Any) -> None:
    """Use a type as the program does; that an empty object is not enough of a record does not matter here."""
    with suppress(msgspec.ValidationError):
        (decoder(shape) if shape in KEPT else msgspec.json.Decoder(shape).decode)(b"{}")


def _crowd(start: threading.Barrier, kinds: tuple[type, ...]) -> None:
    start.wait()
    for shape in kinds:
        _read(shape)


def main() -> None:
    """Let the threads go, each through all types in the same order, so that they meet at every one."""
    kinds = shapes()
    if "unprepared" not in sys.argv:
        prepare()
    # Threads change as often as they can, so that a step which lets others in is met.
    sys.setswitchinterval(1e-6)
    start = threading.Barrier(THREADS)
    threads = [threading.Thread(target=_crowd, args=(start, kinds)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
