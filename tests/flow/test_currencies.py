"""Documents in another currency: never taken for ours, never paid, never added, and told with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ligament.app.audit import audit
from ligament.app.doctor.doctor import examine
from ligament.app.reconcile import reconcile
from ligament.app.setup.mapping import clearing_accounts
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero import wire
from ligament.connectors.xero.currency import BooksCurrency
from ligament.connectors.xero.simulator import control as office
from ligament.core.ids import BooksId
from ligament.core.ledgers import Account, Chart
from ligament.core.periods import Period
from tests.support.stage import Stage, stage

ABROAD = {"CurrencyCode": "USD", "CurrencyRate": "0.65"}


@pytest.fixture
def clinic(tmp_path: Path) -> Stage:
    """Books in Australian dollars that take documents in American ones too."""
    made = stage(tmp_path / "home")

    def several(world: Any) -> Any:
        kept = world.only()
        return world.with_books(replace(kept, organisation=replace(kept.organisation, currencies=("USD",))))

    made.books.change(several)
    return made


def by_hand(clinic: Stage, change: Callable[[Any, datetime], Any]) -> None:
    at = clinic.pass_time(minutes=5)
    clinic.books.change(lambda world: change(world, at))


def put_into(clinic: Stage, number: str, told: Mapping[str, str]) -> None:
    found = next(one for one in clinic.kept_books().invoices.values() if one.number == number)
    by_hand(clinic, lambda world, at: office.edit_invoice(world, found.document_id, told, at=at))


def compared(clinic: Stage) -> dict[str, Any]:
    with clinic.app() as opened:
        return reconcile(opened, full=True).document


def paid(clinic: Stage) -> list[Decimal]:
    return [one.amount for one in clinic.kept_books().payments.values()]


def test_an_invoice_of_ours_that_was_put_into_another_currency_is_neither_counted_nor_paid(clinic: Stage) -> None:
    made = clinic.invoice(price="95.00")
    clinic.sync()
    assert compared(clinic)["balanced"]
    put_into(clinic, "CLK-1", ABROAD)
    clinic.pay(made)
    (hold,) = clinic.sync()["holds"]
    assert "CLK-1 is in USD" in hold["sentence"]
    assert "AUD" in hold["sentence"]
    assert paid(clinic) == []
    told = compared(clinic)
    assert not told["balanced"]
    assert (told["totals"]["source"], told["totals"]["books"], told["totals"]["explained"]) == (
        "95.00",
        "0.00",
        "95.00",
    )
    assert [(one["kind"], one["amount"]) for one in told["variances"]] == [("held", "95.00")]
    put_into(clinic, "CLK-1", {"CurrencyCode": "AUD", "CurrencyRate": "1"})
    assert clinic.sync()["holds"] == []
    assert paid(clinic) == [Decimal("95.00")]
    assert compared(clinic)["balanced"]


def test_history_in_another_currency_is_not_taken_for_an_invoice_of_the_same_number_and_amount(clinic: Stage) -> None:
    made = clinic.invoice(price="95.00")
    number = str(next(iter(cliniko.records(clinic.practice.world, "invoices")))["number"])

    def enter(world: Any, at: datetime) -> Any:
        world, contact = office.create_contact(world, {"Name": "Ada Sample", "EmailAddress": "ada@example.org"}, at=at)
        line = {"Description": "Consult", "UnitAmount": "95.00", "AccountCode": "200", "TaxType": "EXEMPTOUTPUT"}
        day = at.date().isoformat()
        head = {"Type": "ACCREC", "Contact": {"ContactID": contact}, "InvoiceNumber": number, "Status": "AUTHORISED"}
        dates = {"Date": day, "DueDate": day, "LineAmountTypes": "Inclusive"}
        return office.create_invoice(world, {**head, **dates, **ABROAD, "LineItems": [line]}, at=at)[0]

    by_hand(clinic, enter)
    clinic.pay(made)
    (hold,) = clinic.sync()["holds"]
    assert "is in USD" in hold["sentence"]
    assert [one.number for one in clinic.kept_books().invoices.values()] == [number]
    assert paid(clinic) == []
    with clinic.app() as opened:
        found = audit(opened, Period()).document
    assert found["score"] == "0.00"
    assert ["is in USD" in one["sentence"] for one in found["findings"]] == [True]


def test_an_invoice_that_comes_back_in_another_currency_than_it_was_sent_in_is_asked_about(clinic: Stage) -> None:
    made = clinic.invoice(price="95.00")
    handle = clinic.books._handle

    def in_dollars(world: Any, request: Any) -> Any:
        world, answer = handle(world, request)
        if request.method == "PUT" and request.path.endswith("/Invoices"):
            body = answer.body.replace(b'"AUD"', b'"USD"').replace(b'"CurrencyRate":1.0', b'"CurrencyRate":0.65')
            answer = replace(answer, body=body)
        return world, answer

    clinic.books._handle = in_dollars
    clinic.sync()
    clinic.pay(made)
    (hold,) = clinic.sync()["holds"]
    assert "CLK-1 is in USD" in hold["sentence"]
    assert paid(clinic) == []


@pytest.mark.parametrize(("country", "told"), [("GB", "GBP"), ("NZ", "NZD"), ("AU", ""), ("FJ", "")])
def test_the_doctor_says_when_people_pay_in_another_currency_than_the_books(
    clinic: Stage, country: str, told: str
) -> None:
    clinic.practice.change(lambda world: desk.change_settings(world, "account", {"country_code": country}))
    with clinic.app() as opened:
        checks = examine(opened).document["checks"]
    said = [one["sentence"] for one in checks if "without a rate" in one["sentence"]]
    # Of a country that we do not know nothing is said.
    assert [f"pay in {told}" in one for one in said] == ([True] if told else [])


def test_the_currency_of_the_books_is_remembered_and_a_rate_tells_another_one_before_it_is_known() -> None:
    notes = {"currency": ""}
    base = BooksCurrency(lambda: notes["currency"], lambda code: notes.update(currency=code))
    par, abroad = wire.Document(currency_code="USD", currency_rate=Decimal(1)), wire.Document(**_rate("USD", "0.65"))
    assert (base.other(par), base.other(abroad)) == ("", "USD")
    assert base.other(wire.Document()) == ""
    base.learn("AUD")
    again = BooksCurrency(lambda: notes["currency"])
    assert (again.other(par), again.other(abroad), again.other(wire.Document())) == ("", "USD", "")
    assert again.other(wire.Document(currency_code="USD")) == "USD"
    assert again.other(wire.Document(**_rate("AUD", "1.0000000000"))) == ""


def keep_clearing_in(clinic: Stage, currency: str) -> None:
    """Let the bank account that payments go through be one in that currency."""

    def change(world: Any) -> Any:
        kept = world.only()
        accounts = {
            key: replace(one, currency=currency) if one.code == "090" else one for key, one in kept.accounts.items()
        }
        return world.with_books(replace(kept, accounts=accounts))

    clinic.books.change(change)


def test_nothing_is_paid_into_an_account_of_another_currency_and_it_is_told_before_and_once(clinic: Stage) -> None:
    keep_clearing_in(clinic, "USD")
    clinic.invoice(price="95.00", paid=True)
    (hold,) = clinic.sync()["holds"]
    assert (hold["code"], hold["kind"]) == ("unmapped_account", "payment")
    assert hold["sentence"] == "The clearing account 090 is kept in USD, and the books in AUD."
    assert paid(clinic) == []
    clinic.clear_log()
    (again,) = clinic.sync()["holds"]
    assert (again["id"], clinic.writes()) == (hold["id"], [])
    with clinic.app() as opened:
        sentences = [one["sentence"] for one in examine(opened).document["checks"] if one["state"] == "bad"]
    assert [one for one in sentences if "is kept in USD" in one]
    assert [(one["kind"], one["amount"]) for one in compared(clinic)["variances"]] == [("held", "95.00")]
    keep_clearing_in(clinic, "aud")
    clinic.pass_time(hours=1)
    assert clinic.sync()["holds"] == []
    assert paid(clinic) == [Decimal("95.00")]


def test_an_account_of_another_currency_is_neither_offered_nor_taken_for_payments() -> None:
    abroad = Account(
        id=BooksId("a"), code="095", name="USD Clearing", account_class="asset", is_bank=True, abroad="USD"
    )
    own = replace(abroad, id=BooksId("b"), code="096", name="Till", abroad="")
    assert clearing_accounts(Chart(accounts=(abroad, own))) == [own]


def test_books_in_whose_currency_no_account_is_kept_do_not_say_which_ones_are_foreign() -> None:
    base = BooksCurrency(lambda: "NZD")
    till, card = wire.Account(code="090", currency_code="AUD"), wire.Account(code="200")
    assert base.among([till, card]) == ""
    assert base.among([till, wire.Account(code="091", currency_code="nzd")]) == "NZD"


def _rate(code: str, rate: str) -> Any:
    return {"currency_code": code, "currency_rate": Decimal(rate)}


@pytest.mark.parametrize("rate", ["", "1,0", "-", None, "NaN"])
def test_a_rate_that_cannot_be_read_says_nothing(rate: Any) -> None:
    base = BooksCurrency()
    assert base.other(wire.Document(currency_code="AUD", currency_rate=rate)) == ""
    base.learn("AUD")
    assert base.other(wire.Document(currency_code="AUD ", currency_rate=rate)) == ""
