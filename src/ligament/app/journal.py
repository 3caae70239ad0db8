"""The audit trail for people: its newest page, its proof, and all of it as lines of JSON."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from ligament.app.output import to_json
from ligament.app.results import DONE, WAITS, Result
from ligament.store.journal.audit import export, verify
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError

PAGE = 30


def journal_page(clinic: Clinic, *, subject: str = "", before: int = 0, limit: int = PAGE) -> Result:
    """Tell the newest entries, newest first; with `before` those that came before that entry."""
    entries = clinic.queries.journal(subject=subject, before=before, limit=limit)
    return Result(document={"entries": entries})


def journal_verify(clinic: Clinic) -> Result:
    """Check the whole chain and both heads; names the first entry that does not hold."""
    found = verify(clinic.journal)
    document = {
        "holds": found.holds,
        "entries": found.entries,
        "broken_at": found.broken_at,
        "reason": found.reason,
        "gaps": [{"at": gap.at, "first": gap.first, "last": gap.last, "sentence": gap.sentence} for gap in found.gaps],
    }
    return Result(document=document, code=DONE if found.holds else WAITS)


def journal_export(clinic: Clinic, output: Path | None, stream: IO[str] | None = None) -> Result:
    """Write every entry as one line of JSON, to a file that only its owner may read or else to the stream.

    With neither of them the entries are part of what it tells.
    """
    entries = export(clinic.journal)
    if output is None and stream is None:
        return Result(document={"entries": list(entries), "file": None})
    if output is None:
        assert stream is not None
        return Result(document={"entries": _write(entries, stream), "file": None})
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise ConfigurationError((f"--output: {output} cannot be written ({error.strerror}).",)) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        count = _write(entries, handle)
    return Result(document={"entries": count, "file": str(output)})


def _write(entries: Iterable[dict[str, Any]], stream: IO[str]) -> int:
    count = 0
    for entry in entries:
        stream.write(to_json(entry, indent=False) + "\n")
        count += 1
    return count
