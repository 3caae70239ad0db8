"""A form that is sent twice acts once: whoever presses a button again, or goes back and sends anew, changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ligament.app.reconcile import reconcile
from ligament.connectors.xero.simulator import control as desk
from tests.contacts.kit import ANA, BEN, Clinic
from tests.web.at_work import asking, conflict, owner_over
from tests.web.browsing import Person

HERE = "/c/riverside-physio"


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    """A clinic with a conflict to answer, a large invoice to approve, and a document that somebody voided."""
    with asking(tmp_path / "home") as made:
        made.invoice(ANA)
        made.sync()
        gone, at = next(iter(made.books.world.only().invoices)), made.later()
        made.books.change(lambda world: desk.void_invoice(world, gone, at=at))
        conflict(made, ANA, "ana")
        made.invoice(BEN, price="1120")
        made.sync()
        made.later()
        with made.app() as app:
            reconcile(app)
        yield made


@pytest.fixture
def owner(clinic: Clinic) -> Iterator[Person]:
    with owner_over(clinic) as person:
        yield person


def twice(owner: Person, path: str, **fields: str) -> list[int]:
    """Send one and the same form twice; nothing of ours may fail."""
    form = {"csrf_token": owner.csrf(), **fields}
    found = [owner.post(path, form).status for _ in range(2)]
    assert found[0] == 303
    assert found[1] < 500
    return found


def entries(clinic: Clinic, kind: str) -> list[dict[str, Any]]:
    with clinic.app() as app:
        return [dict(one) for one in app.queries.journal(limit=200) if one["kind"] == kind]


def test_an_answer_to_what_waits_counts_once(owner: Person, clinic: Clinic) -> None:
    with clinic.app() as app:
        (hold,) = app.store.open_holds()
    before = len(entries(clinic, "decision"))
    twice(owner, f"{HERE}/holds/{hold.id}/decision", choice="books")
    with clinic.app() as app:
        assert app.store.answers([hold]).keys() == {hold.id}
    assert len(entries(clinic, "decision")) == before + 1
    with clinic.heard() as said:
        clinic.sync()
    assert [one for one in said if "patients" in one] == [f"PATCH /v1/patients/{ANA}"]


def test_an_approval_has_one_voice_and_is_posted_once(owner: Person, clinic: Clinic) -> None:
    with clinic.app() as app:
        (asked,) = [one for one in app.approvals.asked() if one.document["amount"] == "1120.00"]
    twice(owner, f"{HERE}/approvals", names=asked.mark, choice="approve")
    with clinic.app() as app:
        assert [len(one.voices) for one in app.approvals.asked() if one.mark == asked.mark] == [1]
    clinic.sync()
    clinic.sync()
    assert [str(one.total) for one in clinic.books.world.only().invoices.values()].count("1120.00") == 1


def test_a_note_and_a_fix_of_a_difference_are_kept_once(owner: Person, clinic: Clinic) -> None:
    with clinic.app() as app:
        (voided,) = [one for one in app.variances.kept() if one.variance.fix is not None]
    twice(owner, f"{HERE}/variances/{voided.variance.id}/acknowledge", note="The accountant knows.")
    told = [one for one in entries(clinic, "variance") if "known" in str(one["public"])]
    assert len(told) == 1
    twice(owner, f"{HERE}/variances/{voided.variance.id}/fix")
    with clinic.app() as app:
        asked = [one for one in app.approvals.asked() if one.document["source_id"] == voided.variance.source_id]
    assert len(asked) == 1


def test_a_run_is_taken_back_once(owner: Person, clinic: Clinic) -> None:
    with clinic.app() as app:
        run = [one for one in app.runs.newest() if one.kind == "sync"][-1]
    twice(owner, f"{HERE}/runs/{run.id}/undo", confirm="yes")
    contacts = clinic.contacts()
    assert [one.status for one in contacts if one.number == f"CLK-{BEN}"] == ["ARCHIVED"]
    with clinic.heard() as said:
        owner.post(f"{HERE}/runs/{run.id}/undo", {"csrf_token": owner.csrf(), "confirm": "yes"})
    assert said == []


def test_running_and_comparing_again_write_nothing(owner: Person, clinic: Clinic) -> None:
    twice(owner, f"{HERE}/runs")
    held = {one.document_id: one.status for one in clinic.books.world.only().invoices.values()}
    with clinic.heard() as said:
        twice(owner, f"{HERE}/runs")
        twice(owner, f"{HERE}/reconciliation")
    assert said == []
    assert {one.document_id: one.status for one in clinic.books.world.only().invoices.values()} == held


def test_every_decision_says_who_made_it_and_from_where(owner: Person, clinic: Clinic) -> None:
    with clinic.app() as app:
        (hold,) = app.store.open_holds()
        (voided,) = [one for one in app.variances.kept() if one.variance.fix is not None]
        (asked,) = [one for one in app.approvals.asked() if one.document["amount"] == "1120.00"]
        last = app.queries.journal(limit=1)[0]["sequence"]
    csrf = owner.csrf()
    for path, form in (
        (f"holds/{hold.id}/decision", {"choice": "practice", "note": "As she told us."}),
        ("approvals", {"names": asked.mark, "choice": "refuse", "reason": "Not this month."}),
        (f"variances/{voided.variance.id}/acknowledge", {"note": "The accountant knows."}),
        (f"variances/{voided.variance.id}/fix", {}),
    ):
        assert owner.post(f"{HERE}/{path}", {"csrf_token": csrf, **form}).status == 303, path
    with clinic.app() as app:
        told = [one for one in app.queries.journal(limit=50) if int(str(one["sequence"])) > int(str(last))]
    assert {str(one["kind"]) for one in told} >= {"decision", "variance"}
    assert len(told) >= 4
    assert {(one["actor"], one["source"]) for one in told} == {("kim@riverside.example", "web 127.0.0.1")}
