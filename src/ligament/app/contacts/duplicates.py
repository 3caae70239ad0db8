"""Records of one system that are probably the same person, as a report: nothing is ever merged."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from ligament.app.documents import Document
from ligament.app.results import DONE, WAITS, Result
from ligament.core.associations import Person, Twins, person_of_contact, person_of_party, twins
from ligament.core.records import PartyKind
from ligament.wiring.clinic import Clinic
from ligament.wiring.likeness import likeness, phone_key


def find_duplicates(clinic: Clinic) -> Result:
    """Tell the pairs that share an e-mail, a phone or an address, in each system; alike names first.

    It is for the clinic's own screen: it names people.
    """
    people, book = clinic.people, clinic.settings.rulebook
    country = book.clinic.country.value
    patients = (person_of_party(party, phone_key) for party in people.parties() if party.kind is PartyKind.PATIENT)
    contacts = map(partial(person_of_contact, phone_key=phone_key, country=country), people.contacts())
    limit = float(book.contacts.name_likeness)
    document = {
        "practice": _told(patients, limit),
        "books": _told(contacts, limit),
    }
    found = any(pair["alike"] for side in document.values() for pair in side)
    return Result(document=dict(document), code=WAITS if found else DONE)


def _told(people: Iterable[Person | None], limit: float) -> list[Document]:
    return [_pair(found) for found in twins((held for held in people if held is not None), likeness, limit)]


def _pair(found: Twins) -> Document:
    return {"alike": found.alike, "shares": list(found.because), "records": [_one(found.left), _one(found.right)]}


def _one(person: Person) -> Document:
    return {"id": person.id, "number": person.number, "name": person.shown}
