"""Cliniko's API as calls: address and key, headers, filters, pages; knows nothing of our records."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import msgspec

from ligament.connectors.cliniko.declared import declared
from ligament.connectors.cliniko.errors import TOO_MANY, Garbled, server_date, trouble_in, wait_asked_for
from ligament.net.governor import Governor, Observed, Priority
from ligament.net.hosts import WrongAddress
from ligament.net.mending import mended
from ligament.net.patience import patiently
from ligament.net.session import NotSent, Session, Unanswered
from ligament.ports.errors import Broken, OutcomeUnknown, Rejected, SignInAgain, TryLater

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from ligament.net.session import Reply
    from ligament.ports.clocks import Clock

T = TypeVar("T")

PER_PAGE = 100
BATCH = 80
REFUSED_ELEMENT = frozenset({404, 422})
_SMALLEST_BATCH = 10
_MOST_PAGES = 50_000
"""Five million rows: more than any practice has, and the end for a list that makes up addresses for ever."""
_DEFAULT_SHARD = "au1"
_SHARD = re.compile(r"\A[a-z]{2}\d{1,2}\Z")
_KEY = re.compile(r"\A[\x21-\x7e]{8,400}\Z")


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


def shard_of(api_key: str) -> str:
    """Return the shard, which is what follows the key's last hyphen; keys without one belong to au1 (facts 2.1).

    The part becomes a piece of a host name, so it must look exactly like a shard.
    """
    if not _KEY.match(api_key):
        raise WrongKey("the Cliniko API key is empty or holds spaces or unusual characters")
    _, hyphen, ending = api_key.rpartition("-")
    if not hyphen:
        return _DEFAULT_SHARD
    shard = ending.lower()
    if not _SHARD.match(shard):
        raise WrongKey("the Cliniko API key does not end like `-au1`; copy it again, with its ending")
    return shard


def base_url_of(api_key: str, override: str = "") -> str:
    """Return the API's address for a key, including `/v1`, or the explicit one."""
    return override.rstrip("/") if override else declared().addresses["url"].format(shard=shard_of(api_key))


def user_agent(contact: str) -> str:
    """Return the User-Agent that Cliniko asks for: a name and an e-mail address (facts 2.2)."""
    if not re.fullmatch(r"[!-'*-~]+@[!-'*-~]+", contact):
        raise ValueError("the contact for Cliniko must be an e-mail address")
    return f"Ligament ({contact})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list: undecoded rows, the total of the list, and the server's clock when it said it."""

    rows: tuple[msgspec.Raw, ...]
    total: int
    next_target: str
    server_at: datetime | None


class _Links(msgspec.Struct, kw_only=True):
    next: str | None = None


class Envelope(msgspec.Struct, kw_only=True):
    """What stands round the rows of a list."""

    total_entries: int | str | None = None
    links: _Links | None = None


class ClinikoClient:
    """Speaks to one Cliniko account; reads are repeated patiently, writes are sent once."""

    def __init__(
        self,
        session: Session,
        *,
        api_key: str,
        clock: Clock,
        jitter: Callable[[int], int],
        governor: Governor | None = None,
        attempts: int = 5,
    ) -> None:
        token = base64.b64encode(f"{api_key}:".encode()).decode("ascii")
        self._headers = {"Authorization": f"Basic {token}", "Accept": "application/json"}
        self._session = session
        self._clock = clock
        self._jitter = jitter
        self._governor = governor
        self._attempts = attempts
        self._slowed = 0

    def one(self, path: str, row: type[T], *, filters: Sequence[str] = (), lane: Priority = Priority.SYNC) -> T:
        body, _ = self._read(target_of(path, filters), msgspec.json.Decoder(row), lane)
        return body

    def page(self, path: str, *, filters: Sequence[str] = (), sort: str = "", per_page: int = PER_PAGE) -> Page:
        """Read the first page of a list."""
        extra = [f"per_page={per_page}", *([f"sort={quote(sort, safe=':,_')}"] if sort else [])]
        return self.follow(target_of(path, filters, extra), key=path.strip("/").partition("/")[0])

    def follow(self, target: str, *, key: str) -> Page:
        """Read the page at a target that the API gave, such as `links.next`; its rows are under `key`."""
        whole, reply = self._read(target, msgspec.json.Decoder(dict[str, msgspec.Raw]), Priority.SYNC)
        try:
            rows = msgspec.json.decode(whole[key], type=list[msgspec.Raw])
            envelope = msgspec.convert(
                {name: msgspec.json.decode(whole[name]) for name in ("total_entries", "links") if name in whole},
                Envelope,
            )
            total = len(rows) if envelope.total_entries is None else int(envelope.total_entries)
        except (KeyError, ValueError, RecursionError, ArithmeticError, msgspec.MsgspecError):
            raise Broken("Cliniko's list does not look like one.", key) from None
        following = (envelope.links.next if envelope.links else None) or ""
        return Page(rows=tuple(rows), total=total, next_target=following, server_at=server_date(reply))

    def pages(self, path: str, *, filters: Sequence[str] = (), sort: str = "") -> Iterator[Page]:
        """Read a list page by page, following the addresses that the API gives."""
        key = path.strip("/").partition("/")[0]
        page = self.page(path, filters=filters, sort=sort)
        yield page
        followed: set[str] = set()
        while page.next_target and page.rows:
            if page.next_target in followed or len(followed) >= _MOST_PAGES:
                raise Broken("Cliniko's list never ends: its next page is one that was read already.", key)
            followed.add(page.next_target)
            page = self.follow(page.next_target, key=key)
            yield page

    def by_ids(self, path: str, field: str, ids: Sequence[str], filters: Sequence[str] = ()) -> Iterator[msgspec.Raw]:
        """Read all rows whose field is one of the ids, in batches that keep the address short."""
        wanted = list(dict.fromkeys(ids))
        for start in range(0, len(wanted), BATCH):
            yield from self._batch(path, field, wanted[start : start + BATCH], filters)

    def _batch(self, path: str, field: str, ids: Sequence[str], filters: Sequence[str]) -> list[msgspec.Raw]:
        try:
            pages = self.pages(path, filters=(f"{field}:={','.join(ids)}", *filters), sort="created_at:asc")
            return [row for page in pages for row in page.rows]
        except Rejected:
            # How long a list of ids may be is not documented (facts 3.7): refused, we try with half of it.
            if len(ids) < _SMALLEST_BATCH:
                raise
            middle = len(ids) // 2
            return [
                *self._batch(path, field, ids[:middle], filters),
                *self._batch(path, field, ids[middle:], filters),
            ]

    def send(self, method: str, target: str, body: bytes) -> Reply:
        """Send one write, once; raises OutcomeUnknown when it is not certain what became of it.

        A 404 or 422 comes back: it is an answer about the record.
        """
        headers = {**self._headers, "Content-Type": "application/json"}
        try:
            reply = self._session.call(method, target, headers=headers, body=body)
        except NotSent as trouble:
            raise TryLater("Cliniko cannot be reached.", str(trouble)) from None
        except Unanswered as trouble:
            sentence = "Cliniko did not answer; it must be looked up whether the change was saved."
            raise OutcomeUnknown(sentence, str(trouble)) from None
        except WrongAddress as trouble:
            raise Broken("The address does not belong to Cliniko.", str(trouble)) from None
        if reply.status not in REFUSED_ELEMENT:
            self._heed(reply, is_write=True)
        return reply

    def close(self) -> None:
        self._session.close()

    def _read(self, target: str, decoder: msgspec.json.Decoder[T], lane: Priority) -> tuple[T, Reply]:
        def attempt() -> tuple[T, Reply]:
            reply = self._get(target, lane)
            try:
                return decoded(decoder, reply.body), reply
            except (msgspec.MsgspecError, ValueError, RecursionError, ArithmeticError):
                raise Garbled("Cliniko's answer could not be read.", "the body is not JSON") from None

        try:
            return patiently(attempt, clock=self._clock, jitter=self._jitter, attempts=self._attempts)
        except Garbled as trouble:
            sentence = "Cliniko keeps answering with something that cannot be read (a page instead of data, perhaps)."
            raise Broken(sentence, trouble.detail) from None

    def _get(self, target: str, lane: Priority) -> Reply:
        try:
            reply = self._session.call("GET", target, headers=self._headers, lane=lane)
        except (NotSent, Unanswered) as trouble:
            raise TryLater("Cliniko cannot be reached at the moment.", str(trouble)) from None
        except WrongAddress as trouble:
            # A `links.next` to another host would carry the key there (failure 31).
            raise Broken("Cliniko's answer leads to an address that is not Cliniko's.", str(trouble)) from None
        self._heed(reply, is_write=False)
        return reply

    def _heed(self, reply: Reply, *, is_write: bool) -> None:
        wait_s = 0
        if reply.status != TOO_MANY:
            self._slowed = 0
        else:
            wait_s = wait_asked_for(reply, self._clock.now(), self._jitter, self._slowed)
            if self._governor is not None:
                self._governor.learn(Observed(retry_after_s=wait_s))
            self._slowed += 1
        trouble = trouble_in(reply, is_write=is_write, wait_s=wait_s)
        if trouble is not None:
            raise trouble


def decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Decode a body; when a piece of it is odd, with that piece marked, so that the rest can be read."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError):
        return decoder.decode(mended(body))


def target_of(path: str, filters: Sequence[str] = (), extra: Sequence[str] = ()) -> str:
    """Return a path with its query; every filter is encoded, commas stay to keep long lists short."""
    query = "&".join([*extra, *(f"q%5B%5D={quote(entry, safe=',')}" for entry in filters)])
    return f"{path}?{query}" if query else path
