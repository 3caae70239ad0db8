"""Registry: finds the connectors that are there by their manifests, and loads their parts; names none of them."""

from __future__ import annotations

import importlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ligament.net.manifest import FILE, Manifest, manifest_of

if TYPE_CHECKING:
    # Who only wants to know which connectors are there need not load what they are opened with.
    from ligament.core.ledgers import Organisation
    from ligament.net.opening import Opening
    from ligament.ports.audience import Audience, AudienceIdentity
    from ligament.ports.books import Books
    from ligament.ports.connector import ByConsent, Connector, Webhooks
    from ligament.ports.practice import Practice, PracticeIdentity

    PracticeConnector = Connector[Opening, Practice, PracticeIdentity]
    BooksConnector = Connector[Opening, Books, Organisation]
    AudienceConnector = Connector[Opening, Audience, AudienceIdentity]

_HOUSE = "ligament.connectors"


class NoConnector(Exception):
    """No connector with that name or role is there, or several are and nobody said which."""


@cache
def manifests() -> tuple[Manifest, ...]:
    """Return the manifests of all connectors, by name."""
    folders = (folder.name for folder in files(_HOUSE).iterdir() if folder.joinpath(FILE).is_file())
    return tuple(manifest_of(f"{_HOUSE}.{name}") for name in sorted(folders))


def for_role(role: str, name: str = "") -> Manifest:
    """Return the connector of that name for a role, or the only one there is; raises NoConnector."""
    there = players(role)
    chosen = [manifest for manifest in there if manifest.name == name] if name else list(there)
    if len(chosen) == 1:
        return chosen[0]
    listed = ", ".join(f'"{manifest.name}"' for manifest in there) or "none"
    if name or not there:
        raise NoConnector(f'"{name}" is no {role} system that is installed; there is: {listed}.')
    raise NoConnector(f'Several {role} systems are installed ({listed}): say which, as in {role} = "{there[0].name}".')


def named(name: str) -> Manifest:
    for manifest in manifests():
        if manifest.name == name:
            return manifest
    there = ", ".join(manifest.name for manifest in manifests())
    raise NoConnector(f"no connector called {name} is installed; there are {there}")


def players(role: str) -> tuple[Manifest, ...]:
    """Return the connectors for a role, by name."""
    return tuple(manifest for manifest in manifests() if manifest.role == role)


def connector_of(manifest: Manifest) -> Connector[Opening, Any, Any]:
    """Load a connector of whatever role."""
    found: Connector[Opening, Any, Any] = part_of(manifest, "opening")
    return found


def practice_connector(manifest: Manifest) -> PracticeConnector:
    """Load the connector of a practice system."""
    found: PracticeConnector = part_of(manifest, "opening")
    return found


def books_connector(manifest: Manifest) -> BooksConnector:
    """Load the connector of a books system."""
    found: BooksConnector = part_of(manifest, "opening")
    return found


def consent_of(manifest: Manifest) -> ByConsent[Opening, Organisation]:
    """Load how a person signs in to a books system with the browser, step by step."""
    found: ByConsent[Opening, Organisation] = part_of(manifest, "opening")
    return found


def audience_connector(manifest: Manifest) -> AudienceConnector:
    """Load the connector of a system that keeps mailing lists."""
    found: AudienceConnector = part_of(manifest, "opening")
    return found


def webhooks_of(manifest: Manifest) -> Webhooks:
    """Load what understands the calls of a system, where the manifest says that it calls us."""
    found: Webhooks = part_of(manifest, "webhooks")
    return found


def part_of(manifest: Manifest, part: str) -> Any:  # noqa: ANN401 - a module's type is known to its importer only
    """Load a module of a connector's folder, such as `opening` or `simulator.demo`."""
    return importlib.import_module(f"{_HOUSE}.{manifest.name}.{part}")
