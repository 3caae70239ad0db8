"""One service at a time on a home whose database is a file: the second one is told which process has it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ligament.wiring.errors import ConfigurationError
from ligament.wiring.locks import OR_BUSY, lock, open_lock_file

_FILE = "serve.lock"


@contextmanager
def only_service(home: Path, database_url: str) -> Iterator[None]:
    """Hold a home against a second service; raises ConfigurationError with the number of the process that has it.

    The lock goes when its process does, however it ends. A shared database has as many services as one likes.
    """
    if not database_url.startswith("sqlite"):
        yield
        return
    descriptor = open_lock_file(home / _FILE)
    with os.fdopen(descriptor, "r+", encoding="ascii") as handle:
        try:
            lock(descriptor, home / _FILE, OR_BUSY)
        except BlockingIOError:
            holder = handle.read().strip() or "another one"
            sentence = f"{home}: a service runs on this home already, as process {holder}. Stop it first."
            raise ConfigurationError((sentence,), str(home)) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield
