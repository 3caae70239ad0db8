"""A pure simulator of Mailchimp's Marketing API, written from its description and sharing no code with the client."""

from ligament.connectors.mailchimp.simulator.handle import handle
from ligament.connectors.mailchimp.simulator.world import DEFAULT_KEY, Audience, Member, Switches, World, hash_of

__all__ = ["DEFAULT_KEY", "Audience", "Member", "Switches", "World", "handle", "hash_of"]
