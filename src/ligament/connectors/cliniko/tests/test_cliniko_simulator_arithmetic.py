"""How the simulated Cliniko adds up an invoice."""

from __future__ import annotations

from typing import Any

import pytest

from ligament.connectors.cliniko.simulator import control, find
from ligament.connectors.cliniko.tests.simulated_clinic import (
    Caller,
    clinic,
    with_invoice,
)
from ligament.connectors.cliniko.tests.test_cliniko_simulator_control import LATER, raised


@pytest.mark.parametrize(
    ("method", "net", "tax", "total"),
    [(1, "109.09", "10.91", "120.0"), (2, "109.1", "10.91", "120.01"), (3, "109.09", "10.91", "120.0")],
)
def test_totals_follow_the_calculation_method(method: int, net: str, tax: str, total: str) -> None:
    price = "120" if method == 3 else "109.09" if method == 1 else "109.1"
    line = {"name": "Care", "unit_price": price, "tax_name": "GST", "tax_rate": "10"}
    world, invoice_id = with_invoice(control.set_calculation_method(clinic(), method), line)
    found = Caller(world=world).get(f"/v1/invoices/{invoice_id}")
    assert (found["net_amount"], found["tax_amount"], found["total_amount"]) == (net, tax, total)


def test_a_legacy_money_discount_is_taken_from_the_price_with_tax() -> None:
    line = {
        "unit_price": "60",
        "tax_rate": "10",
        "is_monetary_discount": True,
        "discounted_amount": "6.6",
    }
    world, _ = with_invoice(control.set_calculation_method(clinic(total_including_tax="string"), 1), line)
    (item,) = Caller(world=world).get("/v1/invoice_items")["invoice_items"]
    assert (item["discount_percentage"], item["net_price"], item["total_including_tax"]) == ("10.0", "54.0", "59.4")


def test_unrounded_line_totals_show_by_switch() -> None:
    line = {"unit_price": "10.555", "tax_rate": "0"}

    def total(**switches: Any) -> object:
        world, _ = with_invoice(clinic(total_including_tax="string", **switches), line)
        return Caller(world=world).get("/v1/invoice_items")["invoice_items"][0]["total_including_tax"]

    assert total() == "10.56"
    assert total(line_rounding="none") == "10.555"


def test_payments_are_never_shown() -> None:
    caller, invoice_id = raised()
    caller.world, payment_id = control.pay_invoice(caller.world, invoice_id, at=LATER)
    assert find(caller.world, "payments", payment_id) is not None
    assert caller.status("/v1/payments") == 404
    assert not any(
        "payment" in name and name != "online_payment_url" for name in caller.get("/v1/invoices/" + invoice_id)
    )
