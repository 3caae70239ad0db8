"""Causes: the one table of why things wait, and what a person does about each."""

from __future__ import annotations

from collections.abc import Mapping

from ligament.core.hold_case import BOOKS, CASH, LOOK, PRACTICE, SEPARATE, HoldCase
from ligament.core.hold_cases_contacts import CONTACTS, MAPPING
from ligament.core.hold_cases_documents import CHANGES, RECORDS
from ligament.core.hold_cases_money import CLINIC, PAYMENTS

SECTIONS: Mapping[str, tuple[HoldCase, ...]] = {
    "contacts": CONTACTS,
    "mapping": MAPPING,
    "records": RECORDS,
    "changes": CHANGES,
    "payments": PAYMENTS,
    "clinic": CLINIC,
}
"""Every case once, in the sections of the guide."""
CASES: Mapping[str, HoldCase] = {case.code.value: case for cases in SECTIONS.values() for case in cases}
"""Every case by its code."""
CAUSES: Mapping[str, str] = {code: case.title for code, case in CASES.items()}
"""What heads the list of what waits for one reason."""
SPECIAL = frozenset({CASH, SEPARATE, PRACTICE, BOOKS})
"""Answers that mean something for some reasons only."""


def fits(code: str, word: str) -> bool:
    """Say whether a special answer has an effect on what waits for that reason.

    Yes, no and trying again are fit for all: they may have no effect, and mean nothing else by it.
    """
    case = CASES.get(code)
    return word not in SPECIAL or case is None or word in case.answers


def advice(code: str) -> str:
    """Return what to do about what waits for one reason."""
    case = CASES.get(code)
    return LOOK if case is None else case.advice
