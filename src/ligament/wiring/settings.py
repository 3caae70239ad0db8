"""Settings: `ligament.toml`, then the environment; every problem names file, line and key."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from ligament.connectors.registry import manifests
from ligament.core.private import Private
from ligament.net.manifest import Manifest
from ligament.wiring.ambient import environment
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.rulebooks import ClinicSettings, check_names, found_rulebooks, read_clinic, rulebook_files
from ligament.wiring.vault_keys import next_vault_key, vault_key

DATABASE_FILE = "ligament.db"
LEASE_S = 30
_LONGEST_VALUE = 10_000
"""For how long a worker that no longer answers keeps its clinics; others take them over then."""
_SIGNS = r"(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})"
_SERVER = re.compile(
    rf"(?:{_SIGNS}+(?::{_SIGNS}*)?@)?"
    r"(?:[A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?"
    rf"(?:/{_SIGNS}*)?(?:\?[\w=&%./:,+~-]*)?",
    re.ASCII,
)
"""An address as it must be written: user, password, host, port, name and options, each without a sign of the others."""
_FILE = re.compile(r"(?:/.*)?")
_UNREADABLE_ADDRESS = (
    "LIGAMENT_DATABASE_URL: it cannot be read. Write postgresql://USER:PASSWORD@HOST:PORT/NAME; in the password, "
    "% is written %25, @ is %40, : is %3A, / is %2F, # is %23, ? is %3F, [ is %5B and ] is %5D."
)
_DATABASES = {"postgresql", "postgres", "postgresql+psycopg", "sqlite"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that is known before anything is opened; `values` are environment settings by variable name.

    `next_vault_key` is the key that a change of keys was begun with; it counts when `vault_key` does not fit any more.
    `broken` are rulebooks that cannot be used, with what is wrong, where the others are to go on without them.
    """

    home: Path
    clinics: tuple[ClinicSettings, ...]
    database_url: str
    vault_key: bytes
    next_vault_key: bytes | None = None
    values: Mapping[str, Private[str]] = field(default_factory=dict)
    now: datetime | None = None
    lease_s: int = LEASE_S
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    broken: Mapping[Path, str] = field(default_factory=dict)

    def clinic(self, name: str | None = None) -> ClinicSettings:
        if name is None:
            if len(self.clinics) == 1:
                return self.clinics[0]
            names = ", ".join(clinic.title for clinic in self.clinics)
            raise ConfigurationError((f"There are several clinics ({names}): choose one with --clinic.",), "--clinic")
        for clinic in self.clinics:
            if clinic.name == name:
                return clinic
        raise ConfigurationError((f'There is no clinic called "{name}".',), "--clinic")

    def meant(self, text: str | None) -> ClinicSettings:
        """Return the clinic that a person means: its id, its name in any case, or a beginning that only one has."""
        if text is None:
            return self.clinic()
        wanted = text.strip().casefold()
        names = [
            (clinic, {n.casefold() for n in (clinic.id, clinic.name, clinic.title, clinic.file.stem)})
            for clinic in self.clinics
        ]
        exact = [clinic for clinic, called in names if wanted in called]
        found = exact or [clinic for clinic, called in names if wanted and any(n.startswith(wanted) for n in called)]
        if len(found) == 1:
            return found[0]
        near = [clinic.title for clinic in found] or self._near(wanted)
        hint = f" Did you mean {' or '.join(near)}?" if near else " `ligament clinics` lists them."
        several = "could be several clinics" if found else "is no clinic here"
        raise ConfigurationError((f'--clinic: "{text}" {several}.{hint}',), "--clinic")

    def _near(self, wanted: str) -> list[str]:
        titles = {clinic.title.casefold(): clinic.title for clinic in self.clinics}
        return [titles[name] for name in get_close_matches(wanted, list(titles), n=3)]


def given_home(home: Path | None) -> Path:
    """Return the home that was given, or the one that counts when none is."""
    return home or default_home(os.environ)


def default_home(environ: Mapping[str, str]) -> Path:
    """Return the home that counts when none is given."""
    return Path(environ.get("LIGAMENT_HOME") or Path.home() / ".ligament")


def load_settings(
    *,
    home: Path | None = None,
    environ: Mapping[str, str] | None = None,
    may_be_empty: bool = False,
    without_broken: bool = False,
) -> Settings:
    """Read every setting; raises ConfigurationError with all complaints at once.

    Makes the home and its vault key when they are not there, so that a first run needs nothing before it. Where it
    `may_be_empty`, a home without a clinic is one that waits for its first. `without_broken` goes on with the clinics
    whose rulebooks can be used, as long as there is one.
    """
    environ = environment(environ)
    home = home or default_home(environ)
    files = found_rulebooks(home) if may_be_empty else rulebook_files(home)
    clinics, broken = _usable(files) if without_broken else (tuple(read_clinic(file) for file in files), {})
    check_names(clinics)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Settings(
        home=home,
        clinics=clinics,
        database_url=database_url(home, environ),
        vault_key=vault_key(home, environ),
        next_vault_key=next_vault_key(home, environ),
        values=_connection_values(environ),
        now=given_now(environ),
        lease_s=_lease_s(environ),
        public_url=_public_url(environ),
        trusted_proxies=_trusted_proxies(environ),
        broken=broken,
    )


def _usable(files: tuple[Path, ...]) -> tuple[tuple[ClinicSettings, ...], dict[Path, str]]:
    """Return the clinics whose rulebooks can be used, and what is wrong with the others."""
    clinics: dict[str, ClinicSettings] = {}
    broken: dict[Path, str] = {}
    for file in files:
        try:
            found = read_clinic(file)
        except ConfigurationError as trouble:
            broken[file] = str(trouble)
            continue
        if found.name in clinics:
            other = clinics[found.name].file
            broken[file] = f'{file}: it is called "{found.name}" as {other} is; give each its own name.'
        else:
            clinics[found.name] = found
    if broken and not clinics:
        raise ConfigurationError(tuple(broken.values()))
    return tuple(clinics.values()), broken


def has_rulebooks(home: Path) -> bool:
    return bool(found_rulebooks(home))


# --- the environment --------------------------------------------------------------------------------------------------


def _connection_values(environ: Mapping[str, str]) -> dict[str, Private[str]]:
    names = [name for manifest in manifests() for name in manifest.environment.values()]
    found = {name: environ[name] for name in names if environ.get(name)}
    odd = [name for name, value in found.items() if not is_plain(value)]
    if odd:
        sentence = "it holds characters that no key and no address has. Copy it again, without what stands around it."
        raise ConfigurationError(tuple(f"{name}: {sentence}" for name in odd))
    return {name: Private(value) for name, value in found.items()}


def is_plain(value: str) -> bool:
    """Say whether a key or an address can be sent: printable ASCII, and not endless."""
    return value.strip().isascii() and value.strip().isprintable() and len(value) <= _LONGEST_VALUE


def database_url(home: Path, environ: Mapping[str, str]) -> str:
    """Return where the database is: by the environment, else a file in the home. Its password is never printed."""
    given = (environ.get("LIGAMENT_DATABASE_URL") or "").strip()
    if not given:
        return f"sqlite:///{home / DATABASE_FILE}"
    scheme, between, rest = given.partition("://")
    if scheme not in _DATABASES or not between:
        raise ConfigurationError(
            ("LIGAMENT_DATABASE_URL: give an address such as postgresql://USER@HOST/NAME, or leave it out for SQLite.",)
        )
    # What is not read exactly as it was meant could show a part of the password as a host: nothing of it is repeated.
    if not (_FILE if scheme == "sqlite" else _SERVER).fullmatch(rest):
        raise ConfigurationError((_UNREADABLE_ADDRESS,))
    return given


def _lease_s(environ: Mapping[str, str]) -> int:
    given = environ.get("LIGAMENT_LEASE_S") or str(LEASE_S)
    if not given.isdecimal() or len(given) > len(str(LEASE_S)) or not 1 <= int(given) <= LEASE_S:
        raise ConfigurationError((f"LIGAMENT_LEASE_S: give whole seconds from 1 to {LEASE_S}.",))
    return int(given)


def _public_url(environ: Mapping[str, str]) -> str:
    """Return the address under which browsers reach the dashboard, without a slash at its end; empty without one."""
    given = (environ.get("LIGAMENT_PUBLIC_URL") or "").strip().rstrip("/")
    if not given:
        return ""
    try:
        found = urlsplit(given)
        is_whole = found.scheme in {"http", "https"} and bool(found.hostname) and found.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or found.path or found.query or found.fragment or found.username:
        raise ConfigurationError(("LIGAMENT_PUBLIC_URL: give an address such as https://ligament.clinic.example.",))
    if found.scheme == "http" and not is_loopback(given):
        raise ConfigurationError(("LIGAMENT_PUBLIC_URL: it must begin with https, except on this machine itself.",))
    return given.lower()


def _trusted_proxies(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return whose X-Forwarded-For counts: addresses or networks, one after the other with commas."""
    given = (environ.get("LIGAMENT_TRUSTED_PROXIES") or "").replace(",", " ").split()
    try:
        return tuple(str(ip_network(one, strict=False)) for one in given)
    except ValueError:
        complaint = "LIGAMENT_TRUSTED_PROXIES: give addresses or networks such as 10.0.0.2, 172.16.0.0/12."
        raise ConfigurationError((complaint,)) from None


def _secrets(manifest: Manifest) -> list[str]:
    return [manifest.environment[name] for name in manifest.secrets()]


def given_now(environ: Mapping[str, str]) -> datetime | None:
    """Return LIGAMENT_NOW, which counts only when every address points to loopback."""
    text = environ.get("LIGAMENT_NOW")
    if not text:
        return None
    # A mailing list that nobody is connected to is never called, so that its address need not lead anywhere.
    called = [one for one in manifests() if one.role != "audience" or any(environ.get(name) for name in _secrets(one))]
    urls = [name for one in called for key, name in one.environment.items() if key.endswith("url")]
    needed = [name for name in urls if "LOGIN" not in name]
    if not all(is_loopback(environ.get(name, "")) for name in needed) or not all(
        is_loopback(environ[name]) for name in urls if environ.get(name)
    ):
        raise ConfigurationError(("LIGAMENT_NOW is for tests: it counts only when every address points to loopback.",))
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(('LIGAMENT_NOW: give an instant such as "2026-11-22T02:00:00Z".',)) from None
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def is_loopback(url: str) -> bool:
    """Say whether an address points to this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
