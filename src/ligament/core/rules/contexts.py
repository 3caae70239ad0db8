"""What a rule may look at: the records around a document or a person, each made when a rule first asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ligament.core.money import ZERO, cents
from ligament.core.records import (
    Invoice,
    InvoiceStatus,
    Line,
    Location,
    Party,
    PartyKind,
    PhoneKind,
    Practitioner,
    Visit,
)
from ligament.core.rules import shapes
from ligament.core.rules.model import CustomField, Rulebook

_STATUS_NUMBERS = {
    InvoiceStatus.OPEN: 10,
    InvoiceStatus.PAID: 20,
    InvoiceStatus.CLOSED: 30,
    InvoiceStatus.OPEN_CREDIT: 40,
}
_Of = Callable[[Party], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The records around a document."""

    patient: Party | None = None
    payer: Party | None = None
    visit: Visit | None = None
    practitioner: Practitioner | None = None
    business: Location | None = None


class Lazy(dict[str, object]):
    """A record whose fields are worked out when a rule first asks for them, in no more time than asking takes."""

    __slots__ = ("_about", "_makers")

    def __init__(self, makers: Mapping[str, Callable[[Any], object]], about: object) -> None:
        super().__init__()
        self._makers = makers
        self._about = about

    def __missing__(self, name: str) -> object:
        value = self[name] = self._makers[name](self._about)
        return value

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)


_Seen = tuple[Invoice, Around, Rulebook]
_PARTS: Mapping[str, Callable[[_Seen], object]] = {
    "invoice": lambda seen: _invoice(seen[0]),
    "lines": lambda seen: [_line(line) for line in seen[0].lines],
    "patient": lambda seen: _person(seen[1].patient, seen[2]),
    "payer": lambda seen: _person(seen[1].payer, seen[2]),
    "appointment": lambda seen: _visit(seen[1].visit),
    "practitioner": lambda seen: _named(seen[1].practitioner),
    "business": lambda seen: _named(seen[1].business),
    "clinic": lambda seen: _clinic(seen[2]),
}
_PersonSeen = tuple[Party, Rulebook]
_ALONE: Mapping[str, Callable[[_PersonSeen], object]] = {
    **dict.fromkeys(shapes.FACTS, lambda _seen: None),
    "lines": lambda _seen: [],
    "patient": lambda seen: None if seen[0].kind is PartyKind.PAYER else _person(*seen),
    "payer": lambda seen: _person(*seen) if seen[0].kind is PartyKind.PAYER else None,
    "clinic": lambda seen: _clinic(seen[1]),
}


def context(invoice: Invoice, around: Around, rulebook: Rulebook) -> Mapping[str, object]:
    """Return what a rule about a document may look at; amounts are exact."""
    return Lazy(_PARTS, (invoice, around, rulebook))


def record_context(party: Party, rulebook: Rulebook) -> Mapping[str, object]:
    """Return what a rule about a patient or a payer alone may look at."""
    return Lazy(_ALONE, (party, rulebook))


def _clinic(rulebook: Rulebook) -> dict[str, object]:
    return {"name": rulebook.clinic.name, "country": rulebook.clinic.country.value}


def _invoice(invoice: Invoice) -> dict[str, object]:
    return {
        "number": int(invoice.number) if invoice.number.isdecimal() else invoice.number,
        "issue_date": invoice.issued_on.isoformat(),
        "total": cents(invoice.total),
        "status": _STATUS_NUMBERS.get(invoice.status, 0),
    }


def _line(line: Line) -> dict[str, object]:
    return {
        "name": line.name,
        "code": line.code,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "total": cents(line.total),
        "tax_name": line.tax_name,
        "tax_rate": line.tax_rate or ZERO,
    }


def _visit(visit: Visit | None) -> dict[str, object] | None:
    if visit is None:
        return None
    starts = visit.starts_at.isoformat() if visit.starts_at else ""
    return {"id": visit.id, "starts_at": starts, "in_group": visit.in_group, "arrived": bool(visit.arrived)}


def _named(record: Practitioner | Location | None) -> dict[str, object] | None:
    return None if record is None else {"id": record.id, "name": record.name}


# --- people -----------------------------------------------------------------------------------------------------------


def _phone(kind: PhoneKind) -> _Of:
    return lambda party: next((phone.number.reveal() for phone in party.phones if phone.kind is kind), "")


def _address_line(place: int) -> _Of:
    def line(party: Party) -> str:
        lines = party.address.reveal().lines
        return lines[place] if place < len(lines) else ""

    return line


_FIELDS: Mapping[str, _Of] = {
    "id": lambda party: party.id,
    "first_name": lambda party: party.first.reveal(),
    "last_name": lambda party: party.last.reveal(),
    "preferred_name": lambda party: party.preferred.reveal(),
    "company_name": lambda party: party.company.reveal(),
    "email": lambda party: party.email.reveal(),
    "concession": lambda party: party.concession,
    **{kind.value: _phone(kind) for kind in PhoneKind if kind is not PhoneKind.OTHER},
    **{f"address_{place + 1}": _address_line(place) for place in range(3)},
    "city": lambda party: party.address.reveal().city,
    "state": lambda party: party.address.reveal().region,
    "post_code": lambda party: party.address.reveal().post_code,
    "country": lambda party: party.address.reveal().country,
}


def _custom(party: Party, token: str) -> str:
    return next((value.reveal() for held, value in party.custom if held == token), "") if token else ""


def _of_party(field: _Of) -> Callable[[_PersonSeen], object]:
    return lambda seen: field(seen[0])


def _of_token(name: str) -> Callable[[_PersonSeen], object]:
    place = CustomField(name)
    return lambda seen: _custom(seen[0], seen[1].contacts.custom_fields.get(place, ""))


def _makers(called: str) -> dict[str, Callable[[_PersonSeen], object]]:
    names = shapes.FACTS[called].fields or {}
    return {name: _of_party(_FIELDS[name]) if name in _FIELDS else _of_token(name) for name in names}


_PATIENT, _PAYER = _makers("patient"), _makers("payer")


def _person(party: Party | None, rulebook: Rulebook) -> Lazy | None:
    if party is None:
        return None
    return Lazy(_PAYER if party.kind is PartyKind.PAYER else _PATIENT, (party, rulebook))
