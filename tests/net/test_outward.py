"""What a person enters as an address leads to what everybody can reach, or to what the rulebook names; never inside."""

from __future__ import annotations

from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

from ligament.net.hosts import WrongAddress
from ligament.net.meter import CallMeter
from ligament.net.outward import OutwardRule, PrivateAddress, is_global
from ligament.net.session import NotSent, Session
from tests.net.clocks import Stopwatch
from tests.net.loopback import Wire, answer, serving

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

PRIVATE = (
    "0.0.0.1", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.9",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1",
    "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "ff02::1",
)  # fmt: skip
PUBLIC = ("1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:808:808")


def leads_to(*addresses: str) -> OutwardRule:
    return OutwardRule(look_up=lambda _host, _port: addresses)


@pytest.mark.parametrize("address", PRIVATE)
def test_what_only_some_can_reach_is_refused(address: str) -> None:
    assert not is_global(ip_address(address))
    with pytest.raises(PrivateAddress):
        leads_to(address).addresses("hooks.example", 443, is_plain=False)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_everybody_can_reach_is_let_through(address: str) -> None:
    assert leads_to(address).addresses("hooks.example", 443, is_plain=False) == (address,)


def test_of_several_addresses_only_those_that_may_be_reached_are_used() -> None:
    assert leads_to("10.0.0.1", "8.8.8.8").addresses("hooks.example", 443, is_plain=False) == ("8.8.8.8",)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x", "https://[::1]/x", "https://[::ffff:7f00:1]/x", "https://10.0.0.1:8443/x",
        "http://hooks.example/x", "ftp://hooks.example/x", "https://user:word@hooks.example/x",
        "https://hooks.example/x#part", "https://hooks.example/a b", "https://", "https://h.example/" + "x" * 2000,
    ],
)  # fmt: skip
def test_addresses_nobody_should_enter_are_refused_at_once(url: str) -> None:
    with pytest.raises(WrongAddress):
        OutwardRule().check(url)


@pytest.mark.parametrize("name", ["127.1", "0x7f000001", "2130706433", "localhost"])
def test_odd_spellings_of_this_machine_lead_nowhere(name: str) -> None:
    with pytest.raises((PrivateAddress, OSError)):
        OutwardRule().addresses(name, 443, is_plain=False)


def test_what_the_rulebook_names_may_be_reached_and_only_there_without_encryption() -> None:
    rule = OutwardRule(allowed=("127.0.0.1", "10.20.0.0/16"), look_up=lambda _host, _port: ("10.20.1.1",))
    assert rule.check("http://127.0.0.1:9/x").port == 9
    assert rule.addresses("n8n.clinic.example", 80, is_plain=True) == ("10.20.1.1",)
    with pytest.raises(PrivateAddress):
        rule.check("http://10.21.0.1/x")
    public = OutwardRule(allowed=("10.0.0.1",), look_up=lambda _host, _port: ("8.8.8.8",))
    with pytest.raises(PrivateAddress):
        public.addresses("hooks.example", 80, is_plain=True)


# --- at the moment of connecting --------------------------------------------------------------------------------------


def taken(wire: Wire, connection: socket.socket) -> None:
    while wire.read_request(connection):
        connection.sendall(answer(b"", "204 No Content"))


def session(rule: OutwardRule, url: str) -> Session:
    return Session(
        base_url=url,
        host_rule=rule,
        user_agent="Ligament",
        meter=CallMeter(),
        governor=None,
        connect_s=2,
        read_s=2,
        clock=Stopwatch(),
        pinned=partial(rule.addresses, is_plain=True),
        cut_at=1000,
    )


def test_a_name_that_begins_to_lead_inside_after_it_was_saved_is_not_followed() -> None:
    answers: list[Iterable[str]] = [("8.8.8.8",), ("127.0.0.1",)]
    rule = OutwardRule(allowed=("10.0.0.1",), look_up=lambda _host, _port: answers.pop(0))
    with serving(taken) as wire:
        port = wire.url.rpartition(":")[2]
        url = f"http://hooks.example:{port}"
        assert rule.addresses("hooks.example", int(port), is_plain=False) == ("8.8.8.8",)
        opened = session(rule, url)
        with pytest.raises(PrivateAddress):
            opened.call("POST", "/x", headers={}, body=b"{}")
        opened.close()
        assert wire.requests == []


def test_the_connection_goes_to_the_address_that_was_looked_at_and_keeps_the_name() -> None:
    with serving(taken) as wire:
        port = wire.url.rpartition(":")[2]
        rule = OutwardRule(allowed=("127.0.0.1",), look_up=lambda _host, _port: ("127.0.0.1",))
        opened = session(rule, f"http://hooks.example:{port}")
        assert opened.call("POST", "/x", headers={}, body=b"{}").status == 204
        opened.close()
        assert f"hooks.example:{port}".encode() in wire.requests[0]


def test_a_name_without_an_address_was_certainly_not_sent_to() -> None:
    def unknown(_host: str, _port: int) -> Iterable[str]:
        raise OSError("no such name")

    opened = session(OutwardRule(allowed=("127.0.0.1",), look_up=unknown), "http://hooks.example:1")
    with pytest.raises(NotSent):
        opened.call("POST", "/x", headers={}, body=b"{}")
    opened.close()


def test_an_answer_without_an_end_counts_by_its_status_and_is_cut_off() -> None:
    def endless(wire: Wire, connection: socket.socket) -> None:
        wire.read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
        while not wire.done.is_set():
            connection.sendall(b"x" * 65536)

    with serving(endless) as wire:
        rule = OutwardRule(allowed=("127.0.0.1",))
        opened = session(rule, wire.url)
        reply = opened.call("POST", "/x", headers={}, body=b"{}")
        opened.close()
    assert reply.status == 200
    assert len(reply.body) == 1000
