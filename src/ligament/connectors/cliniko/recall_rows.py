"""Cliniko's rows as far as recalls need them: only the fields we may keep."""

from __future__ import annotations

from ligament.connectors.cliniko.wire import Given, Row


class RecallPatientRow(Row, kw_only=True):
    """A row of /patients, as far as recalls need it: no address, no date of birth."""

    first_name: Given = None
    preferred_first_name: Given = None
    email: Given = None
    accepted_email_marketing: Given = None
    merged_with_patient: Given = None


class RecallBookingRow(Row, kw_only=True):
    """A row of /individual_appointments or /group_appointments, as far as recalls need it: no notes."""

    starts_at: Given = None
    cancelled_at: Given = None
    did_not_arrive: Given = None
    business: Given = None
    appointment_type: Given = None
    patient: Given = None


class RecallRecordRow(Row, kw_only=True):
    """A row of /recalls, without its notes."""

    recall_at: Given = None
    patient: Given = None
    patient_id: Given = None
    recall_type: Given = None
    recall_type_id: Given = None


ROWS: tuple[type[Row], ...] = (RecallPatientRow, RecallBookingRow, RecallRecordRow)
"""Every row there is, so that all can be prepared before threads share them."""
