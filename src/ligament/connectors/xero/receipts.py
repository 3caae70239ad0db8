"""Money received: bank transactions that a person coded straight to accounts, read only where that is permitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ligament.connectors.xero import mapping, wire
from ligament.connectors.xero.streams import PAGE_SIZE, understood
from ligament.core.ledgers import BooksReceipt
from ligament.ports.errors import SignInAgain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ligament.connectors.xero.client import XeroClient

_RECEIVED, _VALID = "RECEIVE", "AUTHORISED"
_SCOPES = frozenset(
    {
        "accounting.banktransactions",
        "accounting.banktransactions.read",
        "accounting.transactions",
        "accounting.transactions.read",
    }
)


def received(client: XeroClient, since: date | None, page_size: int = PAGE_SIZE) -> tuple[BooksReceipt, ...] | None:
    """Read money received from a day on, or nothing at all where the sign-in lacks that permission."""
    try:
        return tuple(_pages(client, since, page_size))
    except SignInAgain:
        # The same answer stands for a sign-in that has ended; then reading anything else fails with it as well.
        if _SCOPES & set(client.tokens.granted_scope().split()):
            raise
        return None


def _pages(client: XeroClient, since: date | None, page_size: int) -> Iterator[BooksReceipt]:
    where = f'Type=="{_RECEIVED}" AND Status=="{_VALID}"'
    if since is not None:
        where += f" AND Date>=DateTime({since.year},{since.month:02},{since.day:02})"
    page = 0
    while True:
        page += 1
        query = (("where", where), ("order", "BankTransactionID"), ("page", str(page)), ("pageSize", str(page_size)))
        answer = client.read("BankTransactions", query)
        rows = answer.envelope.bank_transactions if answer is not None else ()
        yield from understood(lambda rows=rows: tuple(_receipt(row) for row in rows if not client.base.other(row)))  # type: ignore[misc]
        if len(rows) < page_size:
            return


def _receipt(row: wire.BankTransaction) -> BooksReceipt:
    accounts = [line.account_code or line.account_id for line in row.line_items]
    return BooksReceipt(
        id=mapping.books_id(row.bank_transaction_id),
        on=wire.day(row.date),
        amount=mapping.amount(row.total),
        accounts=tuple(account for account in accounts if account),
    )
