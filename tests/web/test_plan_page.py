"""The plan and the runs: what would be posted and why, approved in part, and a run set going by hand."""

from __future__ import annotations

import re

import pytest

from ligament.wiring.clinic import Clinic, open_clinic
from tests.web.at_work import connect
from tests.web.conftest import Shop


def opened(shop: Shop) -> Clinic:
    """Open the clinic as another process would; closed with the test."""
    settings = shop.door.place.runner.settings
    return open_clinic(settings, settings.clinics[0].name, None, shop.database).__enter__()


def change(number: int, kind: str = "invoices", amount: str = "95.00") -> dict[str, object]:
    return {
        "mark": f"m{number}",
        "action_key": f"create|invoice:{number}|CLK-{number}",
        "content": "c",
        "policy": "create",
        "gives": [],
        "needs": [],
        "action": "create_document",
        "kind": kind,
        "source_id": str(number),
        "number": f"CLK-{number}",
        "amount": amount,
        "sentence": f"Post CLK-{number}.",
        "because": ["The item Consult goes to account 200."],
    }


@pytest.fixture
def planned(shop: Shop) -> Shop:
    opened(shop).approvals.keep(
        "p1", [change(1), change(2, amount="1105.00"), change(3, kind="credit_notes", amount="-10.00")]
    )
    return shop


def test_the_plan_tells_what_and_why_by_kind_and_what_it_comes_to(planned: Shop) -> None:
    page = planned.owner().get("/c/north/plan")
    assert page.status == 200
    assert "3 changes wait for your yes, 1,190.00 in all." in page.text
    assert re.search(r"<h2[^>]*>Invoices: 2, 1,200.00</h2>", page.text)
    assert re.search(r"<h2[^>]*>Credit notes: 1, -10.00</h2>", page.text)
    assert "The item Consult goes to account 200." in page.text


def test_one_finds_a_change_in_the_plan(planned: Shop) -> None:
    owner = planned.owner()
    found = owner.get("/c/north/plan?q=clk-2")
    assert "Post CLK-2." in found.text
    assert "Post CLK-1." not in found.text
    assert "Nothing in the plan is called that" in owner.get("/c/north/plan?q=%3Cscript%3E").text


def test_what_was_approved_says_that_it_waits_for_the_next_run(planned: Shop) -> None:
    owner = planned.owner()
    told = {"csrf_token": owner.csrf(), "names": "m2", "choice": "approve", "back": "plan"}
    answered = owner.post("/c/north/approvals", told)
    assert (answered.status, answered.location) == (303, "/c/north/plan")
    page = owner.get("/c/north/plan")
    assert "2 changes wait for your yes, 85.00 in all." in page.text
    assert "This was approved and waits for the next run" in page.text
    assert page.text.index("Post CLK-2.") > page.text.index("This was approved")
    assert page.form("/c/north/runs").has("csrf_token")


def test_refusing_without_a_reason_stays_on_the_plan_and_changes_nothing(planned: Shop) -> None:
    owner = planned.owner()
    told = {"csrf_token": owner.csrf(), "names": "m1", "choice": "refuse", "reason": " ", "back": "plan"}
    page = owner.post("/c/north/approvals", told)
    assert page.status == 422
    assert "Say in a few words why not." in page.text
    assert "What would be posted" in page.text
    assert len(opened(planned).approvals.asked()) == 3


def test_a_viewer_reads_the_plan_and_can_start_nothing(planned: Shop) -> None:
    viewer = planned.member("viewer@x.example", "viewer")
    page = viewer.get("/c/north/plan")
    assert "Post CLK-1." in page.text
    assert "Approve what is ticked" not in page.text
    assert viewer.post("/c/north/runs", {"csrf_token": viewer.csrf()}).status == 403
    assert opened(planned).runs.newest() == ()


def test_a_run_that_cannot_sign_in_says_so_and_stands_in_the_list(shop: Shop) -> None:
    owner = shop.owner()
    page = owner.post("/c/north/runs", {"csrf_token": owner.csrf()})
    assert page.status == 422
    assert 'role="alert"' in page.text
    (run,) = opened(shop).runs.newest()
    assert run.summary["error"]
    one = owner.get(f"/c/north/runs/{run.id}")
    assert one.status == 200
    assert str(run.summary["error"])[:20] in one.text
    assert owner.get("/c/north/runs/20200101T000000000000-abc").status == 404


def test_a_run_tells_its_counts_calls_and_how_long_it_took(shop: Shop) -> None:
    clinic = opened(shop)
    run_id = clinic.runs.start("sync", "abc")
    summary = {
        "read": {"invoices": 1214},
        "created": {"invoices": 12},
        "held": {"invoices": 2},
        "calls": {"practice": {"get": 4}, "books": 9},
    }
    clinic.runs.finish(run_id, summary)
    page = shop.owner().get(f"/c/north/runs/{run_id}")
    for told in ("12 written, 2 wait.", "1,214", "Calls of Practice", "Calls of Books", "See what waits"):
        assert told in page.text, told


def test_nothing_has_run_is_said(shop: Shop) -> None:
    connect(shop)
    owner = shop.owner()
    assert "Nothing has run yet" in owner.get("/c/north/runs").text
    assert "Nothing waits to be posted" in owner.get("/c/north/plan").text
