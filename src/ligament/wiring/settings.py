"""Settings: `ligament.toml`, then the environment; every problem names file, line and key."""

from __future__ import annotations

import base64
import binascii
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ligament.connectors.registry import for_role, manifests
from ligament.core.private import Private
from ligament.core.rules.model import Rulebook
from ligament.core.rules.parse import rulebook
from ligament.core.rules.parse_entries import UNCHECKED, lookups
from ligament.core.rules.reading import Problem
from ligament.core.rules.settings import Systems
from ligament.wiring.expressions import Expressions
from ligament.wiring.places import Places, places
from ligament.wiring.tables import read_tables

RULEBOOK_FILE = "ligament.toml"
KEY_FILE = "vault.key"
NEXT_KEY_FILE = "vault.key.new"
DATABASE_FILE = "ligament.db"
LEASE_S = 30
"""For how long a worker that no longer answers keeps its clinics; others take them over then."""
_DATABASES = {"postgresql", "postgres", "postgresql+psycopg", "sqlite"}
_KEY_BYTES = 32
LARGEST_RULEBOOK = 256_000
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)$")


class ConfigurationError(Exception):
    """Something in the settings is wrong; each complaint says where and what to do."""

    def __init__(self, complaints: tuple[str, ...]) -> None:
        """Keep the complaints."""
        super().__init__("\n".join(complaints))
        self.complaints = complaints


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicSettings:
    """One clinic of a home: its name, the file of its rulebook, and the rulebook."""

    name: str
    file: Path
    rulebook: Rulebook
    rulebook_text: str = ""
    expressions: Expressions = field(default_factory=Expressions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that is known before anything is opened; `values` are environment settings by variable name.

    `next_vault_key` is the key that a change of keys was begun with; it counts when `vault_key` does not fit any more.
    """

    home: Path
    clinics: tuple[ClinicSettings, ...]
    database_url: str
    vault_key: bytes
    next_vault_key: bytes | None = None
    values: Mapping[str, Private[str]] = field(default_factory=dict)
    now: datetime | None = None
    lease_s: int = LEASE_S

    def clinic(self, name: str | None = None) -> ClinicSettings:
        """Return the clinic with that name, or the only one."""
        if name is None:
            if len(self.clinics) == 1:
                return self.clinics[0]
            names = ", ".join(clinic.name for clinic in self.clinics)
            raise ConfigurationError((f"There are several clinics ({names}): choose one with --clinic.",))
        for clinic in self.clinics:
            if clinic.name == name:
                return clinic
        raise ConfigurationError((f'There is no clinic called "{name}".',))


def default_home(environ: Mapping[str, str]) -> Path:
    """Return the home that counts when none is given."""
    return Path(environ.get("LIGAMENT_HOME") or Path.home() / ".ligament")


def load_settings(*, home: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read every setting; raises ConfigurationError with all complaints at once.

    Makes the home and its vault key when they are not there, so that a first run needs nothing before it.
    """
    environ = os.environ if environ is None else environ
    home = home or default_home(environ)
    files = rulebook_files(home)
    clinics = tuple(read_clinic(file) for file in files)
    _check_names(clinics)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Settings(
        home=home,
        clinics=clinics,
        database_url=database_url(home, environ),
        vault_key=vault_key(home, environ),
        next_vault_key=next_vault_key(home, environ),
        values=_connection_values(environ),
        now=_given_now(environ),
        lease_s=_lease_s(environ),
    )


def rulebook_files(home: Path) -> tuple[Path, ...]:
    """Return the rulebooks of a home; raises ConfigurationError when there is none."""
    single = home / RULEBOOK_FILE
    several = sorted((home / "clinics").glob("*.toml")) if (home / "clinics").is_dir() else []
    files = ([single] if single.is_file() else []) + several
    if not files:
        raise ConfigurationError((f"{single}: there is no rulebook yet. Run `ligament init` to write one.",))
    return tuple(files)


def _check_names(clinics: tuple[ClinicSettings, ...]) -> None:
    names = [clinic.name for clinic in clinics]
    for clinic in clinics:
        if names.count(clinic.name) > 1:
            raise ConfigurationError(
                (f'{clinic.file}: two clinics are called "{clinic.name}"; give each its own name.',)
            )


# --- the rulebook -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing wrong in a rulebook or in a file beside it; line and column count from 1, and 0 is nowhere."""

    file: Path
    line: int
    column: int
    key: str
    sentence: str

    def told(self) -> str:
        """Return it as one line."""
        where = f"{self.file}, line {self.line}" if self.line else f"{self.file}"
        return f"{where}, {self.key}: {self.sentence}" if self.key else f"{where}: {self.sentence}"


def read_clinic(file: Path) -> ClinicSettings:
    """Read one rulebook file; raises ConfigurationError naming file, line and key."""
    clinic, mistakes = looked_over(file)
    if mistakes:
        raise ConfigurationError(tuple(mistake.told() for mistake in mistakes))
    assert clinic is not None
    return clinic


def looked_over(file: Path) -> tuple[ClinicSettings | None, tuple[Mistake, ...]]:
    """Read one rulebook file and everything that is wrong in it; it can be used only when there is nothing."""
    try:
        with file.open("rb") as handle:
            text = handle.read(LARGEST_RULEBOOK + 1).decode("utf-8").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        return None, (_mistake(file, f"it cannot be read ({error.__class__.__name__})."),)
    if len(text.encode()) > LARGEST_RULEBOOK:
        return None, (_mistake(file, "it is larger than 256 KB; keep lists in a file of their own."),)
    try:
        table: dict[str, Any] = tomllib.loads(text, parse_float=Decimal)
    except RecursionError:
        return None, (_mistake(file, "tables stand too deep in each other."),)
    except (ValueError, InvalidOperation) as error:
        return None, (_unreadable(file, text, str(error)),)
    known, tables, wrong = read_tables(lookups(table.get("lookups"), []), file.parent)
    expressions = Expressions(tables=tables)
    book, problems = rulebook(table, rulebook_systems(), UNCHECKED if wrong else expressions)
    found = [Mistake(file=one.file, line=one.line, column=one.column, key="", sentence=one.sentence) for one in wrong]
    if problems:
        where = places(text)
        found += [_located(file, where, problem) for problem in problems]
    if found:
        return None, tuple(found)
    book = replace(book, lookups=known)
    return (
        ClinicSettings(
            name=book.clinic.name or file.stem, file=file, rulebook=book, rulebook_text=text, expressions=expressions
        ),
        (),
    )


def _mistake(file: Path, sentence: str) -> Mistake:
    return Mistake(file=file, line=0, column=0, key="", sentence=sentence)


def _unreadable(file: Path, text: str, told: str) -> Mistake:
    found = _PLACE.search(told)
    if found is None:
        at_end = "at end of document" in told
        line = text.count("\n") + 1 if at_end else 0
        return Mistake(file=file, line=line, column=1 if at_end else 0, key="", sentence=f"{told}.")
    return Mistake(
        file=file, line=int(found[1]), column=int(found[2]), key="", sentence=f"{told[: found.start()].strip()}."
    )


def _located(file: Path, where: Places, problem: Problem) -> Mistake:
    line, column = where.of(problem.key, problem.at)
    return Mistake(file=file, line=line, column=column, key=problem.key, sentence=problem.sentence)


def system_names() -> tuple[str, str]:
    """Return the names of the practice and the books as the rulebook uses them."""
    return for_role("practice").name, for_role("books").name


def rulebook_systems() -> Systems:
    """Return the names of all systems as the rulebook uses them; not every house has one for mailing lists."""
    practice, books = system_names()
    audience = next((manifest.name for manifest in manifests() if manifest.role == "audience"), "")
    return Systems(practice=practice, books=books, audience=audience)


def system_titles() -> tuple[str, str]:
    """Return the names of the practice and the books as people know them."""
    return for_role("practice").title, for_role("books").title


# --- the environment --------------------------------------------------------------------------------------------------


def _connection_values(environ: Mapping[str, str]) -> dict[str, Private[str]]:
    names = [name for manifest in manifests() for name in manifest.environment.values()]
    return {name: Private(environ[name]) for name in names if environ.get(name)}


def database_url(home: Path, environ: Mapping[str, str]) -> str:
    """Return where the database is: by the environment, else a file in the home. Its password is never printed."""
    given = (environ.get("LIGAMENT_DATABASE_URL") or "").strip()
    if not given:
        return f"sqlite:///{home / DATABASE_FILE}"
    if given.partition("://")[0] not in _DATABASES or "://" not in given:
        raise ConfigurationError(
            ("LIGAMENT_DATABASE_URL: give an address such as postgresql://USER@HOST/NAME, or leave it out for SQLite.",)
        )
    return given


def _lease_s(environ: Mapping[str, str]) -> int:
    given = environ.get("LIGAMENT_LEASE_S") or str(LEASE_S)
    if not given.isdecimal() or not 1 <= int(given) <= LEASE_S:
        raise ConfigurationError((f"LIGAMENT_LEASE_S: give whole seconds from 1 to {LEASE_S}.",))
    return int(given)


def vault_key(home: Path, environ: Mapping[str, str]) -> bytes:
    """Return the key of the vault: from the environment, else from its file, which is made when it is missing."""
    given = environ.get("LIGAMENT_VAULT_KEY")
    if given:
        return _decoded(given, "LIGAMENT_VAULT_KEY")
    file = home / KEY_FILE
    if file.is_file():
        return _decoded(file.read_text(encoding="ascii"), str(file))
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = os.urandom(32)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _decoded(file.read_text(encoding="ascii"), str(file))
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        handle.write(base64.b64encode(key).decode("ascii") + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    return key


def next_vault_key(home: Path, environ: Mapping[str, str]) -> bytes | None:
    """Return the key that a change of keys was begun with, from where the present one comes from, or nothing."""
    if environ.get("LIGAMENT_VAULT_KEY"):
        given = environ.get("LIGAMENT_VAULT_KEY_NEW")
        return _decoded(given, "LIGAMENT_VAULT_KEY_NEW") if given else None
    file = home / NEXT_KEY_FILE
    return _decoded(file.read_text(encoding="ascii"), str(file)) if file.is_file() else None


def _decoded(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise ConfigurationError((f"{where}: the vault key must be 32 bytes in base64.",))
    return key


def _given_now(environ: Mapping[str, str]) -> datetime | None:
    """Return LIGAMENT_NOW, which counts only when every address points to loopback."""
    text = environ.get("LIGAMENT_NOW")
    if not text:
        return None
    urls = [name for manifest in manifests() for key, name in manifest.environment.items() if key.endswith("url")]
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
