"""Reading hands on what is new and nothing else: the words by which kept rows are known are those that are asked."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from ligament.connectors.cliniko.simulator import control
from ligament.core.records import Invoice, Line, Party, Visit
from ligament.ports.practice import ReadingScope
from tests.support.practice import PATIENT
from tests.support.stage import Stage, stage

PEOPLE = 8


def handed_on(made: Stage) -> Counter[str]:
    """Return how many rows of each kind a reading hands on, by what the real store knows already."""
    found: Counter[str] = Counter()
    with made.app() as clinic:
        scope = ReadingScope(cursors=clinic.store.cursors("practice"), visits=False, now=clinic.clock.now())
        for page in clinic.practice().read(scope, clinic.store.known_rows()):
            found.update(type(row).__name__ for row in page.rows if isinstance(row, Party | Invoice | Line | Visit))
    return found


def test_only_whom_somebody_edited_is_handled_again(tmp_path: Path) -> None:
    made = stage(tmp_path)
    for number in range(10, 10 + PEOPLE):
        made.patient(number)
    made.invoice()
    made.sync()
    # Everybody was saved within the overlap, so that every list shows everybody again.
    again = handed_on(made)
    assert again == {}
    at = made.pass_time(seconds=30)
    made.practice.change(
        lambda world: control.edit_record(world, "patients", PATIENT, {"email": "new@example.org"}, at=at)
    )
    edited = handed_on(made)
    assert edited == {"Party": 1}
