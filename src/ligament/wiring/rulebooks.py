"""Rulebooks: finding, reading and checking the files of all clinics."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ligament.connectors.registry import NoConnector, for_role, manifests, players
from ligament.core.rules.model import Rulebook
from ligament.core.rules.parse import rulebook, sections
from ligament.core.rules.parse_entries import UNCHECKED, lookups
from ligament.core.rules.reading import Problem
from ligament.core.rules.settings import Section, Systems
from ligament.net.manifest import Manifest
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.late_expressions import LateExpressions
from ligament.wiring.places import Places, places
from ligament.wiring.tables import read_tables
from ligament.wiring.toml_words import unreadable

if TYPE_CHECKING:
    from ligament.wiring.expressions import Expressions

RULEBOOK_FILE = "ligament.toml"
LARGEST_RULEBOOK = 256_000
_OTHER_SIGNS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicSettings:
    """One clinic of a home: what all that is kept of it is filed under (`name`), its file and its rulebook."""

    name: str
    file: Path
    rulebook: Rulebook
    practice: Manifest
    books: Manifest
    rulebook_text: str = ""
    late_expressions: LateExpressions = field(default_factory=LateExpressions)

    @property
    def expressions(self) -> Expressions:
        """Return what judges the expressions of the rulebook."""
        return self.late_expressions.loaded()

    @property
    def title(self) -> str:
        """Return what people call the clinic; it may change, what it is filed under does not."""
        return self.rulebook.clinic.name or self.name

    @property
    def id(self) -> str:
        """Return under which name the clinic stands in addresses: its id, else its name with other signs as hyphens."""
        return self.rulebook.clinic.id or as_id(self.name)


@lru_cache(maxsize=1000)
def as_id(name: str) -> str:
    """Return a name as an id: small letters and figures, other signs as hyphens; empty where it has none of them."""
    return _OTHER_SIGNS.sub("-", name.lower()).strip("-")


def found_rulebooks(home: Path) -> tuple[Path, ...]:
    """Return the rulebooks of a home; raises ConfigurationError where a folder or the like has the name of one."""
    single = home / RULEBOOK_FILE
    if (single.exists() or single.is_symlink()) and not single.is_file():
        raise ConfigurationError((f"{single}: this is no file. Move it away, and run `ligament init` to write one.",))
    several = sorted((home / "clinics").glob("*.toml")) if (home / "clinics").is_dir() else []
    return (*([single] if single.is_file() else []), *several)


def rulebook_files(home: Path) -> tuple[Path, ...]:
    """Return the rulebooks of a home; raises ConfigurationError when there is none."""
    files = found_rulebooks(home)
    if not files:
        complaint = f"{home / RULEBOOK_FILE}: there is no rulebook yet. Run `ligament init` to write one."
        raise ConfigurationError((complaint,))
    return files


def check_names(clinics: tuple[ClinicSettings, ...]) -> None:
    """Raise ConfigurationError where two clinics bear one name."""
    names = [clinic.name for clinic in clinics]
    for clinic in clinics:
        if names.count(clinic.name) > 1:
            raise ConfigurationError(
                (f'{clinic.file}: two clinics are called "{clinic.name}"; give each its own name and id.',)
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing wrong in a rulebook or in a file beside it; line and column count from 1, and 0 is nowhere."""

    file: Path
    line: int
    column: int
    key: str
    sentence: str

    def told(self) -> str:
        where = f"{self.file}, line {self.line}" if self.line else f"{self.file}"
        return f"{where}, {self.key}: {self.sentence}" if self.key else f"{where}: {self.sentence}"


def looked_over(file: Path) -> tuple[ClinicSettings | None, tuple[Mistake, ...]]:
    """Read one rulebook file and everything that is wrong in it; it can be used only when there is nothing."""
    try:
        with file.open("rb") as handle:
            text = handle.read(LARGEST_RULEBOOK + 1).decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None, (_mistake(file, "it is no text in UTF-8. Save it in your editor with the encoding UTF-8."),)
    except OSError as error:
        return None, (_mistake(file, f"it cannot be read ({error.strerror})."),)
    if len(text.encode()) > LARGEST_RULEBOOK:
        return None, (_mistake(file, "it is larger than 256 KB; keep lists in a file of their own."),)
    try:
        table: dict[str, Any] = tomllib.loads(text, parse_float=Decimal)
    except RecursionError:
        return None, (_mistake(file, "tables stand too deep in each other."),)
    except (ValueError, InvalidOperation) as error:
        return None, (_no_toml(file, text, str(error)),)
    systems = {}
    for role in ("practice", "books"):
        try:
            systems[role] = for_role(role, _named(table, role))
        except NoConnector as error:
            return None, (_located(file, places(text), Problem(key=f"clinic.{role}", sentence=str(error))),)
    known, tables, wrong = read_tables(lookups(table.get("lookups"), []), file.parent)
    expressions = LateExpressions(tables=tables)
    book, problems = rulebook(table, _systems(systems), UNCHECKED if wrong else expressions)
    found = [Mistake(file=one.file, line=one.line, column=one.column, key="", sentence=one.sentence) for one in wrong]
    if problems:
        where = places(text)
        found += [_located(file, where, problem) for problem in problems]
    if found:
        return None, tuple(found)
    book = replace(book, lookups=known)
    return (
        ClinicSettings(
            name=book.clinic.id or book.clinic.name or file.stem,
            file=file,
            rulebook=book,
            practice=systems["practice"],
            books=systems["books"],
            rulebook_text=text,
            late_expressions=expressions,
        ),
        (),
    )


def _named(table: Mapping[str, Any], role: str) -> str:
    """Return which system a rulebook names for a role, or an empty text."""
    clinic = table.get("clinic")
    name = clinic.get(role) if isinstance(clinic, Mapping) else None
    return name if isinstance(name, str) else ""


def _systems(chosen: Mapping[str, Manifest]) -> Systems:
    audience = next((manifest.name for manifest in players("audience")), "")
    return Systems(practice=chosen["practice"].name, books=chosen["books"].name, audience=audience)


def declared(clinic: ClinicSettings) -> tuple[Section, ...]:
    """Return the declaration of every section of a clinic's rulebook, in the order of the file."""
    return sections(_systems({"practice": clinic.practice, "books": clinic.books}))


def _mistake(file: Path, sentence: str) -> Mistake:
    return Mistake(file=file, line=0, column=0, key="", sentence=sentence)


def _no_toml(file: Path, text: str, told: str) -> Mistake:
    found = unreadable(text, told)
    return Mistake(file=file, line=found.line, column=found.column, key="", sentence=found.sentence)


def read_clinic(file: Path) -> ClinicSettings:
    """Read one rulebook file; raises ConfigurationError naming file, line and key."""
    clinic, mistakes = looked_over(file)
    if mistakes:
        first = mistakes[0]
        place = f"{first.file}:{first.line or 1}:{first.column or 1}"
        raise ConfigurationError(tuple(mistake.told() for mistake in mistakes), place)
    assert clinic is not None
    return clinic


def _located(file: Path, where: Places, problem: Problem) -> Mistake:
    line, column = where.of(problem.key, problem.at)
    return Mistake(file=file, line=line, column=column, key=problem.key, sentence=problem.sentence)


def system_names() -> tuple[str, str]:
    """Return the short names of the practice and books systems that are installed, for help and examples."""
    return _listed("practice", "name"), _listed("books", "name")


def system_titles() -> tuple[str, str]:
    """Return the names of the practice and books systems that are installed, as people know them."""
    return _listed("practice", "title"), _listed("books", "title")


def audience_names() -> str:
    """Return the names of the systems that keep mailing lists; empty where none is installed."""
    return _listed("audience", "name")


def system_named_in(sentence: str) -> str:
    """Return the short name of the system that a sentence names by its title, or that of the first books."""
    told = (manifest.name for manifest in manifests() if manifest.title in sentence)
    return next(told, players("books")[0].name)


def _listed(role: str, what: str) -> str:
    return " or ".join(str(getattr(manifest, what)) for manifest in players(role))
