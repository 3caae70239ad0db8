"""Whether money can be paid into an account: one answer for set-up, for the doctor and for each payment."""

from __future__ import annotations

from dataclasses import replace

from ligament.app.setup.mapping import clearing_accounts
from ligament.core.clearing import Unpayable, unpayable
from ligament.core.ids import BooksId
from ligament.core.ledgers import Account, Chart

BANK = Account(id=BooksId("b"), code="090", name="Clearing", account_class="asset", is_bank=True)


def test_a_payment_goes_into_an_active_account_that_takes_one_in_the_books_own_currency() -> None:
    allowed = replace(BANK, id=BooksId("p"), code="800", is_bank=False, takes_payments=True)
    others = {
        Unpayable.ARCHIVED: replace(BANK, active=False),
        Unpayable.CLOSED: replace(allowed, takes_payments=False),
        Unpayable.ABROAD: replace(BANK, abroad="NZD"),
    }
    assert (unpayable(BANK), unpayable(allowed), unpayable(None)) == (None, None, Unpayable.MISSING)
    assert {why: unpayable(account) for why, account in others.items()} == {why: why for why in others}
    assert clearing_accounts(Chart(accounts=(BANK, *others.values(), allowed))) == [BANK, allowed]
