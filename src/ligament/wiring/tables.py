"""A clinic's own lists: reads the files that its rulebook names, beside it, and says where one cannot be used."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ligament.core.rules.entries import Lookup
from ligament.core.rules.lookups import LARGEST_BYTES, BadTable, LookupTable, read_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Misplaced:
    """Something wrong in a file beside the rulebook."""

    file: Path
    line: int
    column: int
    sentence: str


def read_tables(
    lookups: Iterable[Lookup], folder: Path
) -> tuple[tuple[Lookup, ...], Mapping[str, LookupTable], tuple[Misplaced, ...]]:
    """Return the lookups with a digest of what their files hold, the tables, and what is wrong in them."""
    known: list[Lookup] = []
    tables: dict[str, LookupTable] = {}
    wrong: list[Misplaced] = []
    for lookup in lookups:
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


def _held(file: Path) -> bytes:
    if not file.is_file():
        message = "there is no such file" if not file.exists() else "it is no file"
        raise OSError(0, message)
    with file.open("rb") as handle:
        return handle.read(LARGEST_BYTES + 1)
