"""Suggestions of accounts: what the books' own history used comes first, then the name, each with reason and source."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from ligament.app.setup.account_suggestions import suggest, used_accounts
from ligament.core.ids import BooksId
from ligament.core.ledgers import Account, BooksDocument, BooksLine, DocumentKind, DocumentStatus

ACCOUNTS = tuple(
    Account(id=BooksId(code), code=code, name=name, account_class="revenue")
    for code, name in (("200", "Sales"), ("210", "Physiotherapy Fees"), ("220", "Pilates classes"))
)


def document(number: int, text: str, account: str) -> BooksDocument:
    line = BooksLine(
        text=text, quantity=Decimal(1), unit_amount=Decimal(90), amount=Decimal(90), account=account, tax_type="NONE"
    )
    return BooksDocument(
        id=BooksId(f"d{number}"),
        kind=DocumentKind.INVOICE,
        number=f"INV-{number}",
        contact_id=BooksId("c"),
        on=date(2026, 7, 1),
        status=DocumentStatus.AUTHORISED,
        lines=(line,),
        total=Decimal(90),
        tax=Decimal(0),
        updated_at=datetime(2026, 7, 1, tzinfo=UTC),
    )


def history(*lines: tuple[str, str]) -> list[BooksDocument]:
    return [document(number, *line) for number, line in enumerate(lines)]


def test_what_the_books_used_before_comes_first_with_its_numbers() -> None:
    used = used_accounts(history(*[("Physio Standard", "220")] * 3, ("physio  standard", "200")), ACCOUNTS)
    found = suggest("Physio standard", used, ACCOUNTS, "200", "Xero")
    assert found is not None
    assert found.account == "220"
    assert found.reason == "3 of 4 lines with this text went to 220 Pilates classes"
    assert found.source == "the documents that Xero holds"


def test_without_a_clear_history_the_name_decides_and_the_usual_account_needs_no_suggestion() -> None:
    nothing = used_accounts(history(("Physio Standard", "220"), ("Physio Standard", "200")), ACCOUNTS)
    found = suggest("Physio standard", nothing, ACCOUNTS, "200", "Xero")
    assert found is not None
    assert (found.account, found.source) == ("210", "the accounts of Xero")
    assert "Physiotherapy Fees" in found.reason
    assert suggest("Standard consultation", nothing, ACCOUNTS, "200", "Xero") is None
    usual = used_accounts(history(*[("Massage", "200")] * 5), ACCOUNTS)
    assert suggest("Massage", usual, ACCOUNTS, "200", "Xero") is None
    assert suggest("Physio", usual, ACCOUNTS, "210", "Xero") is None


def test_accounts_that_nobody_may_choose_are_never_suggested() -> None:
    used = used_accounts(history(*[("Massage", "090")] * 5), ACCOUNTS)
    assert suggest("Massage", used, ACCOUNTS, "200", "Xero") is None
