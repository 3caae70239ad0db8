"""Who is billed for a document, named as the clinic's privacy dial allows: as it was posted, else as it would be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from ligament.core.billing import Bill, bill_to, payers_by_name
from ligament.core.drafting import invoice_subject
from ligament.core.facts import Facts
from ligament.core.intents import Subject, SubjectKind
from ligament.core.naming import shown_name
from ligament.core.records import Invoice, Party
from ligament.core.rules.model import Privacy, Rulebook
from ligament.store.queries.reports import Posted, ReportRows

UNKNOWN = "(nobody known)"
_SAY_NO_NAME = frozenset({Privacy.CODE, Privacy.POOLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who owes a document: a key that stays, a name, and until when or within how many days it is due."""

    key: str
    name: str
    is_payer: bool
    due_on: date | None
    terms_days: int


@dataclass(slots=True, kw_only=True)
class Billed:
    """Answers who is billed; everybody is looked up once."""

    rows: ReportRows
    rulebook: Rulebook
    _facts: Facts = field(init=False)
    _posted: dict[str, Posted] = field(init=False)
    _names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parties = self.rows.parties()
        self._facts = Facts(
            parties=parties,
            payers_by_name=payers_by_name(parties.values()),
            contact_links=self.rows.contact_links(),
            locations=self.rows.locations(),
        )
        self._posted = dict(self.rows.posted())

    def payer(self, invoice: Invoice) -> str:
        """Return the name of the payer who is billed, or nothing when the patient is."""
        owner = self.owner(invoice)
        return owner.name if owner.is_payer else ""

    def owner(self, invoice: Invoice) -> Owner:
        """Return who owes a document."""
        posted = self._posted.get(invoice_subject(invoice).key)
        if posted is not None:
            return self._owner(posted.party, posted.due_on)
        bill = bill_to(invoice, self.rulebook, self._facts)
        if isinstance(bill, Bill):
            return self._owner(bill.subject, None)
        return Owner(key="", name=UNKNOWN, is_payer=False, due_on=None, terms_days=self.rulebook.invoices.terms_days)

    def party(self, invoice: Invoice) -> Party | None:
        """Return who is billed by what the practice says alone, or nothing where nobody is known."""
        bill = bill_to(invoice, self.rulebook, self._facts)
        return bill.party if isinstance(bill, Bill) else None

    def everybody(self) -> Iterator[Party]:
        """Yield every patient and payer who is still known by name."""
        return (party for party in self._facts.parties.values() if not party.deleted)

    def _owner(self, subject: Subject, due_on: date | None) -> Owner:
        is_payer = subject.kind is SubjectKind.PAYER
        invoices = self.rulebook.invoices
        return Owner(
            key=subject.key,
            name=self.name(subject),
            is_payer=is_payer,
            due_on=due_on,
            terms_days=invoices.terms_days_payer if is_payer else invoices.terms_days,
        )

    def name(self, subject: Subject) -> str:
        """Return the name of whoever is billed as the books have it, or would get it."""
        if subject.key not in self._names:
            self._names[subject.key] = self._named(subject) or UNKNOWN
        return self._names[subject.key]

    def _named(self, subject: Subject) -> str:
        """Return the name that the contact has in the books, else the one it would get."""
        link = self._facts.contact_links.get(subject.key)
        if link is not None and link.name:
            return link.name.reveal()
        if subject.kind is SubjectKind.LOCATION:
            place = next((one for one in self._facts.locations.values() if one.id == subject.id), None)
            return f"{place.name} patients" if place is not None else ""
        party = self._facts.parties.get(subject.key)
        return self._dialled(party) if party is not None else ""

    def _dialled(self, party: Party) -> str:
        contacts = self.rulebook.contacts
        privacy = contacts.privacy_payer if party.kind.value == "payer" else contacts.privacy
        if privacy in _SAY_NO_NAME:
            return f"{self.rulebook.invoices.prefix}{party.id}"
        return shown_name(party.first.reveal(), party.last.reveal(), party.full_name(), privacy)
