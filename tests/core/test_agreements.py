"""What was agreed, approved and refused before an upgrade is still known after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ligament.core.approvals import approval_mark
from ligament.core.ids import BooksId
from ligament.core.intents import DocumentIntent, Subject, SubjectKind
from ligament.core.ledgers import DocumentKind, DocumentStatus
from ligament.core.links import Agreement, Origin, Unlike
from ligament.core.plans import Action, ActionKind, DocumentStep
from ligament.store.database.codec import decode, encode

INVOICE = Subject(kind=SubjectKind.INVOICE, id="1410000000000000008")
AGREED = Agreement(subject=INVOICE, fingerprint="", kind=DocumentKind.INVOICE, lines=(), total=Decimal("95.00"))


def linking(agreement: Agreement) -> Action:
    """Return the handing of a document over to an invoice, with what was agreed."""
    intent = DocumentIntent(
        kind=DocumentKind.INVOICE,
        number="CLK-A7",
        party=Subject(kind=SubjectKind.PATIENT, id="1410000000000000001"),
        reference="cliniko:7",
        on=date(2026, 11, 2),
        due_on=date(2026, 11, 2),
        status=DocumentStatus.AUTHORISED,
        lines=(),
        total=Decimal("95.00"),
        tax=Decimal("0.00"),
    )
    step = DocumentStep(intent=intent, document_id=BooksId("d-1"), origin=Origin.MADE, agreement=agreement, relink=True)
    return Action(
        kind=ActionKind.LINK_DOCUMENT, subject=INVOICE, number="CLK-A7", sentence="It is linked.", document=step,
        amount=Decimal("95.00"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("word", "kept"), [(Unlike.UNKNOWN, ""), (Unlike.OF_THE_VISIT, "visit"), (Unlike.UNDONE, "undone")]
)
def test_what_earlier_versions_kept_of_an_agreement_is_understood(word: Unlike, kept: str) -> None:
    body = encode(AGREED).replace(b'"fingerprint":""', f'"fingerprint":"{kept}"'.encode())
    found = decode(Agreement, body)
    assert found == replace(AGREED, fingerprint=word.value)
    assert encode(found) == body
    assert found.is_of_unknown_history == (word is Unlike.UNKNOWN)


def test_what_was_approved_or_refused_by_an_earlier_version_goes_by_the_same_mark() -> None:
    visit = linking(replace(AGREED, fingerprint=Unlike.OF_THE_VISIT.value))
    assert visit.content == "e1e5dec3e20123991eced4bb"
    assert approval_mark(visit) == "4b4cefa576ff369f10"
    assert visit.content != linking(AGREED).content
