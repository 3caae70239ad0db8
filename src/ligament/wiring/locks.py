"""Locks: kept by the system on a file or folder of ours; a lock goes when its process does, however it ends."""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

from ligament.wiring.errors import ConfigurationError

OR_BUSY = fcntl.LOCK_EX | fcntl.LOCK_NB
AND_WAIT = fcntl.LOCK_EX
HOME_CURE = "Keep the home on a disk of this machine (--home, LIGAMENT_HOME), or have the disk mounted with locks."


def open_lock_file(file: Path) -> int:
    """Return a descriptor of the file, made where it is missing; raises ConfigurationError where it is no file."""
    try:
        # Without the last of these a pipe would be waited for.
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except IsADirectoryError:
        raise no_file(file) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise no_file(file)
    return descriptor


def lock(descriptor: int, file: Path, how: int, cure: str = HOME_CURE) -> None:
    """Take the lock of an open file or folder, waiting for it with AND_WAIT.

    Raises BlockingIOError where another process has it and OR_BUSY is asked for, ConfigurationError with the cure where
    the disk knows no locks.
    """
    try:
        fcntl.flock(descriptor, how)
    except BlockingIOError:
        raise
    except OSError as error:
        told = f"{file}: this disk keeps no locks ({error.strerror}), so that two programs are not kept apart there."
        raise ConfigurationError((f"{told} {cure}",), str(file)) from None


def no_file(file: Path) -> ConfigurationError:
    """Return the error for a folder, a pipe or a device that stands in the place of a file of ours."""
    return ConfigurationError((f"{file}: this is no file, and one of ours belongs there. Move it away.",), str(file))


def must_be_file(file: Path) -> None:
    """Raise ConfigurationError where something stands in the place of a file of ours that is none."""
    if file.exists() and not file.is_file():
        raise no_file(file)
