"""Small readings of a document's element: amount types, discounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator.errors import Refused
from ligament.connectors.xero.simulator.money import round2
from ligament.connectors.xero.simulator.records import ZERO, Line
from ligament.connectors.xero.simulator.wire import (
    Json,
    read_text,
)

if TYPE_CHECKING:
    from decimal import Decimal


_AMOUNT_TYPES = {"exclusive": "Exclusive", "inclusive": "Inclusive", "notax": "NoTax"}


def discount_of(line: Line) -> Decimal:
    """Return the discount of a line, in dollars."""
    if line.quantity is None or line.unit_amount is None or not (line.discount_rate or line.discount_amount):
        return ZERO
    return round2(line.quantity * line.unit_amount) - line.line_amount


def amount_types_of(element: Json, otherwise: str) -> str:
    """Return how the amounts are meant; raises Refused for a word that is none."""
    sent = read_text(element, "LineAmountTypes")
    if not sent:
        return otherwise
    if sent.casefold() not in _AMOUNT_TYPES:
        raise Refused(f"LineAmountTypes '{sent}' is not valid.")
    return _AMOUNT_TYPES[sent.casefold()]
