"""How a run ends that does not come to its end: the run says why, and the trouble goes on to who called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ligament.core.ids import RunId
from ligament.ports.errors import PortError
from ligament.ports.stopping import Stopped
from ligament.wiring.clinic import Clinic


@contextmanager
def told_by_its_run(clinic: Clinic, run_id: RunId) -> Iterator[None]:
    """Keep with a run what ended it: a stop that was asked for, or trouble with a system."""
    try:
        yield
    except Stopped:
        clinic.runs.finish(run_id, {"stopped": True})
        raise
    except PortError as trouble:
        clinic.runs.finish(run_id, {"error": trouble.sentence})
        raise
