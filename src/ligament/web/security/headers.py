"""Headers: those of a request as texts, and those that protect, on every answer, errors too."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types fragments"
)
PLAIN_POLICY = "default-src 'none'; frame-ancestors 'none'"
_ALWAYS = {
    "Cache-Control": "no-store",
    # Not `no-referrer`: browsers then hide from us too where a form comes from (`Origin: null`).
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_A_YEAR = "max-age=31536000; includeSubDomains"
_CACHE = b"cache-control"


RawHeaders = list[tuple[bytes, bytes]]


def texts(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers of a request as texts by their names, which the server made small; of two, the last."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}


def protected(given: Iterable[tuple[bytes, bytes]], *, is_secure: bool, is_page: bool) -> RawHeaders:
    """Return an answer's headers with ours beside them; only how long it may be kept an answer says for itself."""
    ours = _ours(is_secure=is_secure, is_page=is_page)
    kept = [pair for pair in given if pair[0] == _CACHE or pair[0] not in ours]
    says_itself = any(name == _CACHE for name, _ in kept)
    return kept + [pair for pair in ours.items() if not (says_itself and pair[0] == _CACHE)]


@cache
def _ours(*, is_secure: bool, is_page: bool) -> dict[bytes, bytes]:
    """Return the headers of an answer as they are sent; what is no page may load nothing at all."""
    policy = {"Content-Security-Policy": PAGE_POLICY if is_page else PLAIN_POLICY}
    told = {**_ALWAYS, **policy, **({"Strict-Transport-Security": _A_YEAR} if is_secure else {})}
    return {name.lower().encode("ascii"): value.encode("ascii") for name, value in told.items()}
