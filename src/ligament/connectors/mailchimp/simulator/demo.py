"""An invented clinic's account in the simulated Mailchimp: one audience with people who came by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from ligament.connectors.mailchimp.simulator.handle import handle
from ligament.connectors.mailchimp.simulator.world import DEFAULT_KEY, Audience, Member, World

if TYPE_CHECKING:
    from ligament.simkit.messages import Request
    from ligament.simkit.story import ClinicStory

__all__ = ["environment", "handle", "is_write", "world_for"]


def world_for(story: ClinicStory) -> World:
    """Return the account of an invented clinic; some members unsubscribed or bounced."""
    began_at = datetime.combine(story.start_on, time(0), UTC)
    audience = Audience(id="a1b2c3d4e5", name=f"{story.name} news")
    for place, status in enumerate(("subscribed", "subscribed", "unsubscribed", "cleaned")):
        email = f"reader{place}@mail.example"
        audience = audience.with_member(Member(email=email, status=status, changed_at=began_at))
    return World().with_audience(audience)


def environment(world: World, url: str) -> dict[str, str]:
    """Return the environment that reaches this world at an address."""
    return {"MAILCHIMP_API_KEY": world.key or DEFAULT_KEY, "LIGAMENT_MAILCHIMP_URL": url}


def is_write(request: Request) -> bool:
    """Say whether a request would change the account."""
    return request.method != "GET"
