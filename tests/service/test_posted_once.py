"""A record that was posted is told once, also when the answer was lost, the process ended or the call failed first."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from ligament.app.notices.subscriptions import NewHook, add
from ligament.simkit.faults import Fault, FaultKind, FaultScript, Rule
from ligament.store.shared.deliveries import Outbox
from tests.support.stage import Stage, stage


def told(here: Stage) -> Counter[str]:
    """Return how often each kind of record was told as posted."""
    with here.app() as clinic:
        box = Outbox(clinic.database, clinic.clock.now)
        (hook,) = box.hooks(clinic.journal.clinic)
        bodies = [json.loads(one.body) for one in box.deliveries(hook.clinic, hook.id)]
    return Counter(body["data"]["kind"] for body in bodies if body["type"] == "record.posted")


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=FaultKind.DROP_AFTER),
        Fault(kind=FaultKind.ANSWER, status=500),
    ],
    ids=["the answer is lost", "it fails"],
)
@pytest.mark.parametrize("path", ["/Contacts", "/Invoices", "/Payments"])
def test_whatever_goes_wrong_each_record_is_told_once(tmp_path: Path, fault: Fault, path: str) -> None:
    here = stage(tmp_path / "home")
    with here.app() as clinic:
        add(clinic, NewHook(url="https://hooks.example/in"))
    here.invoice(paid=True)
    here.books.faults = FaultScript(rules=(Rule(fault=fault, method="PUT", path=path, at_most=1),))
    for _ in range(4):
        here.sync()
    assert len(here.kept_books().invoices) == 1
    assert told(here) == {"contact": 1, "invoice": 1, "payment": 1}
