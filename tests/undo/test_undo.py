"""Undo: what a run posted is taken back as far as the books let go, and waits until a person wants it again."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ligament.app.approvals import approve
from ligament.app.holds import retry
from ligament.app.runs import list_runs, show_run
from ligament.app.undo import undo
from ligament.app.variances import fix
from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.cliniko.simulator.world import amend
from ligament.connectors.xero.simulator import control as office
from ligament.simkit.faults import Fault, FaultKind, FaultScript, Rule
from ligament.store.journal.audit import verify
from ligament.wiring.clinic import open_clinic
from ligament.wiring.errors import ConfigurationError
from tests.reconcile.planting import Scene, change_account, lower_amount, pay_in_books, payment_of
from tests.support.practice import PATIENT
from tests.support.stage import RULEBOOK, Stage, stage


def take_back(made: Stage, run: str, *, dry_run: bool = False) -> dict[str, Any]:
    """Undo a run as a process of its own does."""
    made.pass_time(minutes=1)
    with made.app() as clinic:
        return undo(clinic, run, dry_run=dry_run).document


def ran(made: Stage) -> str:
    """Let a run post what there is, and return its id."""
    return str(made.sync()["run_id"])


def live(made: Stage) -> dict[str, set[str]]:
    """Return what stands in the books: documents and payments by number, contacts and used credit by count."""
    kept = made.kept_books()
    documents = [*kept.invoices.values(), *kept.credit_notes.values()]
    return {
        "documents": {one.number for one in documents if one.status not in {"VOIDED", "DELETED"}},
        "payments": {key for key, one in kept.payments.items() if one.status != "DELETED"},
        "allocations": {key for key, one in kept.allocations.items() if not one.is_deleted},
        "contacts": {key for key, one in kept.contacts.items() if one.status == "ACTIVE"},
    }


def reasons(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["kind"], one["reason"]) for one in document["left"]}


def codes(made: Stage) -> set[str]:
    with made.app() as clinic:
        return {hold.code.value for hold in clinic.store.open_holds()}


def credited(scene: Scene, invoice: str) -> None:
    """Reverse an invoice, and use the credit on it."""
    note = scene.desk(desk.reverse_invoice, invoice, [{"name": "Consult", "unit_price": "40.00", "quantity": "-1"}])
    scene.desk(desk.apply_credit, note, invoice)


def test_a_run_is_taken_back_to_the_books_before(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    before = live(scene.stage)
    scene.stage.invoice(paid=True)
    credited(scene, scene.stage.invoice(price="40.00"))
    run = ran(scene.stage)
    posted = live(scene.stage)
    assert all(posted.values())
    planned = take_back(scene.stage, run, dry_run=True)
    assert live(scene.stage) == posted
    told = take_back(scene.stage, run)
    assert told["left"] == []
    assert live(scene.stage) == before
    assert told["taken_back"] == planned["taken_back"] == {
        "contacts": 1, "invoices": 2, "credit_notes": 1, "payments": 1, "allocations": 1,
    }  # fmt: skip
    assert told["undone_run"] == run


def test_it_goes_in_the_safe_order_and_each_step_is_journalled(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    scene.stage.invoice(paid=True)
    credited(scene, scene.stage.invoice(price="40.00"))
    run = ran(scene.stage)
    scene.stage.clear_log()
    undone = take_back(scene.stage, run)["run_id"]
    order = list(map(_about, scene.stage.writes()))
    assert order == ["Payments", "Allocations", "CreditNotes", "Invoices", "Contacts"]
    with scene.stage.app() as clinic:
        entries = [one for one in clinic.queries.journal(limit=500) if undone in str(one["public"])]
        assert verify(clinic.journal).holds
    assert {"intent", "receipt"} <= {one["kind"] for one in entries}


@pytest.mark.parametrize("paid", [False, True])
def test_a_contact_stays_where_its_document_is_not_let_go(tmp_path: Path, *, paid: bool) -> None:
    scene = Scene(stage(tmp_path))
    other = scene.stage.patient(8, last="Elsewhere")
    scene.stage.invoice(paid=paid)
    run = ran(scene.stage)
    refused = Fault(kind=FaultKind.ANSWER, status=400, body=REFUSAL)
    scene.stage.books.faults = FaultScript(rules=(Rule(fault=refused, method="POST", path="/Invoices"),))
    told = take_back(scene.stage, run)
    assert told["taken_back"].get("invoices", 0) == 0
    active = {one.number for one in scene.stage.kept_books().contacts.values() if one.status == "ACTIVE"}
    assert f"CLK-{PATIENT}" in active
    assert f"CLK-{other}" not in active, "what no document stands on is taken back all the same"
    scene.stage.books.faults = None
    again = take_back(scene.stage, run)
    assert again["left"] == []
    assert live(scene.stage)["contacts"] == set()


REFUSAL = (
    b'{"ErrorNumber":10,"Type":"ValidationException","Message":"A validation exception occurred",'
    b'"Elements":[{"ValidationErrors":[{"Message":"This document cannot be voided."}]}]}'
)
"""How the books refuse a whole call."""


def _about(text: str) -> str:
    """Return the kind of record that a request is about: the last that its address names."""
    return [word for word in text.split("/") if word[:1].isupper() and word.isalpha()][-1]


def test_what_was_undone_stays_undone_until_somebody_retries_it(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    scene.stage.invoice(paid=True)
    scene.stage.sync()
    invoice = scene.stage.invoice(price="60.00", paid=True)
    run = ran(scene.stage)
    take_back(scene.stage, run)
    assert codes(scene.stage) == {"undone"}
    scene.stage.clear_log()
    scene.stage.sync()
    scene.stage.sync(full=True)
    assert scene.stage.writes() == []
    assert {one["kind"] for one in scene.compare()["variances"]} == {"undone"}
    with scene.stage.app() as clinic:
        retry(clinic, invoice)
    again = scene.stage.sync()
    assert again["created"]["invoices"] == 1
    assert again["created"]["payments"] == 1
    assert scene.document(invoice).number.endswith("-2")
    assert scene.compare()["balanced"]


def test_undoing_twice_changes_nothing_and_says_so(tmp_path: Path) -> None:
    made = stage(tmp_path)
    made.invoice(paid=True)
    run = ran(made)
    first = take_back(made, run)
    made.clear_log()
    again = take_back(made, run)
    assert "already" in again["sentence"]
    assert again["taken_back"] == first["taken_back"]
    assert made.writes() == []


def test_an_unknown_run_and_an_undo_are_refused(tmp_path: Path) -> None:
    made = stage(tmp_path)
    made.invoice()
    run = ran(made)
    undone = take_back(made, run)["run_id"]
    with made.app() as clinic:
        for wanted in ("nonsense", undone):
            with pytest.raises(ConfigurationError):
                undo(clinic, wanted)
        assert {"undo", "sync"} <= {one["kind"] for one in list_runs(clinic).document["runs"]}
        assert {one["action"] for one in show_run(clinic, run).document["writes"]} >= {"create_document"}


def test_a_reconciled_payment_stays_with_its_invoice_and_contact(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice(paid=True)
    run = ran(scene.stage)
    posted = live(scene.stage)
    scene.office(office.reconcile_payment, payment_of(scene, invoice).payment_id)
    told = take_back(scene.stage, run)
    assert reasons(told) == {
        ("payment", "reconciled"), ("invoice", "depends_on_left"), ("contact", "depends_on_left"),
    }  # fmt: skip
    assert live(scene.stage) == posted
    assert codes(scene.stage) == set()


@pytest.mark.parametrize(
    ("plant", "reason"),
    [(lower_amount, "edited_in_xero"), (change_account, "edited_in_xero"), (pay_in_books, "paid_by_others")],
)
def test_what_a_person_did_to_a_document_leaves_it(tmp_path: Path, plant: Any, reason: str) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice()
    run = ran(scene.stage)
    plant(scene, invoice)
    scene.stage.clear_log()
    told = take_back(scene.stage, run)
    assert ("invoice", reason) in reasons(told)
    assert scene.stage.writes() == []


def test_what_a_later_run_paid_is_left_and_its_contact_is_in_use(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice()
    run = ran(scene.stage)
    scene.stage.pay(invoice)
    scene.stage.sync()
    assert ("invoice", "later_run") in reasons(take_back(scene.stage, run))


def test_a_contact_with_other_documents_is_in_use(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    scene.stage.invoice()
    run = ran(scene.stage)
    scene.stage.invoice(price="10.00")
    scene.stage.sync()
    told = take_back(scene.stage, run)
    assert reasons(told) == {("contact", "in_use")}
    assert told["taken_back"]["invoices"] == 1


def test_a_locked_period_and_what_is_void_already_are_named(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    scene.stage.invoice()
    second = scene.stage.invoice(price="20.00")
    run = ran(scene.stage)
    scene.office(office.void_invoice, scene.document(second).document_id)
    day = scene.stage.pass_time(minutes=1).date()
    scene.stage.books.change(lambda world: office.set_lock_dates(world, period=day))
    assert {("invoice", "locked_period"), ("invoice", "already_gone")} <= reasons(take_back(scene.stage, run))


def test_a_changed_invoice_says_again_what_it_said(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice()
    scene.stage.sync()
    before = scene.document(invoice)
    scene.desk(desk.edit_invoice, invoice, {}, [{"name": "Consult", "unit_price": "110.00"}])
    run = ran(scene.stage)
    assert scene.document(invoice).total == Decimal("110.00")
    told = take_back(scene.stage, run)
    assert told["restored"]["invoices"] == 1
    assert scene.document(invoice).total == before.total
    scene.stage.clear_log()
    scene.stage.sync(full=True)
    assert scene.stage.writes() == []
    with scene.stage.app() as clinic:
        retry(clinic, invoice)
    scene.stage.sync()
    assert scene.document(invoice).total == Decimal("110.00")


def test_four_eyes_want_a_second_person_before_anything_is_taken_back(tmp_path: Path) -> None:
    made = stage(tmp_path, rulebook=RULEBOOK + 'four_eyes = ["undo"]\n')
    made.invoice()
    run = ran(made)
    made.clear_log()
    first = take_back(made, run)
    assert first["waiting"]
    assert made.writes() == []
    made.sync()
    with made.app() as clinic:
        approve(clinic, by="Sam")
    assert take_back(made, run)["taken_back"]["invoices"] == 1


class Cut(BaseException):
    """The process ends here."""


class CutAfter(httpx2.BaseTransport):
    """Hands requests on, and ends the process in front of the n-th write, or right behind it."""

    def __init__(self, inner: httpx2.BaseTransport, writes: int, *, behind: bool) -> None:
        self._inner, self._left, self._behind = inner, writes, behind

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        is_write = request.method in {"PUT", "POST", "DELETE"} and "/connect/" not in request.url.path
        self._left -= is_write
        if is_write and self._left < 0 and not self._behind:
            raise Cut
        answer = self._inner.handle_request(request)
        if is_write and self._left < 0:
            raise Cut
        return answer


@pytest.mark.parametrize(("writes", "behind"), [(0, True), (2, False), (3, True)])
def test_an_undo_that_was_cut_off_goes_on_when_it_is_run_again(tmp_path: Path, writes: int, behind: bool) -> None:
    scene = Scene(stage(tmp_path))
    before = live(scene.stage)
    scene.stage.invoice(paid=True)
    credited(scene, scene.stage.invoice(price="40.00"))
    run = ran(scene.stage)
    outside = scene.stage.outside()
    cutting = {**outside.transports, "xero": CutAfter(outside.transports["xero"], writes, behind=behind)}
    with pytest.raises(Cut), open_clinic(scene.stage.settings(), outside=replace(outside, transports=cutting)) as held:
        undo(held, run)
    told = take_back(scene.stage, run)
    assert live(scene.stage) == before
    assert told["left"] == []
    assert told["taken_back"] == {"contacts": 1, "invoices": 2, "credit_notes": 1, "payments": 1, "allocations": 1}


def test_a_contact_says_again_what_it_said_but_for_what_somebody_changed_since(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    scene.stage.invoice()
    scene.stage.sync()
    contact = next(iter(scene.stage.kept_books().contacts))
    before = scene.stage.kept_books().contacts[contact]
    at = scene.stage.pass_time(minutes=1)
    scene.stage.practice.change(
        lambda world: amend(world, "patients", PATIENT, {"email": "new@mail.example", "last_name": "Changed"}, at=at)
    )
    run = ran(scene.stage)
    assert scene.stage.kept_books().contacts[contact].email == "new@mail.example"
    scene.office(office.edit_contact, contact, {"EmailAddress": "third@mail.example"})
    told = take_back(scene.stage, run)
    after = scene.stage.kept_books().contacts[contact]
    assert (after.email, after.name) == ("third@mail.example", before.name)
    assert reasons(told) == {("contact", "edited_in_xero")}
    assert told["restored"]["contacts"] == 1
    scene.stage.clear_log()
    scene.stage.sync(full=True)
    assert scene.stage.writes() == []
    assert [one for one in scene.stage.practice.log if one.request.method != "GET"] == []


def test_a_run_can_be_undone_once_the_later_ones_in_its_way_are(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    before = live(scene.stage)
    invoice = scene.stage.invoice()
    first = ran(scene.stage)
    scene.desk(desk.edit_invoice, invoice, {}, [{"name": "Consult", "unit_price": "77.00"}])
    at = scene.stage.pass_time(minutes=1)
    scene.stage.practice.change(lambda world: amend(world, "patients", PATIENT, {"email": "new@mail.example"}, at=at))
    second = ran(scene.stage)
    assert reasons(take_back(scene.stage, first)) == {("invoice", "later_run"), ("contact", "later_run")}
    assert take_back(scene.stage, second)["left"] == []
    assert take_back(scene.stage, first)["left"] == []
    assert live(scene.stage) == before


def test_credit_that_somebody_used_again_is_not_taken_for_ours(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path / "home"))
    made = scene.stage
    invoice = made.invoice(price="40.00")
    made.sync()
    credited(scene, invoice)
    run = ran(made)
    # The next reading of the note tells by what id the books call the use.
    made.sync()
    (use,) = made.kept_books().allocations.values()
    at = made.pass_time(minutes=5)
    made.books.change(lambda world: office.remove_allocation(world, use.allocation_id, at=at))
    at = made.pass_time(minutes=5)
    made.books.change(lambda world: office.use_credit(world, use.source_id, use.invoice_id, "40.00", at=at))
    made.sync()
    before = live(made)
    told = take_back(made, run)
    assert ("allocation", "credit_used") in reasons(told)
    assert "somebody's own" in told["left"][0]["sentence"]
    assert live(made) == before


def test_what_was_changed_again_after_its_undo_is_in_the_way_again(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice()
    first = ran(scene.stage)
    scene.desk(desk.edit_invoice, invoice, {}, [{"name": "Consult", "unit_price": "77.00"}])
    take_back(scene.stage, ran(scene.stage))
    with scene.stage.app() as clinic:
        (hold,) = clinic.store.open_holds()
        retry(clinic, hold.id)
    scene.stage.sync()
    assert scene.document(invoice).total == Decimal("77.00")
    assert ("invoice", "later_run") in reasons(take_back(scene.stage, first))


def test_undoing_a_fix_gives_back_what_the_person_had_made_of_it(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice()
    scene.stage.sync()
    lower_amount(scene, invoice)
    (one,) = scene.compare()["variances"]
    with scene.stage.app() as clinic:
        approve(clinic, [fix(clinic, [one["id"]]).document["plan"]])
    run = ran(scene.stage)
    assert scene.document(invoice).total == Decimal("95.00")
    told = take_back(scene.stage, run)
    assert (told["restored"]["invoices"], told["left"]) == (1, [])
    assert scene.document(invoice).total == Decimal("92.00")
    scene.stage.clear_log()
    scene.stage.sync()
    assert scene.stage.writes() == []
    assert [one["kind"] for one in scene.compare()["variances"]] == ["undone"]
