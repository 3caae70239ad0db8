"""The kinds that are people and places: patients, contacts, businesses, practitioners and users."""

from __future__ import annotations

from ligament.connectors.cliniko.simulator.kinds import (
    ARCHIVED,
    BASIC_FILTERS,
    REMOVAL,
    REMOVED,
    STAMPS,
    Kind,
    Type,
    Verb,
    typed,
)

_ALL_BUT_DELETE = frozenset({Verb.CREATE, Verb.UPDATE, Verb.ARCHIVE})

_PATIENT_WRITABLE = typed(
    text="title first_name last_name preferred_first_name email address_1 address_2 address_3 city state post_code"
    " country_code time_zone invoice_default_to invoice_email invoice_extra_information old_reference_id medicare"
    " medicare_reference_number dva_card_number notes appointment_notes occupation emergency_contact sex"
    " gender_identity reminder_type",
    date="date_of_birth",
    boolean="accepted_privacy_policy accepted_email_marketing receives_confirmation_emails"
    " receives_cancellation_emails",
    list="patient_phone_numbers",
    object="custom_fields pronouns",
)

_PATIENT_SHORT = (
    "title first_name last_name preferred_first_name email address_1 address_2 address_3 city old_reference_id medicare"
    " medicare_reference_number occupation emergency_contact"
)

PATIENTS = Kind(
    name="patients",
    singular="patient",
    fields={
        **_PATIENT_WRITABLE,
        **typed(
            text="label country referral_source gender",
            boolean="accepted_sms_marketing",
            instant="merged_at",
        ),
        **REMOVAL,
        **STAMPS,
    },
    one={
        "concession_type": "concession_types",
        "referring_doctor": "contacts",
        "merged_with_patient": "patients",
        "latest_booking": "bookings",
    },
    many={
        "appointments": "patients/{id}/appointments",
        "attendees": "attendees?q%5B%5D=patient_id%3A%3D{id}",
        "invoices": "patients/{id}/invoices",
        "medical_alerts": "patients/{id}/medical_alerts",
        "patient_attachments": "patients/{id}/patient_attachments",
        "relationships": "relationships?q%5B%5D=patient_id%3A%3D{id}",
    },
    # The deletion mark exists, but there is no filter on it [3.3].
    filters={
        **BASIC_FILTERS,
        **typed(
            boolean="accepted_privacy_policy",
            instant="archived_at",
            date="date_of_birth",
            text="email first_name last_name old_reference_id preferred_first_name",
        ),
    },
    defaults={"first_name": "", "last_name": "", "patient_phone_numbers": ()},
    hidden_by=REMOVED,
    verbs=_ALL_BUT_DELETE | {Verb.UNARCHIVE},
    writable={**_PATIENT_WRITABLE, **typed(id="concession_type_id referring_doctor_id")},
    required=("first_name", "last_name"),
    longest=dict.fromkeys(_PATIENT_SHORT.split(), 255),
    choices={"reminder_type": ("None", "SMS", "Email", "SMS & Email")},
)

_CONTACT_TEXTS = (
    "title first_name last_name preferred_name company_name occupation email provider_number notes doctor_type"
    " address_1 address_2 address_3 city state post_code country_code"
)

_CONTACT_SHORT = (
    "first_name last_name company_name occupation email provider_number address_1 address_2 address_3 city state"
    " post_code"
)

CONTACTS = Kind(
    name="contacts",
    singular="contact",
    fields={
        **typed(text=f"type country {_CONTACT_TEXTS}", integer="type_code", list="phone_numbers"),
        **REMOVAL,
        **STAMPS,
    },
    filters={
        **BASIC_FILTERS,
        **REMOVAL,
        **typed(text="company_name email first_name last_name occupation", integer="type_code"),
    },
    defaults={"phone_numbers": (), "type_code": 0},
    hidden_by=REMOVED,
    verbs=_ALL_BUT_DELETE,
    writable=typed(text=_CONTACT_TEXTS, integer="type_code", list="phone_numbers"),
    longest=dict.fromkeys(_CONTACT_SHORT.split(), 255) | {"country_code": 2},
    choices={"doctor_type": ("general_practitioner", "specialist"), "type_code": (0, 1, 2)},
)

_BUSINESS_TEXTS = (
    "business_name display_name business_registration_name business_registration_value address_1 address_2 city state"
    " post_code country_code contact_information email_reply_to website_address additional_information"
    " additional_invoice_information time_zone time_zone_identifier"
)

BUSINESSES = Kind(
    name="businesses",
    singular="business",
    fields={
        **typed(
            text=f"label country {_BUSINESS_TEXTS}",
            list="appointment_type_ids",
            boolean="show_in_online_bookings appointment_reminders_enabled",
        ),
        **REMOVAL,
        **STAMPS,
    },
    many={"appointments": "businesses/{id}/appointments", "practitioners": "businesses/{id}/practitioners"},
    filters={
        **BASIC_FILTERS,
        **REMOVAL,
        **typed(list="appointment_type_ids", boolean="show_in_online_bookings"),
    },
    defaults={"appointment_type_ids": ()},
    hidden_by=REMOVED,
    verbs=_ALL_BUT_DELETE | {Verb.UNARCHIVE},
    writable=typed(text=_BUSINESS_TEXTS, boolean="show_in_online_bookings appointment_reminders_enabled"),
    required=("business_name",),
    longest={"additional_information": 5000, "additional_invoice_information": 5000},
)

PRACTITIONERS = Kind(
    name="practitioners",
    singular="practitioner",
    fields={
        **typed(
            text="title first_name last_name display_name label designation description",
            boolean="active show_in_online_bookings",
        ),
        **STAMPS,
    },
    one={"user": "users", "default_appointment_type": "appointment_types"},
    many={
        "appointment_types": "practitioners/{id}/appointment_types",
        "appointments": "practitioners/{id}/appointments",
        "invoices": "practitioners/{id}/invoices",
        "practitioner_reference_numbers": "practitioners/{id}/practitioner_reference_numbers",
    },
    filters={**BASIC_FILTERS, **typed(boolean="active show_in_online_bookings", id="user_id")},
    defaults={"active": True},
)

USERS = Kind(
    name="users",
    singular="user",
    fields={
        **typed(
            text="title first_name last_name email role time_zone time_zone_identifier",
            list="phone_numbers",
            boolean="active user_active",
        ),
        **STAMPS,
    },
    filters=BASIC_FILTERS,
    defaults={
        "first_name": "",
        "last_name": "",
        "email": "",
        "role": "administrator",
        "time_zone": "Melbourne",
        "phone_numbers": (),
        "active": True,
        "user_active": True,
    },
)

REFERRAL_SOURCE_TYPES = Kind(
    name="referral_source_types",
    singular="referral_source_type",
    fields={**typed(text="name referrer_type", list="subcategories", instant="archived_at"), **STAMPS},
    filters={**BASIC_FILTERS, "archived_at": Type.INSTANT},
    defaults={"name": "", "subcategories": ()},
    hidden_by=ARCHIVED,
)

PEOPLE = (PATIENTS, CONTACTS, BUSINESSES, PRACTITIONERS, USERS, REFERRAL_SOURCE_TYPES)
