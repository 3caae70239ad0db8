"""A simulated account under the real client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ligament.connectors.mailchimp import simulator
from ligament.connectors.mailchimp.client import MailchimpClient
from ligament.connectors.mailchimp.declared import declared
from ligament.connectors.mailchimp.port import MailchimpAudience
from ligament.core.private import Private
from ligament.net.meter import CallMeter
from ligament.net.session import Session
from ligament.ports.audience import Newcomer
from ligament.simkit.hosting import Host
from tests.net.clocks import VirtualClock
from tests.support.mounting import LOOPBACK, mounted

NEWS = simulator.Audience(id="a1b2c3d4e5", name="Riverside news")


@dataclass(slots=True)
class Account:
    """The account, and a port that leads to it."""

    host: Host[Any]
    clock: VirtualClock
    port: MailchimpAudience

    @property
    def news(self) -> Any:
        return self.host.world.audiences[NEWS.id]

    def asked(self) -> list[str]:
        return [f"{one.request.method} {one.request.path.removeprefix('/3.0')}" for one in self.host.log]


def account(world: Any = None, wanted: str = "", **switches: Any) -> Account:
    clock = VirtualClock()
    start = world or simulator.World(switches=simulator.Switches(**switches)).with_audience(NEWS)
    host = Host(simulator.handle, start, clock=clock.now, pause=lambda _: None, patience_ms=1)
    session = Session(
        base_url=LOOPBACK,
        host_rule=declared().hosts,
        user_agent="Ligament (office@clinic.example)",
        meter=CallMeter(),
        governor=None,
        transport=mounted(host),
        clock=clock,
        system="mailchimp",
    )
    client = MailchimpClient(session, api_key=simulator.DEFAULT_KEY, clock=clock, jitter=lambda most: most // 2)
    return Account(host, clock, MailchimpAudience(client, wanted=wanted))


def people(*numbers: int) -> tuple[Newcomer, ...]:
    return tuple(
        Newcomer(email=Private(f"p{number}@mail.example"), first=Private(f"First{number}")) for number in numbers
    )
