"""What a visit would be charged: Cliniko's default charges of its type, priced for the person (facts 6.9, 7.1)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ligament.connectors.cliniko import wire
from ligament.connectors.cliniko.digest import digest
from ligament.connectors.cliniko.mapping import discount_of
from ligament.core.ids import SourceId
from ligament.core.money import HUNDRED, ZERO
from ligament.core.records import Line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from ligament.core.records import Discount


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The practice's price list by id, and the charges of each appointment type."""

    items: dict[str, wire.BillableItemRow] = field(default_factory=dict)
    products: dict[str, wire.ProductRow] = field(default_factory=dict)
    taxes: dict[str, wire.TaxRow] = field(default_factory=dict)
    concession_prices: dict[tuple[str, str], wire.Given] = field(default_factory=dict)
    by_type: dict[str, list[wire.ChargeRow]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The concession of a person: id and name of the type, both empty for none."""

    concession_id: str = ""
    concession: str = ""


def catalogue_of(
    items: Iterable[wire.BillableItemRow],
    products: Iterable[wire.ProductRow],
    taxes: Iterable[wire.TaxRow],
    prices: Iterable[wire.ConcessionPriceRow],
    charges: Iterable[wire.ChargeRow],
) -> Catalogue:
    """Return the price list as it is looked things up in."""
    by_type: defaultdict[str, list[wire.ChargeRow]] = defaultdict(list)
    for charge in charges:
        by_type[wire.related(charge.appointment_type) or ""].append(charge)
    return Catalogue(
        items={wire.identifier(row.id) or "": row for row in items},
        products={wire.identifier(row.id) or "": row for row in products},
        taxes={wire.identifier(row.id) or "": row for row in taxes},
        concession_prices={
            (wire.related(row.billable_item) or "", wire.related(row.concession_type) or ""): row.price
            for row in prices
            if row.price is not None
        },
        by_type=dict(by_type),
    )


def charges_for(catalogue: Catalogue, type_id: str, person: Person, *, prices_include_tax: bool) -> tuple[Line, ...]:
    """Return the priced charges of one person for an appointment type; charges that cannot be read are left out."""
    lines = (_line(catalogue, charge, person, prices_include_tax) for charge in catalogue.by_type.get(type_id, []))
    return tuple(line for line in lines if line is not None)


def _line(catalogue: Catalogue, charge: wire.ChargeRow, person: Person, prices_include_tax: bool) -> Line | None:  # noqa: FBT001 - a fact about the practice, handed on
    try:
        item_id, product_id = wire.related(charge.billable_item), wire.related(charge.product)
        if item_id in catalogue.items:
            return _item_line(catalogue, charge, catalogue.items[item_id], person, prices_include_tax)
        if product_id in catalogue.products:
            return _product_line(catalogue, charge, catalogue.products[product_id])
    except wire.Unreadable:
        return None
    return None


def _item_line(
    catalogue: Catalogue,
    charge: wire.ChargeRow,
    item: wire.BillableItemRow,
    person: Person,
    prices_include_tax: bool,  # noqa: FBT001 - a fact about the practice, handed on
) -> Line:
    key = (wire.identifier(item.id) or "", person.concession_id)
    has_concession = bool(person.concession_id) and key in catalogue.concession_prices
    price = wire.amount(catalogue.concession_prices[key] if has_concession else item.price, "price")
    line = _bare(charge, item, price)
    line = replace(line, concession=person.concession if has_concession else "")
    return _with_total(_with_tax(catalogue, line, item.tax), excludes_tax=not prices_include_tax)


def _product_line(catalogue: Catalogue, charge: wire.ChargeRow, product: wire.ProductRow) -> Line:
    line = _bare(charge, product, wire.amount(product.price_including_tax, "price_including_tax"))
    return _with_total(_with_tax(catalogue, line, product.tax), excludes_tax=False)


def _bare(charge: wire.ChargeRow, sold: wire.BillableItemRow | wire.ProductRow, price: Decimal) -> Line:
    return Line(
        id=SourceId(wire.identifier(charge.id) or ""),
        invoice_id=SourceId(""),
        item_id=SourceId(wire.identifier(sold.id) or ""),
        code=wire.text(sold.item_code),
        name=wire.text(sold.name),
        quantity=wire.amount(charge.quantity, "quantity"),
        unit_price=price,
        discount=discount_of(charge),
        total=ZERO,
    )


def _with_tax(catalogue: Catalogue, line: Line, relation: wire.Given) -> Line:
    tax = catalogue.taxes.get(wire.related(relation) or "")
    if tax is None:
        return line
    return replace(line, tax_name=wire.text(tax.name), tax_rate=wire.amount(tax.rate, "rate"))


def _with_total(line: Line, *, excludes_tax: bool) -> Line:
    total = discounted(line.quantity * line.unit_price, line.discount)
    if excludes_tax and line.tax_rate:
        total = total * (HUNDRED + line.tax_rate) / HUNDRED
    line = replace(line, price_excludes_tax=excludes_tax, total=total)
    return replace(line, revision=digest(line))


def discounted(gross: Decimal, discount: Discount | None) -> Decimal:
    """Return the amount less the discount, not rounded."""
    if discount is None:
        return gross
    return gross - discount.value if discount.is_money else gross * (HUNDRED - discount.value) / HUNDRED
