"""A list that leads back to itself ends with a clear error, and not never."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ligament.connectors.cliniko.client import ClinikoClient
from ligament.connectors.cliniko.declared import declared
from ligament.connectors.cliniko.simulator.handle import handle
from ligament.connectors.cliniko.simulator.world import DEFAULT_KEY, World
from ligament.connectors.cliniko.tests.client_kit import START, VirtualClock, with_people
from ligament.net.meter import CallMeter
from ligament.net.session import Session
from ligament.ports.errors import Broken
from ligament.simkit.hosting import Host
from tests.support.mounting import LOOPBACK, mounted

if TYPE_CHECKING:
    from ligament.simkit.messages import Request, Response


@pytest.mark.parametrize("length", [1, 2])
def test_a_next_page_that_was_read_already_ends_the_reading(length: int) -> None:
    calls: list[str] = []

    def circling(world: World, request: Request) -> tuple[World, Response]:
        after, answer = handle(world, request)
        calls.append(request.path)
        body = json.loads(answer.body)
        turn = len(calls) % length
        body["links"]["next"] = f"{LOOPBACK}/v1/patients?per_page=100&sort=created_at:asc&round={turn}"
        return after, replace(answer, body=json.dumps(body).encode())

    clock = VirtualClock()
    host: Host[Any] = Host(circling, with_people(World.empty(at=START), 3), clock=clock.now)
    session = Session(
        base_url=f"{LOOPBACK}/v1",
        host_rule=declared().hosts,
        user_agent="test",
        meter=CallMeter(),
        governor=None,
        transport=mounted(host),
    )
    client = ClinikoClient(session, api_key=DEFAULT_KEY, clock=clock, jitter=lambda _: 0)
    with pytest.raises(Broken, match="never ends"):
        list(client.pages("/patients"))
    assert len(calls) <= length + 2
