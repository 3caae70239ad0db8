"""What a contact of the books should say for one party, and which contact that already is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ligament.core.billing import party_subject
from ligament.core.facts import Facts, PlanContext
from ligament.core.folding import folded
from ligament.core.frozen import fast_frozen, maker
from ligament.core.holds import HoldCode
from ligament.core.ids import BooksId
from ligament.core.intents import Subject, SubjectKind
from ligament.core.ledgers import BooksContact, ContactStatus, Extras, ExtraSlot, PhoneSlot
from ligament.core.naming import comparable, contact_name, shown_name, tidy_name, with_suffix
from ligament.core.private import NOTHING, Private
from ligament.core.records import NO_ADDRESS, Address, Location, Party, PartyKind, PhoneKind
from ligament.core.rules.model import Privacy, Rulebook
from ligament.core.troubles import Trouble

SLOTS = {
    PhoneKind.MOBILE: PhoneSlot.MOBILE,
    PhoneKind.HOME: PhoneSlot.DEFAULT,
    PhoneKind.WORK: PhoneSlot.DIRECT,
    PhoneKind.FAX: PhoneSlot.FAX,
}
CONTACT_PREFIX = "CLK-"
_PHONE_LENGTH = 50
_MERGES_AT_MOST = 20
_LINE_LENGTH, _PLACE_LENGTH, _CODE_LENGTH = 500, 255, 50


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class ContactIntent:
    """What a contact should say; `full` is the name before a suffix; blank fields are never written."""

    subject: Subject
    number: str
    full: str
    name: Private[str]
    suffixed: bool = False
    first: Private[str] = NOTHING
    last: Private[str] = NOTHING
    email: Private[str] = NOTHING
    phones: tuple[tuple[PhoneSlot, Private[str]], ...] = ()
    address: Private[Address] = NO_ADDRESS
    extras: Extras = ()


_new_intent = maker(ContactIntent)


def contact_number(subject: Subject) -> str:
    """Return the cross-reference kept in the books, such as `CLK-1410...`, `CLK-C-1402...` or `CLK-B-1400...`."""
    middle = {SubjectKind.PAYER: "C-", SubjectKind.LOCATION: "B-"}.get(subject.kind, "")
    return f"{CONTACT_PREFIX}{middle}{subject.id}"


def privacy_of(party: Party, rulebook: Rulebook) -> Privacy:
    """Return the clinic's dial for that class of party."""
    contacts = rulebook.contacts
    return contacts.privacy_payer if party.kind is PartyKind.PAYER else contacts.privacy


def intent_for(party: Party, rulebook: Rulebook, around: PlanContext) -> ContactIntent:
    """Say what the contact of a party should hold, with its name before any suffix (choice C24)."""
    privacy = privacy_of(party, rulebook)
    subject = party_subject(party)
    first, last = tidy_name(party.first.reveal())[:255], tidy_name(party.last.reveal())[:255]
    full = shown_name(first, last, party.full_name(), privacy)
    if privacy in {Privacy.CODE, Privacy.POOLED}:
        # Whoever is pooled gets no contact of their own; one that is there already loses the name.
        full = around.code_for(subject.key)
    full = tidy_name(full) or f"No name {party.id[-6:]}"
    whole = privacy is Privacy.FULL
    is_payer = party.kind is PartyKind.PAYER
    named = whole and not (is_payer and party.company)
    return _new_intent(
        subject=subject,
        number=contact_number(subject),
        full=full,
        name=Private(contact_name(full)),
        first=Private(first) if named else NOTHING,
        last=Private(last) if named else NOTHING,
        email=party.email.map(str.strip) if whole else NOTHING,
        phones=phone_slots(party) if whole else (),
        address=party.address.map(fitting) if whole else NO_ADDRESS,
        extras=extras_of(party, rulebook) if whole else (),
    )


def pool_intent(location: Location) -> ContactIntent:
    """Say what the pooled contact of a location should hold."""
    subject = Subject(kind=SubjectKind.LOCATION, id=location.id)
    full = tidy_name(f"{location.name} patients")
    number = contact_number(subject)
    return ContactIntent(subject=subject, number=number, full=full, name=Private(contact_name(full)))


def fitting(address: Address) -> Address:
    """Return an address with each part cut to what the books hold, so that one long part does not cost the contact."""
    return Address(
        lines=tuple(line[:_LINE_LENGTH].strip() for line in address.lines),
        city=address.city[:_PLACE_LENGTH].strip(),
        region=address.region[:_PLACE_LENGTH].strip(),
        post_code=address.post_code[:_CODE_LENGTH].strip(),
        country=address.country[:_CODE_LENGTH].strip(),
    )


def phone_slots(party: Party) -> tuple[tuple[PhoneSlot, Private[str]], ...]:
    """Return the first number of each kind in its slot (choice C10), as typed; kind Other is not sent."""
    held: dict[PhoneSlot, Private[str]] = {}
    for phone in party.phones:
        slot = SLOTS.get(phone.kind)
        if slot is not None and phone.number and slot not in held:
            held[slot] = phone.number.map(lambda text: text.strip()[:_PHONE_LENGTH])
    return tuple(sorted(held.items())) if len(held) > 1 else tuple(held.items())


def extras_of(party: Party, rulebook: Rulebook) -> Extras:
    """Return the custom fields that the rulebook chose, in their places; blank ones are left out."""
    if not party.custom:
        return ()
    held = dict(party.custom)
    places = {slot.value: slot for slot in ExtraSlot}
    tokens = rulebook.contacts.custom_fields.items()
    chosen = ((places[place.value], held.get(token)) for place, token in tokens if place.value in places)
    tidy = ((slot, value.map(lambda text: tidy_name(text)[:_PHONE_LENGTH])) for slot, value in chosen if value)
    return tuple(sorted((slot, value) for slot, value in tidy if value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An existing contact that is this party; `by` says how it was found, `merged` that ours was merged into it."""

    contact: BooksContact
    by: str
    adopted: bool
    merged: bool = False


def find_contact(
    intent: ContactIntent, party: Party | None, rulebook: Rulebook, facts: Facts, around: PlanContext
) -> Match | Trouble | None:
    """Find before making: contact number or the id the patient carries, then e-mail with a like name.

    A name alone adopts nothing (choice C08).
    """
    for contact_id in facts.contacts_by_number.get(intent.number, ()):
        contact = facts.contacts[contact_id]
        winner = survivor_of(contact, facts)
        if winner is not contact and not is_of_another(winner, intent.number) and _free((winner.id,), facts):
            return Match(contact=winner, by="ours was merged into it", adopted=True, merged=True)
        if contact.status is not ContactStatus.ACTIVE:
            return _archived(contact, intent)
        return Match(contact=contact, by="it carries our contact number", adopted=False)
    if party is None or privacy_of(party, rulebook) is not Privacy.FULL:
        return None
    carried = BooksId(party.foreign_reference.strip().lower())
    if carried and _free((carried,) if carried in facts.contacts else (), facts):
        return Match(contact=facts.contacts[carried], by="the patient carries its id", adopted=True)
    by_email = _by_email(intent, party, rulebook, facts, around)
    return by_email if by_email is not None else _by_details(intent, party, facts, around)


def survivor_of(contact: BooksContact, facts: Facts) -> BooksContact:
    """Follow merges in the books to the contact that survived."""
    winner = contact
    for _ in range(_MERGES_AT_MOST):
        following = facts.contacts.get(winner.merged_into) if winner.merged_into else None
        if following is None:
            break
        winner = following
    return winner


def is_of_another(contact: BooksContact, number: str) -> bool:
    """Say whether a contact carries the number of another record: it stays that one's, even where its link was lost."""
    return contact.number.startswith(CONTACT_PREFIX) and contact.number != number


def _free(contact_ids: tuple[BooksId, ...], facts: Facts) -> list[BooksContact]:
    """Return those contacts that are active and belong to no record yet."""
    held = (facts.contacts[contact_id] for contact_id in contact_ids if contact_id not in facts.party_of_contact)
    return [contact for contact in held if contact.status is ContactStatus.ACTIVE]


def _archived(contact: BooksContact, intent: ContactIntent) -> Trouble:
    return Trouble(
        code=HoldCode.CONTACT_ARCHIVED,
        sentence="The contact with our number is archived in the books, and an archived contact cannot be used.",
        todo=f"Restore the contact {intent.number} in the books; this goes on by itself then.",
        detail={"contact_id": contact.id, "contact_number": intent.number},
    )


def _by_email(
    intent: ContactIntent, party: Party, rulebook: Rulebook, facts: Facts, around: PlanContext
) -> Match | Trouble | None:
    email = folded(intent.email.reveal())
    found = _free(facts.contacts_by_email.get(email, ()), facts) if email else []
    names = {intent.full, called_name(party)}
    alike = [contact for contact in found if any(names_agree(name, contact, rulebook, around) for name in names)]
    if len(alike) == 1:
        return Match(contact=alike[0], by="e-mail and name agree", adopted=True)
    if len(alike) > 1:
        return _probably(alike, intent, "More than one contact in the books has this e-mail and this name.")
    if not found:
        return None
    return Trouble(
        code=HoldCode.SAME_EMAIL_OTHER_NAME,
        sentence="A contact in the books has the same e-mail under another name; families often share one.",
        todo="Approve if it is the same person, or choose a contact of their own.",
        detail=_shown(found, intent),
        proposed={"link": found[0].id},
    )


def called_name(party: Party) -> str:
    """Return the name under which a patient is called, the preferred name in place of the first."""
    preferred = party.preferred.reveal().strip()
    return f"{preferred} {party.last.reveal().strip()}" if preferred else party.full_name()


def names_agree(full: str, contact: BooksContact, rulebook: Rulebook, around: PlanContext) -> bool:
    """Say whether a contact's name is like enough to a party's, in either order of first and last name."""
    limit = rulebook.contacts.name_likeness
    wanted = comparable(full)
    theirs = {comparable(contact.name.reveal()), comparable(f"{contact.first.reveal()} {contact.last.reveal()}")}
    return any(name and around.likeness(wanted, name) >= limit for name in theirs)


def _by_details(intent: ContactIntent, party: Party, facts: Facts, around: PlanContext) -> Trouble | None:
    """Name and phone or address equal: probably the same person, for somebody to decide."""
    names = dict.fromkeys((intent.full, called_name(party)))
    alike = dict.fromkeys(held for name in names for held in facts.contacts_called(name))
    for contact in _free(tuple(alike), facts):
        if _same_phone(intent, party, contact, around) or same_address(
            intent.address.reveal(), contact.street.reveal()
        ):
            return _probably(
                [contact], intent, "A contact in the books has the same name and the same phone or address."
            )
    return None


def _same_phone(intent: ContactIntent, party: Party, contact: BooksContact, around: PlanContext) -> bool:
    ours = {around.phone_key(phone.number.reveal(), party.country_code) for phone in party.phones} - {""}
    theirs = {around.phone_key(number.reveal(), party.country_code) for _, number in contact.phones}
    return bool(ours & theirs) and bool(intent.full)


def same_address(left: Address, right: Address) -> bool:
    """Say whether two addresses are the same by their parts, letter case and blanks aside; blank ones never are."""
    return not left.is_blank() and not right.is_blank() and address_parts(left) == address_parts(right)


def address_parts(address: Address) -> tuple[str, ...]:
    """Return an address by its parts for comparing; which line a part stands on does not count."""
    # A system with fewer lines joins them with commas, and the books take letters only in a country.
    street = folded(" ".join(line for line in address.lines if line).replace(",", " "))
    country = "".join(sign for sign in address.country if sign.isalpha() or sign == " ")
    return (street, *(folded(part) for part in (address.city, address.region, address.post_code, country)))


def less(parts: tuple[str, ...], than: tuple[str, ...]) -> bool:
    """Say whether some parts were left blank and nothing else changed."""
    return parts != than and any(parts) and all(one in {"", other} for one, other in zip(parts, than, strict=True))


def filled(address: Address, held: Address) -> Address:
    """Return an address with the parts that are blank in it as they were, as far as it is still the same town."""
    if folded(address.city) not in {"", folded(held.city)}:
        return address
    return replace(
        address,
        lines=address.lines if any(address.lines) else held.lines,
        city=address.city or held.city,
        region=address.region or held.region,
        post_code=address.post_code or held.post_code,
    )


def _probably(found: list[BooksContact], intent: ContactIntent, sentence: str) -> Trouble:
    return Trouble(
        code=HoldCode.PROBABLY_SAME_PERSON,
        sentence=sentence,
        todo="Approve if it is the same person, or choose a contact of their own.",
        detail=_shown(found, intent),
        proposed={"link": found[0].id},
    )


def _shown(found: list[BooksContact], intent: ContactIntent) -> dict[str, object]:
    return {"contact_ids": [contact.id for contact in found], "contact_number": intent.number}


def suffixed(intent: ContactIntent) -> ContactIntent:
    """Return the same intent under a name with a suffix, for namesakes (choice C09)."""
    return replace(intent, name=Private(with_suffix(intent.full, intent.subject.id)), suffixed=True)
