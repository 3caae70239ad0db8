"""The control plane: everything that clinic staff do in Cliniko's user interface, as functions from world to world."""

from ligament.connectors.cliniko.simulator.settling import Payment, outstanding, payments_of, settled_amount
from ligament.connectors.cliniko.simulator.ui_diary import (
    attendees_of,
    book,
    book_group,
    cancel_attendee,
    cancel_booking,
    mark_arrival,
    uncancel_booking,
)
from ligament.connectors.cliniko.simulator.ui_invoices import (
    archive_invoice,
    create_invoice,
    edit_invoice,
    items_of,
    reverse_invoice,
    unarchive_invoice,
)
from ligament.connectors.cliniko.simulator.ui_patients import delete_patient, invoices_of, merge_patients
from ligament.connectors.cliniko.simulator.ui_payments import (
    NotPossible,
    apply_credit,
    archive_payment,
    archive_payments_of,
    pay,
    pay_invoice,
    refund_credit,
)
from ligament.connectors.cliniko.simulator.ui_records import archive_record, edit_record, silently, unarchive_record
from ligament.connectors.cliniko.simulator.ui_settings import (
    change_settings,
    set_anonymisation,
    set_calculation_method,
    set_native_xero,
    set_online_payments,
)

__all__ = [
    "NotPossible",
    "Payment",
    "apply_credit",
    "archive_invoice",
    "archive_payment",
    "archive_payments_of",
    "archive_record",
    "attendees_of",
    "book",
    "book_group",
    "cancel_attendee",
    "cancel_booking",
    "change_settings",
    "create_invoice",
    "delete_patient",
    "edit_invoice",
    "edit_record",
    "invoices_of",
    "items_of",
    "mark_arrival",
    "merge_patients",
    "outstanding",
    "pay",
    "pay_invoice",
    "payments_of",
    "refund_credit",
    "reverse_invoice",
    "set_anonymisation",
    "set_calculation_method",
    "set_native_xero",
    "set_online_payments",
    "settled_amount",
    "silently",
    "unarchive_invoice",
    "unarchive_record",
    "uncancel_booking",
]
