"""What the judge looks at beside the books: what leaves for a void document, and what is held for no reason."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from ligament.simkit.messages import Request, Response
from tests.faults.clocks import START
from tests.faults.findings import Violation
from tests.faults.needless import judge_payment_holds
from tests.faults.scripts import LISTED, is_calm, is_taught, script_for
from tests.faults.simulation import Simulation
from tests.faults.voids import Voids

WHERE = "/api.xro/2.0/Invoices"


def listing(status: str) -> Response:
    """Return an answer that shows one invoice with that status."""
    return Response(status=200, body=json.dumps({"Invoices": [{"InvoiceID": "one", "Status": status}]}).encode())


def update(key: str) -> Request:
    """Return a change of that invoice."""
    body = json.dumps({"Invoices": [{"InvoiceID": "one", "DueDate": "2026-12-01"}]}).encode()
    return Request(method="POST", path=WHERE, query=(), headers={"idempotency-key": key}, body=body, at=START)


def asking() -> Request:
    """Return a question for invoices."""
    return Request(method="GET", path=WHERE, query=(), headers={}, body=b"", at=START)


def test_a_change_of_what_the_books_called_void_is_seen() -> None:
    voids = Voids()
    voids.answered(asking(), listing("AUTHORISED"))
    voids.leaves(update("first"))
    voids.answered(asking(), listing("VOIDED"))
    with pytest.raises(Violation, match="said that it is void"):
        voids.leaves(update("second"))


def test_a_call_that_left_before_may_leave_again_under_its_key() -> None:
    voids = Voids()
    voids.leaves(update("first"))
    voids.answered(asking(), listing("VOIDED"))
    voids.leaves(update("first"))


def held() -> list[dict[str, Any]]:
    """Return the hold of a payment that was taken off."""
    return [{"code": "payment_removed", "number": "1", "sentence": "", "detail": {"books_number": "CLK-1"}}]


def test_a_payment_that_nobody_took_off_is_not_held_as_taken_off() -> None:
    checker = Simulation(script_for(0)).checker
    books: Any = SimpleNamespace(invoices={"one": SimpleNamespace(number="CLK-1", document_id="one")})
    with pytest.raises(Violation, match="nobody took a payment off"):
        judge_payment_holds(checker, held(), books)
    checker.reopened.add("one")
    judge_payment_holds(checker, held(), books)


def test_nothing_goes_wrong_in_a_calm_seed_and_only_taught_seeds_die_over_a_list() -> None:
    scripts = [script_for(seed) for seed in range(200)]
    calm = [script for script in scripts if is_calm(script.seed)]
    assert calm
    assert not [event for script in calm for event in script.events if event.at == LISTED]
    assert {event.kind for script in calm for event in script.events if event.is_fault} <= {"answers", "rulebook"}
    dying = [script for script in scripts if any(event.at == LISTED for event in script.events)]
    assert dying
    assert all(is_taught(script.seed) for script in dying)
