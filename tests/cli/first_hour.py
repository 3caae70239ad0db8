"""The transcript of a first hour: `python -m tests.cli.first_hour > docs/first-hour.md`, against simulated systems."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.cli.kit import served

_HEAD = """# A first hour

What a bookkeeper types in the first hour, and what is answered. It was made by `python -m tests.cli.first_hour` against
simulated systems, with one paid invoice and one that carries GST.
"""
_STEPS = (
    'init --name "Riverside Physio" --country AU --time-zone Australia/Melbourne --start-on 2026-07-01',
    "connect cliniko",
    "connect xero",
    "map",
    "map --accept",
    "doctor",
    "plan",
    "approve --yes",
    "sync --once",
    "status",
    "sync --once",
)


def transcript() -> Iterator[str]:
    """Yield the transcript step by step, from an empty folder."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "other") as clinic:
        clinic.invoice(paid=True)
        clinic.invoice({"name": "Band", "unit_price": "20", "tax_name": "GST", "tax_rate": "10"})
        home = Path(folder) / "clinic"
        yield _HEAD
        for step in _STEPS:
            words = step.replace('"Riverside Physio"', "Riverside_Physio").split()
            answer = clinic.run(*(word.replace("_", " ") for word in words), LIGAMENT_HOME=str(home))
            shown = answer.said.replace(str(home), "~/.ligament").rstrip()
            yield f"\n```text\n$ ligament {step}\n{shown}\n```\n"


def main() -> None:
    """Print the transcript."""
    sys.stdout.writelines(transcript())


if __name__ == "__main__":
    main()
