"""Passwords, one-time codes, and the digests of what only its holder has in clear."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

ISSUER = "Ligament"
STEP_S = 30
RECOVERY_CODES = 10
_RECOVERY_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
_RECOVERY_LENGTH = 24
"""118 bits: enough that a plain digest tells nothing (OWASP ASVS 5.0, 6.5.2)."""
_HASHER = PasswordHasher()
# Each one takes 64 MB while it works, so no crowd of strangers may start more of them at once.
_TWO_AT_ONCE = threading.BoundedSemaphore(2)


def hashed(password: str) -> str:
    with _TWO_AT_ONCE:
        return _HASHER.hash(password)


def fits(password: str, kept: str) -> bool:
    """Say whether a password is right; takes as long when nothing is kept, so that nobody learns who has a place."""
    with _TWO_AT_ONCE:
        try:
            _HASHER.verify(kept or _of_nobody(), password)
        except (VerificationError, InvalidHashError):
            return False
    return bool(kept)


@cache
def _of_nobody() -> str:
    return _HASHER.hash("nobody has this password")


def digest(secret: str) -> str:
    """Return what is kept of a long random secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


# --- one-time codes ---------------------------------------------------------------------------------------------------


def new_totp_secret() -> str:
    """Return a fresh secret for an authenticator."""
    return pyotp.random_base32()


def totp_address(secret: str, email: str) -> str:
    """Return what the QR code says."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def steps_of(secret: str, code: str, instants: Iterable[datetime]) -> int | None:
    """Return the step that a code is of, one either way of the instants, or nothing when it is of none."""
    typed = re.sub(r"\s", "", code)
    if not (typed.isascii() and typed.isdecimal()):
        return None
    totp = pyotp.TOTP(secret)
    for instant in instants:
        for offset in (0, -1, 1):
            at = instant + timedelta(seconds=STEP_S * offset)
            if pyotp.utils.strings_equal(typed, totp.at(at)):
                return int(at.timestamp()) // STEP_S
    return None


# --- recovery codes ---------------------------------------------------------------------------------------------------


def recovery_codes(random: Callable[[int], str]) -> tuple[str, ...]:
    """Return ten fresh recovery codes."""
    return tuple(_recovery_code(random) for _ in range(RECOVERY_CODES))


def _recovery_code(random: Callable[[int], str]) -> str:
    number = int.from_bytes(hashlib.sha256(random(32).encode()).digest(), "big")
    signs = ""
    while len(signs) < _RECOVERY_LENGTH:
        number, place = divmod(number, len(_RECOVERY_SIGNS))
        signs += _RECOVERY_SIGNS[place]
    return "-".join(signs[start : start + 4] for start in range(0, _RECOVERY_LENGTH, 4))


def recovery_digest(code: str) -> str:
    """Return what is kept of a recovery code, however it was typed."""
    return digest(re.sub(r"[\s-]", "", code.casefold()))
