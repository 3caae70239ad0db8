"""Cookies and form tokens: a secret that no script can read, and what our own forms show that they are ours by."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

SESSION, FORM = "ligament_session", "ligament_form"
PAD_BYTES = 32
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


def csrf_token(cookies: Mapping[str, str], *, is_secure: bool) -> str:
    """Return what a form has to show: made from the session's secret, else from the one of this browser's forms.

    Whoever sees the token learns nothing of the secret, and a page elsewhere sees neither.
    """
    held = (cookies.get(cookie_name(name, is_secure=is_secure), "") for name in (SESSION, FORM))
    secret = next((one for one in held if one), "")
    return csrf_of(secret) if secret else ""


def csrf_of(secret: str) -> str:
    """Return the token that goes with a secret."""
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
