"""Money coded straight from the bank is read page by page, from a day on, and only where that is permitted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from ligament.connectors.xero.connecting import Means, custom_connection
from ligament.connectors.xero.port import XeroBooks
from ligament.connectors.xero.simulator import control
from ligament.connectors.xero.tests.books_kit import DAY, Desk, MemoryVault, account, desk


def with_money() -> Desk:
    """Return books in which somebody coded money on five days."""
    here = desk()
    for days in range(5):
        on = DAY + timedelta(days=days)
        here.change(lambda world, on=on: control.receive_money(world, Decimal(95), at=here.clock.now(), on=on)[0])
    return here


def reading(here: Desk, page_size: int = 1000) -> XeroBooks:
    """Return the same books behind a sign-in that asks for whatever the app was permitted."""
    means: Means = here.connection.means
    again = Means(
        vault=MemoryVault(), meter=means.meter, clock=means.clock, jitter=means.jitter, transport=means.transport
    )
    books = custom_connection(replace(account(), scope=""), again, scope="").books(here.pin)
    books._page_size = page_size
    return books


def test_without_the_permission_nothing_is_told_and_nothing_fails() -> None:
    here = with_money()
    assert here.books.received(None) is None
    assert here.books.organisation().name


def test_money_is_read_from_a_day_on_page_by_page() -> None:
    here = with_money()
    books = reading(here, page_size=2)
    here.host.clear_log()
    every = books.received(None)
    assert every is not None
    assert sorted(one.on for one in every) == [DAY + timedelta(days=days) for days in range(5)]
    assert {(one.amount, one.accounts) for one in every} == {(Decimal(95), ("200",))}
    assert here.calls()["GET BankTransactions"] == 3
    late = books.received(DAY + timedelta(days=3))
    assert late is not None
    assert len(late) == 2
