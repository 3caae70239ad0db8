"""Credit or a payment that a person takes off stays off, also where the answer about it was never seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ligament.app.plans import whole as whole_plan_of
from ligament.connectors.cliniko.simulator import control as builder
from ligament.connectors.xero.simulator import control as office
from ligament.core.receipts import WriteIntent
from ligament.core.writes import Verb
from ligament.flow.execute import execute
from tests.support.stage import Stage, stage

REFUND = {"name": "Refund", "quantity": "-1.0", "unit_price": "20.00"}


def with_credit_about_to_be_used(home: Path) -> Stage:
    """Return a clinic whose next run uses a credit note on its original."""
    clinic = stage(home)
    invoice = clinic.invoice()
    clinic.sync()
    made: list[str] = []

    def reversed_(world: Any) -> Any:
        world, note = builder.reverse_invoice(world, invoice, [REFUND], at=at)
        made.append(note)
        return world

    at = clinic.pass_time(seconds=30)
    clinic.practice.change(reversed_)
    clinic.sync()
    at = clinic.pass_time(seconds=30)
    clinic.practice.change(lambda world: builder.apply_credit(world, made[0], invoice, at=at)[0])
    return clinic


class EndedError(BaseException):
    """The process ends here."""


def die(clinic: Stage, place: str, verb: Verb = Verb.ALLOCATE) -> None:
    """Run once; the process ends at that place of the call that uses the credit, or of another one."""

    def ending(intent: WriteIntent, *more: Any) -> Any:
        if intent.verb is verb:
            raise EndedError
        return whole(intent, *more)

    whole = getattr(execute, place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, place, ending)
        with pytest.raises(EndedError):
            clinic.sync()
    clinic.clear_log()


def live(clinic: Stage) -> list[Any]:
    return [one for one in clinic.kept_books().allocations.values() if not one.is_deleted]


def take_off(clinic: Stage) -> None:
    (allocation,) = live(clinic)
    at = clinic.pass_time(seconds=30)
    clinic.books.change(lambda world: office.remove_allocation(world, allocation.allocation_id, at=at))


@pytest.mark.parametrize("minutes", [1, 20], ids=["while the key lives", "when the key is gone"])
def test_credit_taken_off_before_we_learnt_that_it_was_used_stays_off(tmp_path: Path, minutes: int) -> None:
    clinic = with_credit_about_to_be_used(tmp_path / "home")
    die(clinic, "finish")
    take_off(clinic)
    clinic.pass_time(minutes=minutes)
    for _ in range(3):
        clinic.sync()
    assert live(clinic) == []


def test_somebody_who_looked_in_between_changes_nothing_about_it(tmp_path: Path) -> None:
    """A neighbour: a plan reads the documents as they stand now, and settles nothing."""
    clinic = with_credit_about_to_be_used(tmp_path / "home")
    die(clinic, "finish")
    take_off(clinic)
    clinic.pass_time(minutes=20)
    with clinic.app() as app:
        whole_plan_of(app)
    for _ in range(2):
        clinic.sync()
    assert live(clinic) == []


def test_a_use_of_credit_that_never_arrived_is_sent_again(tmp_path: Path) -> None:
    """The neighbour that must not be lost: nothing says that it happened, though one of the two was edited."""
    clinic = with_credit_about_to_be_used(tmp_path / "home")
    die(clinic, "send_until_clear")
    (invoice,) = clinic.kept_books().invoices
    at = clinic.pass_time(minutes=20)
    clinic.books.change(lambda world: office.edit_invoice(world, invoice, {"DueDate": "2027-03-01"}, at=at))
    clinic.sync()
    assert [str(one.amount) for one in live(clinic)] == ["20.00"]


def paid_without_an_answer(home: Path) -> Stage:
    """Return a clinic whose payment was posted by a process that ended before it learnt so."""
    clinic = stage(home)
    clinic.invoice(paid=True)
    die(clinic, "finish", Verb.PAY)
    return clinic


def delete_payment(clinic: Stage) -> None:
    (payment,) = (one for one in clinic.kept_books().payments.values() if one.status == "AUTHORISED")
    at = clinic.pass_time(seconds=30)
    clinic.books.change(lambda world: office.delete_payment(world, payment.payment_id, at=at))


def statuses(clinic: Stage) -> list[str]:
    return sorted(one.status for one in clinic.kept_books().payments.values())


@pytest.mark.parametrize("minutes", [1, 20], ids=["while the key lives", "when the key is gone"])
def test_a_payment_deleted_before_we_learnt_that_it_was_made_is_asked_about(tmp_path: Path, minutes: int) -> None:
    clinic = paid_without_an_answer(tmp_path / "home")
    delete_payment(clinic)
    clinic.pass_time(minutes=minutes)
    for _ in range(3):
        report = clinic.sync()
    assert statuses(clinic) == ["DELETED"]
    assert [hold["code"] for hold in report["holds"]] == ["payment_removed"]


def test_a_payment_that_never_arrived_is_posted_though_an_older_one_was_taken_back(tmp_path: Path) -> None:
    """The neighbour that must not be lost: the deleted one is known, we took it back ourselves."""
    clinic = stage(tmp_path / "home")
    invoice = clinic.invoice(paid=True)
    clinic.sync()
    clinic.unpay(invoice)
    clinic.sync()
    clinic.pay(invoice)
    die(clinic, "send_until_clear", Verb.PAY)
    clinic.pass_time(minutes=20)
    report = clinic.sync()
    assert statuses(clinic) == ["AUTHORISED", "DELETED"]
    assert report["holds"] == []


def test_an_old_answer_deleted_and_entered_by_hand_is_left_alone(tmp_path: Path) -> None:
    """Somebody deleted ours and entered the money themselves: the invoice is paid, and nobody is asked."""
    clinic = paid_without_an_answer(tmp_path / "home")
    delete_payment(clinic)
    (invoice,) = clinic.kept_books().invoices
    at = clinic.pass_time(minutes=20)
    clinic.books.change(lambda world: office.pay_invoice(world, invoice, at=at, reference="by hand")[0])
    report = clinic.sync()
    assert statuses(clinic) == ["AUTHORISED", "DELETED"]
    assert report["holds"] == []
