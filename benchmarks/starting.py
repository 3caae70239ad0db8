"""How long a command takes to answer, beside a Python that does nothing: what a person at the keyboard waits for."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.clinic import LARGE, RULEBOOK, SMALL, Size
from benchmarks.facts import facts_of
from benchmarks.figures import Figure
from benchmarks.store import pages_of
from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.ids import RunId
from ligament.core.intents import Subject, SubjectKind
from ligament.core.plans import Outcome, Plan, RecordKind, State
from ligament.wiring.clinic import open_clinic
from ligament.wiring.settings import load_settings

TIMES, HELD = 9, 100
HELP_S, HOLDS_S = 0.3, 0.6
_LIGAMENT = "import sys; from ligament.cli.start import main; sys.argv[0] = 'ligament'; main()"


def measure(*, small: bool = False) -> list[Figure]:
    """Ask for help and for what waits in turns with a Python that does nothing; the middle of each counts."""
    size = SMALL if small else LARGE
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        _filled(home, size)
        commands = {
            "nothing": ("pass",),
            "help": (_LIGAMENT, "--help"),
            "holds": (_LIGAMENT, "holds", "--home", str(home)),
        }
        spent: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(TIMES):
            for name, command in commands.items():
                spent[name].append(_seconds(command))
    nothing = median(spent["nothing"])
    return [
        _figure("ligament --help", median(spent["help"]), HELP_S, nothing),
        _figure(f"ligament holds, {size.invoices:,} invoices", median(spent["holds"]), HOLDS_S, nothing),
    ]


def _figure(name: str, measured: float, allowed: float, nothing: float) -> Figure:
    note = f"`python -c pass` took {nothing:.3f} s in the same run; the middle of {TIMES}"
    return Figure(name=name, measured=measured, yardstick=allowed, unit="s", against="the aim", limit=1.0, note=note)


def _filled(home: Path, size: Size) -> None:
    """Keep a clinic as read, with something that waits."""
    (home / "ligament.toml").write_text(RULEBOOK, encoding="utf-8")
    with open_clinic(load_settings(home=home, environ={})) as clinic:
        for page in pages_of(facts_of(size)):
            clinic.store.keep_practice_page(page)
        held = [Subject(kind=SubjectKind.INVOICE, id=str(number)) for number in range(HELD)]
        code = HoldCode.CREDIT_OR_CASH
        holds = [Hold(subject=one, code=code, kind=HoldKind.PAYMENT, number=one.id, sentence="Paid.") for one in held]
        ended = [
            Outcome(subject=one, kind=RecordKind.INVOICES, state=State.HELD, number=one.id, reason=code.value)
            for one in held
        ]
        clinic.store.keep_outcomes(RunId("r1"), Plan(outcomes=tuple(ended), holds=tuple(holds)), set(held))


def _seconds(command: tuple[str, ...]) -> float:
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", *command], check=False, capture_output=True, env=_environment())
    spent = time.perf_counter() - began
    # What waits is told with 1.
    assert done.returncode in {0, 1}, done.stderr.decode()
    return spent


def _environment() -> dict[str, str]:
    """Return what the command sees: as installed, compiled once and not at each start."""
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
