"""Fresh files: a file that only its owner may read, which is there with all that it holds or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ligament.exports.synced import synced
from ligament.exports.whole import put_new
from ligament.wiring.ambient import random_hex


def make_fresh(file: Path, text: str) -> None:
    """Make a file with that text, durably; raises FileExistsError where there is one, which is left as it is.

    A process that dies leaves no half of it, and one that looks at the same moment sees nothing or everything.
    """
    with _written(file, text) as draft:
        put_new(draft, file)


def replace_fresh(file: Path, text: str) -> None:
    """Make the same in the place of what may be there."""
    with _written(file, text) as draft:
        draft.replace(file)


@contextmanager
def _written(file: Path, text: str) -> Iterator[Path]:
    draft = file.with_name(f".{file.name}.{random_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            os.fchmod(handle.fileno(), 0o600)
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
    synced(file.parent)
