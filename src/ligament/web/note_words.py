"""What the small facts that a clinic keeps are called in the journal on the page."""

from __future__ import annotations

from collections.abc import Mapping

from ligament.core import notes

NOTE_WORDS: Mapping[str, str] = {
    notes.PAUSED_NOTE: "why the clinic waits for a person",
    notes.PRACTICE_NOTE: "whose practice is read",
    notes.CHECKED_KEY_NOTE: "with which key the practice was checked",
    notes.ORGANISATION_NOTE: "which organisation of the books is read",
    notes.BOOKS_PIN_NOTE: "the connection's own id of that organisation",
    # Written out: who reads that note itself asks for the day of its connection.
    "connected_on": "the day of the first connection",
    notes.FIRST_RUN_NOTE: "that the first run is done",
    notes.SETUP_CHECKED_NOTE: "that somebody saw what set-up found",
    notes.SETUP_PREVIEWED_NOTE: "that somebody saw the preview",
    notes.RULEBOOK_NOTE: "by which rulebook everything was planned",
    notes.CUSTOM_FIELDS_NOTE: "which custom fields are read",
    notes.BOTH_READ_NOTE: "when both systems had been read from the start",
    notes.PATIENTS_TO_ASK_NOTE: "which patients to look for by their id",
    notes.PATIENTS_TO_FORGET_NOTE: "which patients to forget",
    notes.CHANGED_BY_NOTE: "who changed contacts in the books",
    notes.DOCUMENTS_CHANGED_BY_NOTE: "who changed documents in the books",
    notes.OWNERS_NOTE: "which practitioner is which user of the books",
    notes.OWNERS_LOST_NOTE: "which practitioners are no user of the books any more",
    notes.CODES_DESTROYED_NOTE: "when the codes of the privacy setting were destroyed",
    notes.PUSH_CONFIRMED_NOTE: "who answered for the mailing list",
    notes.RECONCILE_DUE_NOTE: "that a comparison is due",
}
_FAMILIES = ((notes.UNDOS_OF, "what was taken back of the run "), (notes.KEY_REPLACED_AT, "when a key was replaced: "))


def note_words(name: str) -> str:
    """Return what a kept fact is called; one that only a connector knows by its own name."""
    if name in NOTE_WORDS:
        return NOTE_WORDS[name]
    for begins, words in _FAMILIES:
        if name.startswith(begins):
            return words + name.removeprefix(begins)
    return name.replace("_", " ")
