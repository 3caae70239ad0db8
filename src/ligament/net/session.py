"""One HTTP call at a time: sent at most once, to the right host, within limits of time and size."""

from __future__ import annotations

import re
import ssl
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import httpcore2
import httpx2

from ligament.net.deadline import Deadline, DeadlinePassed, Permission
from ligament.net.governor import Governor, Priority
from ligament.net.hosts import Origin, WrongAddress, origin_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ligament.net.meter import CallMeter
    from ligament.ports.clocks import Clock

MAX_BYTES = 200 * 1024 * 1024
_ID_IN_PATH = re.compile(r"(?<=/)(?=[^/]*\d)[^/]{4,}|(?<=/)\d+")
_VERSION = re.compile(r"\Av\d+\Z|\A\d\.\d\Z")
_STEP = 1024 * 1024
_READS = frozenset({"GET", "HEAD"})
_NEVER_LEFT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)


Pinned = Callable[[str, int], tuple[str, ...]]
"""Returns the addresses that a host and port may be connected to; raises OSError, or WrongAddress to forbid it."""

Transport = httpx2.BaseTransport
"""What carries requests; another module names it so, because the HTTP library is met here only."""


class NotSent(Exception):
    """There was no connection: the request certainly never left, so it is safe to try again."""


class Unanswered(Exception):
    """The request left, or may have, and no complete answer came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A complete answer; header names are in lower case, the body is unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class AddressRule(Protocol):
    """Says which addresses a session may talk to."""

    def check(self, url: str) -> Origin:
        """Return the origin of an address, or raise WrongAddress."""
        ...


class Observer(Protocol):
    """Hears about every call: no bodies, no query values, no ids; `status` is 0 when no answer came."""

    def __call__(self, *, system: str, method: str, path: str, status: int, ms: int) -> None: ...


class Session:
    """Calls one system; keeps connections alive, never follows a redirect and never sends anything twice.

    `read_s` bounds the silence between bytes; with a `clock` the whole answer may take `total_s`, by default four times
    as long. `may_write` is asked right before a write leaves, after every wait, and raises what forbids it. `pinned`
    chooses the addresses that a host name may lead to when a connection is made. With `cut_at` an answer counts as soon
    as its status is there: of its body no more than that is read, and no longer than it may take. Raises NotSent,
    Unanswered, WrongAddress (a target outside the base address) and what the governor and `may_write` raise.
    """

    def __init__(  # noqa: PLR0913 - a session is opened in one place per system, by name
        self,
        *,
        base_url: str,
        host_rule: AddressRule,
        user_agent: str,
        meter: CallMeter,
        governor: Governor | None,
        connect_s: float = 10,
        read_s: float = 45,
        total_s: float | None = None,
        transport: httpx2.BaseTransport | None = None,
        max_bytes: int = MAX_BYTES,
        system: str = "",
        observer: Observer | None = None,
        clock: Clock | None = None,
        may_write: Callable[[], None] | None = None,
        pinned: Pinned | None = None,
        cut_at: int | None = None,
    ) -> None:
        self._origin = host_rule.check(base_url)
        self._base = base_url.rstrip("/")
        if urlsplit(base_url).query or urlsplit(base_url).fragment:
            raise WrongAddress("the base address must not hold a query")
        self._user_agent = user_agent
        self._meter = meter
        self._governor = governor
        self._total_s = total_s if total_s is not None else read_s * 4
        self._max_bytes = max_bytes
        self._cut_at = cut_at
        self._system = system or self._origin.host
        self._observer = observer
        self._deadline = Deadline(clock)
        self._permission = Permission(self._deadline)
        self._may_write = may_write
        self._client = httpx2.Client(
            # Neither proxies, nor certificates, nor passwords come from the environment unseen.
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(connect=connect_s, read=read_s, write=read_s, pool=connect_s),
            transport=transport or DeadlineTransport(self._deadline, self._permission, pinned),
        )

    @property
    def base_url(self) -> str:
        """Return the base address without a closing slash."""
        return self._base

    def call(
        self, method: str, target: str, *, headers: Mapping[str, str], body: bytes = b"", lane: Priority = Priority.SYNC
    ) -> Reply:
        """Send one request and return its complete answer; `target` is a path below the base, or a full address."""
        url = self._address(target)
        slot = self._governor.before(lane) if self._governor is not None else None
        started = self._deadline.now_ms()
        status = 0
        try:
            if self._may_write is not None and method not in _READS:
                self._permission.ask(self._may_write)
            reply = self._send(method, url, headers, body)
            status = reply.status
            return reply
        finally:
            self._permission.end()
            if self._governor is not None:
                self._governor.after(slot)
            if self._observer is not None:
                spent = self._deadline.now_ms() - started
                path = path_template(urlsplit(str(url)).path)
                self._observer(system=self._system, method=method, path=path, status=status, ms=spent)

    def close(self) -> None:
        self._client.close()

    def _address(self, target: str) -> httpx2.URL:
        is_path = target.startswith("/") and not target.startswith("//")
        url = self._base + target if is_path else target
        # Checked on the finished address, so that no trick inside the target can lead elsewhere.
        if origin_of(url) != self._origin:
            raise WrongAddress("the address leads to another host")
        address = httpx2.URL(url)
        if address.host.lower() != self._origin.host:
            raise WrongAddress("the address can be read in two ways")
        return address

    def _send(self, method: str, url: httpx2.URL, headers: Mapping[str, str], body: bytes) -> Reply:
        sent = {"User-Agent": self._user_agent, "Accept-Encoding": "gzip", **headers}
        request = self._client.build_request(method, url, headers=sent, content=body or None)
        # Counted before it leaves: a call that may have left counts, one that certainly did not is taken back.
        self._meter.count(self._system, method)
        self._deadline.start(self._total_s)
        try:
            response = self._client.send(request, stream=True)
            try:
                return self._whole(response) if self._cut_at is None else self._beginning(response, self._cut_at)
            finally:
                response.close()
        except _NEVER_LEFT as trouble:
            self._meter.count(self._system, method, -1)
            raise NotSent(type(trouble).__name__) from None
        except (httpx2.HTTPError, httpx2.StreamError, DeadlinePassed, zlib.error) as trouble:
            # The text of a library's error may hold the address with its query: only its kind is passed on.
            raise Unanswered(type(trouble).__name__) from None

    def _beginning(self, response: httpx2.Response, most: int) -> Reply:
        """Return the status with as much of the body as comes in time, as it came; what is missing is no trouble."""
        body = b""
        with suppress(httpx2.HTTPError, httpx2.StreamError, DeadlinePassed):
            for raw in response.iter_raw():
                body += raw
                if len(body) > most:
                    break
                self._deadline.check()
        self._meter.received(self._system, len(body))
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(status=response.status_code, headers=headers, body=body[:most])

    def _whole(self, response: httpx2.Response) -> Reply:
        packing = response.headers.get("content-encoding", "identity").strip().lower()
        if packing not in ("identity", "gzip", ""):
            raise Unanswered("the answer is packed in a way that was not asked for")
        unpack = zlib.decompressobj(wbits=31) if packing == "gzip" else None
        parts: list[bytes] = []
        size = 0
        for raw in response.iter_raw():
            self._deadline.check()
            self._meter.received(self._system, len(raw))
            for part in _unpacked(raw, unpack):
                size += len(part)
                if size > self._max_bytes:
                    raise Unanswered(f"the answer is larger than {self._max_bytes} bytes")
                parts.append(part)
        if unpack is not None and parts and not unpack.eof:
            raise Unanswered("the packed answer ends too early")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(status=response.status_code, headers=headers, body=b"".join(parts))


def _unpacked(raw: bytes, unpack: zlib._Decompress | None) -> list[bytes]:
    if unpack is None:
        return [raw]
    # In steps, so that a small packet can never unfold into gigabytes before its size is looked at.
    parts = [unpack.decompress(raw, _STEP)]
    while unpack.unconsumed_tail:
        parts.append(unpack.decompress(unpack.unconsumed_tail, _STEP))
    return parts


def path_template(path: str) -> str:
    """Return the path with everything that looks like an id replaced by `{id}`."""
    parts = path.split("/")
    return "/".join(part if _VERSION.match(part) or not _ID_IN_PATH.match("/" + part, 1) else "{id}" for part in parts)


@cache
def trust() -> ssl.SSLContext:
    """Return whom connections trust: read once for the whole process, for it costs more than a look at a clinic."""
    return httpx2.create_ssl_context(trust_env=False)


class _Stream(httpcore2.NetworkStream):
    """A connection whose every step knows how much time the whole call has left, and whether it may still go on."""

    def __init__(self, inner: httpcore2.NetworkStream, deadline: Deadline, permission: Permission) -> None:
        self._inner = inner
        self._deadline = deadline
        self._permission = permission

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read within the time left."""
        return self._inner.read(max_bytes, timeout=self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write within the time left; a request that breaks off in the middle is none."""
        self._permission.ask_again()
        self._inner.write(buffer, timeout=self._deadline.left(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Wrap the encrypted connection too."""
        inner = self._inner.start_tls(ssl_context, server_hostname, timeout=self._deadline.left(timeout))
        return _Stream(inner, self._deadline, self._permission)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - the library's own signature
        """Pass the question on."""
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.SyncBackend):
    def __init__(self, deadline: Deadline, permission: Permission, pinned: Pinned | None) -> None:
        self._deadline = deadline
        self._permission = permission
        self._pinned = pinned

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect within the time left and return a connection that keeps to it."""
        trouble: Exception | None = None
        for address in self._addresses(host, port):
            try:
                left = self._deadline.left(timeout)
                inner = super().connect_tcp(address, port, left, local_address, socket_options)
                return _Stream(inner, self._deadline, self._permission)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                trouble = error
        raise trouble or httpcore2.ConnectError("no address")

    def _addresses(self, host: str, port: int) -> tuple[str, ...]:
        if self._pinned is None:
            return (host,)
        try:
            return self._pinned(host, port)
        except OSError as error:
            raise httpcore2.ConnectError(type(error).__name__) from None


class DeadlineTransport(httpx2.HTTPTransport):
    """The library's transport, without retries or the environment, with a deadline for the whole call."""

    def __init__(self, deadline: Deadline, permission: Permission, pinned: Pinned | None = None) -> None:
        super().__init__(verify=trust(), trust_env=False, retries=0)
        self._pool = httpcore2.ConnectionPool(
            ssl_context=trust(),
            max_connections=20,
            max_keepalive_connections=10,
            keepalive_expiry=4,
            retries=0,
            network_backend=_Backend(deadline, permission, pinned),
        )
