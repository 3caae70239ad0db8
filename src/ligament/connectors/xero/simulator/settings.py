"""The slow-moving records: organisation, accounts, tax rates, tracking, users, themes, currencies."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from ligament.connectors.xero.simulator.envelope import Call, answer, invalid
from ligament.connectors.xero.simulator.errors import NotFound
from ligament.connectors.xero.simulator.lines import CLASS_OF_TYPE
from ligament.connectors.xero.simulator.query import Listing, condition, is_true, select
from ligament.connectors.xero.simulator.records import Account, TaxRate, TrackingCategory, TrackingOption
from ligament.connectors.xero.simulator.wire import Json, number4, read_text, wire_date, wire_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from ligament.connectors.xero.simulator.desk import Desk
    from ligament.simkit.messages import Response

T = TypeVar("T")

_ACTIONS = (
    "CreateContact", "UpdateContact", "ArchiveContact", "CreateDraftInvoice", "CreateApprovedInvoice",
    "UpdatePaidInvoice", "VoidInvoice", "DeleteDraftInvoice", "CreateInvoicePayment", "CreateARCreditAllocation",
    "ViewPayments", "ApproveTransactionsBeforePeriodLockDate", "UseMulticurrency",
    "ViewAgedReceivablesByContactReport", "ViewTrialBalanceReport",
)  # fmt: skip


def serve_organisation(desk: Desk, call: Call) -> Response:
    """Serve GET /Organisation and GET /Organisation/Actions."""
    if call.method != "GET":
        raise NotFound
    if call.segments == ("Actions",):
        return answer(desk, call, "Actions", [_action(desk, name) for name in _ACTIONS])
    if call.segments:
        raise NotFound
    it = desk.organisation
    shown: Json = {
        "OrganisationID": it.organisation_id,
        "Name": it.name,
        "LegalName": it.name,
        "PaysTax": it.pays_tax,
        "Version": it.version,
        "OrganisationType": "COMPANY",
        "BaseCurrency": it.base_currency,
        "CountryCode": it.country_code,
        "IsDemoCompany": it.is_demo,
        "OrganisationStatus": "ACTIVE",
        "FinancialYearEndDay": 30,
        "FinancialYearEndMonth": 6,
        "SalesTaxBasis": "CASH" if it.pays_tax else "NONE",
        "SalesTaxPeriod": "QUARTERLY1",
        "DefaultSalesTax": "Remember previous",
        "DefaultPurchasesTax": "Remember previous",
        "CreatedDateUTC": wire_instant(it.created_at),
        "OrganisationEntityType": "COMPANY",
        "Timezone": it.timezone,
        "ShortCode": it.short_code,
        "Class": "ADDED_LATER_BY_XERO" if desk.switches.unknown_extras else "STANDARD",
        "Edition": "BUSINESS",
        "Addresses": [],
        "Phones": [],
        "ExternalLinks": [],
        "PaymentTerms": {},
    }
    if it.period_lock_on is not None:
        shown["PeriodLockDate"] = wire_date(it.period_lock_on)
    if it.year_lock_on is not None:
        shown["EndOfYearLockDate"] = wire_date(it.year_lock_on)
    return answer(desk, call, "Organisations", [shown])


def serve_accounts(desk: Desk, call: Call) -> Response:
    """Serve GET /Accounts."""

    def updated(it: Account) -> datetime:
        return it.updated_at or desk.organisation.created_at

    fields: Listing[Account] = Listing(
        fields={
            "accountid": lambda it: it.account_id,
            "code": lambda it: it.code,
            "name": lambda it: it.name,
            "type": lambda it: it.type,
            "status": lambda it: it.status,
            "class": lambda it: CLASS_OF_TYPE[it.type],
            "systemaccount": lambda it: it.system_account,
            "taxtype": lambda it: it.tax_type,
            "enablepaymentstoaccount": lambda it: it.enable_payments,
            "updateddateutc": updated,
        },
        key=lambda it: it.code or it.account_id,
        updated_at=updated,
        created_at=updated,
    )
    rows = select(call, _chosen(call, desk.accounts.rows.values(), lambda it: it.account_id), fields)
    if not call.request.first("order"):
        rows = sorted(rows, key=lambda it: it.code)
    return answer(desk, call, "Accounts", [_account(it, updated(it)) for it in rows])


def serve_tax_rates(desk: Desk, call: Call) -> Response:
    """Serve GET /TaxRates, whole or by TaxType."""
    _read_only(call)
    fields: Listing[TaxRate] = Listing(
        fields={
            "name": lambda it: it.name,
            "taxtype": lambda it: it.tax_type,
            "status": lambda it: it.status,
            "effectiverate": lambda it: it.rate,
        },
        key=lambda it: it.tax_type,
        updated_at=lambda _: desk.organisation.created_at,
        created_at=lambda _: desk.organisation.created_at,
    )
    rows = select(call, _chosen(call, desk.tax_rates.rows.values(), lambda it: it.tax_type), fields)
    return answer(desk, call, "TaxRates", [_tax_rate(it) for it in rows])


def serve_tracking(desk: Desk, call: Call) -> Response:
    """Serve /TrackingCategories and the adding of options."""
    archived = is_true(call, "includeArchived")
    match (call.method, call.segments):
        case ("GET", () | (_,)):
            rows = _chosen(call, desk.tracking.rows.values(), lambda it: it.category_id)
            shown = [_category(it) for it in rows if it.status == "ACTIVE" or archived or call.segments]
            return answer(desk, call, "TrackingCategories", shown)
        case ("PUT", ()):
            return _add_category(desk, call)
        case ("PUT", (category_id, "Options")):
            return _add_options(desk, call, category_id)
        case _:
            raise NotFound


def serve_users(desk: Desk, call: Call) -> Response:
    """Serve GET /Users."""
    _read_only(call)
    since = condition(call)
    created = desk.organisation.created_at
    shown: list[Json] = [
        {
            "UserID": it.user_id,
            "EmailAddress": it.email,
            "FirstName": it.first_name,
            "LastName": it.last_name,
            "UpdatedDateUTC": wire_instant(it.updated_at or created),
            "IsSubscriber": it.is_subscriber,
            "OrganisationRole": it.role,
        }
        for it in _chosen(call, desk.users.rows.values(), lambda it: it.user_id)
        if since is None or (it.updated_at or created) >= since
    ]
    return answer(desk, call, "Users", shown)


def serve_themes(desk: Desk, call: Call) -> Response:
    """Serve GET /BrandingThemes."""
    _read_only(call)
    shown: list[Json] = [
        {
            "BrandingThemeID": it.theme_id,
            "Name": it.name,
            "Type": "INVOICE",
            "SortOrder": it.sort_order,
            "CreatedDateUTC": wire_instant(it.created_at or desk.organisation.created_at),
        }
        for it in _chosen(call, desk.themes.rows.values(), lambda it: it.theme_id)
    ]
    return answer(desk, call, "BrandingThemes", shown)


def serve_currencies(desk: Desk, call: Call) -> Response:
    """Serve GET /Currencies."""
    _read_only(call)
    codes = (desk.organisation.base_currency, *desk.organisation.currencies)
    return answer(desk, call, "Currencies", [{"Code": code, "Description": code} for code in codes])


def _read_only(call: Call) -> None:
    if call.method != "GET":
        raise NotFound


def _chosen(call: Call, rows: Iterable[T], key: Callable[[T], str]) -> list[T]:
    if call.method != "GET" or len(call.segments) > 1:
        raise NotFound
    if not call.segments:
        return list(rows)
    found = [it for it in rows if key(it).casefold() == call.segments[0].casefold()]
    if not found:
        raise NotFound
    return found


def _action(desk: Desk, name: str) -> Json:
    organisation = desk.organisation
    allowed = name not in organisation.refused_actions
    if name == "ApproveTransactionsBeforePeriodLockDate":
        allowed = organisation.user_is_adviser
    if name == "UseMulticurrency":
        allowed = bool(organisation.currencies)
    return {"Name": name, "Status": "ALLOWED" if allowed else "NOT-ALLOWED"}


def _account(it: Account, updated_at: datetime) -> Json:
    shown: Json = {
        "AccountID": it.account_id,
        "Code": it.code,
        "Name": it.name,
        "Status": it.status,
        "Type": it.type,
        "TaxType": it.tax_type,
        "Class": CLASS_OF_TYPE[it.type],
        "EnablePaymentsToAccount": it.enable_payments,
        "ShowInExpenseClaims": False,
        "BankAccountType": "BANK" if it.type == "BANK" else "",
        "ReportingCode": "",
        "HasAttachments": False,
        "UpdatedDateUTC": wire_instant(updated_at),
        "AddToWatchlist": False,
    }
    if it.type == "BANK":
        shown["BankAccountNumber"], shown["CurrencyCode"] = it.bank_account_number, it.currency
    if it.system_account:
        shown["SystemAccount"] = it.system_account
    return shown


def _tax_rate(it: TaxRate) -> Json:
    classes = ("Assets", "Equity", "Expenses", "Liabilities", "Revenue")
    names = ("ASSET", "EQUITY", "EXPENSE", "LIABILITY", "REVENUE")
    return {
        "Name": it.name,
        "TaxType": it.tax_type,
        "ReportTaxType": it.report_tax_type or it.tax_type,
        **{f"CanApplyTo{plural}": name in it.applies_to for plural, name in zip(classes, names, strict=True)},
        "DisplayTaxRate": number4(it.rate),
        "EffectiveRate": number4(it.rate),
        "Status": it.status,
        "TaxComponents": [
            {"Name": "GST" if it.rate else "Tax", "Rate": number4(Decimal(it.rate)), "IsCompound": False,
             "IsNonRecoverable": False}
        ],
    }  # fmt: skip


def _category(it: TrackingCategory) -> Json:
    return {
        "Name": it.name,
        "Status": it.status,
        "TrackingCategoryID": it.category_id,
        "Options": [_option(option) for option in it.options],
    }


def _option(it: TrackingOption) -> Json:
    return {
        "TrackingOptionID": it.option_id,
        "Name": it.name,
        "Status": it.status,
        "HasValidationErrors": False,
        "IsDeleted": it.status == "DELETED",
        "IsArchived": it.status == "ARCHIVED",
        "IsActive": it.status == "ACTIVE",
    }


def _add_category(desk: Desk, call: Call) -> Response:
    name = read_text(call.elements("TrackingCategories")[0], "Name") or ""
    rows = desk.tracking.rows.values()
    active = [it for it in rows if it.status == "ACTIVE"]
    if not name or len(active) > 1 or any(it.name.casefold() == name.casefold() for it in rows):
        return invalid([{"Name": name, "ValidationErrors": [{"Message": "The tracking category cannot be added."}]}])
    made = TrackingCategory(category_id=desk.new_id(), name=name)
    desk.tracking.put(made.category_id, made)
    return answer(desk, call, "TrackingCategories", [_category(made)])


def _add_options(desk: Desk, call: Call, category_id: str) -> Response:
    category = desk.tracking.get(category_id.lower())
    if category is None:
        raise NotFound
    made: list[TrackingOption] = []
    for element in call.elements("Options"):
        name = read_text(element, "Name") or ""
        taken = {it.name.casefold() for it in (*category.options, *made)}
        if not name or name.casefold() in taken:
            return invalid([{"Name": name, "ValidationErrors": [{"Message": "The option name must be unique."}]}])
        made.append(TrackingOption(option_id=desk.new_id(), name=name))
    desk.tracking.put(category.category_id, replace(category, options=(*category.options, *made)))
    return answer(desk, call, "Options", [_option(it) for it in made])
