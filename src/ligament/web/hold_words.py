"""What stands on the buttons that answer a hold: what the answer does, in the words of its case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ligament.core.causes import CASES
from ligament.core.holds import HoldCode

WORDS: Mapping[str, str] = {
    "approve": "Approve",
    "retry": "Try again",
    "cash": "It was money",
    "separate": "Somebody else",
    "practice": "Take {practice}'s",
    "books": "Take {books}'s",
    "dismiss": "Leave it",
}
"""What an answer is called where its case says nothing else, in the order of the buttons; systems by their names."""
_APPROVE: Mapping[HoldCode, str] = {
    HoldCode.SAME_EMAIL_OTHER_NAME: "The same person",
    HoldCode.PROBABLY_SAME_PERSON: "The same person",
    HoldCode.PAYER_UNKNOWN: "Bill the patient",
    HoldCode.HISTORY_DIFFERS: "Take it as ours",
    HoldCode.ORIGINAL_NOT_POSTED: "Post it on its own",
    HoldCode.UNDONE: "Post it again",
    HoldCode.EDITED_IN_BOOKS: "Write {practice}'s over it",
    HoldCode.VOIDED_IN_BOOKS: "Post it again",
    HoldCode.PAID_EDIT: "Post the adjustment",
    HoldCode.LOCKED_PERIOD: "Post the adjustment",
    HoldCode.CREDIT_OR_CASH: "Use the credit",
    HoldCode.PAYMENT_REMOVED: "Post the payment again",
    HoldCode.RULE: "Post it all the same",
    HoldCode.ASK: "Post it",
}
_SEPARATE: Mapping[HoldCode, str] = {HoldCode.HISTORY_DIFFERS: "Post ours beside it"}
_ALIKE: Mapping[HoldCode, frozenset[str]] = {
    HoldCode.FIELD_CONFLICT: frozenset({"approve"}),
    HoldCode.UNDONE: frozenset({"retry"}),
}
"""Answers that do the same as another button of the same case."""
_ELSEWHERE: Mapping[HoldCode, tuple[str, str]] = {
    HoldCode.UNMAPPED_ITEM: ("mapping", "Map it"),
    HoldCode.UNMAPPED_ACCOUNT: ("mapping", "Choose another account"),
    HoldCode.UNMAPPED_TAX: ("mapping", "Choose its tax type"),
    HoldCode.UNMAPPED_TRACKING: ("settings", "See the tracking settings"),
    HoldCode.UNMAPPED_CONTACT: ("rules", "See the rules"),
    HoldCode.UNMAPPED_GROUP: ("rules", "See the rules"),
}
"""Where the cause itself is mended, and what that is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One answer as a button: the word that is sent, and what stands on it."""

    word: str
    label: str


def fixes(code: str, practice: str = "the practice", books: str = "the books") -> tuple[Fix, ...]:
    """Return the answers to a hold, the one that goes on first and the one that leaves it last.

    What people call the two systems stands on the buttons.
    """
    case = CASES.get(code)
    if case is None:
        return ()
    alike = _ALIKE.get(case.code, frozenset())
    return tuple(
        Fix(word=word, label=_label(word, case.code).format(practice=practice, books=books))
        for word in WORDS
        if word in case.answers and word not in alike
    )


def _label(word: str, code: HoldCode) -> str:
    if word == "approve":
        return _APPROVE.get(code, WORDS[word])
    if word == "separate":
        return _SEPARATE.get(code, WORDS[word])
    if word == "dismiss" and CASES[code].dismiss.startswith("Leaves it out"):
        return "Leave it out"
    return WORDS[word]


def elsewhere(code: str) -> tuple[str, str] | None:
    """Return the page on which the cause of a hold is mended and what to call going there, or nothing."""
    return _ELSEWHERE.get(HoldCode(code)) if code in {one.value for one in HoldCode} else None
