"""Rules about contacts: what they make of a patient or a payer before anything is compared (SPEC section 8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ligament.core.private import Private
from ligament.core.records import Address, Party, PartyKind, Phone, PhoneKind
from ligament.core.rules import shapes
from ligament.core.rules.apply import Evaluate, Express
from ligament.core.rules.contexts import record_context
from ligament.core.rules.entries import ContactRule
from ligament.core.rules.model import CustomField, Rulebook

_PARTS = {"city": "city", "state": "region", "post_code": "post_code", "country": "country"}
_NAMES = {"first_name": "first", "last_name": "last", "preferred_name": "preferred", "company_name": "company"}
_TEXTS = ("skip", "ask", "group")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRuling:
    """What the rules make of a person: the record as they say it, the one the practice has, and what a rule changed.

    `fixed` are those fields by the name that differences are listed under; they never flow back to the practice.
    `skipped_by`, `asked_by` and `unjudged` name a rule; `question` is what is asked.
    """

    party: Party
    original: Party
    fixed: frozenset[str] = frozenset()
    skipped_by: str = ""
    asked_by: str = ""
    question: str = ""
    unjudged: str = ""
    trail: tuple[str, ...] = ()


def contact_facts(party: Party, rulebook: Rulebook) -> Mapping[str, object]:
    """Return what a rule about contacts may look at."""
    return record_context(party, rulebook)


def contact_ruling(party: Party, rulebook: Rulebook, evaluate: Evaluate, express: Express) -> ContactRuling:
    """Apply the rules about contacts in order: a later one wins on the same field; `skip` ends it.

    All of them look at the person as the practice has them. A rule about payers says nothing of a patient, and the
    other way round.
    """
    ruling = ContactRuling(party=party, original=party)
    if not rulebook.contact_rules or party.deleted:
        return ruling
    seen = contact_facts(party, rulebook)
    for rule in rulebook.contact_rules:
        if is_about_others(rule, party):
            continue
        try:
            if not evaluate(rule.when, seen):
                continue
            ruling = _applied(ruling, rule, rulebook, seen, express)
        except ValueError as error:
            return replace(ruling, unjudged=rule.name, question=f"cannot be judged here: {error}")
        if ruling.skipped_by:
            return ruling
    return ruling


def is_about_others(rule: ContactRule, party: Party) -> bool:
    """Say whether a rule speaks only of the other kind of person."""
    other = "patient" if party.kind is PartyKind.PAYER else "payer"
    own = "payer" if party.kind is PartyKind.PAYER else "patient"
    said = f"{rule.when} {' '.join(rule.sets.values())}"
    return f"{other}." in said and f"{own}." not in said and f"{other} ==" not in said and f"{other} !=" not in said


def _applied(
    ruling: ContactRuling, rule: ContactRule, rulebook: Rulebook, seen: Mapping[str, object], express: Express
) -> ContactRuling:
    texts = texts_of(rule, seen, express)
    changed = dict(_values(rule, seen, express))
    party, fixed = ruling.party, set(ruling.fixed)
    for name, value in changed.items():
        after = with_field(party, name, value, rulebook)
        if after != party:
            party = after
            fixed.add(_label(name))
    told = ", ".join([*changed, *texts])
    return replace(
        ruling,
        party=party,
        fixed=frozenset(fixed),
        skipped_by=rule.name if texts.get("skip") else "",
        asked_by=rule.name if texts.get("ask") else ruling.asked_by,
        question=texts.get("ask", ruling.question),
        trail=(*ruling.trail, f'The rule "{rule.name}" applies: {told}.'),
    )


def texts_of(rule: ContactRule, seen: Mapping[str, object], express: Express) -> dict[str, str]:
    """Return what a rule says beside the fields it sets; an expression that comes to nothing says nothing."""
    given = {name: str(getattr(rule, name)) for name in _TEXTS}
    told = {name: express(text[1:], seen) if text.startswith("=") else text for name, text in given.items() if text}
    return {name: text for name, text in told.items() if text}


def _values(rule: ContactRule, seen: Mapping[str, object], express: Express) -> Iterator[tuple[str, str]]:
    known = seen["payer"] or seen["patient"]
    for name, text in rule.sets.items():
        if isinstance(known, Mapping) and name in known:
            yield name, express(text[1:], seen) if text.startswith("=") else text


def changed_fields(
    party: Party, rule: ContactRule, rulebook: Rulebook, express: Express
) -> Iterator[tuple[str, str, str]]:
    """Yield each field that a rule changes, with its text before and after."""
    seen = contact_facts(party, rulebook)
    known = seen["payer"] or seen["patient"]
    for name, after in _values(rule, seen, express):
        before = str(known[name]) if isinstance(known, Mapping) else ""
        if before != after:
            yield name, before, after


def with_field(party: Party, name: str, value: str, rulebook: Rulebook) -> Party:
    """Return the person with one field as a rule says it."""
    if name in _NAMES:
        return replace(party, **{_NAMES[name]: Private(value)})  # type: ignore[arg-type] # all of them are private texts
    if name == "email":
        return replace(party, email=Private(value))
    if name in shapes.PHONE_FIELDS:
        return replace(party, phones=_with_phone(party.phones, PhoneKind(name), value))
    if name in shapes.CUSTOM_FIELDS:
        token = rulebook.contacts.custom_fields.get(CustomField(name), "")
        others = tuple(held for held in party.custom if held[0] != token)
        return replace(party, custom=(*others, (token, Private(value)))) if token else party
    return replace(party, address=Private(_with_part(party.address.reveal(), name, value)))


def _with_phone(phones: tuple[Phone, ...], kind: PhoneKind, value: str) -> tuple[Phone, ...]:
    """Return the numbers with the first of a kind replaced, added, or taken out where the rule says nothing."""
    first = next((place for place, phone in enumerate(phones) if phone.kind is kind), len(phones))
    new = (Phone(kind=kind, number=Private(value)),) if value else ()
    return (*phones[:first], *new, *phones[first + 1 :])


def _with_part(address: Address, name: str, value: str) -> Address:
    if name in _PARTS:
        return replace(address, **{_PARTS[name]: value})  # type: ignore[arg-type] # all of them are texts
    place = int(name.removeprefix("address_")) - 1
    lines = [*address.lines, *[""] * (place + 1 - len(address.lines))]
    lines[place] = value
    return replace(address, lines=tuple(lines))


_SLOTS = {"mobile": "phone_mobile", "home": "phone_default", "work": "phone_direct", "fax": "phone_fax"}


def _label(name: str) -> str:
    """Return the name that differences of a field are listed under."""
    if name in _NAMES:
        return "name"
    if name in _SLOTS:
        return _SLOTS[name]
    return name if name == "email" or name in shapes.CUSTOM_FIELDS else "address"
