"""Cut short: keeps what began and did not come to its end, for everybody who asks how a clinic stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from ligament.core.cut_short import CutShort, many_in, one_in
from ligament.core.notes import COMPARISON_CUT_NOTE, PARKED_NOTE, UNDOS_CUT_NOTE
from ligament.flow.reconcile.sweep import Swept
from ligament.ports.errors import PortError, TryLater
from ligament.ports.stopping import Stopped
from ligament.wiring.clinic import Clinic

_UNDER_WAY, _STOPPED = "An undo is under way, or was cut off.", "An undo was stopped."


def keep_run(clinic: Clinic, sentence: str, wait_s: int) -> None:
    """Keep why the newest run stopped before its end; without a sentence, that it came to its end."""
    clinic.store.keep_note(PARKED_NOTE, json.dumps(_now(clinic, sentence, wait_s).written) if sentence else "")


def keep_comparison(clinic: Clinic, swept: Swept, *, full: bool) -> None:
    """Keep why a comparison stopped before its end, or that there is none left that did.

    A full one that was cut is not made good by one that is not full.
    """
    before = one_in(clinic.store.note(COMPARISON_CUT_NOTE))
    was_full = before is not None and before.full
    if swept.parked:
        cut = _now(clinic, swept.parked, swept.parked_s, full=full or was_full)
        clinic.store.keep_note(COMPARISON_CUT_NOTE, json.dumps(cut.written))
    elif full or not was_full:
        clinic.store.keep_note(COMPARISON_CUT_NOTE, "")


def keep_undo(clinic: Clinic, undone: str, sentence: str, wait_s: int = 0) -> None:
    """Keep why the undo of a run stopped before its end; without a sentence, that nothing of it is left to do."""
    before = clinic.store.note(UNDOS_CUT_NOTE)
    kept = {name: cut.written for name, cut in many_in(before).items() if name != undone}
    if sentence:
        kept[undone] = _now(clinic, sentence, wait_s).written
    if kept or before:
        clinic.store.keep_note(UNDOS_CUT_NOTE, json.dumps(kept) if kept else "")


def cut_undo(clinic: Clinic, undone: str) -> CutShort | None:
    """Return why the undo of a run stopped before its end, or nothing where none did."""
    return many_in(clinic.store.note(UNDOS_CUT_NOTE)).get(undone)


@contextmanager
def told_until_it_ends(clinic: Clinic, undone: str) -> Iterator[None]:
    """Keep that an undo is under way, so that one that is cut off anywhere is told, with the trouble that ended it."""
    keep_undo(clinic, undone, _UNDER_WAY)
    try:
        yield
    except Stopped:
        keep_undo(clinic, undone, _STOPPED)
        raise
    except PortError as trouble:
        keep_undo(clinic, undone, trouble.sentence, trouble.wait_s if isinstance(trouble, TryLater) else 0)
        raise


def _now(clinic: Clinic, sentence: str, wait_s: int, *, full: bool = False) -> CutShort:
    now = clinic.clock.now()
    until = now + timedelta(seconds=wait_s) if wait_s else None
    return CutShort(sentence=sentence, since=now, until=until, full=full)
