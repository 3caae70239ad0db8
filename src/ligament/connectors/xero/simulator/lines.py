"""Lines of documents: amounts, accounts, tax types and tracking, checked and rounded as Xero does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator.errors import Refused
from ligament.connectors.xero.simulator.money import HUNDRED, round2, round4, tax_on
from ligament.connectors.xero.simulator.records import ZERO, Account, Line
from ligament.connectors.xero.simulator.refusals import check_line_account, check_quantity, fitting
from ligament.connectors.xero.simulator.wire import Json, read_decimal, read_guid, read_objects, read_text

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.desk import Desk

CLASS_OF_TYPE = {
    "BANK": "ASSET", "CURRENT": "ASSET", "FIXED": "ASSET", "INVENTORY": "ASSET", "NONCURRENT": "ASSET",
    "PREPAYMENT": "ASSET",
    "CURRLIAB": "LIABILITY", "LIABILITY": "LIABILITY", "TERMLIAB": "LIABILITY", "PAYG": "LIABILITY",
    "EQUITY": "EQUITY",
    "DEPRECIATN": "EXPENSE", "DIRECTCOSTS": "EXPENSE", "EXPENSE": "EXPENSE", "OVERHEADS": "EXPENSE",
    "OTHERINCOME": "REVENUE", "REVENUE": "REVENUE", "SALES": "REVENUE",
}  # fmt: skip
_MAX_DESCRIPTION = 4_000
_MAX_TRACKING = 2
_MAX_LINE_AMOUNT = Decimal("9999999999.99")
_APPROVED = frozenset({"SUBMITTED", "AUTHORISED", "PAID"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRules:
    """What the document says about its lines."""

    line_amount_types: str
    status: str
    discounts: bool
    four_places: bool


def build(desk: Desk, sent: list[Json], former: tuple[Line, ...], rules: LineRules) -> tuple[Line, ...]:
    """Return the document's new lines: known LineItemIDs update, others are new, what is not sent goes."""
    by_id = {line.line_id: line for line in former}
    built = []
    for element in sent:
        line_id = read_guid(element, "LineItemID")
        known = by_id.get(line_id)
        base = known or Line(line_id=desk.new_id(), description="")
        built.append(_build_one(desk, element, base, rules, is_new=known is None))
    return tuple(built)


def retaxed(desk: Desk, lines: tuple[Line, ...], line_amount_types: str) -> tuple[Line, ...]:
    """Return the lines with taxes computed anew, for a document that changed its LineAmountTypes."""
    out = []
    for line in lines:
        rate = desk.tax_rates.get(line.tax_type)
        percent = rate.rate if rate is not None else Decimal(0)
        out.append(replace(line, tax_amount=tax_on(line.line_amount, percent, line_amount_types)))
    return tuple(out)


def approved_ready(lines: tuple[Line, ...]) -> None:
    """Refuse lines that a draft may have but an approved document may not."""
    if any(line.quantity is not None and not line.account_id for line in lines):
        raise Refused("Account code or ID must be specified.")


def find_account(desk: Desk, element: Json) -> Account | None:
    """Return the account that AccountID or AccountCode names, or None when neither is sent."""
    account_id, code = read_guid(element, "AccountID"), read_text(element, "AccountCode")
    if account_id and not code:
        found = desk.accounts.get(account_id)
        if found is None:
            raise Refused(f"Account ID '{account_id}' is not a valid ID for this document.")
    elif code:
        found = next((it for it in desk.accounts.rows.values() if it.code == code), None)
        if found is None:
            raise Refused(f"Account code '{code}' is not a valid code for this document.")
    else:
        return None
    check_line_account(desk.switches, found)
    return found


def _build_one(desk: Desk, element: Json, base: Line, rules: LineRules, *, is_new: bool) -> Line:
    description = read_text(element, "Description")
    description = base.description if description is None else description
    if not description.strip():
        raise Refused(f"Description must have 1 to {_MAX_DESCRIPTION} characters.")
    description = fitting(desk.switches, "Description", description, _MAX_DESCRIPTION) or ""
    line = _with_amounts(replace(base, description=description), element, rules)
    if line.quantity is not None and line != base:
        check_quantity(desk.switches, line.quantity, line.unit_amount or ZERO)
    if element.get("ItemCode"):
        raise Refused(f"Item code '{element['ItemCode']}' is not valid")
    tracking = read_objects(element, "Tracking")
    if tracking is not None:
        line = replace(line, tracking=_tracking(desk, tracking))
    if line.quantity is None:
        return line
    line = _with_account(desk, line, element, rules)
    return _with_tax(desk, line, element, rules, former=None if is_new else base)


def _with_amounts(line: Line, element: Json, rules: LineRules) -> Line:
    quantity, unit = read_decimal(element, "Quantity"), read_decimal(element, "UnitAmount")
    sent_amount = read_decimal(element, "LineAmount")
    rate, discount = read_decimal(element, "DiscountRate"), read_decimal(element, "DiscountAmount")
    if not rules.discounts and (rate or discount):
        raise Refused("Discounts cannot be applied to this type of document.")
    if quantity is None and unit is None and sent_amount is None and rate is None and discount is None:
        return line
    rate = line.discount_rate if rate is None else rate
    discount = line.discount_amount if discount is None else round2(discount)
    former_quantity = line.quantity if line.quantity is not None else Decimal(1)
    if sent_amount is not None and unit is None and quantity is None:
        quantity = former_quantity
        unit = _unit_for(sent_amount, quantity, rate, discount)
    elif sent_amount is not None and unit is None and quantity is not None:
        unit = _unit_for(sent_amount, quantity, rate, discount)
    elif sent_amount is not None and quantity is None and unit:
        quantity = round4(_gross(sent_amount, rate, discount) / unit)
    quantity = round4(former_quantity if quantity is None else quantity)
    unit = (line.unit_amount or Decimal(0)) if unit is None else unit
    unit = round4(unit) if rules.four_places else round2(unit)
    expected = _net(quantity * unit, rate, discount)
    # One cent of play: a unit amount derived from a line amount is itself rounded.
    derived = read_decimal(element, "UnitAmount") is None or read_decimal(element, "Quantity") is None
    if sent_amount is not None and not derived and round2(sent_amount) != expected:
        raise Refused(f"The line total {round2(sent_amount)} does not match the expected line total {expected}")
    amount = round2(sent_amount) if sent_amount is not None else expected
    if abs(amount) > _MAX_LINE_AMOUNT:
        raise Refused("The line amount is too large.")
    return replace(
        line,
        quantity=quantity,
        unit_amount=unit,
        discount_rate=rate,
        discount_amount=discount,
        line_amount=amount,
    )


def _net(gross: Decimal, rate: Decimal | None, discount: Decimal | None) -> Decimal:
    if rate:
        return round2(gross * (HUNDRED - rate) / HUNDRED)
    return round2(gross - (discount or Decimal(0)))


def _gross(net: Decimal, rate: Decimal | None, discount: Decimal | None) -> Decimal:
    if rate and rate != HUNDRED:
        return net * HUNDRED / (HUNDRED - rate)
    return net + (discount or Decimal(0))


def _unit_for(amount: Decimal, quantity: Decimal, rate: Decimal | None, discount: Decimal | None) -> Decimal:
    return _gross(amount, rate, discount) / quantity if quantity else Decimal(0)


def _with_account(desk: Desk, line: Line, element: Json, rules: LineRules) -> Line:
    found = find_account(desk, element)
    if found is not None:
        return replace(line, account_id=found.account_id)
    if not line.account_id and rules.status in _APPROVED:
        raise Refused("Account code or ID must be specified.")
    return line


def _with_tax(desk: Desk, line: Line, element: Json, rules: LineRules, former: Line | None) -> Line:
    account = desk.accounts.get(line.account_id)
    sent_type = read_text(element, "TaxType")
    no_tax = rules.line_amount_types == "NoTax"
    tax_type = sent_type or line.tax_type or ("" if no_tax or account is None else account.tax_type)
    if no_tax and not tax_type:
        return replace(line, tax_type="NONE", tax_amount=ZERO)
    if no_tax and tax_type == "NONE":
        return replace(line, tax_type=tax_type, tax_amount=ZERO)
    if not tax_type:
        return replace(line, tax_amount=ZERO)
    rate = _usable_rate(desk, tax_type, account)
    line = replace(line, tax_type=tax_type)
    sent_tax = read_decimal(element, "TaxAmount")
    if no_tax:
        return replace(line, tax_amount=ZERO)
    if sent_tax is not None:
        return replace(line, tax_amount=round2(sent_tax))
    untouched = former is not None and (former.line_amount, former.tax_type) == (line.line_amount, tax_type)
    if untouched and former is not None:
        return replace(line, tax_amount=former.tax_amount)
    return replace(line, tax_amount=tax_on(line.line_amount, rate, rules.line_amount_types))


def _usable_rate(desk: Desk, tax_type: str, account: Account | None) -> Decimal:
    rate = desk.tax_rates.get(tax_type)
    if rate is None or rate.status != "ACTIVE":
        raise Refused(f"The TaxType code '{tax_type}' does not exist or cannot be used for this type of transaction.")
    code = account.code if account is not None else ""
    wrong_class = (
        account is not None
        and CLASS_OF_TYPE[account.type] not in rate.applies_to
        and desk.switches.refuses_wrong_tax_types
    )
    unregistered = not desk.organisation.pays_tax and desk.switches.unregistered_refuses_tax and rate.rate > 0
    if wrong_class or unregistered:
        raise Refused(f"The TaxType code '{tax_type}' cannot be used with account code '{code}'.")
    return rate.rate


def _tracking(desk: Desk, sent: list[Json]) -> tuple[tuple[str, str], ...]:
    if len(sent) > _MAX_TRACKING:
        raise Refused(f"A line can have at most {_MAX_TRACKING} tracking categories.")
    found = []
    for element in sent:
        category_id, option_id = read_guid(element, "TrackingCategoryID"), read_guid(element, "TrackingOptionID")
        name, option_name = read_text(element, "Name"), read_text(element, "Option")
        category = desk.tracking.get(category_id) or next(
            (it for it in desk.tracking.rows.values() if not category_id and it.name == name), None
        )
        option = next(
            (
                it
                for it in (category.options if category is not None else ())
                if (it.option_id == option_id if option_id else it.name == option_name)
            ),
            None,
        )
        archived = category is not None and option is not None and {category.status, option.status} != {"ACTIVE"}
        if category is None or option is None or (archived and desk.switches.refuses_archived_options):
            raise Refused(f"The tracking option '{option_name or option_id}' is not valid.")
        found.append((category.category_id, option.option_id))
    return tuple(found)
