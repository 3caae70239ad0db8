"""What the simulation found, each in one small case."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.cliniko.simulator import get
from ligament.connectors.xero.simulator import control as office
from ligament.simkit.messages import Request, Response
from tests.faults.clocks import START
from tests.faults.findings import Violation
from tests.faults.scripts import script_for
from tests.faults.simulation import Simulation, plugged
from tests.faults.worlds import add_invoice
from tests.support.stage import Stage, stage

REFUND = {"name": "Refund", "quantity": "-1.0", "unit_price": "20.00"}


def locked_at_the_first_invoice(clinic: Stage) -> None:
    """Let the accountant lock the books at the very moment in which the first invoices arrive."""
    handle = clinic.books._handle

    def locking(world: Any, request: Request) -> Any:
        if request.method == "PUT" and request.path.endswith("/Invoices"):
            world = office.set_lock_dates(world, period=START.date(), year_end=None)
        return handle(world, request)

    clinic.books._handle = locking


def test_what_comes_behind_a_lock_date_that_was_just_met_is_planned_again_and_not_sent(tmp_path: Path) -> None:
    """Seed 598: the invoices were refused and the lock date was read, but the credit note was sent all the same."""
    clinic = stage(tmp_path / "home")
    invoice = clinic.invoice(price="95.00")
    at = clinic.pass_time(seconds=30)
    clinic.practice.change(lambda world: desk.reverse_invoice(world, invoice, [REFUND], at=at)[0])
    clinic.invoice(price="88.00", paid=True)
    locked_at_the_first_invoice(clinic)
    report = clinic.sync()
    assert [one for one in clinic.writes() if "Contacts" not in one] == ["PUT /api.xro/2.0/Invoices"]
    assert {hold["code"] for hold in report["holds"]} >= {"locked_period"}


def test_a_call_that_its_key_answers_again_is_not_judged_by_what_it_made_itself(tmp_path: Path) -> None:
    """Seed 191: a box in between sent an update twice; the line that it added was there the second time."""
    clinic = stage(tmp_path / "home")
    clinic.invoice(price="95.00")
    clinic.sync()
    books = clinic.kept_books()
    (held,) = books.invoices.values()
    lines = [{"Description": "Consult"}]
    body = json.dumps({"Invoices": [{"InvoiceID": held.document_id, "LineItems": lines}]}).encode()
    update = Request(
        method="POST", path="/api.xro/2.0/Invoices", query=(("summarizeErrors", "false"),),
        headers={"idempotency-key": "k1"}, body=body, at=START,
    )  # fmt: skip
    forms = Simulation(script_for(0)).checker.forms
    forms.judge(update, books, late=False, replayed=True)
    with pytest.raises(Violation, match="lines are sent without their ids"):
        forms.judge(update, books, late=False, replayed=False)


def test_a_payment_that_was_taken_back_is_made_again_within_minutes(tmp_path: Path) -> None:
    """The bytes are those of the first payment, whose key the books still remember: the key has to be another."""
    clinic = stage(tmp_path / "home")
    invoice = clinic.invoice(price="95.00", paid=True)
    clinic.sync()
    clinic.unpay(invoice)
    clinic.sync()
    clinic.pay(invoice)
    clinic.sync()
    assert [one.status for one in clinic.kept_books().invoices.values()] == ["PAID"]
    assert sorted(one.status for one in clinic.kept_books().payments.values()) == ["AUTHORISED", "DELETED"]


def test_an_invoice_that_was_voided_before_its_fate_was_known_is_not_made_again(tmp_path: Path) -> None:
    """Seed 1284: the answer was lost, a person voided the invoice, and the look-up took that for "not there"."""
    clinic = stage(tmp_path / "home")
    clinic.invoice(price="95.00", paid=True)
    handle = clinic.books._handle

    def voiding(world: Any, request: Request) -> Any:
        world, response = handle(world, request)
        if request.method == "PUT" and request.path.endswith("/Invoices"):
            (made,) = json.loads(response.body)["Invoices"]
            world = office.void_invoice(world, made["InvoiceID"], at=request.at)
            response = Response(status=502, body=b"<html>Bad gateway</html>")
        return world, response

    clinic.books._handle = voiding
    for _ in range(2):
        clinic.sync()
    assert [one for one in clinic.writes() if "Invoices" in one or "Payments" in one] == ["PUT /api.xro/2.0/Invoices"]
    assert [one.status for one in clinic.kept_books().invoices.values()] == ["VOIDED"]


class Archived:
    """A simulation in which we archive a patient's contact, and an invoice of theirs is written before or after."""

    def __init__(self) -> None:
        self.sim = Simulation(script_for(0))
        with plugged(self.sim):
            self.sim.begin_run(())
            assert self.sim.run(0) == "done"
        contacts = self.sim.books.only().contacts.values()
        self.contact = next(one for one in contacts if one.number.startswith("CLK-1") and one.status == "ACTIVE")
        self.invoice_id = ""

    def bill(self) -> None:
        """Let the practice write an invoice, and a list tell us of it."""
        sim, before = self.sim, set(self.sim.checker.versions)
        patient = get(sim.practice, "patients", self.contact.number.removeprefix("CLK-"))
        sim.practice = add_invoice(sim.practice, Random(1), sim.time.at, patient=patient, payer=False)
        sim.checker.practice_edited(sim.practice)
        (self.invoice_id,) = set(sim.checker.versions) - before
        listing = Request(method="GET", path="/v1/invoices", query=(), headers={}, body=b"", at=sim.time.at)
        body = json.dumps({"invoices": [{"id": self.invoice_id}]}).encode()
        sim.checker.answered("cliniko", listing, Response(status=200, body=body))

    def archive(self, *, by_hand: bool = False) -> None:
        """Archive the contact: we do, or a person in the books."""
        sim, former = self.sim, self.sim.books
        if not by_hand:
            element = {"ContactID": self.contact.contact_id, "ContactStatus": "ARCHIVED"}
            body = json.dumps({"Contacts": [element]}).encode()
            where = "/api.xro/2.0/Contacts"
            sim.checker.barred.leaves(
                Request(method="POST", path=where, query=(), headers={}, body=body, at=sim.time.at)
            )
        sim.books = office.archive_contact(former, self.contact.contact_id, at=sim.time.at)
        if by_hand:
            sim.checker.books_edited(former, sim.books)

    def judge(self) -> None:
        """Judge while the invoice is held."""
        self.sim.checker.barred.judge([{"source_id": self.invoice_id}], self.sim.books.only())


def test_who_is_archived_by_us_under_an_invoice_that_we_knew_is_barred() -> None:
    known = Archived()
    known.bill()
    known.archive()
    with pytest.raises(Violation, match="was archived while"):
        known.judge()


def test_what_is_written_for_somebody_who_was_archived_before_bars_nobody() -> None:
    """Seeds 416 and 497: an archived patient's invoice was reversed hours later; the credit note waits, rightly."""
    later = Archived()
    later.archive()
    later.bill()
    later.judge()


def test_whom_a_person_archived_was_not_archived_by_us() -> None:
    by_hand = Archived()
    by_hand.bill()
    by_hand.archive(by_hand=True)
    by_hand.judge()
