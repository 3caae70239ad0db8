"""Finds the connectors that are there by their manifests; names none of them."""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

_MINUTE_S = 60


class NoConnector(Exception):
    """No connector with that name or role is installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the house knows of a connector before it loads any code of it.

    `role` is `practice` or `books`; `environment` maps setting names to the names of environment variables; `secrets`
    are the settings that are kept in the vault.
    """

    name: str
    title: str
    role: str
    environment: Mapping[str, str]
    webhooks: Mapping[str, str] = field(default_factory=dict)
    calls_per_minute: int = 0

    def module(self, part: str) -> Any:  # noqa: ANN401 - a module's type is known to its importer only
        """Load a module of this connector, such as `opening` or `simulator`."""
        return importlib.import_module(f"ligament.connectors.{self.name}.{part}")


@cache
def manifests() -> tuple[Manifest, ...]:
    """Return the manifests of all connectors, by name."""
    found = []
    for folder in files("ligament.connectors").iterdir():
        manifest = folder.joinpath("manifest.toml")
        if manifest.is_file():
            table = tomllib.loads(manifest.read_text(encoding="utf-8"))
            found.append(_manifest(table))
    return tuple(sorted(found, key=lambda manifest: manifest.name))


def _manifest(table: Mapping[str, Any]) -> Manifest:
    return Manifest(
        name=table["name"],
        title=table["title"],
        role=table["role"],
        environment=dict(table.get("environment", {})),
        webhooks={key: str(value) for key, value in table.get("webhooks", {}).items()},
        calls_per_minute=min(
            (limit["calls"] for limit in table.get("limits", ()) if limit["per_s"] == _MINUTE_S), default=0
        ),
    )


def for_role(role: str) -> Manifest:
    """Return the connector that plays a role; the first by name when there are several."""
    for manifest in manifests():
        if manifest.role == role:
            return manifest
    message = f"no connector for {role} is installed"
    raise NoConnector(message)


def named(name: str) -> Manifest:
    """Return the connector with that name."""
    for manifest in manifests():
        if manifest.name == name:
            return manifest
    message = f"no connector called {name} is installed; there are {', '.join(m.name for m in manifests())}"
    raise NoConnector(message)
