"""Records that wait by the hundred, for every reason there is."""

from __future__ import annotations

from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.ids import RunId
from ligament.core.intents import Subject, SubjectKind
from ligament.core.plans import Outcome, Plan, RecordKind, State
from ligament.wiring.clinic import open_clinic
from tests.web.conftest import Shop

STRANGE = "<img src=x onerror=document.title='hurt'> Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh"
"""A name that would do harm where it is not escaped, and that is longer than any column."""


def hold_many(shop: Shop, number: int) -> None:
    """Let so many records wait, for each reason in turn, most of them for a gap in the mapping."""
    codes = [code for code in HoldCode if code is not HoldCode.UNMAPPED_ITEM]
    holds = []
    for place in range(number):
        code = codes[place] if place < len(codes) else HoldCode.UNMAPPED_ITEM
        subject = Subject(kind=SubjectKind.INVOICE, id=str(10**18 + place))
        name = STRANGE if place % 50 == 0 else f"Standard consultation {place % 7}"
        sentence = f"CLK-{place} cannot be posted: {name} has no account."
        held = Hold(
            subject=subject,
            code=code,
            kind=HoldKind.INVOICE,
            number=f"CLK-{place}",
            sentence=sentence,
            detail={"item": name},
        )
        holds.append(held)
    ended = tuple(
        Outcome(
            subject=one.subject, kind=RecordKind.INVOICES, state=State.HELD, number=one.number, reason=one.code.value
        )
        for one in holds
    )
    settings = shop.door.place.runner.settings
    with open_clinic(settings, settings.clinics[0].name, None, shop.database) as clinic:
        clinic.store.keep_outcomes(
            RunId("r1"), Plan(outcomes=ended, holds=tuple(holds)), {one.subject for one in holds}
        )


def hold(shop: Shop, *numbers: int) -> list[str]:
    """Let invoices of these numbers wait for an answer; returns the ids of their holds."""
    holds, ended, subjects = [], [], set()
    for number in numbers:
        subject = Subject(kind=SubjectKind.INVOICE, id=str(1412000000000000000 + number))
        code = HoldCode.CREDIT_OR_CASH
        holds.append(Hold(subject=subject, code=code, kind=HoldKind.PAYMENT, number=str(number), sentence="Paid."))
        ended.append(
            Outcome(subject=subject, kind=RecordKind.INVOICES, state=State.HELD, number=str(number), reason=code.value)
        )
        subjects.add(subject)
    settings = shop.door.place.runner.settings
    with open_clinic(settings, settings.clinics[0].name, None, shop.database) as clinic:
        clinic.store.keep_outcomes(RunId("r1"), Plan(outcomes=tuple(ended), holds=tuple(holds)), subjects)
    return [str(one.id) for one in holds]
