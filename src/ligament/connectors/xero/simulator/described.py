"""What a request to Xero may hold: the field names of the published description, and of nothing else.

What the live Xero does with a name that it does not know is not described; most likely it drops it without a word, and
with it what we meant to say. So this one refuses it, unless `swallows_unknown_fields` says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping

ROOTS: Mapping[str, str] = {
    "Allocations": "Allocation",
    "BankTransactions": "BankTransaction",
    "BatchPayments": "BatchPayment",
    "ContactGroups": "ContactGroup",
    "Contacts": "Contact",
    "CreditNotes": "CreditNote",
    "HistoryRecords": "HistoryRecord",
    "Invoices": "Invoice",
    "Options": "TrackingOption",
    "Payments": "Payment",
    "TrackingCategories": "TrackingCategory",
}
"""The envelope of a request, and the schema of what is in it."""

# A colon leads to the schema of what is nested under that name; the names are those of the accounting description 16.1.
_SCHEMAS: Mapping[str, str] = {
    "Account": (
        "AccountID AddToWatchlist BankAccountNumber BankAccountType Class Code CurrencyCode Description "
        "EnablePaymentsToAccount HasAttachments Name ReportingCode ReportingCodeName ShowInExpenseClaims "
        "Status SystemAccount TaxType Type UpdatedDateUTC ValidationErrors"
    ),
    "AccountsPayable": "Outstanding Overdue",
    "AccountsReceivable": "Outstanding Overdue",
    "Address": (
        "AddressLine1 AddressLine2 AddressLine3 AddressLine4 AddressType AttentionTo City Country PostalCode Region"
    ),
    "Allocation": (
        "AllocationID Amount CreditNote:CreditNote Date Invoice:Invoice IsDeleted Overpayment:Overpayment "
        "Prepayment:Prepayment StatusAttributeString ValidationErrors"
    ),
    "Balances": "AccountsPayable:AccountsPayable AccountsReceivable:AccountsReceivable",
    "BankTransaction": (
        "BankAccount:Account BankTransactionID Contact:Contact CurrencyCode CurrencyRate Date HasAttachments "
        "IsReconciled LineAmountTypes LineItems:LineItem OverpaymentID PrepaymentID Reference Status "
        "StatusAttributeString SubTotal Total TotalTax Type UpdatedDateUTC Url ValidationErrors"
    ),
    "BatchPayment": (
        "Account:Account Amount BatchPaymentID Code Date DateString Details IsReconciled Narrative "
        "Particulars Payments:Payment Reference Status TotalAmount Type UpdatedDateUTC ValidationErrors"
    ),
    "BatchPaymentDetails": "BankAccountName BankAccountNumber Code Details Reference",
    "Bill": "Day Type",
    "BrandingTheme": "BrandingThemeID CreatedDateUTC LogoUrl Name SortOrder Type",
    "Contact": (
        "AccountNumber AccountsPayableTaxType AccountsReceivableTaxType Addresses:Address Attachments "
        "Balances:Balances BankAccountDetails BatchPayments:BatchPaymentDetails BrandingTheme:BrandingTheme "
        "CompanyNumber ContactGroups:ContactGroup ContactID ContactNumber ContactPersons:ContactPerson "
        "ContactStatus DefaultCurrency Discount EmailAddress FirstName HasAttachments HasValidationErrors "
        "IsCustomer IsSupplier LastName MergedToContactID Name PaymentTerms:PaymentTerm Phones:Phone "
        "PurchasesDefaultAccountCode PurchasesDefaultLineAmountType "
        "PurchasesTrackingCategories:SalesTrackingCategory SalesDefaultAccountCode SalesDefaultLineAmountType "
        "SalesTrackingCategories:SalesTrackingCategory StatusAttributeString TaxNumber TaxNumberType "
        "TrackingCategoryName TrackingCategoryOption UpdatedDateUTC ValidationErrors Website XeroNetworkKey"
    ),
    "ContactGroup": "ContactGroupID Contacts:Contact Name Status",
    "ContactPerson": "EmailAddress FirstName IncludeInEmails LastName",
    "CreditNote": (
        "Allocations:Allocation AppliedAmount BrandingThemeID CISDeduction CISRate Contact:Contact "
        "CreditNoteID CreditNoteNumber CurrencyCode CurrencyRate Date DueDate FullyPaidOnDate HasAttachments "
        "HasErrors InvoiceAddresses LineAmountTypes LineItems:LineItem Payments:Payment Reference "
        "RemainingCredit SentToContact Status StatusAttributeString SubTotal Total TotalTax Type "
        "UpdatedDateUTC UpdatedDateUTCString ValidationErrors Warnings"
    ),
    "HistoryRecord": "Changes DateUTC Details User",
    "Invoice": (
        "AmountCredited AmountDue AmountPaid Attachments BrandingThemeID CISDeduction CISRate Contact:Contact "
        "CreditNotes:CreditNote CurrencyCode CurrencyRate Date DueDate ExpectedPaymentDate FullyPaidOnDate "
        "HasAttachments HasErrors InvoiceAddresses InvoiceID InvoiceNumber IsDiscounted LineAmountTypes "
        "LineItems:LineItem Overpayments:Overpayment Payments:Payment PlannedPaymentDate "
        "Prepayments:Prepayment Reference RepeatingInvoiceID SentToContact Status StatusAttributeString "
        "SubTotal Total TotalDiscount TotalTax Type UpdatedDateUTC UpdatedDateUTCString Url ValidationErrors "
        "Warnings"
    ),
    "LineItem": (
        "AccountCode AccountID Description DiscountAmount DiscountRate Item:LineItemItem ItemCode LineAmount "
        "LineItemID Quantity RepeatingInvoiceID SalesTaxCodeId TaxAmount TaxBreakdown TaxType Taxability "
        "Tracking:LineItemTracking UnitAmount"
    ),
    "LineItemItem": "Code ItemID Name",
    "LineItemTracking": "Name Option TrackingCategoryID TrackingOptionID",
    "Overpayment": (
        "Allocations:Allocation AppliedAmount Attachments Contact:Contact CurrencyCode CurrencyRate Date "
        "HasAttachments LineAmountTypes LineItems:LineItem OverpaymentID Payments:Payment Reference "
        "RemainingCredit Status SubTotal Total TotalTax Type UpdatedDateUTC UpdatedDateUTCString"
    ),
    "Payment": (
        "Account:Account Amount BankAccountNumber BankAmount BatchPayment:BatchPayment BatchPaymentID Code "
        "CreditNote:CreditNote CreditNoteNumber CurrencyRate Date Details HasAccount HasValidationErrors "
        "Invoice:Invoice InvoiceNumber IsReconciled Overpayment:Overpayment Particulars PaymentID PaymentType "
        "Prepayment:Prepayment Reference Status StatusAttributeString UpdatedDateUTC UpdatedDateUTCString "
        "ValidationErrors Warnings"
    ),
    "PaymentTerm": "Bills:Bill Sales:Bill",
    "Phone": "PhoneAreaCode PhoneCountryCode PhoneNumber PhoneType",
    "Prepayment": (
        "Allocations:Allocation AppliedAmount Attachments BrandingThemeID Contact:Contact CurrencyCode "
        "CurrencyRate Date HasAttachments InvoiceNumber LineAmountTypes LineItems:LineItem Payments:Payment "
        "PrepaymentID Reference RemainingCredit Status SubTotal Total TotalTax Type UpdatedDateUTC "
        "UpdatedDateUTCString"
    ),
    "SalesTrackingCategory": "TrackingCategoryName TrackingOptionName",
    "TrackingCategory": "Name Option Options:TrackingOption Status TrackingCategoryID TrackingOptionID",
    "TrackingOption": "Name Status TrackingCategoryID TrackingOptionID",
}


def _read(words: str) -> Mapping[str, str]:
    return {name: nested for name, _, nested in (word.partition(":") for word in words.split())}


FIELDS: Mapping[str, Mapping[str, str]] = {schema: _read(words) for schema, words in _SCHEMAS.items()}
"""Schema to field to the schema that is nested there, or an empty text."""


def unknown_fields(schema: str, value: object) -> list[str]:
    """Return the places in a sent value that the description does not know, such as `CreditNote.Url`."""
    if isinstance(value, list):
        return [place for item in value for place in unknown_fields(schema, item)]
    if not isinstance(value, dict):
        return []
    fields = FIELDS[schema]
    found = [f"{schema}.{name}" for name in value if name not in fields]
    nested = ((fields[name], held) for name, held in value.items() if fields.get(name))
    return found + [place for inner, held in nested for place in unknown_fields(inner, held)]


_LISTS = "where order"
_PAGES = f"{_LISTS} page pageSize"
QUERIES: Mapping[tuple[str, str], str] = {
    ("GET", "Accounts"): _LISTS,
    ("GET", "BankTransactions"): f"{_PAGES} unitdp",
    ("GET", "BankTransactions/*"): "unitdp",
    ("GET", "BatchPayments"): _LISTS,
    ("GET", "ContactGroups"): _LISTS,
    ("GET", "Contacts"): f"{_PAGES} IDs includeArchived summaryOnly searchTerm",
    ("GET", "CreditNotes"): f"{_PAGES} unitdp",
    ("GET", "CreditNotes/*"): "unitdp",
    ("GET", "Currencies"): _LISTS,
    ("GET", "Invoices"): (
        f"{_PAGES} unitdp IDs InvoiceNumbers ContactIDs Statuses createdByMyApp includeArchived summaryOnly searchTerm"
    ),
    ("GET", "Invoices/*"): "unitdp",
    ("GET", "Overpayments"): f"{_PAGES} unitdp References",
    ("GET", "Payments"): _PAGES,
    ("GET", "Prepayments"): f"{_PAGES} unitdp InvoiceNumbers",
    ("GET", "TaxRates"): _LISTS,
    ("GET", "TrackingCategories"): f"{_LISTS} includeArchived",
    ("GET", "Users"): _LISTS,
    ("POST", "BankTransactions"): "summarizeErrors unitdp",
    ("POST", "BankTransactions/*"): "unitdp",
    ("POST", "Contacts"): "summarizeErrors",
    ("POST", "CreditNotes"): "summarizeErrors unitdp",
    ("POST", "CreditNotes/*"): "unitdp",
    ("POST", "Invoices"): "summarizeErrors unitdp",
    ("POST", "Invoices/*"): "unitdp",
    ("PUT", "BankTransactions"): "summarizeErrors unitdp",
    ("PUT", "BatchPayments"): "summarizeErrors",
    ("PUT", "Contacts"): "summarizeErrors",
    ("PUT", "CreditNotes"): "summarizeErrors unitdp",
    ("PUT", "CreditNotes/*/Allocations"): "summarizeErrors",
    ("PUT", "Invoices"): "summarizeErrors unitdp",
    ("PUT", "Overpayments/*/Allocations"): "summarizeErrors",
    ("PUT", "Payments"): "summarizeErrors",
    ("PUT", "Prepayments/*/Allocations"): "summarizeErrors",
}
"""What may stand behind the question mark, by method and place; where nothing is said, nothing may."""


def unknown_queries(method: str, resource: str, segments: tuple[str, ...], sent: tuple[str, ...]) -> list[str]:
    """Return the names behind the question mark that the description of a call does not have."""
    place = "/".join([resource, *("*" if number == 0 else segment for number, segment in enumerate(segments))])
    known = QUERIES.get((method, place), "").split()
    return list(dict.fromkeys(name for name in sent if name not in known))
