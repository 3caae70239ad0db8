"""Who is billed for an invoice: the patient, the survivor of a merge, a payer, or a pooled contact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ligament.core.facts import Facts
from ligament.core.folding import folded
from ligament.core.frozen import fast_frozen, maker
from ligament.core.holds import HoldCode
from ligament.core.ids import SourceId
from ligament.core.intents import Subject, SubjectKind, new_subject
from ligament.core.naming import without_title
from ligament.core.records import Invoice, Party, PartyKind
from ligament.core.rules.model import BillTo, PayerUnknown, Privacy, Rulebook
from ligament.core.troubles import Trouble

_MERGES_AT_MOST = 20
_SUBJECTS = {PartyKind.PATIENT: SubjectKind.PATIENT, PartyKind.PAYER: SubjectKind.PAYER}
SOMEBODY_ELSE = "(somebody else)"
"""Stands as the addressee of a forgotten patient's invoice that named neither the patient nor a payer."""
_NEITHER = "The invoice is addressed to somebody who is neither the patient nor a known payer; the patient is billed."


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """Who is billed: `subject` owns the contact, `party` is who owes, `note` what the report should say."""

    subject: Subject
    party: Party | None
    is_payer: bool
    why: str
    note: str = ""


_new_bill = maker(Bill)


def party_subject(party: Party) -> Subject:
    """Return the subject of a patient or payer."""
    return new_subject(kind=_SUBJECTS[party.kind], id=party.id)


def survivor(patient_id: SourceId | None, facts: Facts) -> Party | None:
    """Follow merges to the last survivor (choice C25); a chain that loops ends where it began."""
    party = facts.parties.get(f"patient:{patient_id}") if patient_id else None
    for _ in range(_MERGES_AT_MOST):
        if party is None or party.merged_into is None:
            return party
        following = facts.parties.get(f"patient:{party.merged_into}")
        if following is None:
            return party
        party = following
    return party


def payer_of(invoice: Invoice, facts: Facts) -> Party | Trouble | None:
    """Return the payer whom the first line of the addressee names (choice C14), or nothing."""
    if not facts.payers_by_name:
        return None
    first = folded(first_line(invoice))
    found = facts.payers_by_name.get(first, ()) if first else ()
    if len(found) > 1:
        return Trouble(
            code=HoldCode.PAYER_UNKNOWN,
            sentence="Two payers in the practice have the name this invoice is addressed to.",
            todo="Archive one of the two in the practice, or give them different names.",
            detail={"payers": [payer.id for payer in found]},
        )
    return found[0] if found else None


def payers_by_name(parties: Iterable[Party]) -> dict[str, tuple[Party, ...]]:
    """Index active payers by company, as an addressee names them."""
    named: dict[str, tuple[Party, ...]] = {}
    for party in parties:
        company = folded(party.company.reveal())
        if party.kind is PartyKind.PAYER and company and party.removed_at is None and not party.deleted:
            named[company] = (*named.get(company, ()), party)
    return named


def first_line(invoice: Invoice) -> str:
    """Return the first line of the addressee, which names a payer or the patient."""
    lines = invoice.addressee.reveal().splitlines()
    return lines[0] if lines else ""


def bill_to(invoice: Invoice, rulebook: Rulebook, facts: Facts, by_rule: str = "") -> Bill | Trouble:
    """Decide who is billed; `by_rule` is the payer's name, or `patient`, that a rule asked for."""
    patient = _nameable(survivor(invoice.party_id, facts), rulebook, facts)
    payer: Party | Trouble | None = None
    why = "the invoice is addressed to the patient"
    if by_rule and by_rule != "patient":
        found = facts.payers_by_name.get(folded(by_rule), ())
        if not found:
            return Trouble(
                code=HoldCode.UNMAPPED_CONTACT,
                sentence=f'A rule bills "{by_rule}", but the practice has no such payer.',
                todo="Correct the name in the rule, or add the payer in the practice.",
            )
        payer, why = found[0], "a rule says so"
    elif not by_rule and rulebook.invoices.bill_to is BillTo.PAYER:
        payer = payer_of(invoice, facts)
        why = "the first line of the addressee is a payer" if payer is not None else why
    if isinstance(payer, Trouble):
        return payer
    if payer is not None:
        return _bill(payer, invoice, rulebook.contacts.privacy_payer, why)
    return _patient_bill(patient, invoice, rulebook, why, decided=bool(by_rule))


def _nameable(patient: Party | None, rulebook: Rulebook, facts: Facts) -> Party | None:
    """Return a patient for whom there is a contact, or can be one: nobody can name who is deleted, but a code does."""
    if patient is None or not patient.deleted or rulebook.contacts.privacy in {Privacy.CODE, Privacy.POOLED}:
        return patient
    return patient if party_subject(patient).key in facts.contact_links else None


def _patient_bill(
    patient: Party | None, invoice: Invoice, rulebook: Rulebook, why: str, *, decided: bool
) -> Bill | Trouble:
    if patient is None:
        if rulebook.contacts.privacy is Privacy.POOLED and invoice.location_id:
            return Bill(subject=_location(invoice), party=None, is_payer=False, why="patients are pooled by location")
        return Trouble(
            code=HoldCode.NO_PARTY,
            sentence="The patient of this invoice is not known any more, so nobody can be billed for it.",
            todo="Open the invoice in the practice; if the patient was deleted, post it by hand or dismiss this.",
        )
    aside = rulebook.invoices.bill_to is not BillTo.PATIENT and names_another(patient, first_line(invoice))
    note = _NEITHER if aside else ""
    if note and not decided and rulebook.contacts.payer_unknown is PayerUnknown.ASK:
        return Trouble(
            code=HoldCode.PAYER_UNKNOWN,
            sentence="The invoice is addressed to somebody who is neither the patient nor a known payer.",
            todo="Correct the addressee, or add the payer in the practice; approve to bill the patient.",
            proposed={"bill": "patient"},
        )
    return _bill(patient, invoice, rulebook.contacts.privacy, why, note)


def names_another(patient: Party, named: str) -> bool:
    """Say whether the first line of an addressee names somebody else than the patient; a payer is looked for before."""
    first = folded(without_title(named)) if named else ""
    if not first:
        return False
    full = patient.full_name()
    if first in {folded(full), folded(without_title(full))}:
        return False
    return first != folded(f"{patient.preferred.reveal()} {patient.last.reveal()}")


def _location(invoice: Invoice) -> Subject:
    return Subject(kind=SubjectKind.LOCATION, id=str(invoice.location_id))


def _bill(party: Party, invoice: Invoice, privacy: Privacy, why: str, note: str = "") -> Bill | Trouble:
    is_payer = party.kind is PartyKind.PAYER
    if privacy is not Privacy.POOLED:
        return _new_bill(subject=party_subject(party), party=party, is_payer=is_payer, why=why, note=note)
    if not invoice.location_id:
        return Trouble(
            code=HoldCode.NO_PARTY,
            sentence="The invoice names no location, so it fits no pooled contact.",
            todo="Set the business on the invoice in the practice.",
        )
    pooled = "patients are pooled by location"
    return Bill(subject=_location(invoice), party=party, is_payer=is_payer, why=pooled, note=note)
