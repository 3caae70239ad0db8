"""Patients and their contacts: who may be adopted, and that both sides say the same once everything is quiet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ligament.connectors.cliniko import simulator as cliniko
from tests.faults.comparing import contact_with
from tests.faults.findings import Violation

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.world import Books
    from tests.faults.checker import Checker

PREFIX = "CLK-"


def judge_adoption(world: cliniko.World, former: Any, contact: Any, emails: dict[str, set[str]]) -> None:
    """A contact that was there before us becomes a patient's only when both have the same e-mail: no name does it."""
    if former is None or former.number or not contact.number.startswith(PREFIX):
        return
    patient_id = contact.number.removeprefix(PREFIX)
    if cliniko.find(world, "patients", patient_id) is None:
        return
    if not former.email or former.email.casefold() not in emails.get(patient_id, set()):
        raise Violation("adoption", f"{former.name} of the books became {contact.number} though no e-mail says so")


def judge_pairs(world: cliniko.World, books: Books, listed: Iterable[str]) -> None:
    """What a person changed on one side has reached the other; blanks stay blanks, and what is listed may wait."""
    waiting = set(listed)
    for patient in cliniko.records(world, "patients"):
        key = str(patient["id"])
        contact = contact_with(books, f"{PREFIX}{key}")
        is_gone = any(patient.get(name) for name in ("archived_at", "deleted_at", "merged_with_patient_id"))
        if contact is None or contact.status != "ACTIVE" or is_gone or key in waiting:
            continue
        pairs = (
            ("e-mail", _sound(patient.get("email")), contact.email.casefold()),
            ("mobile", _digits(_mobile(patient)), _digits(contact.phones.get("MOBILE", {}).get("PhoneNumber", ""))),
            ("first name", patient["first_name"], contact.first_name),
            ("last name", patient["last_name"], contact.last_name),
        )
        for name, ours, theirs in pairs:
            if ours and theirs and ours != theirs:
                raise Violation(
                    "apart", f"{contact.number}: the {name} is {ours} in the practice, {theirs} in the books"
                )


def _stood_still(checker: Checker) -> bool:
    return any(event.kind == "native_on" for event in checker.sim.script.events)


def judge_typed_later(checker: Checker, books: Books, listed: Iterable[str]) -> None:
    """An address that somebody typed after the other side was emptied is on both sides (choice C38)."""
    waiting = set(listed)
    for key, typed_at in checker.email_typed_at.items():
        patient = cliniko.find(checker.sim.practice, "patients", key) or {}
        contact = contact_with(books, f"{PREFIX}{key}")
        is_gone = any(patient.get(name) for name in ("archived_at", "deleted_at", "merged_with_patient_id"))
        if contact is None or contact.status != "ACTIVE" or is_gone or key in waiting or checker.forms.restored:
            continue
        mark = checker.marks.get((contact.contact_id, "email"))
        if mark is None or bool(_sound(patient.get("email"))) is bool(contact.email):
            continue
        later = "practice" if typed_at > mark.at else "books"
        if later == "practice" and contact.updated_at >= typed_at and _stood_still(checker):
            # Nobody planned while the old link was on; the contact was touched once more before anybody looked again.
            continue
        is_mistyped = patient.get("email") and not _sound(patient["email"])
        if not is_mistyped and bool(patient.get("email")) is (later == "practice"):
            raise Violation(
                "apart", f"{contact.number}: its e-mail was typed in the {later} after the other was emptied"
            )


def _sound(email: Any) -> str:
    """Return an address as it is compared, nothing for one that the books refuse: that is left out and listed."""
    return str(email or "").casefold() if "@" in str(email or "") else ""


def _mobile(patient: Any) -> str:
    numbers = patient.get("patient_phone_numbers") or ()
    return next((str(one["number"]) for one in numbers if one["phone_type"] == "Mobile"), "")


def _digits(number: str) -> str:
    """Return a number without its spaces; 0 at its front, +61 and 61 are the same."""
    digits = "".join(sign for sign in number if sign.isdigit())
    return digits.removeprefix("61").removeprefix("0")
