"""What ties people together: who pays for whom, who treats and signs in, and who may be the same person twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from ligament.core.contacts import address_parts, called_name
from ligament.core.folding import folded
from ligament.core.ledgers import BooksContact, BooksUser, ContactStatus
from ligament.core.naming import comparable
from ligament.core.records import Address, Party, PartyKind, Practitioner

MOST_TOGETHER = 40
"""More people than this behind one e-mail, phone or address are a household of another kind; they are not compared."""


def pays_for(payer: Party, patient: Party) -> bool:
    """Say whether a patient's invoices are addressed to a payer by default (choice C14)."""
    lines = patient.invoice_to.reveal().splitlines()
    company = folded(payer.company.reveal())
    usable = payer.kind is PartyKind.PAYER and payer.removed_at is None
    return usable and bool(lines) and bool(company) and folded(lines[0]) == company


def owners_of(practitioners: Iterable[Practitioner], users: Iterable[BooksUser]) -> dict[str, str]:
    """Match those who treat with users of the books by e-mail: ids by ids."""
    known = {folded(user.email.reveal()): user.id for user in users if user.email}
    found = ((person.id, known.get(folded(person.email.reveal()), "")) for person in practitioners if person.email)
    return {practitioner: user for practitioner, user in sorted(found) if user}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One record of a person in one system, as far as it tells people apart; all of it is personal.

    `shown` is the name as it stands there, `names` are those that are compared.
    """

    id: str
    number: str
    shown: str
    names: tuple[str, ...]
    email: str
    phones: frozenset[str]
    address: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Two records of one system that share `because`; `alike` says that their names are alike too."""

    left: Person
    right: Person
    because: tuple[str, ...]
    alike: bool


def person_of_party(party: Party, phone_key: Callable[[str, str], str]) -> Person | None:
    """Return what tells a patient apart, or nothing for one who is archived, merged or deleted."""
    if party.removed_at is not None or party.merged_into is not None or party.deleted:
        return None
    names = dict.fromkeys((comparable(party.full_name()), comparable(called_name(party))))
    phones = (phone_key(phone.number.reveal(), party.country_code) for phone in party.phones)
    return Person(
        id=party.id,
        number="",
        shown=party.full_name(),
        names=tuple(name for name in names if name),
        email=folded(party.email.reveal()),
        phones=frozenset(phones) - {""},
        address=_place(party.address.reveal()),
    )


def person_of_contact(contact: BooksContact, phone_key: Callable[[str, str], str], country: str) -> Person | None:
    """Return what tells a contact apart, or nothing for one that cannot be used any more."""
    if contact.status is not ContactStatus.ACTIVE:
        return None
    full = f"{contact.first.reveal()} {contact.last.reveal()}"
    names = dict.fromkeys((comparable(contact.name.reveal()), comparable(full)))
    return Person(
        id=contact.id,
        number=contact.number,
        shown=contact.name.reveal(),
        names=tuple(name for name in names if name),
        email=folded(contact.email.reveal()),
        phones=frozenset(phone_key(number.reveal(), country) for _, number in contact.phones) - {""},
        address=_place(contact.street.reveal()),
    )


def _place(address: Address) -> tuple[str, ...]:
    """Return an address that tells something: a street and not only a town."""
    return address_parts(address) if any(address.lines) else ()


def twins(people: Iterable[Person], likeness: Callable[[str, str], float], limit: float) -> list[Twins]:
    """Return the pairs that share an e-mail or a phone, or an address under alike names; the most alike first."""
    shared: dict[tuple[str, str], list[str]] = defaultdict(list)
    by_id: dict[str, Person] = {}
    for person in people:
        by_id[person.id] = person
    for because, group in _groups(by_id.values()):
        for left, right in combinations(group, 2):
            shared[left.id, right.id].append(because)
    found = [
        Twins(
            left=by_id[left],
            right=by_id[right],
            because=tuple(why),
            alike=_alike(by_id[left], by_id[right], likeness, limit),
        )
        for (left, right), why in shared.items()
    ]
    kept = [pair for pair in found if pair.alike or set(pair.because) - {"address"}]
    return sorted(kept, key=lambda pair: (not pair.alike, -len(pair.because), pair.left.id, pair.right.id))


def _groups(people: Iterable[Person]) -> Iterable[tuple[str, Sequence[Person]]]:
    groups: dict[tuple[str, object], list[Person]] = defaultdict(list)
    for person in people:
        keys: list[tuple[str, object]] = [("phone", phone) for phone in person.phones]
        keys += [(name, key) for name, key in (("e-mail", person.email), ("address", person.address)) if key]
        for key in keys:
            groups[key].append(person)
    for (because, _), group in groups.items():
        if 1 < len(group) <= MOST_TOGETHER:
            yield because, sorted(group, key=lambda person: person.id)


def _alike(left: Person, right: Person, likeness: Callable[[str, str], float], limit: float) -> bool:
    return any(likeness(one, other) >= limit for one in left.names for other in right.names)


def as_pairs(held: object) -> Mapping[str, str]:
    """Return kept matches of owners, however little of them is there."""
    return {str(key): str(value) for key, value in held.items()} if isinstance(held, Mapping) else {}
