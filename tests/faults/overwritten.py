"""What we wrote over in people's details: each value we could know of stands in the journal, under its person."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.faults.findings import Violation

if TYPE_CHECKING:
    from ligament.simkit.messages import Request, Response

PREFIX = "CLK-"
_PLACES = ("/Contacts", "/patients")


@dataclass(slots=True)
class Overwritten:
    """Values that our writes replaced, by party; only those that an answer had told us before."""

    values: set[tuple[str, str]] = field(default_factory=set)
    count: int = 0
    _heard: list[str] = field(default_factory=list)

    def answered(self, request: Request, response: Response) -> None:
        """Remember what we were told."""
        if request.method == "GET" and response.status == 200 and any(place in request.path for place in _PLACES):
            self._heard.append(response.body.decode())

    def restored(self) -> None:
        """With an old backup the journal ends where the backup was made."""
        self.values.clear()

    def contact(self, former: Any, after: Any) -> None:
        """One of our writes changed a contact that a patient has."""
        if former.number.startswith(PREFIX) and former.number == after.number:
            party = f"patient:{former.number.removeprefix(PREFIX)}"
            self._keep(party, _of_contact(former), _of_contact(after))

    def patient(self, key: str, former: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """One of our writes changed a patient."""
        self._keep(f"patient:{key}", _of_patient(former), _of_patient(after))

    def _keep(self, party: str, former: Mapping[str, str], after: Mapping[str, str]) -> None:
        for name, value in former.items():
            if value and after.get(name, "") != value and any(_told(value, text) for text in self._heard):
                self.values.add((party, value))
                self.count += 1

    def judge(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """Every one of them is in the journal, under its person."""
        told: dict[str, list[str]] = {}
        forgotten: set[str] = set()
        for entry in entries:
            if entry["erased"]:
                forgotten.add(str(entry["owner"]))
            told.setdefault(str(entry["owner"]), []).append(json.dumps(entry["personal"], ensure_ascii=False))
        for party, value in sorted(self.values):
            # Whom the practice deleted is forgotten here too: what was sealed for them nobody can read again.
            if party not in forgotten and not any(_told(value, text) for text in told.get(party, ())):
                raise Violation("journal", f"{party}: the overwritten value {value!r} is nowhere in the journal")


def _told(value: str, text: str) -> bool:
    return json.dumps(value, ensure_ascii=False)[1:-1] in text or json.dumps(value)[1:-1] in text


def _of_contact(contact: Any) -> dict[str, str]:
    mobile = contact.phones.get("MOBILE", {}).get("PhoneNumber", "")
    return {
        "first": contact.first_name, "last": contact.last_name, "name": contact.name, "email": contact.email,
        "mobile": mobile,
    }  # fmt: skip


def _of_patient(patient: Mapping[str, Any]) -> dict[str, str]:
    numbers = patient.get("patient_phone_numbers") or ()
    mobile = next((str(one["number"]) for one in numbers if one["phone_type"] == "Mobile"), "")
    texts = {name: str(patient.get(name) or "") for name in ("first_name", "last_name", "email")}
    return {**texts, "mobile": mobile}
