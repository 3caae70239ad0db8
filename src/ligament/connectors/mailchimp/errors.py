"""Turns answers and silences of Mailchimp into the five errors that say what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ligament.connectors.mailchimp import wire
from ligament.ports.errors import Broken, OutcomeUnknown, PortError, Rejected, SignInAgain, TryLater

if TYPE_CHECKING:
    from ligament.net.session import Reply

_GOOD = range(200, 300)
_REDIRECT = range(300, 400)
_FORBIDDEN, _UNAUTHORISED, _NOT_FOUND, TOO_MANY, _FIRST_SERVER_ERROR = 403, 401, 404, 429, 500
_SLOW_DOWN_S = 10
_LONGEST_AFTER = 3
REFUSED_FOR_GOOD = frozenset({"Member In Compliance State", "Forgotten Email Not Subscribed"})
"""Titles that mean: this address must not be added by a program, today or later (facts, section 8)."""


def trouble_in(reply: Reply, *, is_write: bool) -> PortError | None:
    """Return the error that an answer means, or None for a good one; its detail names addresses and stays out."""
    status, detail = reply.status, f"HTTP {reply.status} {title_of(reply)}".strip()
    if status in _GOOD:
        return None
    if status == _UNAUTHORISED:
        return SignInAgain("Mailchimp does not accept the API key. Make a new one and connect again.", detail)
    if status == _FORBIDDEN and title_of(reply):
        return SignInAgain("Mailchimp does not let this API key do that. Use the key of an owner or manager.", detail)
    if status in {TOO_MANY, _FORBIDDEN}:
        # At high volume 403 comes without a JSON body and means the same as 429 (facts, section 1).
        return TryLater("Mailchimp asked us to slow down.", detail, _wait_s(reply))
    if status >= _FIRST_SERVER_ERROR or status < _GOOD.start:
        if is_write:
            return OutcomeUnknown("Mailchimp failed while it saved; run it again, nobody is added twice.", detail)
        return TryLater("Mailchimp cannot answer at the moment.", detail)
    if status in _REDIRECT:
        return Broken("Mailchimp says that this account has moved. Check the API key and its ending.", detail)
    if status == _NOT_FOUND:
        return Rejected("Mailchimp does not know this audience any more.", detail)
    return Rejected("Mailchimp refused the request.", detail)


def title_of(reply: Reply) -> str:
    """Return the title of a refusal, or an empty text; titles are a fixed set and name nobody."""
    try:
        return msgspec.json.decode(reply.body, type=wire.Problem).title
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""


def _wait_s(reply: Reply) -> int:
    after = reply.headers.get("retry-after", "").strip()
    return max(int(after), 1) if after.isascii() and after.isdigit() and len(after) <= _LONGEST_AFTER else _SLOW_DOWN_S
