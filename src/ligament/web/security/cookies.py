"""Cookies and form tokens: a secret that no script can read, and what our own forms show that they are ours by."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime

SESSION, FORM = "ligament_session", "ligament_form"
MARK_BYTES, PAD_BYTES = 6, 32
_MARKS = "Path=/; HttpOnly; SameSite=Lax"


def cookie_name(name: str, *, is_secure: bool) -> str:
    """Return the name of a cookie; by https the browser itself sees to it that only we can have set it."""
    return f"__Host-{name}" if is_secure else name


def set_cookie(name: str, value: str, *, is_secure: bool) -> str:
    """Return the header that sets a cookie until the browser is closed."""
    return f"{cookie_name(name, is_secure=is_secure)}={value}; {_MARKS}{'; Secure' if is_secure else ''}"


def drop_cookie(name: str, *, is_secure: bool) -> str:
    """Return the header that takes a cookie away."""
    return f"{set_cookie(name, '', is_secure=is_secure)}; Max-Age=0"


def form_cookie_name(mark: str) -> str:
    """Return a name for the cookie of forms that need no session; each answer that sets one has a mark of its own.

    Two tabs that ask for their first page at the same moment get a cookie each, and neither takes the other's place.
    """
    return f"{FORM}_{mark}"


def form_tokens(cookies: Mapping[str, str], *, is_secure: bool) -> tuple[str, ...]:
    """Return what a form that needs no session may show: one token for each cookie that this browser got for it."""
    start = cookie_name(FORM, is_secure=is_secure)
    return tuple(csrf_of(secret) for name, secret in sorted(cookies.items()) if name.startswith(start) and secret)


def session_token(key: bytes, user_id: str, began_at: datetime) -> str:
    """Return what the forms of a session show: the same for as long as it lasts, under whichever secret it goes on.

    Whoever sees the token learns nothing of the key, and nobody can make it who does not have the key.
    """
    told = f"form of the session of {user_id} since {began_at.isoformat()}"
    return hmac.digest(key, told.encode(), "sha256").hex()


def csrf_of(secret: str) -> str:
    """Return the token that goes with the secret of a cookie for forms."""
    return hmac.digest(secret.encode(), b"form of this session", "sha256").hex()


def masked(token: str, pad: bytes) -> str:
    """Return a token as one answer shows it: under a pad of 32 fresh bytes, so that it never looks the same twice.

    Answers are compressed, and what is the same in many of them could be guessed from their lengths.
    """
    if not token:
        return ""
    mixed = bytes(one ^ other for one, other in zip(bytes.fromhex(token), pad, strict=True))
    return pad.hex() + mixed.hex()


def is_right_token(given: str, wanted: str) -> bool:
    """Say whether a form shows the right token."""
    try:
        shown = bytes.fromhex(given)
    except ValueError:
        return False
    half = len(shown) // 2
    plain = bytes(one ^ other for one, other in zip(shown[:half], shown[half:], strict=False))
    return bool(wanted) and hmac.compare_digest(plain.hex().encode(), wanted.encode())
