"""Every behaviour that Cliniko does not document, as a switch whose default is the working assumption.

The numbers in brackets are sections of the fact file on the Cliniko API (compiled 2026-11-22 without live access).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """One possible Cliniko; the suites run with both settings of each switch that matters to them."""

    # --- how values are written [4.1, 4.2] ---
    ids: Literal["string", "number"] = "string"
    decimals: Literal["string", "number"] = "string"
    total_including_tax: Literal["number", "string"] = "number"
    quantity: Literal["string", "number"] = "string"
    missing_relation: Literal["omitted", "null", "empty"] = "omitted"
    missing_text: Literal["null", "empty"] = "null"
    unknown_fields: bool = False  # True: every record carries a field that nobody has documented yet [2.4]

    # --- lists [3.1, 3.4] ---
    per_page_above_100: Literal["clamp", "refuse"] = "clamp"
    sort_by_id: Literal["honoured", "ignored", "refused"] = "honoured"
    unknown_sort: Literal["ignored", "refused"] = "ignored"
    ties: Literal["stable", "unstable"] = "stable"  # unstable: equal sort keys come in another order on each page

    # --- filters and hidden records [3.2, 3.5] ---
    filter_fraction: Literal["honoured", "ignored", "refused"] = "honoured"
    filter_offset: Literal["honoured", "refused"] = "honoured"
    filter_list_limit: int = 0  # more values than this in one comma list answer 400; 0: no limit
    url_limit: int = 8192  # a longer path and query answers 414; 0: no limit
    archived_filter_reveals_deleted: bool = False
    hide_cancelled: bool = True
    hide_archived_by_id: bool = True

    # --- what moves updated_at, and when a row is seen [3.6] ---
    payment_bumps: bool = True
    partial_payment_bumps: bool = False
    archiving_bumps: bool = True
    item_rename_bumps_invoice: bool = False
    merge_bumps_invoices: bool = False
    anonymising_bumps_invoices: bool = True
    replica_lag_s: int = 0

    # --- what the user interface does to records [6, 7] ---
    archiving_sets: Literal["archived_at", "deleted_at", "both"] = "archived_at"
    archiving_invoice_archives_items: bool = True
    archiving_invoice_archives_payments: bool = True
    editing_items: Literal["updates", "replaces"] = "updates"  # replaces: the items get new ids
    removed_items_are: Literal["archived", "deleted", "gone"] = "archived"
    merge_moves_invoices: bool = True
    own_credit_closes_as: Literal[20, 30] = 30  # an invoice offset by its own credit note
    account_credit_closes_as: Literal[20, 30] = 20  # an invoice settled from credit raised elsewhere
    used_credit_note_closes_as: Literal[20, 30] = 30
    credit_notes_share_numbers: bool = True
    line_rounding: Literal["cents", "none"] = "cents"
    payments_feature: bool = True  # False: a clinic that records no payments, so invoices stay open

    # --- access [2.2, 2.6, 9.9] ---
    require_user_agent: bool = False  # True: 403 unless the User-Agent holds an e-mail address in parentheses
    bookkeeper_reads_invoices: bool = True
    bookkeeper_reads_settings: bool = True
    practitioner_sees_only_own_invoices: bool = False
    unauthorised_text: str = "HTTP Basic: Access denied."
    error_body: Literal["json", "text", "html", "empty"] = "json"  # of 403 and 404

    recalls: Literal["missing", "there", "forbidden"] = "missing"  # Cliniko's own recalls, which nothing describes

    # --- rate limit [2.5] ---
    rate_limit: int = 200  # 0: no limit
    rate_window_s: int = 60
    rate_window: Literal["fixed", "sliding"] = "fixed"
    rate_reset_header: Literal["present", "missing", "garbage", "milliseconds", "seconds left"] = "present"
    rate_body: Literal["text", "json", "empty"] = "text"

    # --- writes [4.3, 2.6] ---
    write_on_read_only: Literal[404, 405] = 404
    write_on_archived: Literal["refused", "accepted"] = "refused"
    concession_prices_writable: bool = False  # True: as public code of 2026 shows
    post_with_unknown_patient: Literal[422, 500] = 422
    unknown_write_fields: Literal["refused", "dropped"] = "refused"  # a field that the description does not have
    null_error_values: bool = False  # True: a value inside the errors of a 422 is null
    phone_normalisation: bool = True
