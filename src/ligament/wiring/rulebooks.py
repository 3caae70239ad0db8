"""Rulebooks: finding, reading and checking the files of all clinics."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import ParseError

from ligament.connectors.registry import for_role, manifests
from ligament.core.rules.model import Rulebook
from ligament.core.rules.parse import rulebook
from ligament.core.rules.reading import Problem
from ligament.core.rules.settings import Systems
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.expressions import complaint

RULEBOOK_FILE = "ligament.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicSettings:
    """One clinic of a home: its name, the file of its rulebook, and the rulebook."""

    name: str
    file: Path
    rulebook: Rulebook
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
    book, problems = rulebook(table, rulebook_systems(), complaint)
    if problems:
        raise ConfigurationError(tuple(_located(file, text, problem) for problem in problems))
    return ClinicSettings(name=book.clinic.name or file.stem, file=file, rulebook=book, rulebook_text=text)


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
