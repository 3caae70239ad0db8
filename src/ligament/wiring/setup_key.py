"""The key of the first start: in a file that only its owner can read, until somebody owns the place."""

from __future__ import annotations

import os
from pathlib import Path

from ligament.wiring.ambient import random_text

SETUP_KEY_FILE = "setup.key"


def setup_key(home: Path) -> str:
    """Return the key that opens the first start, or nothing when there is none."""
    try:
        return (home / SETUP_KEY_FILE).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""


def make_setup_key(home: Path) -> str:
    """Return the key, made when there is none yet."""
    kept = setup_key(home)
    if kept:
        return kept
    file = home / SETUP_KEY_FILE
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        os.fchmod(handle.fileno(), 0o600)
        handle.write(random_text(32) + "\n")
    return setup_key(home)


def drop_setup_key(home: Path) -> None:
    """Take the key away: somebody owns the place."""
    (home / SETUP_KEY_FILE).unlink(missing_ok=True)
