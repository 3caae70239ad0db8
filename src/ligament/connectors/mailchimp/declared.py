"""What this connector's manifest declares: hosts, addresses, limits and what else stands there once."""

from __future__ import annotations

from ligament.net.manifest import Manifest, manifest_of


def declared() -> Manifest:
    """Return the manifest of this folder."""
    return manifest_of("ligament.connectors.mailchimp")
