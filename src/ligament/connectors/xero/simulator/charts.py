"""Ready charts of accounts and tax rates, and whole books to start from; all data is invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator.records import (
    Account,
    BrandingTheme,
    Organisation,
    TaxRate,
    TrackingCategory,
    TrackingOption,
    User,
)
from ligament.connectors.xero.simulator.world import App, Books, guid

if TYPE_CHECKING:
    from collections.abc import Iterable

FOUNDED_AT = datetime(2026, 1, 1, tzinfo=UTC)
CLIENT_ID = "LIGAMENTCLIENTIDLIGAMENTCLIENTID"
CUSTOM_CLIENT_ID = "LIGAMENTCUSTOMIDLIGAMENTCUSTOMID"
PKCE_CLIENT_ID = "LIGAMENTPKCECLIENTIDLIGAMENTPKCE"
CLIENT_SECRET = "invented-secret-for-the-simulator"  # noqa: S105 - opens nothing but the simulator

_BOTH = "REVENUE EXPENSE ASSET LIABILITY EQUITY"
_INCOME = "REVENUE ASSET LIABILITY EQUITY"
_COSTS = "EXPENSE ASSET LIABILITY EQUITY"


def tax_rate(tax_type: str, percent: str, name: str, applies_to: str = _BOTH, status: str = "ACTIVE") -> TaxRate:
    """Return a tax rate; `applies_to` lists account classes."""
    classes = frozenset(applies_to.split())
    return TaxRate(tax_type=tax_type, name=name, rate=Decimal(percent), applies_to=classes, status=status)


def australian_tax_rates() -> tuple[TaxRate, ...]:
    """Return the Australian default list."""
    return (
        tax_rate("OUTPUT", "10", "GST on Income", _INCOME),
        tax_rate("EXEMPTOUTPUT", "0", "GST Free Income", _INCOME),
        tax_rate("BASEXCLUDED", "0", "BAS Excluded"),
        tax_rate("INPUT", "10", "GST on Expenses", _COSTS),
        tax_rate("EXEMPTEXPENSES", "0", "GST Free Expenses", _COSTS),
        tax_rate("GSTONIMPORTS", "0", "GST on Imports", "LIABILITY"),
        tax_rate("INPUTTAXED", "0", "Input Taxed"),
        tax_rate("EXEMPTEXPORT", "0", "GST Free Exports", _INCOME),
        tax_rate("EXEMPTCAPITAL", "0", "GST Free Capital", _COSTS),
        tax_rate("CAPEXINPUT", "10", "GST on Capital", _COSTS),
        tax_rate("GSTONCAPIMPORTS", "0", "GST on Capital Imports", "LIABILITY"),
    )


def new_zealand_tax_rates() -> tuple[TaxRate, ...]:
    """Return the New Zealand default list, with the two dead rates."""
    return (
        tax_rate("OUTPUT2", "15", "15% GST on Income", _INCOME),
        tax_rate("INPUT2", "15", "15% GST on Expenses", _COSTS),
        tax_rate("ZERORATED", "0", "Zero Rated"),
        tax_rate("NONE", "0", "No GST"),
        tax_rate("GSTONIMPORTS", "0", "GST on Imports", "LIABILITY"),
        tax_rate("OUTPUT", "12.5", "12.5% GST on Income", _INCOME, "DELETED"),
        tax_rate("INPUT", "12.5", "12.5% GST on Expenses", _COSTS, "DELETED"),
    )


def british_tax_rates() -> tuple[TaxRate, ...]:
    """Return the main United Kingdom rates."""
    return (
        tax_rate("OUTPUT2", "20", "20% (VAT on Income)", _INCOME),
        tax_rate("INPUT2", "20", "20% (VAT on Expenses)", _COSTS),
        tax_rate("RROUTPUT", "5", "5% (VAT on Income)", _INCOME),
        tax_rate("RRINPUT", "5", "5% (VAT on Expenses)", _COSTS),
        tax_rate("ZERORATEDOUTPUT", "0", "Zero Rated Income", _INCOME),
        tax_rate("ZERORATEDINPUT", "0", "Zero Rated Expenses", _COSTS),
        tax_rate("EXEMPTOUTPUT", "0", "Exempt Income", _INCOME),
        tax_rate("EXEMPTINPUT", "0", "Exempt Expenses", _COSTS),
        tax_rate("NONE", "0", "No VAT"),
    )


def default_accounts(
    income_tax: str, exempt_income_tax: str, expense_tax: str, neutral_tax: str, currency: str
) -> tuple[Account, ...]:
    """Return a small clinic's chart for the given tax types."""
    sales = [
        ("200", "Sales", income_tax),
        ("210", "Consultations", exempt_income_tax),
        ("220", "Products", income_tax),
        ("260", "Other Revenue", income_tax),
        ("290", "Bad Debts Written Back", neutral_tax),
    ]
    return (
        Account(code="090", name="Clearing Account", type="BANK", tax_type=neutral_tax, currency=currency,
                bank_account_number="000000111111"),
        Account(code="091", name="Card Clearing", type="CURRENT", tax_type=neutral_tax, enable_payments=True),
        Account(code="", name="Savings", type="BANK", tax_type=neutral_tax, currency=currency,
                bank_account_number="000000222222"),
        *(Account(code=code, name=name, type="REVENUE", tax_type=tax) for code, name, tax in sales),
        Account(code="404", name="Bad Debts", type="EXPENSE", tax_type=neutral_tax),
        Account(code="429", name="General Expenses", type="EXPENSE", tax_type=expense_tax),
        Account(code="610", name="Accounts Receivable", type="CURRENT", tax_type=neutral_tax,
                system_account="DEBTORS"),
        Account(code="800", name="Accounts Payable", type="CURRLIAB", tax_type=neutral_tax,
                system_account="CREDITORS"),
        Account(code="820", name="Tax", type="CURRLIAB", tax_type=neutral_tax, system_account="GST"),
        Account(code="830", name="Patient Deposits", type="CURRLIAB", tax_type=neutral_tax),
        Account(code="860", name="Rounding", type="CURRLIAB", tax_type=neutral_tax, system_account="ROUNDING"),
    )  # fmt: skip


def books_of(
    organisation: Organisation,
    *,
    accounts: Iterable[Account],
    tax_rates: Iterable[TaxRate],
    tracking: Iterable[TrackingCategory] = (),
    users: Iterable[User] = (),
    themes: Iterable[BrandingTheme] = (BrandingTheme(),),
) -> Books:
    """Return books with these settings; records without an id get one from the organisation's."""
    base = organisation.organisation_id
    made_accounts = [
        replace(it, account_id=it.account_id or guid(base, "account", it.code, it.name)) for it in accounts
    ]
    made_users = [replace(it, user_id=it.user_id or guid(base, "user", it.email)) for it in users]
    made_themes = [replace(it, theme_id=it.theme_id or guid(base, "theme", it.name)) for it in themes]
    categories = [_with_ids(base, it) for it in tracking]
    return Books(
        organisation=organisation,
        accounts={it.account_id: it for it in made_accounts},
        tax_rates={it.tax_type: it for it in tax_rates},
        tracking={it.category_id: it for it in categories},
        users={it.user_id: it for it in made_users},
        themes={it.theme_id: it for it in made_themes},
    )


def australian_books(name: str = "Harbour Clinic", *, pays_tax: bool = True) -> Books:
    """Return the books of an invented Australian clinic."""
    organisation = Organisation(
        organisation_id=guid("tenant", name), name=name, pays_tax=pays_tax, created_at=FOUNDED_AT
    )
    accounts = default_accounts("OUTPUT", "EXEMPTOUTPUT", "INPUT", "BASEXCLUDED", "AUD")
    return books_of(
        organisation,
        accounts=accounts,
        tax_rates=australian_tax_rates(),
        tracking=(
            tracking_category("Practitioner", "Dr Amara Osei", "Dr Lin Zhou"),
            tracking_category("Location", "Quay St"),
        ),
        users=_users(),
    )


def new_zealand_books(name: str = "Kauri Clinic") -> Books:
    """Return the books of an invented New Zealand clinic."""
    organisation = Organisation(
        organisation_id=guid("tenant", name), name=name, version="NZ", base_currency="NZD", country_code="NZ",
        timezone="NEWZEALANDSTANDARDTIME", zone="Pacific/Auckland", created_at=FOUNDED_AT,
    )  # fmt: skip
    accounts = default_accounts("OUTPUT2", "ZERORATED", "INPUT2", "NONE", "NZD")
    return books_of(organisation, accounts=accounts, tax_rates=new_zealand_tax_rates(), users=_users())


def british_books(name: str = "Fenland Clinic") -> Books:
    """Return the books of an invented clinic in the United Kingdom."""
    organisation = Organisation(
        organisation_id=guid("tenant", name), name=name, version="UK", base_currency="GBP", country_code="GB",
        timezone="GMTSTANDARDTIME", zone="Europe/London", created_at=FOUNDED_AT,
    )  # fmt: skip
    accounts = default_accounts("OUTPUT2", "EXEMPTOUTPUT", "INPUT2", "NONE", "GBP")
    return books_of(organisation, accounts=accounts, tax_rates=british_tax_rates(), users=_users())


def tracking_category(name: str, *options: str) -> TrackingCategory:
    """Return a tracking category with these options."""
    return TrackingCategory(name=name, options=tuple(TrackingOption(name=it) for it in options))


def code_app(**changes: object) -> App:
    """Return an app of the authorisation code flow, with a secret."""
    return replace(App(client_id=CLIENT_ID, secret=CLIENT_SECRET), **changes)  # type: ignore[arg-type]


def pkce_app(**changes: object) -> App:
    """Return an app without a secret, which must use PKCE."""
    return replace(App(client_id=PKCE_CLIENT_ID), **changes)  # type: ignore[arg-type]


def custom_app(books: Books, **changes: object) -> App:
    """Return a custom connection to these books (client credentials)."""
    tenant_id = books.organisation.organisation_id
    app = App(client_id=CUSTOM_CLIENT_ID, secret=CLIENT_SECRET, custom_tenant_id=tenant_id)
    return replace(app, **changes)  # type: ignore[arg-type]


def _users() -> tuple[User, ...]:
    return (
        User(email="owner@clinic.test", first_name="Mina", last_name="Okafor", is_subscriber=True),
        User(email="books@clinic.test", first_name="Teo", last_name="Lund", role="FINANCIALADVISER"),
    )


def _with_ids(base: str, category: TrackingCategory) -> TrackingCategory:
    options = tuple(
        replace(it, option_id=it.option_id or guid(base, "option", category.name, it.name)) for it in category.options
    )
    category_id = category.category_id or guid(base, "tracking", category.name)
    return replace(category, category_id=category_id, options=options)
