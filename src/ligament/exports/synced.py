"""Waiting until a file, or the name of one in its folder, is on the disk."""

from __future__ import annotations

import os
from pathlib import Path


def synced(path: Path) -> None:
    """Wait until a file is on the disk, or with a folder the names in it, so that a power cut takes neither away."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
