"""What the books should say about one record, with the trail of what decided it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ligament.core.frozen import fast_frozen, maker
from ligament.core.ids import BooksId
from ligament.core.ledgers import BooksLine, DocumentKind, DocumentStatus


class SubjectKind(StrEnum):
    """The kinds of record that a decision is about."""

    PATIENT = "patient"
    PAYER = "payer"
    LOCATION = "location"
    INVOICE = "invoice"
    VISIT = "visit"
    CLINIC = "clinic"


_PREFIXES = {kind: f"{kind.value}:" for kind in SubjectKind}
"""Keys are made more often than anything else, and looking up a prefix is the quickest way."""


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Subject:
    """One record of the practice that a decision is about."""

    kind: SubjectKind
    id: str

    @property
    def key(self) -> str:
        """Return kind and id as one text, `invoice:1412...`."""
        return _PREFIXES[self.kind] + self.id


new_subject = maker(Subject)


def subject_from_key(key: str) -> Subject:
    """Return the subject whose key this is."""
    kind, _, identifier = key.partition(":")
    return new_subject(kind=SubjectKind(kind), id=identifier)


CLINIC = Subject(kind=SubjectKind.CLINIC, id="clinic")


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentIntent:
    """What one document of the books should say; `contact_id` is None until its contact exists.

    `party` is the record whose contact is billed; `lines` are in order and tax-inclusive; `tax` is what the books will
    compute; `trail` tells in sentences what decided each value.
    """

    kind: DocumentKind
    number: str
    party: Subject
    contact_id: BooksId | None = None
    reference: str
    url: str = ""
    on: date
    due_on: date | None
    status: DocumentStatus
    lines: tuple[BooksLine, ...]
    total: Decimal
    tax: Decimal
    theme: str = ""
    trail: tuple[str, ...] = ()


new_intent = maker(DocumentIntent)
