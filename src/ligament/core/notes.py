"""Notes: the names of the small facts that a clinic keeps, a closed set that says whether the journal tells of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

PAUSED_NOTE = "paused"
"""Why a clinic waits for a person, for the doctor and the pages."""
PRACTICE_NOTE = "practice_account"
"""Whose practice a clinic reads: account id, subdomain and name, as JSON."""
CHECKED_KEY_NOTE = "practice_checked_key"
"""A fingerprint of the credentials with which the practice was last checked; with others it is read from the start."""
ORGANISATION_NOTE = "books_organisation"
"""The id of the organisation whose books were read."""
BOOKS_PIN_NOTE = "books_pin"
"""The id under which the books' connection knows that organisation."""
CONNECTED_NOTE = "connected_on"
"""The day on which the clinic was connected first, as 2026-11-30, in its own zone."""
FIRST_RUN_NOTE = "first_run_done"
SETUP_CHECKED_NOTE = "setup_checked"
SETUP_PREVIEWED_NOTE = "setup_previewed"
"""That somebody has seen the checks, and the preview."""
RULEBOOK_NOTE = "rulebook_seen"
"""The mark of the rulebook by which everything was planned last."""
CUSTOM_FIELDS_NOTE = "custom_fields_read"
BOTH_READ_NOTE = "both_sides_read"
"""When both sides had been read from the start for the first time."""
PATIENTS_TO_ASK_NOTE = "patients_to_ask_for"
PATIENTS_TO_FORGET_NOTE = "patients_to_forget"
CHANGED_BY_NOTE = "who_changed"
DOCUMENTS_CHANGED_BY_NOTE = "who_changed_documents"
OWNERS_NOTE = "owners"
OWNERS_LOST_NOTE = "owners_lost"
CODES_DESTROYED_NOTE = "codes_destroyed_at"
PUSH_CONFIRMED_NOTE = "recall_push_confirmed"
"""Who answered for the push of recalls, when, and for which mailing list."""
RECONCILE_DUE_NOTE = "reconcile_due"
"""Says that a comparison is due beside the schedule, and why: after a restore, or an undo."""

REFERENCE_READ_NOTE = "reference_read_at"
CHART_READ_NOTE = "chart_read_at"
RECONCILED_READ_NOTE = "reconciled_read_at"
OWNERS_LOOKED_NOTE = "owners_looked_on"
PATIENTS_SWEPT_NOTE = "patients_swept_to"
ALL_PATIENTS_SWEPT_NOTE = "all_patients_swept_to"
MONTHS_SWEPT_NOTE = "months_swept_to"
TOLD_NOTE = "differences_told"
"""Which differences a comparison has told people of, each with its amount."""
PARKED_NOTE = "run_parked"
"""Why the newest run stopped before its end, since when and until when, as JSON; nothing once one came to its end."""
UNDOS_CUT_NOTE = "undos_cut"
"""Which undos began and did not come to their end, by the run that each takes back, as JSON; why and since when."""
COMPARISON_CUT_NOTE = "comparison_cut"
"""The same of the newest comparison."""
VANISHED_NOTE = "invoices_vanished"
"""Which invoices the practice suddenly showed no more, most of those kept: a person has to say what that means."""

LAST_TROUBLE_NOTE = "last_run_trouble"
"""What went wrong in the run that ended last."""
RESTORED_NOTE = "restored"
"""What has still to be done after a restore, until the first whole run has read everything anew."""

TOLD = frozenset({
    PAUSED_NOTE, PRACTICE_NOTE, CHECKED_KEY_NOTE, ORGANISATION_NOTE, BOOKS_PIN_NOTE, CONNECTED_NOTE, FIRST_RUN_NOTE,
    SETUP_CHECKED_NOTE, SETUP_PREVIEWED_NOTE, RULEBOOK_NOTE, CUSTOM_FIELDS_NOTE, BOTH_READ_NOTE, PATIENTS_TO_ASK_NOTE,
    PATIENTS_TO_FORGET_NOTE, CHANGED_BY_NOTE, DOCUMENTS_CHANGED_BY_NOTE, OWNERS_NOTE, OWNERS_LOST_NOTE,
    CODES_DESTROYED_NOTE, PUSH_CONFIRMED_NOTE, RECONCILE_DUE_NOTE,
})  # fmt: skip
"""The journal tells when one of these changes."""
POSITIONS = frozenset({
    REFERENCE_READ_NOTE, CHART_READ_NOTE, RECONCILED_READ_NOTE, OWNERS_LOOKED_NOTE, PATIENTS_SWEPT_NOTE,
    ALL_PATIENTS_SWEPT_NOTE, MONTHS_SWEPT_NOTE, TOLD_NOTE, PARKED_NOTE, UNDOS_CUT_NOTE, COMPARISON_CUT_NOTE,
    VANISHED_NOTE,
})  # fmt: skip
"""These only say when, how far or at what somebody looked: they move all day long and are no history."""
WRITTEN_BESIDE = frozenset({LAST_TROUBLE_NOTE, RESTORED_NOTE})
"""These change together with something that the journal tells already."""

UNDOS_OF, KEY_REPLACED_AT = "undos of ", "key_replaced_at/"
_OF_A_CONNECTOR = ("practice_", "books_")
_FAMILIES = (UNDOS_OF, KEY_REPLACED_AT, *_OF_A_CONNECTOR)
"""How names begin of which there may be many: one for each run or system, and what a connector keeps of its side."""


def undos_note(run_id: str) -> str:
    """Return the note under which the undos of a run are kept."""
    return f"{UNDOS_OF}{run_id}"


def key_replaced_note(system: str) -> str:
    return f"{KEY_REPLACED_AT}{system}"


def is_told(name: str) -> bool:
    """Say whether the journal tells when a note changes; raises ValueError for a name that stands nowhere above."""
    if name in POSITIONS:
        return False
    if name not in TOLD and not name.startswith(_FAMILIES):
        raise ValueError(f"no note is called {name}")
    return True


def ids_in(text: str) -> frozenset[str]:
    """Return the ids that a note keeps."""
    return frozenset(filter(None, text.split(",")))


def ids_written(ids: Iterable[str]) -> str:
    """Return ids as a note keeps them."""
    return ",".join(sorted(ids))


_WORDS: Mapping[str, str] = {
    PAUSED_NOTE: "why the clinic waits for a person",
    PRACTICE_NOTE: "whose practice is read",
    CHECKED_KEY_NOTE: "with which key the practice was checked",
    ORGANISATION_NOTE: "which organisation of the books is read",
    BOOKS_PIN_NOTE: "the connection's own id of that organisation",
    CONNECTED_NOTE: "the day of the first connection",
    FIRST_RUN_NOTE: "that the first run is done",
    SETUP_CHECKED_NOTE: "that somebody saw what set-up found",
    SETUP_PREVIEWED_NOTE: "that somebody saw the preview",
    RULEBOOK_NOTE: "by which rulebook everything was planned",
    CUSTOM_FIELDS_NOTE: "which custom fields are read",
    BOTH_READ_NOTE: "when both systems had been read from the start",
    PATIENTS_TO_ASK_NOTE: "which patients to look for by their id",
    PATIENTS_TO_FORGET_NOTE: "which patients to forget",
    CHANGED_BY_NOTE: "who changed contacts in the books",
    DOCUMENTS_CHANGED_BY_NOTE: "who changed documents in the books",
    OWNERS_NOTE: "which practitioner is which user of the books",
    OWNERS_LOST_NOTE: "which practitioners are no user of the books any more",
    CODES_DESTROYED_NOTE: "when the codes of the privacy setting were destroyed",
    PUSH_CONFIRMED_NOTE: "who answered for the mailing list",
    RECONCILE_DUE_NOTE: "that a comparison is due",
}
"""What people call each of them; the journal says it after "Kept"."""
_MANY = ((UNDOS_OF, "what was taken back of the run "), (KEY_REPLACED_AT, "when a key was replaced: "))


def note_words(name: str) -> str:
    """Return what a kept fact is called; one that only a connector knows by its own name."""
    if name in _WORDS:
        return _WORDS[name]
    for begins, words in _MANY:
        if name.startswith(begins):
            return words + name.removeprefix(begins)
    return name.replace("_", " ")
