"""Addresses that a person chose: only what everybody can reach, unless the rulebook names a private one.

The name is looked up when a connection is made, and the connection goes to an address that was looked at: a name that
leads elsewhere a moment later leads nowhere.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from ligament.net.hosts import Origin, WrongAddress, origin_of

Address = IPv4Address | IPv6Address
LookUp = Callable[[str, int], Iterable[str]]
LONGEST = 2000

# Written out, because what the standard library calls global has changed between its versions.
_NOT_GLOBAL = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip


class PrivateAddress(WrongAddress):
    """The address is not one that everybody can reach, and the rulebook does not name it."""


def is_global(address: Address) -> bool:
    """Say whether an address is one that everybody can reach; IPv4 inside IPv6 counts as what it is."""
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        if mapped is not None:
            return is_global(mapped)
        if address.scope_id is not None:
            return False
    return not any(address in network for network in _NOT_GLOBAL if network.version == address.version)


def look_up(host: str, port: int) -> list[str]:
    """Ask the machine which addresses a name has; raises OSError when it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class OutwardRule:
    """Lets through what everybody can reach over TLS, and the networks and host names that the rulebook names.

    `allowed` holds addresses, networks or host names; only to these plain http is spoken.
    """

    allowed: tuple[str, ...] = ()
    look_up: LookUp = look_up

    def check(self, url: str) -> Origin:
        """Return the origin of an address, as far as can be told without asking where its name leads."""
        if len(url) > LONGEST or "#" in url:
            raise WrongAddress("the address is longer than 2,000 characters, or holds a fragment")
        origin = origin_of(url)
        literal = _literal(origin.host)
        if literal is not None and not self._may(origin.host, literal):
            raise PrivateAddress("refused: private address")
        if origin.scheme != "https" and not self._might_be_allowed(origin.host, literal):
            raise WrongAddress("the address must start with https://")
        return origin

    def addresses(self, host: str, port: int, *, is_plain: bool) -> tuple[str, ...]:
        """Return the addresses to connect to; raises PrivateAddress when none may be reached, OSError without any.

        With `is_plain` nothing but what the rulebook names.
        """
        found = [address for address in map(_literal, self.look_up(host, port)) if address is not None]
        fits = [one for one in found if (self._is_allowed(host, one) if is_plain else self._may(host, one))]
        if not fits:
            raise PrivateAddress("refused: private address")
        return tuple(str(address) for address in fits)

    def _may(self, host: str, address: Address) -> bool:
        return is_global(address) or self._is_allowed(host, address)

    def _might_be_allowed(self, host: str, literal: Address | None) -> bool:
        """A name is let through where anything private is: where it leads is looked at when it is connected to."""
        return self._is_allowed(host, literal) if literal is not None else bool(self.allowed)

    def _is_allowed(self, host: str, address: Address) -> bool:
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return any(
            _names(entry, host, address) or (mapped is not None and _names(entry, host, mapped))
            for entry in self.allowed
        )


def _names(entry: str, host: str, address: Address) -> bool:
    try:
        network = ip_network(entry.strip(), strict=False)
    except ValueError:
        return entry.strip().rstrip(".").lower() == host.rstrip(".").lower()
    return network.version == address.version and address in network


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None
