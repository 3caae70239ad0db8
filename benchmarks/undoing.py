"""How many calls taking back a run of 2,000 documents needs, beside the least.

The least is one write for each 50 documents and each 50 contacts that nothing else uses; before a document is voided
it is read again, 40 to a call. The comparison at the end is told beside it.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from math import ceil
from pathlib import Path

from benchmarks.calls import ENVIRONMENT, Stage
from benchmarks.clinic import Size
from benchmarks.figures import Figure
from ligament.app.undo import undo
from ligament.net.session import path_template
from ligament.wiring.clinic import Overrides, open_clinic
from ligament.wiring.settings import load_settings
from tests.support.mounting import mounted

_WRITES = frozenset({"PUT", "POST", "DELETE"})


def measure(*, small: bool = False) -> list[Figure]:
    """Post open invoices in one run, and take all of it back."""
    size = Size(patients=20, invoices=200, open_every=1) if small else Size(patients=200, invoices=2_000, open_every=1)
    with tempfile.TemporaryDirectory() as folder:
        return _measured(Path(folder), size)


def _measured(home: Path, size: Size) -> list[Figure]:
    stage = Stage(home, size)
    posted, _, _ = stage.run()
    stage.books.clear_log()
    settings = load_settings(home=home, environ=ENVIRONMENT)
    transports = {"cliniko": mounted(stage.practice), "xero": mounted(stage.books)}
    with open_clinic(settings, outside=Overrides(transports=transports, clock=stage.clock)) as app:
        told = undo(app, posted.document["run_id"]).document
    assert told["taken_back"]["invoices"] == size.invoices, told
    said = [one.request for one in stage.books.log if not one.request.path.startswith("/connect")]
    parts = Counter(f"{request.method} {path_template(request.path)}" for request in said)
    least = ceil(size.invoices / 50) + ceil(size.patients / 50)
    name = f"undo of {size.invoices:,} documents"
    return [
        Figure(
            name=f"{name}: writes",
            measured=sum(request.method in _WRITES for request in said),
            yardstick=least,
            unit="calls",
            against="one for each 50",
            limit=1.1,
        ),
        Figure(
            name=f"{name}: all calls, with the comparison at its end",
            measured=len(said),
            yardstick=least + ceil(size.invoices / 40),
            unit="calls",
            against="those, and reading each document again",
            note=", ".join(f"{count} {what}" for what, count in parts.most_common(10)),
        ),
    ]
