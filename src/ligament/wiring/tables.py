"""A clinic's own lists: reads the files that its rulebook names, beside it, and says where one cannot be used."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ligament.core.rules.entries import Lookup
from ligament.core.rules.lookups import LARGEST_BYTES, BadTable, LookupTable, read_table
from ligament.core.rules.parse_entries import FILE, lookups


@dataclass(frozen=True, slots=True, kw_only=True)
class Misplaced:
    """Something wrong in a file beside the rulebook."""

    file: Path
    line: int
    column: int
    sentence: str


def read_tables(
    named: Iterable[Lookup], folder: Path
) -> tuple[tuple[Lookup, ...], Mapping[str, LookupTable], tuple[Misplaced, ...]]:
    """Return the lookups with a digest of what their files hold, the tables, and what is wrong in them."""
    known: list[Lookup] = []
    tables: dict[str, LookupTable] = {}
    wrong: list[Misplaced] = []
    for lookup in named:
        file = folder / lookup.file
        try:
            held = _held(file)
            tables[lookup.name] = read_table(lookup, held)
            known.append(replace(lookup, digest=hashlib.blake2b(held, digest_size=8).hexdigest()))
        except BadTable as bad:
            wrong.append(Misplaced(file=file, line=bad.line, column=bad.column, sentence=bad.sentence))
        except OSError as error:
            said = f"This file cannot be read ({error.strerror or error.__class__.__name__})."
            wrong.append(Misplaced(file=file, line=1, column=1, sentence=said))
    return tuple(known), tables, tuple(wrong)


def table_files(rulebook: Path) -> list[Path]:
    """Return the files beside a rulebook that it names and that are there; none where it cannot be read."""
    try:
        table = tomllib.loads(rulebook.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    named = {lookup.file for lookup in lookups(table.get("lookups"), [])}
    return sorted(
        rulebook.parent / name for name in named if FILE.fullmatch(name) and (rulebook.parent / name).is_file()
    )


def _held(file: Path) -> bytes:
    if not file.is_file():
        message = "there is no such file" if not file.exists() else "it is no file"
        raise OSError(0, message)
    with file.open("rb") as handle:
        return handle.read(LARGEST_BYTES + 1)
