"""What is only listed of a contact names it, also where the contact of the books carries no number of ours."""

from __future__ import annotations

from datetime import date

import pytest

from ligament.core.comparisons import Judging, TaxLabels
from ligament.core.intents import Subject, SubjectKind
from ligament.core.plans import NoteKind
from ligament.core.rules.model import Rulebook
from ligament.core.strays import ListedContact, judge_contact

DAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("kind", "number", "named"),
    [
        (SubjectKind.PATIENT, "CLK-7", "Contact CLK-7"),
        (SubjectKind.PATIENT, "", "The contact of patient 7"),
        (SubjectKind.PAYER, "", "The contact of payer 7"),
    ],
)
def test_a_listed_contact_is_named_with_and_without_a_number(kind: SubjectKind, number: str, named: str) -> None:
    how = Judging(
        rulebook=Rulebook(), labels=TaxLabels(), title="Cliniko", books="Xero", first=DAY, last=DAY, local=_no_day
    )
    contact = ListedContact(
        party=Subject(kind=kind, id="7"),
        books_id="b",
        number=number,
        updated_at=None,
        notes=(("name", NoteKind.PUT_BACK),),
    )
    variance = judge_contact(contact, how)
    assert variance is not None
    assert variance.sentence == f"{named}: the name was changed in Xero, where Cliniko decides."


def _no_day(_: object) -> date:
    return DAY
