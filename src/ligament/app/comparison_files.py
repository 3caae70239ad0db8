"""Files of a comparison: each ending has its writer; a file appears whole or not at all, and never over another."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ligament.app.output import to_json
from ligament.ports.comparison import SideBySide
from ligament.wiring.errors import ConfigurationError

Document = Mapping[str, Any]
Rows = Callable[[], Iterator[SideBySide]]
"""Opens the list of all records side by side; a writer that has no use for it never asks."""
Writer = Callable[[Document, Rows, Path], None]


def _json(document: Document, rows: Rows, file: Path) -> None:
    del rows
    file.write_text(to_json(document) + "\n", encoding="utf-8")


WRITERS: dict[str, Writer] = {".json": _json}
"""How a comparison becomes a file, by the ending of its name."""


def check_outputs(outputs: Sequence[Path], *, force: bool = False) -> None:
    """Check before anything is compared that every file can be written; raises ConfigurationError otherwise."""
    complaints = [complaint for output in outputs if (complaint := _complaint(output, force=force))]
    if complaints:
        raise ConfigurationError(tuple(complaints))


def _complaint(output: Path, *, force: bool) -> str:
    if output.suffix.lower() not in WRITERS:
        endings = ", ".join(sorted(WRITERS))
        return f"--output: {output} has an ending that is not known; use one of {endings}."
    folder = output.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK) or output.is_dir():
        return f"--output: {output} cannot be written."
    if output.exists() and not force:
        return f"--output: {output} exists already; add --force to replace it."
    return ""


def write_outputs(document: Document, rows: Rows, outputs: Sequence[Path]) -> None:
    """Write a comparison into files, readable by their owner only; each appears whole or not at all."""
    for output in outputs:
        handle, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.stem}.", suffix=output.suffix)
        os.close(handle)
        part = Path(name)
        try:
            WRITERS[output.suffix.lower()](document, rows, part)
            part.chmod(0o600)
            part.replace(output)
        except OSError as error:
            raise ConfigurationError((f"--output: {output} cannot be written ({error.strerror}).",)) from None
        finally:
            part.unlink(missing_ok=True)
