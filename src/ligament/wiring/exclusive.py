"""A clinic in one worker's hands: the lock on this machine, the lease among machines, and the fence at each step."""

from __future__ import annotations

import hashlib
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ligament.store.database.errors import StoreError
from ligament.store.shared.leases import Lease, Leases
from ligament.wiring.ambient import random_hex
from ligament.wiring.file_lock import AnotherRun, alone, lock_file
from ligament.wiring.leftovers import remove_leftovers

if TYPE_CHECKING:
    from ligament.wiring.clinic import Clinic

LEASE = "cycle"
_PAUSE_MS = 200
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@contextmanager
def alone_for(clinic: Clinic, patience_ms: int) -> Iterator[None]:
    """Hold a clinic against every other run, on this machine and on others; raises AnotherRun after `patience_ms`.

    Should another worker take the clinic over nevertheless, every further step of this one is refused (Fenced).
    What a restore that was killed left in the home goes first: it is a copy of everything.
    """
    home, name = clinic.home_settings.home, clinic.settings.name
    with alone(home, name, clinic.clock.pause_ms, patience_ms):
        remove_leftovers(home, clinic.home_settings.database_url)
        lease = _taken(clinic, _place(lock_file(home, name)), patience_ms)
        check, look = partial(clinic.leases.check, lease=lease), partial(clinic.leases.look, lease=lease)
        with _renewed(clinic.leases, lease, clinic.home_settings.lease_s), clinic.store.fenced(check, look):
            yield


def _taken(clinic: Clinic, place: str, patience_ms: int) -> Lease:
    holder = f"{place}/{random_hex(6)}"
    waited = 0
    while True:
        lease = clinic.leases.take(
            LEASE, holder, clinic.home_settings.lease_s, is_gone=lambda other: other.startswith(f"{place}/")
        )
        if lease is not None:
            return lease
        if waited >= patience_ms:
            raise AnotherRun(f"another worker has {clinic.settings.name} in hand; try again when it has ended")
        clinic.clock.pause_ms(_PAUSE_MS)
        waited += _PAUSE_MS


def _place(lock: Path) -> str:
    """Return what tells the lock file of this machine from every other one.

    Whoever holds that lock knows that an earlier holder from the same place is dead, and need not wait for its time.
    """
    boot = _BOOT.read_text(encoding="ascii") if _BOOT.is_file() else platform.node()
    found = lock.stat()
    return hashlib.sha256(f"{boot}|{found.st_dev}|{found.st_ino}".encode()).hexdigest()[:16]


@contextmanager
def _renewed(leases: Leases, lease: Lease, seconds: int) -> Iterator[None]:
    """Keep a lease longer from time to time, also while a call takes long, and give it back at the end."""
    ended = threading.Event()
    thread = threading.Thread(target=_renew, args=(leases, lease, seconds, ended), name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        with suppress(StoreError):
            leases.release(lease)


def _renew(leases: Leases, lease: Lease, seconds: int, ended: threading.Event) -> None:
    while not ended.wait(seconds / 3):
        # A database that is away for a moment is no reason to give up; the fence decides.
        with suppress(StoreError):
            if not leases.renew(lease, seconds):
                return
