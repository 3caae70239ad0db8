"""Every type that the store reads back, prepared once before threads share them.

The JSON library describes a type to itself at the type's first use, in steps that let other threads in: a second thread
that uses the same type meanwhile reads a half-made description, and the process dies (msgspec 0.22, seen 2026-11-28).
"""

from __future__ import annotations

from ligament.core.ledgers import BooksContact, BooksDocument, Chart, Organisation
from ligament.core.links import Agreement, ContactLink, Decision, DocumentLink, PaymentLink
from ligament.core.plans import Outcome
from ligament.core.receipts import WriteIntent
from ligament.core.records import Address, Invoice, Line, Location, Party, PracticeSettings, Practitioner, Visit
from ligament.core.variances import KeptVariance
from ligament.store.backup.after_restore import Restoration
from ligament.store.database.codec import HoldForm, HoldText, decoder
from ligament.store.journal.chain import Head
from ligament.store.queries.coverage import ChosenFields, Where
from ligament.store.queries.reports import ReadLink
from ligament.store.queries.sold import LineSort
from ligament.store.queries.written import RunCounts
from ligament.store.writes.answers import KeptAnswer

KEPT = (
    Address, Agreement, BooksContact, BooksDocument, Chart, ChosenFields, ContactLink, Decision, DocumentLink, Head,
    HoldForm, HoldText, Invoice, KeptAnswer, KeptVariance, Line, LineSort, Location, Organisation, Outcome, Party,
    PaymentLink, PracticeSettings, Practitioner, ReadLink, Restoration, RunCounts, Visit, Where, WriteIntent,
)  # fmt: skip


def prepare() -> None:
    """Describe every type that is kept."""
    for kind in KEPT:
        decoder(kind)
