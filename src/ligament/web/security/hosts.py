"""Hosts and addresses: under which names we answer, where a request really comes from, and whether a form is ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

Header = Callable[[str], str]
_FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_NETWORK_BITS = 64


def is_loopback_host(host: str) -> bool:
    """Say whether a `Host` header names this machine itself."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or _is_loopback(name)


def may_answer(host: str, public_url: str) -> bool:
    """Say whether we answer under this `Host` header: the public one, else the loopback ones only."""
    if public_url:
        return host.lower() == urlsplit(public_url).netloc
    return is_loopback_host(host)


def is_own_form(header: Header, public_url: str) -> bool:
    """Say whether a form comes from one of our own pages, as far as the browser tells."""
    if header("sec-fetch-site") in {"cross-site", "same-site"}:
        return False
    origin = header("origin")
    return not origin or origin.lower() == (public_url or f"http://{header('host').lower()}")


def is_surely_own_form(header: Header, public_url: str) -> bool:
    """Say whether the browser itself says that a form comes from one of our own pages."""
    is_said = header("sec-fetch-site") == "same-origin" or bool(header("origin"))
    return is_said and is_own_form(header, public_url)


def is_local(peer: str, header: Header) -> bool:
    """Say whether a caller is on this machine itself, and no proxy stands between."""
    return _is_loopback(peer) and not any(header(name) for name in _FORWARDING)


def address_of(peer: str, header: Header, trusted: tuple[str, ...]) -> str:
    """Return where a request comes from: behind proxies that we trust, the address that the last of them saw."""
    found = peer
    for said in reversed([part.strip() for part in header("x-forwarded-for").split(",") if part.strip()]):
        if not _is_trusted(found, trusted):
            break
        if not _is_address(said):
            break
        found = said
    return _counted(found)


@lru_cache(maxsize=1000)
def _counted(address: str) -> str:
    """Return the address under which attempts are counted: whoever has an IPv6 network has all of it."""
    if not _is_address(address):
        return "unknown"
    found = ip_address(address)
    if isinstance(found, IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped) if mapped else str(ip_network((found, _NETWORK_BITS), strict=False))
    return str(found)


def _is_trusted(address: str, trusted: tuple[str, ...]) -> bool:
    return _is_address(address) and any(
        ip_address(address) in network for network in map(ip_network, trusted) if network.version == _version(address)
    )


def _version(address: str) -> int:
    return ip_address(address).version


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1000)
def _is_loopback(text: str) -> bool:
    return _is_address(text) and ip_address(text).is_loopback
