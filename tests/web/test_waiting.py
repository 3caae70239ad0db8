"""The page of what waits: every hold with its answers as buttons, every approval with its yes and no."""

from __future__ import annotations

import re

import pytest

from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.ids import RunId
from ligament.core.intents import Subject, SubjectKind
from ligament.core.plans import Outcome, Plan, RecordKind, State
from ligament.wiring.clinic import Clinic, open_clinic
from tests.web.conftest import Shop

INVOICE = Subject(kind=SubjectKind.INVOICE, id="1412000000000002041")


def opened(shop: Shop) -> Clinic:
    """Open the clinic as another process would; closed with the test."""
    settings = shop.door.place.runner.settings
    return open_clinic(settings, settings.clinics[0].name, None, shop.database).__enter__()


@pytest.fixture
def held(shop: Shop) -> Shop:
    """Let one invoice wait for an answer, and one change for approval."""
    clinic = opened(shop)
    hold = Hold(
        subject=INVOICE,
        code=HoldCode.CREDIT_OR_CASH,
        kind=HoldKind.PAYMENT,
        number="2041",
        sentence="2041 is paid, and the same contact had credit.",
        proposed={"amount": "95.00"},
    )
    ended = Outcome(subject=INVOICE, kind=RecordKind.INVOICES, state=State.HELD, number="2041", reason=hold.code.value)
    clinic.store.keep_outcomes(RunId("r1"), Plan(outcomes=(ended,), holds=(hold,)), {INVOICE})
    asked = {
        "mark": "m1",
        "action_key": "void|invoice:7|CLK-7",
        "content": "c",
        "policy": "void",
        "gives": [],
        "needs": [],
        "action": "void",
        "kind": "invoices",
        "source_id": "7",
        "number": "CLK-7",
        "amount": "95.00",
        "sentence": "Void CLK-7.",
    }
    clinic.approvals.keep("p1", [asked])
    return shop


def test_what_waits_stands_there_with_its_answers(held: Shop) -> None:
    page = held.owner().get("/c/north/waiting")
    assert page.status == 200
    assert "2041 is paid, and the same contact had credit." in page.text
    assert "(2) Waiting" in page.text
    for button in ("Approve", "It was money", "Leave it"):
        assert re.search(rf"<button[^>]*>{button}", page.text), button
    assert "Void CLK-7." in page.text
    assert "95.00" in page.text


def test_an_answer_is_kept_with_who_gave_it(held: Shop) -> None:
    owner = held.owner()
    identifier = opened(held).store.open_holds()[0].id
    answered = owner.post(
        f"/c/north/holds/{identifier}/decision", {"csrf_token": owner.csrf(), "choice": "cash", "note": "card slip"}
    )
    assert (answered.status, answered.location) == (303, "/c/north/waiting")
    entry = next(one for one in opened(held).queries.journal(limit=20) if one["kind"] == "decision")
    assert entry["actor"] == "kim@riverside.example"
    assert "cash" in str(entry["public"])


def test_a_change_is_approved_and_another_time_refused_with_a_reason(held: Shop) -> None:
    owner = held.owner()
    csrf = owner.csrf()
    wrong = owner.post("/c/north/approvals", {"csrf_token": csrf, "names": "m1", "choice": "refuse", "reason": ""})
    assert wrong.status == 422
    assert "Say in a few words why not." in wrong.text
    told = owner.post("/c/north/approvals", {"csrf_token": csrf, "names": "m1", "choice": "approve"})
    assert told.status == 303
    assert [voice.by for voice in opened(held).approvals.asked()[0].voices] == ["kim@riverside.example"]
    owner.post(
        "/c/north/approvals", {"csrf_token": csrf, "names": "CLK-7", "choice": "refuse", "reason": "it is right"}
    )
    assert opened(held).approvals.asked() == ()


def test_a_viewer_sees_what_waits_and_may_answer_nothing(held: Shop) -> None:
    viewer = held.member("viewer@x.example", "viewer")
    page = viewer.get("/c/north/waiting")
    assert page.status == 200
    assert "It was money" not in page.text
    refused = viewer.post("/c/north/approvals", {"csrf_token": viewer.csrf(), "names": "m1", "choice": "approve"})
    assert refused.status == 403


def test_nothing_waits_is_said(shop: Shop) -> None:
    assert "Nothing waits" in shop.owner().get("/c/north/waiting").text
