"""Turns answers and silences of Cliniko into the five errors that say what to do next."""

from __future__ import annotations

import json
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from ligament.ports.errors import Broken, OutcomeUnknown, Rejected, SignInAgain, TryLater

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ligament.net.session import Reply
    from ligament.ports.errors import PortError

_LONGEST_WAIT_S = 600
_HOUR_S = 3600
_WINDOW_S = 60
_LONGEST_RESET = 12
_LONGEST_AFTER = 3
_GOOD = range(200, 300)
_REDIRECT = range(300, 400)
TOO_MANY = 429
_FIRST_SERVER_ERROR = 500


class Garbled(TryLater):
    """A good status with a body that is no JSON: tried again for reads, and Broken when it stays so."""


def trouble_in(reply: Reply, *, is_write: bool, wait_s: int) -> PortError | None:
    """Return the error that an answer means, or None for a good one; never repeats personal data."""
    status = reply.status
    detail = f"HTTP {status}"
    if status in _GOOD:
        return None
    if status in _BY_STATUS:
        kind, sentence = _BY_STATUS[status]
        return kind(sentence, detail)
    if status == TOO_MANY:
        return TryLater("Cliniko asked us to slow down.", detail, wait_s)
    if status >= _FIRST_SERVER_ERROR or status < _GOOD.start:
        if is_write:
            return OutcomeUnknown("Cliniko failed while it saved; it must be looked up whether it was saved.", detail)
        return TryLater("Cliniko cannot answer at the moment.", detail)
    if status in _REDIRECT:
        # Redirects are never followed, because the key would travel along (facts 2.1).
        sentence = "Cliniko says that this account has moved. Check the API key and its ending in Cliniko."
        return Broken(sentence, detail)
    return Rejected("Cliniko refused the request.", f"{detail} {refused_fields(reply)}".strip())


_BY_STATUS: dict[int, tuple[type[PortError], str]] = {
    401: (SignInAgain, "Cliniko does not accept the API key. Enter a current key of an administrator."),
    403: (SignInAgain, "The Cliniko user of this API key may not see this. Use a key of an administrator."),
    404: (Rejected, "Cliniko does not know this record, or it has been removed."),
    405: (Rejected, "Cliniko does not allow this."),
}


def refused_fields(reply: Reply) -> str:
    """Return the names of refused fields; the vendor's sentences may repeat what was typed and stay out."""
    try:
        document = json.loads(reply.body)
    except ValueError:
        return ""
    errors = document.get("errors") if isinstance(document, dict) else None
    names = sorted(name for name in errors if name.isidentifier()) if isinstance(errors, dict) else []
    return "fields: " + ", ".join(names) if names else ""


def wait_asked_for(reply: Reply, now: datetime, jitter: Callable[[int], int], doublings: int = 0) -> int:
    """Return the seconds to wait after a 429: until `X-RateLimit-Reset`, or 5 to 15 when it cannot be used.

    The latter doubles with every further 429 in a row (up to a minute), so that a few attempts outlast the window.

    The header holds epoch seconds (facts 2.5); it may be absent or odd, so that only sensible values count. The
    server's own Date is preferred to our clock.
    """
    moment = server_date(reply) or now
    header = reply.headers.get("x-ratelimit-reset", "").strip()
    if header.isascii() and header.isdigit() and len(header) <= _LONGEST_RESET:
        value = int(header)
        wait = value if value < _HOUR_S else value - int(moment.timestamp())
        if 0 <= wait <= _LONGEST_WAIT_S:
            return wait + 1
    after = reply.headers.get("retry-after", "").strip()
    if after.isascii() and after.isdigit() and len(after) <= _LONGEST_AFTER:
        return max(int(after), 1)
    return min((5 + jitter(10)) << doublings, _WINDOW_S)


def server_date(reply: Reply) -> datetime | None:
    """Return the instant of the answer's Date header, or None when it is absent or odd."""
    try:
        moment = parsedate_to_datetime(reply.headers.get("date", ""))
    except (TypeError, ValueError, IndexError):
        return None
    return moment if moment.tzinfo is not None else None
