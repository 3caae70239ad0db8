"""Bank transactions: those that make prepayments and overpayments, and money coded straight to an account."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator import contacts, documents
from ligament.connectors.xero.simulator.document_views import credit
from ligament.connectors.xero.simulator.envelope import Call, answer, run_batch
from ligament.connectors.xero.simulator.errors import NotFound, Refused
from ligament.connectors.xero.simulator.lines import LineRules, build
from ligament.connectors.xero.simulator.money import round2
from ligament.connectors.xero.simulator.payments import payable_account
from ligament.connectors.xero.simulator.query import Listing, paginate, select
from ligament.connectors.xero.simulator.records import ZERO, BankLine, Document, Line
from ligament.connectors.xero.simulator.wire import (
    Json,
    number2,
    read_date,
    read_decimal,
    read_objects,
    read_text,
    wire_date,
    wire_instant,
)

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.desk import Desk
    from ligament.simkit.messages import Response

_TABLES = {
    "RECEIVE-PREPAYMENT": ("prepayments", "PrepaymentID"),
    "RECEIVE-OVERPAYMENT": ("overpayments", "OverpaymentID"),
}


def serve(desk: Desk, call: Call) -> Response:
    """Serve PUT and POST /BankTransactions for the two kinds of patient credit, and the list of money received."""
    if call.method == "GET" and not call.segments:
        page = paginate(call, select(call, desk.bank_lines.rows.values(), _LISTING))
        return answer(desk, call, "BankTransactions", [_line_view(desk, it) for it in page.rows], page.pagination)
    if call.method in {"PUT", "POST"} and not call.segments:
        return run_batch(desk, call, "BankTransactions", "BankTransactionID", lambda it: _create(desk, call, it))
    raise NotFound


_LISTING: Listing[BankLine] = Listing(
    fields={
        "banktransactionid": lambda it: it.line_id,
        "type": lambda _: "RECEIVE",
        "status": lambda it: it.status,
        "date": lambda it: it.on,
        "total": lambda it: it.amount,
        "updateddateutc": lambda it: it.updated_at,
    },
    key=lambda it: it.line_id,
    updated_at=lambda it: it.updated_at,
    created_at=lambda it: it.created_at,
)


def _line_view(desk: Desk, line: BankLine) -> Json:
    bank, income = desk.accounts[line.bank_account_id], desk.accounts[line.account_id]
    return {
        "BankTransactionID": line.line_id,
        "Type": "RECEIVE",
        "Status": line.status,
        "Reference": line.reference,
        "BankAccount": {"AccountID": bank.account_id, "Code": bank.code, "Name": bank.name},
        "Date": wire_date(line.on),
        "DateString": f"{line.on.isoformat()}T00:00:00",
        "LineAmountTypes": "Inclusive",
        "LineItems": [
            {
                "Description": line.reference,
                "UnitAmount": number2(line.amount),
                "LineAmount": number2(line.amount),
                "Quantity": number2(Decimal(1)),
                "AccountCode": income.code,
                "AccountID": income.account_id,
            }
        ],
        "Total": number2(line.amount),
        "SubTotal": number2(line.amount),
        "TotalTax": number2(ZERO),
        "UpdatedDateUTC": wire_instant(line.updated_at),
        "IsReconciled": True,
        "CurrencyCode": desk.organisation.base_currency,
    }


def _create(desk: Desk, call: Call, element: Json) -> Json:
    kind = read_text(element, "Type") or ""
    if kind not in _TABLES:
        raise Refused("Only RECEIVE-PREPAYMENT and RECEIVE-OVERPAYMENT are simulated.")
    account = payable_account(desk, {"Account": element.get("BankAccount")})
    if account.type != "BANK":
        raise Refused("The BankAccount must be an account of type BANK.")
    on = read_date(element, "Date") or desk.today
    documents.refuse_locked(desk, on)
    sent = read_objects(element, "LineItems") or []
    amount_types = "NoTax" if kind == "RECEIVE-OVERPAYMENT" else read_text(element, "LineAmountTypes") or "Inclusive"
    document = documents.with_totals(
        Document(
            document_id=desk.new_id(),
            type=kind,
            reference=read_text(element, "Reference") or "",
            url=read_text(element, "Url") or "",
            contact_id=contacts.for_document(desk, element).contact_id,
            dated_on=on,
            status="AUTHORISED",
            line_amount_types=amount_types,
            lines=_lines(desk, call, kind, sent, amount_types),
            currency=desk.organisation.base_currency,
            created_by_client=desk.client_id,
            created_at=desk.at,
            updated_at=desk.at,
        )
    )
    if document.total <= 0:
        raise Refused("The total must be greater than zero.")
    table, id_key = _TABLES[kind]
    getattr(desk, table).put(document.document_id, document)
    shown = credit(desk, table, document, thin=False, four_places=call.four_places, single=True)
    return {
        **{key: value for key, value in shown.items() if key not in {"ID", "Payments", "Allocations"}},
        "BankTransactionID": desk.new_id(),
        id_key: document.document_id,
        "BankAccount": {"AccountID": account.account_id, "Code": account.code, "Name": account.name},
        "IsReconciled": False,
    }


def _lines(desk: Desk, call: Call, kind: str, sent: list[Json], amount_types: str) -> tuple[Line, ...]:
    if kind == "RECEIVE-PREPAYMENT":
        rules = LineRules(
            line_amount_types=amount_types, status="AUTHORISED", discounts=False, four_places=call.four_places
        )
        return build(desk, sent, (), rules)
    if len(sent) != 1:
        raise Refused("An overpayment must have exactly one line item.")
    amount = round2(read_decimal(sent[0], "LineAmount") or read_decimal(sent[0], "UnitAmount") or ZERO)
    debtors = next((it for it in desk.accounts.rows.values() if it.system_account == "DEBTORS"), None)
    return (
        Line(
            line_id=desk.new_id(),
            description=read_text(sent[0], "Description") or "",
            quantity=round2(amount / amount) if amount else None,
            unit_amount=amount,
            line_amount=amount,
            tax_type="NONE",
            account_id=debtors.account_id if debtors is not None else "",
        ),
    )
