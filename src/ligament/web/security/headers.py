"""Headers that protect: on every answer, errors too."""

from __future__ import annotations

from collections.abc import Mapping

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


def protecting(*, is_secure: bool, is_page: bool) -> Mapping[str, str]:
    """Return the headers of an answer; what is no page may load nothing at all."""
    policy = {"Content-Security-Policy": PAGE_POLICY if is_page else PLAIN_POLICY}
    return {**_ALWAYS, **policy, **({"Strict-Transport-Security": _A_YEAR} if is_secure else {})}
