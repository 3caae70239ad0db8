"""Manifest: what a connector declares of itself in its folder, read before any code of it is loaded.

Hosts, addresses, paths, permissions and limits stand there once: the connector's own code reads them from here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ligament.net.hosts import HostRule
from ligament.net.limit import Limit

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = "manifest.toml"
ROLES = ("practice", "books", "audience")
_MINUTE_S = 60
_TABLES = {"environment", "addresses", "paths", "scopes", "sign_in", "webhooks"}
_KEYS = {"name", "title", "role", "hosts", "limits", *_TABLES}
_LIMIT_KEYS = {"name", "calls", "per_s"}
_SIGN_IN_KEYS = {"asks", "browser_asks", "optional", "where"}
_WEBHOOK_KEYS = {"path", "signature_header", "organisation_note", "setting"}


class BadManifest(Exception):
    """A manifest says something that nobody reads, or lacks something that is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Which settings a person is asked for when a system is connected, by a key and in the browser.

    `browser_asks` is empty where there is no signing in with the browser. `optional` ones are kept when they are not
    given again. `where` says in one sentence where a person finds what is asked for.
    """

    asks: tuple[str, ...] = ()
    browser_asks: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the house knows of a connector before it loads any code of it.

    `role` is `practice`, `books` or `audience`; `environment` maps setting names to the names of environment variables;
    those that are addresses end in `url`. `hosts` are the only ones that are ever spoken to, besides this machine.
    """

    name: str
    title: str
    role: str
    hosts: HostRule
    environment: Mapping[str, str]
    limits: tuple[Limit, ...]
    addresses: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    scopes: Mapping[str, str] = field(default_factory=dict)
    sign_in: SignIn = SignIn()
    webhooks: Mapping[str, str] = field(default_factory=dict)

    @property
    def calls_per_minute(self) -> int:
        """Return the smallest number of calls that may leave in a minute, or 0 for no such limit."""
        return min((limit.calls for limit in self.limits if limit.per_s == _MINUTE_S), default=0)

    def limit(self, name: str) -> Limit:
        return next(limit for limit in self.limits if limit.name == name)

    def secrets(self) -> tuple[str, ...]:
        """Return the settings that are kept in the vault: all that are no addresses."""
        return tuple(name for name in self.environment if not is_address(name))


def is_address(setting: str) -> bool:
    """Say whether a setting of a connector is an address to go to, and no secret."""
    return setting == "url" or setting.endswith("_url")


@cache
def manifest_of(package: str) -> Manifest:
    """Return the manifest in a connector's package, such as `ligament.connectors.myob`."""
    return read_manifest(files(package).joinpath(FILE).read_text(encoding="utf-8"))


def read_manifest(text: str) -> Manifest:
    """Read the text of a manifest; raises BadManifest for a key that nobody reads and for one that is missing."""
    table = tomllib.loads(text)
    _check_keys(table, _KEYS, "the manifest")
    try:
        return Manifest(
            name=table["name"],
            title=table["title"],
            role=_role(table["role"]),
            hosts=HostRule(table["hosts"]),
            environment=table["environment"],
            limits=tuple(_limit(entry) for entry in table["limits"]),
            addresses=table.get("addresses", {}),
            paths=table.get("paths", {}),
            scopes=table.get("scopes", {}),
            sign_in=_sign_in(table.get("sign_in", {}), table["environment"]),
            webhooks=_checked(table.get("webhooks", {}), _WEBHOOK_KEYS, "[webhooks]"),
        )
    except KeyError as missing:
        raise BadManifest(f"{missing.args[0]} is missing") from None


def _role(role: str) -> str:
    if role not in ROLES:
        raise BadManifest(f'role "{role}" is none of {", ".join(ROLES)}')
    return role


def _limit(entry: Mapping[str, Any]) -> Limit:
    _check_keys(entry, _LIMIT_KEYS, "[[limits]]")
    return Limit(entry["name"], entry["calls"], entry["per_s"])


def _sign_in(table: Mapping[str, Any], environment: Iterable[str]) -> SignIn:
    _check_keys(table, _SIGN_IN_KEYS, "[sign_in]")
    known = set(environment)
    for key, names in table.items():
        if key != "where" and (odd := sorted(set(names) - known)):
            raise BadManifest(f"[sign_in] {key} names {odd[0]}, which [environment] does not have")
    return SignIn(
        asks=tuple(table.get("asks", ())),
        browser_asks=tuple(table.get("browser_asks", ())),
        optional=frozenset(table.get("optional", ())),
        where=str(table.get("where", "")),
    )


def _checked(table: Mapping[str, str], known: set[str], where: str) -> Mapping[str, str]:
    if table:
        _check_keys(table, known, where)
        if missing := sorted(known - set(table)):
            raise BadManifest(f"{where} lacks {missing[0]}")
    return table


def _check_keys(table: Mapping[str, Any], known: set[str], where: str) -> None:
    if odd := sorted(set(table) - known):
        raise BadManifest(f"{where} has {odd[0]}, which nobody reads")
