"""What nobody foresaw in one record costs that record a hold, with a reference that stands in the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ligament.core.facts import Facts, PlanContext
from ligament.core.holds import HoldCode
from ligament.core.ids import BooksId, SourceId
from ligament.core.ledgers import BooksContact, PhoneSlot
from ligament.core.oddities import Oddity
from ligament.core.plans import Plan
from ligament.core.private import Private
from ligament.core.records import Invoice, InvoiceStatus, Line, Party, PartyKind, Phone, PhoneKind
from ligament.flow.plan.builder import EarlierPortions
from ligament.flow.plan.plan import make_plan
from ligament.wiring.logs import OddityLog
from tests.fuzz import world

NOW = datetime(2026, 11, 20, tzinfo=UTC)
BAD = "0400 000 666"


def patient(key: str, phone: str) -> Party:
    return Party(
        id=SourceId(key),
        kind=PartyKind.PATIENT,
        first=Private("Ada"),
        last=Private(f"Sample{key}"),
        phones=(Phone(kind=PhoneKind.MOBILE, number=Private(phone)),),
        created_at=NOW,
        updated_at=NOW,
    )


def invoice(key: str, patient_id: str) -> Invoice:
    money = Decimal("83.00")
    line = Line(
        id=SourceId(f"l{key}"),
        invoice_id=SourceId(key),
        name="Consult",
        quantity=Decimal(1),
        unit_price=money,
        total=money,
    )
    return Invoice(
        id=SourceId(key),
        number=key,
        issued_on=date(2026, 11, 20),
        status=InvoiceStatus.OPEN,
        total=money,
        tax=Decimal(0),
        party_id=SourceId(patient_id),
        created_at=NOW,
        updated_at=NOW,
        lines=(line,),
    )


def facts() -> Facts:
    """Three patients, of whom one may be in the books already: the telephone numbers are compared."""
    namesake = BooksContact(
        id=BooksId("c"),
        name=Private("Ada Sample2"),
        phones=((PhoneSlot.MOBILE, Private(BAD)),),
        updated_at=NOW,
    )
    return Facts(
        contacts={namesake.id: namesake},
        contacts_by_name={"ada sample2": (namesake.id,)},
        organisation=world.organisation(),
        chart=world.CHART,
        parties={f"patient:{key}": patient(key, BAD if key == "2" else "0400 000 001") for key in ("1", "2", "3")},
        invoices={SourceId(key): invoice(key, key) for key in ("1", "2", "3")},
    )


def around(told: list[Oddity]) -> PlanContext:
    """Return surroundings of which one part fails for one person's number, with that number in its words."""
    whole = world.around(told.append)

    def phone_key(number: str, country: str) -> str:
        if number == BAD:
            raise ZeroDivisionError(number)
        return whole.phone_key(number, country)

    return replace(whole, phone_key=phone_key)


def held(plan: Plan) -> dict[str, str]:
    return {hold.subject.key: hold.code.value for hold in plan.holds}


def test_the_record_waits_and_everybody_else_is_planned() -> None:
    told: list[Oddity] = []
    taken = EarlierPortions()
    plan = make_plan(facts(), world.rulebook(), around(told), taken)
    assert held(plan) == {"patient:2": HoldCode.BAD_RECORD.value, "invoice:2": HoldCode.WAITS_FOR.value}
    subjects = {action.subject.key for action in plan.actions}
    assert {"patient:1", "patient:3", "invoice:1", "invoice:3"} <= subjects
    assert not {"patient:2", "invoice:2"} & subjects
    assert taken.made == {"patient:1", "patient:3"}, "what the broken attempt took was not given back"
    assert "ada sample2" not in taken.names


def test_its_hold_names_the_reference_of_the_log_and_the_log_names_no_person(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told: list[Oddity] = []
    plan = make_plan(facts(), world.rulebook(), around(told))
    (hold,) = (one for one in plan.holds if one.code is HoldCode.BAD_RECORD)
    log = OddityLog()
    for oddity in (*told, *told):
        log(oddity)
    line = capsys.readouterr().err
    assert line.count("\n") == 1, "one cause is told once"
    assert told[0].reference in hold.sentence
    assert told[0].reference in line
    assert "patient:2" in line
    assert "ZeroDivisionError" in line
    assert BAD not in line + hold.sentence + str(hold.detail)


def test_the_same_facts_wait_for_the_same_reason_again() -> None:
    """Otherwise an answer would not count, and the hold would come and go."""
    first, second = (make_plan(facts(), world.rulebook(), around([])) for _ in range(2))
    assert [hold.fingerprint for hold in first.holds] == [hold.fingerprint for hold in second.holds]
