"""The kinds of the appointment book, and the table of all kinds."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ligament.connectors.cliniko.simulator.kinds import (
    ARCHIVED,
    BASIC_FILTERS,
    CANCELLABLE,
    REMOVAL,
    REMOVED,
    STAMPS,
    Kind,
    Type,
    Verb,
    typed,
)
from ligament.connectors.cliniko.simulator.kinds_billing import BILLING
from ligament.connectors.cliniko.simulator.kinds_people import PEOPLE

_EDITABLE = frozenset({Verb.CREATE, Verb.UPDATE, Verb.ARCHIVE})

_TYPE_WRITABLE = typed(
    text="name description category color online_payments_mode",
    integer="duration_in_minutes max_attendees online_bookings_lead_time_hours",
    decimal="deposit_price",
    boolean="add_deposit_to_account_credit online_payments_enabled show_in_online_bookings telehealth_enabled",
    list="appointment_confirmation_template_ids appointment_follow_up_template_ids appointment_reminder_template_ids",
)

APPOINTMENT_TYPES = Kind(
    name="appointment_types",
    singular="appointment_type",
    fields={**_TYPE_WRITABLE, "archived_at": Type.INSTANT, **STAMPS},
    one={
        "billable_item": "billable_items",
        "product": "products",
        "treatment_note_template": "treatment_note_templates",
    },
    many={
        "appointment_type_billable_items": "appointment_type_billable_items?q%5B%5D=appointment_type_id%3A%3D{id}",
        "appointment_type_products": "appointment_type_products?q%5B%5D=appointment_type_id%3A%3D{id}",
        "practitioners": "appointment_types/{id}/practitioners",
    },
    filters={
        **BASIC_FILTERS,
        **typed(
            list="appointment_confirmation_template_ids appointment_follow_up_template_ids"
            " appointment_reminder_template_ids",
            text="category online_payments_mode",
            boolean="show_in_online_bookings",
            instant="archived_at",
        ),
    },
    defaults={
        "name": "",
        "color": "#3366CC",
        "duration_in_minutes": 30,
        "max_attendees": 1,
        "appointment_confirmation_template_ids": (),
        "appointment_follow_up_template_ids": (),
        "appointment_reminder_template_ids": (),
    },
    hidden_by=ARCHIVED,
    verbs=_EDITABLE,
    writable=_TYPE_WRITABLE,
    required=("name", "duration_in_minutes", "max_attendees"),
    longest={"name": 255},
    choices={"online_payments_mode": ("deposit_required", "optional", "required")},
)

_BOOKED = {
    **typed(
        instant="starts_at ends_at",
        text="notes telehealth_url",
        object="repeat_rule",
    ),
    **REMOVAL,
    **STAMPS,
}
_BOOKED_ONE = {
    "practitioner": "practitioners",
    "business": "businesses",
    "appointment_type": "appointment_types",
    "repeated_from": "bookings",
}
_BOOKED_FILTERS = {
    **BASIC_FILTERS,
    **REMOVAL,
    **typed(id="appointment_type_id business_id practitioner_id repeated_from_id", instant="starts_at ends_at"),
}
_BOOKED_WRITABLE = typed(
    id="appointment_type_id business_id practitioner_id",
    instant="starts_at ends_at",
    text="notes",
    object="repeat_rule",
)
_CANCELLATION = typed(
    instant="cancelled_at",
    integer="cancellation_reason",
    text="cancellation_reason_description cancellation_note",
)

INDIVIDUAL_APPOINTMENTS = Kind(
    name="individual_appointments",
    singular="individual_appointment",
    fields={
        **_BOOKED,
        **_CANCELLATION,
        **typed(
            text="patient_name booking_ip_address",
            boolean="patient_arrived did_not_arrive has_patient_appointment_notes online_booking_policy_accepted"
            " email_reminder_sent sms_reminder_sent",
            integer="invoice_status treatment_note_status",
        ),
    },
    one={"patient": "patients", "patient_case": "patient_cases", **_BOOKED_ONE},
    many={
        "attendees": "individual_appointments/{id}/attendees",
        "conflicts": "individual_appointments/{id}/conflicts",
    },
    filters={**_BOOKED_FILTERS, **typed(instant="cancelled_at", boolean="did_not_arrive", id="patient_id")},
    hidden_by=CANCELLABLE,
    verbs=_EDITABLE | {Verb.CANCEL},
    writable={**_BOOKED_WRITABLE, **typed(id="patient_id patient_case_id")},
    required=("patient_id", "practitioner_id", "business_id", "appointment_type_id", "starts_at"),
)

GROUP_APPOINTMENTS = Kind(
    name="group_appointments",
    singular="group_appointment",
    fields={**_BOOKED, **typed(integer="max_attendees", list="patient_ids")},
    one=_BOOKED_ONE,
    many={"attendees": "group_appointments/{id}/attendees", "conflicts": "group_appointments/{id}/conflicts"},
    filters={**_BOOKED_FILTERS, **typed(list="patient_ids")},
    defaults={"max_attendees": 8, "patient_ids": ()},
    hidden_by=REMOVED,
    verbs=_EDITABLE,
    writable={**_BOOKED_WRITABLE, **typed(integer="max_attendees")},
    required=("practitioner_id", "business_id", "appointment_type_id", "starts_at"),
)

ATTENDEES = Kind(
    name="attendees",
    singular="attendee",
    fields={
        **_CANCELLATION,
        **typed(
            boolean="arrived email_reminder_sent sms_reminder_sent online_booking_policy_accepted",
            integer="invoice_status treatment_note_status sent_email_reminders_count sent_sms_reminders_count"
            " sent_email_follow_ups_count sent_sms_follow_ups_count",
            text="cancellation_url notes booking_ip_address telehealth_url",
        ),
        **REMOVAL,
        **STAMPS,
    },
    one={"booking": "bookings", "patient": "patients", "patient_case": "patient_cases"},
    many={"invoices": "attendees/{id}/invoices", "patient_forms": "attendees/{id}/patient_forms"},
    filters={
        **BASIC_FILTERS,
        **REMOVAL,
        **typed(id="appointment_id booking_id patient_case_id patient_id", instant="cancelled_at"),
    },
    aliases={"appointment_id": "booking_id"},
    hidden_by=CANCELLABLE,
    verbs=_EDITABLE | {Verb.CANCEL},
    writable=typed(boolean="arrived", text="notes", id="patient_case_id booking_id patient_id"),
    required=("booking_id", "patient_id"),
)

# A union view over the two kinds of appointment without a mark of which it is [6.10]; its rows are never stored.
BOOKINGS = Kind(
    name="bookings",
    singular="booking",
    fields={**GROUP_APPOINTMENTS.fields, **INDIVIDUAL_APPOINTMENTS.fields},
    one=INDIVIDUAL_APPOINTMENTS.one,
    filters={
        **_BOOKED_FILTERS,
        **typed(
            instant="cancelled_at",
            boolean="did_not_arrive email_reminder_sent sms_reminder_sent",
            integer="invoice_status treatment_note_status",
            list="patient_ids",
        ),
    },
    hidden_by=CANCELLABLE,
)

PATIENT_CASES = Kind(
    name="patient_cases",
    singular="patient_case",
    fields={
        **typed(
            text="name notes referral_type",
            date="issue_date expiry_date",
            instant="closed_at archived_at",
            integer="max_sessions",
            decimal="max_invoiceable_amount",
            boolean="closed include_cancelled_attendees include_dna_attendees referral",
            list="attendee_ids",
        ),
        **STAMPS,
    },
    one={"patient": "patients", "contact": "contacts"},
    many={"attendees": "patient_cases/{id}/attendees", "invoices": "patient_cases/{id}/invoices"},
    filters={
        **BASIC_FILTERS,
        **typed(
            instant="archived_at closed_at",
            date="expiry_date issue_date",
            text="name referral_type",
            id="patient_id",
        ),
    },
    defaults={"name": "", "closed": False, "attendee_ids": ()},
    hidden_by=ARCHIVED,
)

DIARY = (APPOINTMENT_TYPES, INDIVIDUAL_APPOINTMENTS, GROUP_APPOINTMENTS, ATTENDEES, BOOKINGS, PATIENT_CASES)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in (*BILLING, *PEOPLE, *DIARY)})
