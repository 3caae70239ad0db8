"""The one thing written to Cliniko: contact fields of a patient."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ligament.connectors.cliniko.countries import country_code
from ligament.core.writes import ElementResult, ElementVerdict, RefusalCode

if TYPE_CHECKING:
    from ligament.core.records import Address, Phone
    from ligament.core.writes import PartyWrite
    from ligament.net.session import Reply

_ADDRESS_LINES = 3
_UNPROCESSABLE = 422
_NOT_FOUND = 404


def body_of(write: PartyWrite) -> bytes:
    """Return the JSON of the fields to change; nothing else about a patient can ever be written."""
    fields: dict[str, object] = {}
    texts = (
        ("first_name", write.first),
        ("last_name", write.last),
        ("email", write.email),
    )
    fields |= {name: value.reveal() for name, value in texts if value is not None}
    if write.phones is not None:
        fields["patient_phone_numbers"] = [_phone(phone) for phone in write.phones]
    if write.address is not None:
        fields |= _address(write.address.reveal())
    if write.foreign_reference is not None:
        fields["old_reference_id"] = write.foreign_reference
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def _phone(phone: Phone) -> dict[str, str]:
    return {"number": phone.number.reveal(), "phone_type": phone.kind.value.capitalize()}


def _address(address: Address) -> dict[str, str]:
    lines = [line for line in address.lines if line]
    # Cliniko has three lines: what is more is joined onto the last rather than lost.
    kept = [*lines[: _ADDRESS_LINES - 1], ", ".join(lines[_ADDRESS_LINES - 1 :])]
    kept += [""] * (_ADDRESS_LINES - len(kept))
    fields = {f"address_{number}": line for number, line in enumerate(kept, start=1)}
    fields |= {"city": address.city, "state": address.region, "post_code": address.post_code}
    code = country_code(address.country)
    # `country` cannot be written, and a name we do not know is left alone rather than wiped (failure 24).
    return fields | ({"country_code": code} if code else {})


def refusal_of(reply: Reply) -> ElementResult | None:
    """Return what a refused change means, or None when it was accepted; names fields, never values."""
    if reply.status == _NOT_FOUND:
        refused = "Cliniko does not know this patient, or they have been archived."
        return ElementResult(verdict=ElementVerdict.REFUSED, refusals=(refused,), code=RefusalCode.NOT_FOUND)
    if reply.status != _UNPROCESSABLE:
        return None
    names = _refused(reply.body)
    refusals = tuple(f"Cliniko refused the {name.replace('_', ' ')}." for name in names) or ("Cliniko refused this.",)
    code = RefusalCode.BAD_EMAIL if "email" in names else RefusalCode.OTHER
    return ElementResult(verdict=ElementVerdict.REFUSED, refusals=refusals, code=code)


def _refused(body: bytes) -> list[str]:
    try:
        document = json.loads(body)
    except ValueError:
        return []
    errors = document.get("errors") if isinstance(document, dict) else None
    return sorted(name for name in errors if name.isidentifier()) if isinstance(errors, dict) else []
