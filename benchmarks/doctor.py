"""The doctor of a large clinic: its memory, and its time beside decoding what it counts once."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from sqlalchemy import text

from benchmarks.calls import ENVIRONMENT, Stage
from benchmarks.clinic import RULEBOOK, Size
from benchmarks.comparison import CLINIC, fill
from benchmarks.figures import Figure
from benchmarks.measuring import child, peak_mb, timed
from ligament.app.doctor.doctor import examine
from ligament.store.database.connection import Database
from ligament.wiring.clinic import Overrides, open_clinic
from ligament.wiring.settings import load_settings
from tests.support.mounting import mounted

_ROWS = text("SELECT body FROM practice_rows WHERE clinic = :clinic AND kind IN ('invoice', 'line')")
MOST_MB, LIMIT = 160.0, 3.0


def measure(*, small: bool = False) -> list[Figure]:
    """Fill a clinic, and let the doctor look at it in a process of its own."""
    number = 20_000 if small else 150_000
    with tempfile.TemporaryDirectory() as folder:
        child("benchmarks.doctor", "--fill", str(number), "--home", folder)
        told = child("benchmarks.doctor", "--home", folder)
    assert f"All {number:,} lines" in told["said"], told["said"]
    what = f"doctor, {number:,} invoices"
    return [
        Figure(
            name=what,
            measured=told["looked_s"],
            yardstick=told["decoded_s"],
            unit="s",
            against="json.loads of every invoice and line",
            limit=LIMIT,
        ),
        Figure(
            name=f"{what}: memory",
            measured=told["peak_mb"],
            yardstick=MOST_MB,
            unit="MB",
            against=f"{MOST_MB:.0f} MB",
            limit=1.0,
        ),
    ]


def main(home: Path, number: int) -> None:
    """Fill the clinic of a home, or look at it and print what that took."""
    stage = Stage(home, Size(patients=1, invoices=0))
    rules = RULEBOOK.replace('name = "Made-up clinic"', f'id = "{CLINIC}"\nname = "{CLINIC}"')
    (home / "ligament.toml").write_text(rules.replace("2026-07-01", "2024-01-01"), encoding="utf-8")
    settings = load_settings(home=home, environ=ENVIRONMENT)
    transports = {"cliniko": mounted(stage.practice), "xero": mounted(stage.books)}
    with open_clinic(settings, outside=Overrides(transports=transports, clock=stage.clock)) as clinic:
        if number:
            fill(clinic.database, number, 0)
            print("{}")
            return
        said: list[str] = []
        looked_s = timed(lambda: said.extend(one["sentence"] for one in examine(clinic).document["checks"]))
        held_mb = peak_mb()
        decoded_s = timed(lambda: _decode(clinic.database))
    print(json.dumps({"looked_s": looked_s, "decoded_s": decoded_s, "peak_mb": held_mb, "said": " ".join(said)}))


def _decode(database: Database) -> None:
    with database.reading() as connection:
        for body in connection.execute(_ROWS.execution_options(yield_per=2000), {"clinic": CLINIC}).scalars():
            json.loads(body)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--fill", type=int, default=0)
    chosen = parser.parse_args()
    main(chosen.home, chosen.fill)
