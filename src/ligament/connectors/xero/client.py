"""One call at a time to the accounting API: headers, sign-in, limits, and the sorting of trouble."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from ligament.connectors.xero import errors, wire
from ligament.connectors.xero.currency import BooksCurrency
from ligament.connectors.xero.declared import declared
from ligament.core.oddities import Heed, unheeded
from ligament.net.governor import Observed, Priority
from ligament.net.patience import patiently
from ligament.net.said import count_said
from ligament.net.session import NotSent, Unanswered
from ligament.ports.errors import Broken, OutcomeUnknown, TryLater

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from ligament.core.writes import PreparedCall
    from ligament.net.governor import Governor
    from ligament.net.oauth import TokenSource
    from ligament.net.session import Reply, Session
    from ligament.ports.clocks import Clock

LONGEST_KEY = 128
_OK: Final = 200
_NOT_MODIFIED: Final = 304
_DELETE: Final = "DELETE"

Query = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A read's envelope, and the server's time when it told it."""

    envelope: wire.Envelope
    server_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class XeroClient:
    """Reads with patience and writes exactly once, always for one organisation.

    `jitter(limit)` draws a whole number from 0 to `limit`; the governor must be the one of the session.
    """

    session: Session
    tokens: TokenSource
    governor: Governor | None
    tenant_id: str
    clock: Clock
    jitter: Callable[[int], int]
    lane: Priority = Priority.SYNC
    heed: Heed = unheeded
    base: BooksCurrency = field(default_factory=BooksCurrency)

    def read(self, path: str, query: Query = (), since: str = "") -> Answer | None:
        """Read one page below the base path, patiently; nothing when the record does not exist.

        `since` is `YYYY-MM-DDTHH:MM:SS` in UTC; both 304 and an empty list mean that nothing changed (facts 3.3).
        """
        target = target_for(path, query)
        headers = {"If-Modified-Since": since} if since else {}

        def attempt() -> Answer | None:
            try:
                return self._read_once(target, headers)
            except TryLater as trouble:
                raise errors.passing(trouble) from None

        return patiently(attempt, clock=self.clock, jitter=self.jitter)

    def write(self, call: PreparedCall, key: str) -> Reply:
        """Send a prepared write once and return its answer, whatever it says; never repeated after it left."""
        if len(key) > LONGEST_KEY:
            raise ValueError(f"An idempotency key has at most {LONGEST_KEY} characters.")
        headers = {"Content-Type": "application/json"} if call.body else {}
        if key and call.method != _DELETE:
            # A second DELETE finds nothing left to do; keys are described for the other methods only.
            headers["Idempotency-Key"] = key
        try:
            return self._exchange(call.method, call.target, headers, call.body)
        except NotSent as trouble:
            raise TryLater("Xero cannot be reached.", str(trouble)) from None
        except Unanswered as trouble:
            raise OutcomeUnknown("Xero gave no answer to a write.", str(trouble)) from None

    def _read_once(self, target: str, headers: dict[str, str]) -> Answer | None:
        try:
            reply = self._exchange("GET", target, headers, b"")
        except (NotSent, Unanswered) as trouble:
            raise TryLater("Xero cannot be reached.", str(trouble)) from None
        if reply.status == _NOT_MODIFIED:
            return Answer(envelope=wire.Envelope(), server_time=_date_of(reply))
        if reply.status == errors.NOT_FOUND:
            return None
        if reply.status != _OK:
            raise errors.trouble_of_read(reply, target)
        try:
            envelope = wire.decode(reply.body, wire.Envelope)
            told = wire.instant(envelope.date_time_utc) if envelope.date_time_utc else None
        except wire.Misshapen as trouble:
            raise Broken("Xero's answer has an unknown form.", str(trouble)) from None
        except wire.Unreadable as trouble:
            raise TryLater("Xero's answer was damaged on its way.", str(trouble)) from None
        return Answer(envelope=envelope, server_time=_date_of(reply) or told)

    def _exchange(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        bearer = self.tokens.bearer()
        reply = self._send(method, target, headers, body, bearer)
        if reply.status == errors.UNAUTHORISED and not errors.is_scope_missing(reply):
            # Refused at the door: nothing was done, so even a write may go again with a fresh token.
            self.tokens.renew(bearer)
            reply = self._send(method, target, headers, body, self.tokens.bearer())
        return reply

    def _send(self, method: str, target: str, headers: dict[str, str], body: bytes, bearer: str) -> Reply:
        sent = {
            # Without it the answer is XML (facts 3.1).
            "Accept": "application/json",
            "Authorization": f"Bearer {bearer}",
            **({"xero-tenant-id": self.tenant_id.lower()} if self.tenant_id else {}),
            **headers,
        }
        reply = self.session.call(method, target, headers=sent, body=body, lane=self.lane)
        if self.governor is not None:
            self.governor.learn(observed(reply))
        return reply


def observed(reply: Reply) -> Observed:
    """Return what the headers tell about the limits (facts 2.1)."""
    refused = reply.status == errors.TOO_MANY
    return Observed(
        minute_remaining=_count(reply, "x-minlimit-remaining"),
        app_remaining=_count(reply, "x-appminlimit-remaining"),
        day_remaining=_count(reply, "x-daylimit-remaining"),
        retry_after_s=(errors.wait_of(reply) or None) if refused else None,
        problem=errors.limit_of(reply) if refused else "",
    )


def target_for(path: str, query: Sequence[tuple[str, str]] = ()) -> str:
    """Return the target below the base path, with every character of the query's values encoded that needs it."""
    encoded = urlencode(query, quote_via=quote, safe="")
    return f"{declared().paths['accounting']}/{path}" + (f"?{encoded}" if encoded else "")


def segment(text: str) -> str:
    """Return a text as one segment of a path."""
    return quote(text, safe="")


def _count(reply: Reply, header: str) -> int | None:
    return count_said(reply.headers.get(header, ""))


def _date_of(reply: Reply) -> datetime | None:
    try:
        return parsedate_to_datetime(reply.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return None
