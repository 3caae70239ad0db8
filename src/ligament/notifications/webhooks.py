"""Signed webhooks in the form of Standard Webhooks: how they are signed, and one attempt to deliver one."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from ligament.core.private import NOTHING, Private
from ligament.net.hosts import WrongAddress
from ligament.net.meter import CallMeter
from ligament.net.outward import OutwardRule
from ligament.net.session import NotSent, Session, Transport, Unanswered
from ligament.ports.clocks import Clock

ANSWER_S = 10
"""How long a receiver may take for its answer."""
MOST_READ = 16 * 1024
_PREFIX = "whsec_"
_HEADER_NAME = re.compile(r"\A[A-Za-z][A-Za-z0-9-]{0,63}\Z")
_HEADER_VALUE = re.compile(r"\A[\x21-\x7e]([\x20-\x7e]{0,1022}[\x21-\x7e])?\Z")
_OURS = re.compile(
    r"\A(host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|content-.*|webhook-.*|accept-.*"
    r"|user-agent|cookie)\Z",
    re.IGNORECASE,
)


def secret_of(text: str) -> str:
    """Return the secret whose key is that printable text: some tools take the key as text, others in base64."""
    return _PREFIX + base64.b64encode(text.encode("ascii")).decode("ascii")


def signature(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return `v1,` and the signature of exactly these bytes sent under that id at that second."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a secret is whsec_ and base64") from None
    signed = b".".join((webhook_id.encode("ascii"), str(timestamp).encode("ascii"), body))
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode("ascii")


def signed_headers(secrets: Sequence[str], webhook_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers of the standard; several secrets, newest first, each sign."""
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, webhook_id, timestamp, body) for secret in secrets),
    }


def header_complaint(name: str, value: str) -> str:
    """Return what is wrong with a fixed header, or an empty text."""
    if not _HEADER_NAME.match(name):
        return "The name of a header has letters, digits and hyphens only."
    if _OURS.match(name):
        return f'"{name}" is a header that is set here; take another name, such as X-Api-Key.'
    if not _HEADER_VALUE.match(value):
        return "The value of a header is one line of printable characters."
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a webhook goes and what it is signed with, newest secret first; `header` is one fixed header, or none."""

    url: str
    secrets: tuple[Private[str], ...]
    header: str = ""
    value: Private[str] = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of an attempt: the status, or 0 and why there was none; `retry_after_s` is what the receiver asks."""

    status: int = 0
    reason: str = ""
    retry_after_s: int = 0

    @property
    def is_taken(self) -> bool:
        """Whether the receiver took it; everything but 2xx, redirects too, is a failure."""
        return self.status // 100 == 2  # noqa: PLR2004 - as HTTP counts them

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants nothing more, for ever."""
        return self.status == 410  # noqa: PLR2004 - as HTTP counts them


class Poster:
    """Posts to one target, keeping its connection for the next; nothing is sent twice and no redirect followed."""

    def __init__(
        self, target: Target, rule: OutwardRule, clock: Clock, agent: str, transport: Transport | None = None
    ) -> None:
        """Take the target, what may be reached, the machine's stopwatch and how we call ourselves."""
        self._target = target
        self._url = ""
        self._session: Session | None = None
        self._complaint = ""
        try:
            origin = rule.check(target.url)
        except WrongAddress as trouble:
            self._complaint = str(trouble)
            return
        self._url = target.url
        self._session = Session(
            base_url=f"{origin.scheme}://{_host(origin.host)}:{origin.port}",
            host_rule=rule,
            user_agent=agent,
            meter=CallMeter(),
            governor=None,
            connect_s=ANSWER_S,
            read_s=ANSWER_S,
            total_s=ANSWER_S,
            clock=clock,
            system="hooks",
            transport=transport,
            pinned=partial(rule.addresses, is_plain=origin.scheme == "http"),
            cut_at=MOST_READ,
        )

    def post(self, webhook_id: str, timestamp: int, body: bytes) -> Answer:
        """Try once to deliver; trouble is told in the answer, in words that say nothing of a private network."""
        if self._session is None:
            return Answer(reason=self._complaint)
        secrets = [secret.reveal() for secret in self._target.secrets]
        headers = {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            **signed_headers(secrets, webhook_id, timestamp, body),
            **({self._target.header: self._target.value.reveal()} if self._target.header else {}),
        }
        try:
            reply = self._session.call("POST", self._url, headers=headers, body=body)
        except WrongAddress as trouble:
            return Answer(reason=str(trouble))
        except NotSent:
            return Answer(reason="no connection")
        except Unanswered:
            return Answer(reason="no complete answer in time")
        return Answer(status=reply.status, reason=_reason(reply.status), retry_after_s=_seconds(reply.headers))

    def close(self) -> None:
        """Close the connection."""
        if self._session is not None:
            self._session.close()


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _reason(status: int) -> str:
    if status // 100 == 3:  # noqa: PLR2004 - as HTTP counts them
        return f"the receiver answered {status}: redirects are not followed"
    return f"the receiver answered {status}"


def _seconds(headers: Mapping[str, str]) -> int:
    """Return what a receiver asks to be left alone for, a day at most; dates are not read."""
    text = headers.get("retry-after", "").strip()
    return min(int(text), 86_400) if text.isascii() and text.isdigit() and len(text) <= 6 else 0  # noqa: PLR2004
