"""Entries: the kinds of what the journals tell, a closed set for a clinic and one for the installation."""

from __future__ import annotations

_OF_BOTH = frozenset({"archived", "break_accepted", "erased", "restored"})

CLINIC_KINDS = _OF_BOTH | {
    "approval", "comparison", "decision", "hold_closed", "hold_opened", "hook_added", "hook_removed", "hook_replayed",
    "hook_rotated", "intent", "key_replaced", "link", "mapping", "note", "payment_relinked", "recalls_exported",
    "recalls_pushed", "receipt", "refusal", "rules", "run_finished", "run_started", "settings", "variance",
}  # fmt: skip
"""What the journal of a clinic tells."""

INSTALLATION_KINDS = _OF_BOTH | {
    "access.authenticator_changed", "access.changed", "access.failed", "access.invited", "access.joined",
    "access.owner_made", "access.password_changed", "access.recovery_code_used", "access.refused", "access.removed",
    "access.sessions_ended", "access.signed_in", "access.signed_out", "access.slowed_down", "access.token_made",
    "access.token_removed", "backup",
}  # fmt: skip
"""What the journal of users, sign-ins and tokens tells."""
