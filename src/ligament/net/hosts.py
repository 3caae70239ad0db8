"""Which addresses a session may talk to: the vendor's own hosts over TLS, and loopback for simulators."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

_LOOPBACK_V4 = ipaddress.ip_network("127.0.0.0/8")
_DOTTED = re.compile(r"\A\d{1,3}(\.\d{1,3}){3}\Z")
_SAFE = re.compile(r"\A[\x21-\x7e]+\Z")
_HTTPS_PORT = 443
_DEFAULT_PORTS = {"https": _HTTPS_PORT, "http": 80}


class WrongAddress(ValueError):
    """The address is not one that this session may talk to; the text never repeats a query or a user name."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of an address, in lower case and with the port always said."""

    scheme: str
    host: str
    port: int


def is_loopback(host: str) -> bool:
    """Say whether the host is this machine: `localhost`, `::1` or a dotted address in 127.0.0.0/8."""
    if host == "localhost":
        return True
    if host == "::1":
        return True
    # Short forms such as 127.1 or 0x7f.1 are refused on purpose: only what everybody reads alike is let in.
    if not _DOTTED.match(host):
        return False
    try:
        return ipaddress.IPv4Address(host) in _LOOPBACK_V4
    except ValueError:
        return False


def origin_of(url: str) -> Origin:
    """Return the origin of an absolute http(s) address, or raise WrongAddress."""
    split = _split(url)
    host = split.hostname or ""
    if split.scheme not in _DEFAULT_PORTS or not host:
        raise WrongAddress("the address must start with https:// and name a host")
    if "@" in split.netloc or "\\" in url:
        raise WrongAddress("the address must not hold a user name or a backslash")
    try:
        port = split.port
    except ValueError:
        raise WrongAddress("the port of the address is not a number") from None
    return Origin(split.scheme, host, _DEFAULT_PORTS[split.scheme] if port is None else port)


def _split(url: str) -> SplitResult:
    # urlsplit drops tabs and newlines silently, another library may not: such addresses are refused outright.
    if not _SAFE.match(url):
        raise WrongAddress("the address holds spaces or characters outside ASCII")
    try:
        return urlsplit(url)
    except ValueError:
        raise WrongAddress("the address cannot be read") from None


@dataclass(frozen=True, slots=True)
class HostRule:
    """The vendor's hosts as a regular expression over the whole lower-case host name."""

    pattern: str

    def check(self, url: str) -> Origin:
        """Return the origin when it is a vendor's host over https on its usual port, or loopback; else refuse."""
        origin = origin_of(url)
        if is_loopback(origin.host):
            return origin
        if re.fullmatch(self.pattern, origin.host, flags=re.ASCII) is None:
            raise WrongAddress("the host does not belong to this system")
        if origin.scheme != "https" or origin.port != _HTTPS_PORT:
            raise WrongAddress("the system's own hosts are spoken to over https on its usual port only")
        return origin
