"""Everything one plan is built on, looked up by key; loaded by the store, read by the planner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from ligament.core.ids import BooksId, SourceId
from ligament.core.ledgers import BooksContact, BooksDocument, Chart, ContactStatus, Organisation
from ligament.core.links import Agreement, ContactLink, Decision, DocumentLink, PaymentLink
from ligament.core.naming import comparable
from ligament.core.oddities import Heed, unheeded
from ligament.core.records import Invoice, Location, Party, PracticeSettings, Practitioner, Visit
from ligament.core.rules.entries import Rule
from ligament.core.sold import NO_SEALED

_MERGES_AT_MOST = 20


@dataclass(slots=True, kw_only=True)
class Facts:
    """The facts of one plan.

    Keys: parties by subject key (`patient:1`, `payer:5`); invoices, visits by id; links, agreements, payments by
    subject key; documents and contacts by books id. `documents_by_number` and `history` are keyed `invoice|CLK-1`
    (kind, bar, number or history key), and so are `mentions`: documents of nobody in whose number or reference that
    number stands; `alike` gives those of one sum and day, keyed `invoice|95.00|2026-07-01`. `contacts_by_*` hold active
    contacts only, keys case-folded and trimmed, except `contacts_by_number` which holds all. `credits_of` gives the ids
    of credit notes by original invoice id.
    `invoice_of_visit` names the live invoice of an attendee. `merged_patients` gives, by the id of each merged patient,
    loaded here or not, whom they were merged into; documents stand under the contact that survived. `waiting_on` gives,
    by the contact they need, the subject keys of records that waited when this was loaded, planned here or not.
    `decisions` are keyed `subject key|code`. `refusals` are keyed by action key and give (content fingerprint, words).
    """

    settings: PracticeSettings = PracticeSettings()
    locations: Mapping[SourceId, Location] = field(default_factory=dict)
    practitioners: Mapping[SourceId, Practitioner] = field(default_factory=dict)
    parties: Mapping[str, Party] = field(default_factory=dict)
    payers_by_name: Mapping[str, tuple[Party, ...]] = field(default_factory=dict)
    invoices: Mapping[SourceId, Invoice] = field(default_factory=dict)
    visits: Mapping[SourceId, Visit] = field(default_factory=dict)
    credits_of: Mapping[SourceId, tuple[SourceId, ...]] = field(default_factory=dict)
    invoice_of_visit: Mapping[SourceId, SourceId] = field(default_factory=dict)
    organisation: Organisation | None = None
    chart: Chart = Chart()
    contacts: Mapping[BooksId, BooksContact] = field(default_factory=dict)
    contacts_by_number: Mapping[str, tuple[BooksId, ...]] = field(default_factory=dict)
    contacts_by_email: Mapping[str, tuple[BooksId, ...]] = field(default_factory=dict)
    contacts_by_name: Mapping[str, tuple[BooksId, ...]] = field(default_factory=dict)
    documents: Mapping[BooksId, BooksDocument] = field(default_factory=dict)
    documents_by_number: Mapping[str, BooksId] = field(default_factory=dict)
    history: Mapping[str, tuple[BooksId, ...]] = field(default_factory=dict)
    mentions: Mapping[str, tuple[BooksId, ...]] = field(default_factory=dict)
    alike: Mapping[str, tuple[BooksId, ...]] = field(default_factory=dict)
    contact_links: Mapping[str, ContactLink] = field(default_factory=dict)
    party_of_contact: Mapping[BooksId, str] = field(default_factory=dict)
    document_links: Mapping[str, tuple[DocumentLink, ...]] = field(default_factory=dict)
    subject_of_document: Mapping[BooksId, str] = field(default_factory=dict)
    agreements: Mapping[str, Agreement] = field(default_factory=dict)
    payments: Mapping[str, tuple[PaymentLink, ...]] = field(default_factory=dict)
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    refusals: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    contacts_with_open_money: frozenset[BooksId] = frozenset()
    merged_patients: Mapping[str, str] = field(default_factory=dict)
    waiting_on: Mapping[BooksId, frozenset[str]] = field(default_factory=dict)
    first_connected_on: date | None = None
    _called: dict[str, list[BooksId]] = field(default_factory=dict)

    def last_patient(self, patient_id: str) -> str:
        """Return who a patient is by now; a chain of merges that loops ends somewhere on it."""
        for _ in range(_MERGES_AT_MOST):
            if patient_id not in self.merged_patients:
                break
            patient_id = self.merged_patients[patient_id]
        return patient_id

    def contacts_called(self, name: str) -> tuple[BooksId, ...]:
        """Return the active contacts whose names have the same words; the index is made when somebody first asks."""
        if not self.contacts:
            return ()
        if not self._called:
            for contact_id in sorted(self.contacts):
                contact = self.contacts[contact_id]
                if contact.status is ContactStatus.ACTIVE:
                    self._called.setdefault(words_of(contact.name.reveal()), []).append(contact_id)
        return tuple(self._called.get(words_of(name), ())) if name else ()


def words_of(name: str) -> str:
    """Return the words of a name as they are compared, in an order of their own."""
    return " ".join(sorted(comparable(name).split()))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanContext:
    """What a plan needs beside its facts: the instant, codes for parties, and how to compare and judge.

    `likeness` compares two names (0 to 1); `phone_key` brings a number as typed and a country code to one form that is
    equal for equal numbers, or an empty text; `code_for` gives the opaque name of a party; `evaluate` says whether a
    rule's condition holds, `express` gives the text of an expression, and both raise ValueError with a sentence when
    that cannot be judged; `untouched` says that certainly none of some rules
    applies. `sealed` gives names of items by their keyed digests, for lines whose texts were erased with a person.
    `practice_name` stands before ids in references (`name:id`); `books_title` names the books in
    sentences; `heed` takes note of what nobody foresaw.
    """

    now: datetime
    likeness: Callable[[str, str], float]
    phone_key: Callable[[str, str], str]
    code_for: Callable[[str], str]
    evaluate: Callable[[str, Mapping[str, object]], bool]
    express: Callable[[str, Mapping[str, object]], str] = lambda text, _facts: text
    untouched: Callable[[tuple[Rule, ...], Mapping[str, object]], bool] = lambda _rules, _facts: False
    sealed: Callable[[frozenset[str]], Mapping[str, str]] = lambda _names: NO_SEALED
    practice_name: str
    books_title: str
    heed: Heed = unheeded
