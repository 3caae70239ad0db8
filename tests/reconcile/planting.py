"""Differences to plant: what people do on either side, each with what a comparison must call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ligament.app.reconcile import reconcile
from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero.simulator import control as office
from ligament.core.holds import HoldCode
from tests.support.stage import Stage

GST: dict[str, str] = {"tax_name": "GST", "tax_rate": "10.0"}


@dataclass(slots=True)
class Scene:
    """A stage with the invoices on it, and what is expected of a comparison: kinds by number."""

    stage: Stage
    expected: dict[str, set[str]] = field(default_factory=dict)

    # --- what is there ------------------------------------------------------------------------------------------------
    def number(self, invoice: str) -> str:
        return str(desk_record(self.stage, invoice)["number"])

    def document(self, invoice: str) -> Any:
        """Return the newest live invoice of the books that stands for an invoice."""
        number = f"CLK-{self.number(invoice)}"
        held = self.stage.kept_books().invoices.values()
        live = [
            one
            for one in held
            if (one.number == number or one.number.startswith(f"{number}-")) and one.status != "VOIDED"
        ]
        return max(live, key=lambda one: one.number)

    def office(self, act: Callable[..., Any], *given: Any, **more: Any) -> Any:
        """Let a person do something in the books; returns what that gives beside the world."""
        told: list[Any] = []

        def change(world: Any) -> Any:
            made = act(world, *given, at=self.stage.pass_time(minutes=1), **more)
            if isinstance(made, tuple):
                told.append(made[1])
                return made[0]
            return made

        self.stage.books.change(change)
        return told[0] if told else None

    def desk(self, act: Callable[..., Any], *given: Any, **more: Any) -> Any:
        """Let a person do something in the practice."""
        told: list[Any] = []

        def change(world: Any) -> Any:
            made = act(world, *given, at=self.stage.pass_time(minutes=1), **more)
            if isinstance(made, tuple):
                told.append(made[1])
                return made[0]
            return made

        self.stage.practice.change(change)
        return told[0] if told else None

    def expect(self, number: str, *kinds: str) -> None:
        self.expected.setdefault(number, set()).update(kinds)

    # --- comparing ----------------------------------------------------------------------------------------------------
    def compare(self, **how: Any) -> dict[str, Any]:
        """Compare as a process of its own does."""
        self.stage.pass_time(minutes=1)
        with self.stage.app() as clinic:
            return reconcile(clinic, **how).document


def desk_record(stage: Stage, invoice: str) -> Any:
    """Return an invoice of the practice."""
    return stage.practice.world.table("invoices").rows[invoice].fields


def found(document: dict[str, Any]) -> dict[str, set[str]]:
    """Return the kinds that a comparison lists, by number."""
    told: dict[str, set[str]] = {}
    for one in document["variances"]:
        told.setdefault(str(one["number"]), set()).add(one["kind"])
    return told


def line(scene: Scene, invoice: str, **changes: Any) -> dict[str, Any]:
    """Return the first line of a document as a person would save it with changes."""
    document = scene.document(invoice)
    held = document.lines[0]
    books = scene.stage.kept_books()
    code = books.accounts[held.account_id].code
    told = {
        "LineItemID": held.line_id,
        "Description": held.description,
        "Quantity": held.quantity,
        "UnitAmount": held.unit_amount,
        "AccountCode": code,
        "TaxType": held.tax_type,
    }
    return {"LineItems": [{**told, **changes}]}


# --- what people do in the books, each to an open invoice -------------------------------------------------------------


def lower_amount(scene: Scene, invoice: str, by: str = "3.00") -> None:
    price = scene.document(invoice).lines[0].unit_amount - Decimal(by)
    edited = line(scene, invoice, UnitAmount=price)
    scene.office(office.edit_invoice, scene.document(invoice).document_id, edited)
    scene.expect(scene.number(invoice), "amount")


def raise_amount(scene: Scene, invoice: str, by: str = "3.00") -> None:
    lower_amount(scene, invoice, f"-{by}")


def void(scene: Scene, invoice: str) -> None:
    scene.office(office.void_invoice, scene.document(invoice).document_id)
    scene.expect(scene.number(invoice), "status")


def move_date(scene: Scene, invoice: str, days: int = 40) -> None:
    document = scene.document(invoice)
    moved = (document.dated_on - timedelta(days=days)).isoformat()
    scene.office(office.edit_invoice, document.document_id, {"Date": moved, "DueDate": document.due_on.isoformat()})
    scene.expect(scene.number(invoice), "date")


def move_due_date(scene: Scene, invoice: str) -> None:
    later = (scene.document(invoice).due_on + timedelta(days=9)).isoformat()
    scene.office(office.edit_invoice, scene.document(invoice).document_id, {"DueDate": later})
    scene.expect(scene.number(invoice), "edited_in_xero")


def change_account(scene: Scene, invoice: str) -> None:
    edited = line(scene, invoice, AccountCode="260")
    scene.office(office.edit_invoice, scene.document(invoice).document_id, edited)
    scene.expect(scene.number(invoice), "edited_in_xero")


def change_tax(scene: Scene, invoice: str) -> None:
    edited = line(scene, invoice, TaxType="OUTPUT")
    scene.office(office.edit_invoice, scene.document(invoice).document_id, edited)
    scene.expect(scene.number(invoice), "tax")


def change_contact(scene: Scene, invoice: str) -> None:
    other = scene.office(office.create_contact, {"Name": f"Somebody {scene.number(invoice)}"})
    scene.office(office.edit_invoice, scene.document(invoice).document_id, {"Contact": {"ContactID": other}})
    scene.expect(scene.number(invoice), "contact")


def pay_in_books(scene: Scene, invoice: str) -> None:
    scene.office(office.pay_invoice, scene.document(invoice).document_id)
    scene.expect(scene.number(invoice), "paid_in_xero")


def pay_part_in_books(scene: Scene, invoice: str) -> None:
    scene.office(office.pay_invoice, scene.document(invoice).document_id, amount=Decimal("10.00"))
    scene.expect(scene.number(invoice), "paid_in_xero")


def duplicate(scene: Scene, invoice: str) -> None:
    document = scene.document(invoice)
    copy = line(scene, invoice)
    del copy["LineItems"][0]["LineItemID"]
    scene.office(
        office.create_invoice,
        {
            "Type": "ACCREC",
            "Status": "AUTHORISED",
            "InvoiceNumber": f"{document.number}-9",
            "Reference": document.reference,
            "Contact": {"ContactID": document.contact_id},
            "Date": document.dated_on.isoformat(),
            "DueDate": document.due_on.isoformat(),
            "LineAmountTypes": "Inclusive",
            **copy,
        },
    )
    scene.expect(f"{document.number}-9", "duplicate")


def double(scene: Scene, invoice: str) -> None:
    document = scene.document(invoice)
    copy = line(scene, invoice)
    del copy["LineItems"][0]["LineItemID"]
    number = f"INV-{scene.number(invoice)}9"
    scene.office(
        office.create_invoice,
        {
            "Type": "ACCREC",
            "Status": "AUTHORISED",
            "InvoiceNumber": number,
            "Contact": {"ContactID": document.contact_id},
            "Date": (document.dated_on + timedelta(days=2)).isoformat(),
            "DueDate": document.due_on.isoformat(),
            "LineAmountTypes": "Inclusive",
            **copy,
        },
    )
    scene.expect(number, "double_posted")


def extra(scene: Scene, invoice: str) -> None:
    document = scene.document(invoice)
    copy = line(scene, invoice)
    del copy["LineItems"][0]["LineItemID"]
    number = f"CLK-9{scene.number(invoice)}99"
    scene.office(
        office.create_invoice,
        {
            "Type": "ACCREC",
            "Status": "AUTHORISED",
            "InvoiceNumber": number,
            "Contact": {"ContactID": scene.office(office.create_contact, {"Name": f"Else {number}"})},
            "Date": document.dated_on.isoformat(),
            "DueDate": document.due_on.isoformat(),
            "LineAmountTypes": "Inclusive",
            **copy,
        },
    )
    scene.expect(number, "extra")


# --- what people do in the practice, each to an open invoice ----------------------------------------------------------


def archive(scene: Scene, invoice: str) -> None:
    scene.desk(desk.archive_invoice, invoice)
    scene.expect(scene.number(invoice), "status")


def edit(scene: Scene, invoice: str) -> None:
    scene.desk(desk.edit_invoice, invoice, {}, [{"name": "Consult", "unit_price": "77.00"}])
    scene.expect(scene.number(invoice), "amount")


def pay(scene: Scene, invoice: str) -> None:
    scene.stage.pay(invoice)
    scene.expect(scene.number(invoice), "payment")


OPEN_PLANTS: tuple[Callable[[Scene, str], None], ...] = (
    lower_amount, raise_amount, void, move_date, move_due_date, change_account, change_tax, change_contact,
    pay_in_books, pay_part_in_books, duplicate, double, extra, archive, edit, pay,
)  # fmt: skip


# --- what people do to a paid invoice ---------------------------------------------------------------------------------


def payment_of(scene: Scene, invoice: str) -> Any:
    """Return the live payment on a document."""
    document = scene.document(invoice)
    payments = scene.stage.kept_books().payments
    return next(payments[key] for key in document.payment_ids if payments[key].status != "DELETED")


def remove_payment(scene: Scene, invoice: str) -> None:
    scene.office(office.delete_payment, payment_of(scene, invoice).payment_id)
    # Where planning asks about it, the question is the variance (choice C35).
    asks = "payment_removed" in {code.value for code in HoldCode}
    scene.expect(scene.number(invoice), "held" if asks else "payment")


def replace_payment(scene: Scene, invoice: str) -> None:
    held = payment_of(scene, invoice)
    scene.office(office.delete_payment, held.payment_id)
    scene.office(office.pay_invoice, scene.document(invoice).document_id, paid_on=held.paid_on + timedelta(days=1))
    scene.expect(scene.number(invoice), "payment")


def move_closing(scene: Scene, invoice: str, days: int = 3) -> None:
    closed = scene.stage.time.at - timedelta(days=days)
    scene.desk(desk.edit_invoice, invoice, {"closed_at": closed.strftime("%Y-%m-%dT%H:%M:%SZ")})
    scene.expect(scene.number(invoice), "payment")


def edit_paid(scene: Scene, invoice: str, price: str = "80.00") -> None:
    scene.desk(desk.edit_invoice, invoice, {}, [{"name": "Consult", "unit_price": price}])
    scene.expect(scene.number(invoice), "held")


PAID_PLANTS: tuple[Callable[[Scene, str], None], ...] = (remove_payment, replace_payment, move_closing, edit_paid)


def months_ago(today: date, months: int) -> date:
    """Return the first day of a month some months ago."""
    first = today.replace(day=1)
    for _ in range(months):
        first = (first - timedelta(days=1)).replace(day=1)
    return first
