"""Notes: the names of the small facts that a clinic keeps, each saying whether the journal tells of it."""

from __future__ import annotations

PAUSED_NOTE = "paused"
"""Under which note a clinic keeps why it waits for a person, for the doctor and the pages."""

PRACTICE_NOTE = "practice_account"
"""Whose practice a clinic reads: account id, subdomain and name, as JSON."""
CHECKED_KEY_NOTE = "practice_checked_key"
"""A fingerprint of the credentials with which the practice was last checked; with others it is read from the start."""
TOLD_NOTE = "differences_told"
"""Which differences a comparison has told people of, each with its amount."""
VANISHED_NOTE = "invoices_vanished"
"""Which invoices the practice suddenly showed no more, most of those kept: a person has to say what that means."""
RECONCILE_DUE_NOTE = "reconcile_due"
"""Says that a comparison is due beside the schedule, and why: after a restore, or an undo."""
