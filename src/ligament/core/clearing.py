"""Whether money can be paid into an account of the books: asked by set-up, by the doctor and before each payment."""

from __future__ import annotations

from enum import StrEnum

from ligament.core.ledgers import Account


class Unpayable(StrEnum):
    """Why no payment goes into an account."""

    MISSING = "missing"
    ARCHIVED = "archived"
    CLOSED = "closed"
    ABROAD = "abroad"


def unpayable(account: Account | None) -> Unpayable | None:
    """Return why no payment goes into an account, or nothing where one does.

    It is a bank account or one that payments are allowed to; what is kept in another currency than the books would
    count a payment as that currency.
    """
    if account is None:
        return Unpayable.MISSING
    if not account.active:
        return Unpayable.ARCHIVED
    if not (account.is_bank or account.takes_payments):
        return Unpayable.CLOSED
    return Unpayable.ABROAD if account.abroad else None
