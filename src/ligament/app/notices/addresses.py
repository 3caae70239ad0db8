"""Addresses: where alerts of a clinic go, with secrets taken from the environment."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from ligament.core.private import Private
from ligament.notifications import channels
from ligament.wiring.ambient import environment
from ligament.wiring.rulebooks import ClinicSettings

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One address of the rulebook: `shown` says which without its secrets, `complaint` what is wrong with it.

    `person` is the e-mail address of whom alone it reaches, where the rulebook says so.
    """

    mark: str
    shown: str
    url: Private[str]
    complaint: str = ""
    person: str = ""


def addresses(settings: ClinicSettings, environ: Mapping[str, str] | None = None) -> tuple[Address, ...]:
    """Return the addresses of a clinic, with ${NAME} replaced from the environment."""
    environ = environment(environ)
    section = settings.rulebook.alerts
    everybody = [(text, "") for text in section.urls]
    people = [(text, person) for person, text in section.people.items()]
    return tuple(_address(place, *one, environ) for place, one in enumerate((*everybody, *people), 1))


def shared_addresses(settings: ClinicSettings) -> tuple[Address, ...]:
    """Return the addresses that are no single person's, as they stand under `urls`."""
    return tuple(one for one in addresses(settings) if not one.person)


def has_addresses(settings: ClinicSettings) -> bool:
    """Say whether anybody is told anything."""
    section = settings.rulebook.alerts
    return bool(section.urls or section.people)


def _address(place: int, text: str, person: str, environ: Mapping[str, str]) -> Address:
    missing = [name for name in _VARIABLE.findall(text) if not environ.get(name)]
    # A variable that is the whole address is taken as it is; inside an address it is escaped, but for slashes.
    whole = _VARIABLE.fullmatch(text.strip()) is not None

    def value(found: re.Match[str]) -> str:
        given = environ.get(found[1], "")
        return given if whole else quote(given, safe="/")

    url = _VARIABLE.sub(value, text).strip()
    shown = f"address {place} ({channels.masked(url)})"
    wrong = f"{shown}: the environment has no {' and no '.join(missing)}." if missing else ""
    if not wrong and channels.complaint(url):
        wrong = f"{shown}: this is no address that messages can be sent to."
    mark = hashlib.blake2b(f"{person} {text}".encode() if person else text.encode(), digest_size=6).hexdigest()
    return Address(mark=mark, shown=shown, url=Private(url), complaint=wrong, person=person)
