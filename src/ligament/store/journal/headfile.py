"""The head of the journal in a file beside the home, so that a database with its tail cut off is found out."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from msgspec import DecodeError

from ligament.store.database.codec import decode, encode
from ligament.store.journal.chain import Head

_UNREADABLE = Head(sequence=0, hash="", mac="")
"""What a file says that is no head, or a pipe, which would be waited for."""


class HeadFile:
    """One file with one signed head; replaced as a whole."""

    def __init__(self, path: Path) -> None:
        """Take the place of the file; its folder must exist."""
        self.path = path

    def read(self) -> Head | None:
        """Return the head, or nothing when there is no file."""
        if self.path.is_fifo():
            return _UNREADABLE
        try:
            return decode(Head, self.path.read_bytes())
        except FileNotFoundError:
            return None
        except DecodeError:
            return _UNREADABLE

    def write(self, head: Head) -> None:
        """Put a newer head in place of the old one; two processes may finish in either order."""
        held = self.read()
        if held is None or held.sequence < head.sequence:
            self.begin_anew(head)

    def begin_anew(self, head: Head) -> None:
        """Put a head in its place, even of an earlier entry: a backup was put back, and the journal says so."""
        # Threads, and machines that share a folder, write at the same moment: each under a name of its own.
        descriptor, name = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)
        fresh = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(encode(head))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path)
        finally:
            fresh.unlink(missing_ok=True)
