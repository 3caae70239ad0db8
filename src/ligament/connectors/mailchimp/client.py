"""Mailchimp's API as calls: address and key, pages, batches; knows nothing of our records."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import msgspec

from ligament.connectors.mailchimp.declared import declared
from ligament.connectors.mailchimp.errors import trouble_in
from ligament.net.hosts import WrongAddress
from ligament.net.patience import patiently
from ligament.net.session import NotSent, Unanswered
from ligament.ports.errors import Broken, OutcomeUnknown, SignInAgain, TryLater

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from ligament.net.session import Reply, Session
    from ligament.ports.clocks import Clock

T = TypeVar("T")

# Accepted as a part of a host name only when it looks exactly like a data centre (facts, section 2).
_DATA_CENTRE = re.compile(r"\A[a-z]{2,3}\d{1,3}\Z")
_KEY = re.compile(r"\A[\x21-\x7e]{8,200}\Z")
BAD_REQUEST, NOT_FOUND = 400, 404


class WrongKey(SignInAgain, ValueError):
    """The API key cannot be one; the text never repeats it. Whatever needs the system asks to sign in again."""

    def __init__(self, words: str) -> None:
        """Keep the words, which follow a name, and make a sentence of them."""
        super().__init__(f"{words[:1].upper()}{words[1:]}.")
        self.args = (words,)
        self.words = words

    def __str__(self) -> str:
        """Return the words."""
        return self.words


class Unclear(TryLater):
    """A good status with a body that cannot be read: tried again for reads, and Broken when it stays so."""


def base_url_of(api_key: str, override: str = "") -> str:
    """Return the API's address for a key, or the explicit one."""
    if not _KEY.match(api_key):
        raise WrongKey("the Mailchimp API key is empty or holds spaces or unusual characters")
    if override:
        return override.rstrip("/")
    centre = api_key.rpartition("-")[2].lower()
    if "-" not in api_key or not _DATA_CENTRE.match(centre):
        raise WrongKey("the Mailchimp API key does not end like `-us19`; copy it again, with its ending")
    return declared().addresses["url"].format(dc=centre)


class MailchimpClient:
    """Speaks to one Mailchimp account; reads are repeated patiently, writes are sent once."""

    def __init__(self, session: Session, *, api_key: str, clock: Clock, jitter: Callable[[int], int]) -> None:
        token = base64.b64encode(f"ligament:{api_key}".encode()).decode("ascii")
        self._headers = {"Authorization": f"Basic {token}", "Accept": "application/json"}
        self._session = session
        self._clock = clock
        self._jitter = jitter
        self._root = declared().paths["api"]

    def get(self, path: str, shape: type[T], query: Mapping[str, str] | None = None) -> T:
        target = self._target(path, query)

        def attempt() -> T:
            reply = self._got(target)
            try:
                return msgspec.json.decode(reply.body, type=shape)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                raise Unclear("Mailchimp's answer could not be read.", "the body is not what it should be") from None

        try:
            return patiently(attempt, clock=self._clock, jitter=self._jitter)
        except Unclear as trouble:
            raise Broken("Mailchimp keeps answering with something that cannot be read.", trouble.detail) from None

    def send(self, method: str, path: str, document: object, query: Mapping[str, str] | None = None) -> Reply:
        """Send one write, once; a refusal of the record itself (400) comes back.

        Raises OutcomeUnknown when it is not certain what became of it.
        """
        headers = {**self._headers, "Content-Type": "application/json"}
        body = msgspec.json.encode(document)
        try:
            reply = self._session.call(method, self._target(path, query), headers=headers, body=body)
        except NotSent as trouble:
            raise TryLater("Mailchimp cannot be reached.", str(trouble)) from None
        except Unanswered as trouble:
            sentence = "Mailchimp did not answer; run it again, nobody is added twice."
            raise OutcomeUnknown(sentence, str(trouble)) from None
        except WrongAddress as trouble:
            raise Broken("The address does not belong to Mailchimp.", str(trouble)) from None
        if reply.status != BAD_REQUEST:
            found = trouble_in(reply, is_write=True)
            if found is not None:
                raise found
        return reply

    def now(self) -> datetime:
        """Return the present instant."""
        return self._clock.now()

    def pause_ms(self, milliseconds: int) -> None:
        self._clock.pause_ms(milliseconds)

    def close(self) -> None:
        self._session.close()

    def _got(self, target: str) -> Reply:
        try:
            reply = self._session.call("GET", target, headers=self._headers)
        except (NotSent, Unanswered) as trouble:
            raise TryLater("Mailchimp cannot be reached at the moment.", str(trouble)) from None
        except WrongAddress as trouble:
            raise Broken("The address does not belong to Mailchimp.", str(trouble)) from None
        found = trouble_in(reply, is_write=False)
        if found is not None:
            raise found
        return reply

    def _target(self, path: str, query: Mapping[str, str] | None) -> str:
        text = "&".join(f"{name}={quote(value, safe=',.')}" for name, value in (query or {}).items())
        return f"{self._root}{path}?{text}" if text else f"{self._root}{path}"
