"""The key of the first start: in a file that only its owner can read, until somebody owns the place."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ligament.wiring.ambient import random_text
from ligament.wiring.fresh_files import make_fresh
from ligament.wiring.locks import must_be_file

SETUP_KEY_FILE = "setup.key"


def setup_key(home: Path) -> str:
    """Return the key that opens the first start, or nothing when there is none."""
    must_be_file(home / SETUP_KEY_FILE)
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
    with suppress(FileNotFoundError):
        if not file.stat().st_size:
            # An earlier version died over it.
            file.unlink()
    with suppress(FileExistsError):
        make_fresh(file, random_text(32) + "\n")
    return setup_key(home)


def drop_setup_key(home: Path) -> None:
    """Take the key away: somebody owns the place."""
    (home / SETUP_KEY_FILE).unlink(missing_ok=True)
