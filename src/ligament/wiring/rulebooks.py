"""Rulebooks: finding, reading and checking the files of all clinics."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ligament.connectors.registry import for_role, manifests
from ligament.core.rules.model import Rulebook
from ligament.core.rules.reading import Problem
from ligament.core.rules.settings import Systems
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.expressions import Expressions
from ligament.wiring.places import Places
from ligament.wiring.settings import Mistake, looked_over

RULEBOOK_FILE = "ligament.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicSettings:
    """One clinic of a home: its name, the file of its rulebook, and the rulebook."""

    name: str
    file: Path
    rulebook: Rulebook
    rulebook_text: str = ""
    expressions: Expressions = field(default_factory=Expressions)


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
    clinic, mistakes = looked_over(file)
    if mistakes:
        raise ConfigurationError(tuple(mistake.told() for mistake in mistakes))
    assert clinic is not None
    return clinic


def located(file: Path, where: Places, problem: Problem) -> Mistake:
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
