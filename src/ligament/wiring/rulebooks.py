"""Rulebooks: finding, reading and checking the files of all clinics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import ParseError

from ligament.connectors.registry import NoConnector, for_role, manifests, players
from ligament.core.rules.model import Rulebook
from ligament.core.rules.parse import rulebook
from ligament.core.rules.reading import Problem
from ligament.core.rules.settings import Systems
from ligament.net.manifest import Manifest
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.expressions import complaint

RULEBOOK_FILE = "ligament.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicSettings:
    """One clinic of a home: its name, the file of its rulebook, the rulebook, and the two systems that it names."""

    name: str
    file: Path
    rulebook: Rulebook
    practice: Manifest
    books: Manifest
    rulebook_text: str = ""


def rulebook_files(home: Path) -> tuple[Path, ...]:
    """Return the rulebooks of a home; raises ConfigurationError when there is none."""
    single = home / RULEBOOK_FILE
    several = sorted((home / "clinics").glob("*.toml")) if (home / "clinics").is_dir() else []
    files = ([single] if single.is_file() else []) + several
    if not files:
        raise ConfigurationError((f"{single}: there is no rulebook yet. Run `ligament init` to write one.",))
    return tuple(files)


def check_names(clinics: tuple[ClinicSettings, ...]) -> None:
    """Raise ConfigurationError where two clinics bear one name."""
    names = [clinic.name for clinic in clinics]
    for clinic in clinics:
        if names.count(clinic.name) > 1:
            raise ConfigurationError(
                (f'{clinic.file}: two clinics are called "{clinic.name}"; give each its own name.',)
            )


def read_clinic(file: Path) -> ClinicSettings:
    """Read one rulebook file; raises ConfigurationError naming file, line and key."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError((f"{file}: it cannot be read ({error.__class__.__name__}).",)) from None
    try:
        table: dict[str, Any] = tomlkit.parse(text).unwrap()
    except ParseError as error:
        raise ConfigurationError((f"{file}, line {error.line}: {error}",)) from None
    practice, books = (_system(table, role, file, text) for role in ("practice", "books"))
    systems = Systems(practice=practice.name, books=books.name, audience=_audience())
    book, problems = rulebook(table, systems, complaint)
    if problems:
        raise ConfigurationError(tuple(_located(file, text, problem) for problem in problems))
    return ClinicSettings(
        name=book.clinic.name or file.stem, file=file, rulebook=book, practice=practice, books=books, rulebook_text=text
    )


def _system(table: Mapping[str, Any], role: str, file: Path, text: str) -> Manifest:
    """Return the system that a rulebook names for a role, or the only one there is."""
    clinic = table.get("clinic")
    name = clinic.get(role, "") if isinstance(clinic, Mapping) else ""
    try:
        return for_role(role, name if isinstance(name, str) else "")
    except NoConnector as error:
        problem = Problem(key=f"clinic.{role}", sentence=str(error))
        raise ConfigurationError((_located(file, text, problem),)) from None


def _audience() -> str:
    return next((manifest.name for manifest in players("audience")), "")


def system_names() -> tuple[str, str]:
    """Return the short names of the practice and books systems that are installed, for help and examples."""
    return _listed("practice", "name"), _listed("books", "name")


def system_titles() -> tuple[str, str]:
    """Return the names of the practice and books systems that are installed, as people know them."""
    return _listed("practice", "title"), _listed("books", "title")


def system_named_in(sentence: str) -> str:
    """Return the short name of the system that a sentence names by its title, or that of the first books."""
    told = (manifest.name for manifest in manifests() if manifest.title in sentence)
    return next(told, players("books")[0].name)


def _listed(role: str, what: str) -> str:
    return " or ".join(str(getattr(manifest, what)) for manifest in players(role))


def _located(file: Path, text: str, problem: Problem) -> str:
    line = line_of(text, problem.key)
    where = f"{file}, line {line}" if line else f"{file}"
    return f"{where}, {problem.key}: {problem.sentence}"


def line_of(text: str, dotted: str) -> int:
    """Return the line on which a dotted key of a TOML file stands, or its table's, or 0."""
    section, _, key = dotted.rpartition(".")
    wanted = section.replace("[", ".").replace("]", "").split(".")
    table, rule, best = "", 0, 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.startswith("[["):
            rule += 1
            table = f"{line.strip('[] ').split(']')[0]}.{rule}"
        elif line.startswith("["):
            table = line[1:].split("]")[0].strip()
        if table != ".".join(wanted) and table != section:
            continue
        if line.startswith("["):
            best = number
        name = line.split("=")[0].strip().strip("\"'")
        if "=" in line and name == key.strip("\"'"):
            return number
    if not section and not best:
        return next((n for n, raw in enumerate(text.splitlines(), 1) if raw.strip().strip("[]").startswith(key)), 0)
    return best
