"""The page of what waits: every hold with its answers as buttons, every approval with its yes and no."""

from __future__ import annotations

import re

import pytest

from ligament.core.causes import CASES
from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.ids import RunId
from ligament.core.intents import Subject, SubjectKind
from ligament.core.plans import Outcome, Plan, RecordKind, State
from ligament.web.hold_words import fixes
from ligament.wiring.clinic import Clinic, open_clinic
from tests.web.at_work import connect
from tests.web.conftest import Shop
from tests.web.crowd import hold_many

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
    for button in ("Use the credit", "It was money", "Leave it", "Approve what is ticked"):
        assert re.search(rf"<button[^>]*>{button}", page.text), button
    assert "Void CLK-7." in page.text
    assert "95.00" in page.text


def test_what_one_choice_in_the_mapping_frees_stands_once_with_how_many_wait_for_it(shop: Shop) -> None:
    hold_many(shop, len(HoldCode) + 69)
    text = shop.owner().get("/c/north/waiting").text
    section = text.partition('id="g-unmapped_item"')[2].partition("<table")[0]
    told = re.findall(r'mapping\?q=([^"]+)">Map ([^<]+)</a> <span class="quiet">(\d+) records</span>', section)
    assert len(told) == len({name for name, *_ in told}) >= 7
    assert sum(int(count) for *_, count in told) >= 69
    assert [int(count) for *_, count in told] == sorted((int(count) for *_, count in told), reverse=True)
    causes = text.partition('<nav class="causes"')[2].partition("</nav>")[0]
    assert set(re.findall(r'href="#([^"]+)"', causes)) == set(re.findall(r'<h2 id="(g-[^"]+)"', text))


def test_hundreds_that_wait_stand_a_few_of_each_cause_and_each_cause_in_pages(shop: Shop) -> None:
    hold_many(shop, len(HoldCode) + 449)
    owner = shop.owner()
    page = owner.get("/c/north/waiting")
    form = page.form("/c/north/holds/decisions")
    assert len([name for name, _ in form.fields if name == "names"]) == 20
    assert "Shown are the first 20; answers here are for these." in page.text
    link = re.search(r'href="(/c/north/waiting\?cause=unmapped_item)">See all 450', page.text)
    assert link is not None
    alone = owner.get(link.group(1))
    assert "1 to 200 of 450 records" in alone.text
    assert 'href="?cause=unmapped_item&amp;page=2">Next 200' in alone.text
    assert 'id="g-paid_edit"' not in alone.text
    last = owner.get("/c/north/waiting?cause=unmapped_item&page=3")
    assert "401 to 450 of 450 records" in last.text
    assert owner.get("/c/north/waiting?cause=unmapped_item&page=99").text.count("401 to 450") == 1
    # Who answers some of one cause goes on with that cause.
    form = last.form("/c/north/holds/decisions")
    first = next(pair for pair in form.fields if pair[0] == "names")
    names = [pair for pair in form.fields if pair[0] != "names" or pair == first]
    done = owner.post(form.action, [*names, ("choice", "dismiss")])
    assert (done.status, done.location) == (303, "/c/north/waiting?cause=unmapped_item")


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
    connect(shop)
    assert "Nothing waits" in shop.owner().get("/c/north/waiting").text


def several(shop: Shop, code: HoldCode, *numbers: str, kind: HoldKind = HoldKind.INVOICE, **detail: str) -> list[str]:
    """Let several invoices wait for one reason, and return the ids of the holds."""
    clinic = opened(shop)
    holds = [
        Hold(
            subject=Subject(kind=SubjectKind.INVOICE, id=f"14120000000000{number}"),
            code=code,
            kind=kind,
            number=number,
            sentence=f"{number} waits.",
            detail=detail,
        )
        for number in numbers
    ]
    ended = tuple(
        Outcome(subject=one.subject, kind=RecordKind.INVOICES, state=State.HELD, number=one.number, reason=code.value)
        for one in holds
    )
    plan = Plan(outcomes=ended, holds=tuple(holds))
    clinic.store.keep_outcomes(RunId("r1"), plan, {one.subject for one in holds})
    return [one.id for one in clinic.store.open_holds()]


def test_all_of_one_cause_are_answered_at_once_with_the_reason_kept(shop: Shop) -> None:
    owner = shop.owner()
    several(shop, HoldCode.PAID_EDIT, "2041", "2042", "999")
    ids = [next(one.id for one in opened(shop).store.open_holds() if one.number == n) for n in ("999", "2041", "2042")]
    page = owner.get("/c/north/waiting")
    assert "Post the adjustment: all that are ticked" in page.text
    form = page.form("/c/north/holds/decisions")
    assert [value for name, value in form.fields if name == "names"] == ids
    kept = [pair for pair in form.fields if pair != ("names", ids[2]) and pair[0] != "note"]
    done = owner.follow(owner.post(form.action, [*kept, ("choice", "dismiss"), ("note", "agreed by phone")]))
    assert "2 are answered; the next run acts on it." in done.text
    assert done.text.count("Answered by kim@riverside.example") == 2
    assert done.text.count("agreed by phone") == 2
    none = owner.post(form.action, {"csrf_token": owner.csrf(), "choice": "dismiss", "note": "because"})
    assert none.status == 422
    assert "Tick at least one record first." in none.text
    assert 'value="because"' in none.text


def test_what_is_not_mapped_leads_to_its_place_on_the_mapping_page(shop: Shop) -> None:
    owner = shop.owner()
    several(shop, HoldCode.UNMAPPED_ITEM, "2041", item="Dry needling")
    page = owner.get("/c/north/waiting")
    assert 'href="/c/north/mapping?q=Dry%20needling"' in page.text
    assert "Map it" in page.text


def test_enter_in_a_text_field_decides_nothing(held: Shop) -> None:
    text = held.owner().get("/c/north/waiting").text
    for form in re.findall(r"<form[^>]*method=.post.*?</form>", text, re.DOTALL):
        if 'name="note"' in form or 'name="reason"' in form:
            assert re.search(r"<button[^>]*>", form).group(0) == "<button hidden disabled>"  # type: ignore[union-attr]


def test_every_answer_of_every_case_has_a_button_of_its_own() -> None:
    for code, case in CASES.items():
        labels = [one.label for one in fixes(code)]
        assert len(set(labels)) == len(labels), code
        meant = set(case.answers) - {"approve", "retry"} if len(labels) < len(case.answers) else set(case.answers)
        assert meant <= {one.word for one in fixes(code)}, code
    assert fixes("nothing") == ()


def test_a_hold_that_waits_no_longer_is_not_looked_at(held: Shop) -> None:
    owner = held.owner()
    identifier = opened(held).store.open_holds()[0].id
    looked = owner.get(f"/c/north/waiting?look={identifier}").text
    assert "Paid from credit, or with money?: 2041" in looked
    assert owner.get("/c/north/waiting?look=nothing").status == 200
