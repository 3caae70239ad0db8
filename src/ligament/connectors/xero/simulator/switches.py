"""Behaviours of Xero that nobody outside Xero knows for sure, each with our working assumption as its default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """What this simulated Xero does where the documentation is silent; run suites with both settings."""

    problem_minute: str = "minute"
    problem_day: str = "day"
    problem_app_minute: str = "appminute"
    problem_concurrent: str = "concurrent"
    windows: str = "fixed"
    """`fixed` starts each window at a moment that differs per organisation; `rolling` looks back from now."""
    retry_after_on_concurrent: bool = False
    retry_after_on_app_minute: bool = False
    minute_limit: int = 60
    app_minute_limit: int = 10_000
    concurrent_limit: int = 5
    rapid_sync: bool = False
    """Minute and day limits are lifted in the first 30 minutes of a connection, and the headers stay full."""
    swallows_unknown_fields: bool = False
    """What the description of a request does not have, in its body or its query, is dropped; else it is refused."""
    batch_atomic: bool = False
    """With summarizeErrors absent, one bad element keeps all others from being saved."""
    element_order_reversed: bool = False
    group_name_unique: bool = True
    """A second contact group of the same name is refused."""
    membership_moves_contact: bool = False
    """Putting a contact into a group, or taking it out, moves its UpdatedDateUTC."""
    leave_twice: str = "missing"
    """What taking a contact out of a group that it is not in meets: `missing` (404) or `done` (204)."""
    archived_name_holds: bool = False
    """A contact whose name equals only an archived contact's is refused with the archived text."""
    archived_number_on_put: str = "clash"
    """What PUT with an archived contact's number meets: `clash`, `archived` or `free`."""
    unarchive_by_api: bool = False
    merge_moves_documents: bool = False
    """Merging contacts moves the UpdatedDateUTC of the documents that go along, so that lists show them again."""
    shared_number_space: bool = True
    """Credit notes and invoices draw on one set of numbers."""
    number_free_after_deleted: bool = False
    zero_total_becomes_paid: bool = True
    payment_moves_invoice: bool = True
    """A payment, or its removal, moves the UpdatedDateUTC of its invoice."""
    payment_fires_invoice_event: bool = True
    read_lag_s: int = 0
    """Seconds for which lists and filters do not show a record that was just created."""
    not_modified_304: bool = False
    allocation_id_in_answer: bool = False
    deleted_payments_listed: bool = False
    refuse_reconciled_delete: bool = True
    unregistered_refuses_tax: bool = True
    """An organisation whose PaysTax is false refuses tax types with a rate above zero."""
    refuses_quantity_below_zero: bool = True
    refuses_price_without_quantity: bool = True
    """A line of quantity zero that has a price is refused."""
    refuses_wrong_accounts: bool = True
    """Lines on bank accounts and on those the books fill themselves, and payments through others, are refused."""
    refuses_wrong_tax_types: bool = True
    """A tax type that may not be applied to the account's class is refused."""
    refuses_archived_accounts: bool = True
    refuses_archived_options: bool = True
    refuses_archived_contacts: bool = True
    """Whatever is aimed at an archived contact is refused; else it is done, and the contact stays archived."""
    refuses_odd_emails: bool = True
    refuses_odd_countries: bool = True
    """A country with digits in it is refused."""
    refuses_odd_numbers: bool = True
    """Document numbers outside of printable ASCII are refused."""
    long_texts: Literal["refused", "cut"] = "refused"
    account_number_unique: bool = True
    """A second contact of the same account number is refused."""
    largest_batch: int = 500
    """Elements that one write may carry."""
    body_limit_bytes: int = 3_500_000
    refresh_grace_s: int = 1_800
    access_token_s: int = 1_800
    scope_refusal_status: int = 403
    tenant_refusal_empty: bool = False
    numbers_as_text: bool = False
    unknown_extras: bool = False
    """Answers carry a property and an enumeration value that no published description has."""
