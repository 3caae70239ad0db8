"""A plan made in portions is the plan made at once: limits see all of it, what waits holds up what follows."""

from __future__ import annotations

import gc
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from ligament.app.approvals import approve
from ligament.app.plans import whole
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control as builder
from ligament.core.conservation import ConservationError
from ligament.core.facts import Facts
from ligament.core.intents import Subject, SubjectKind
from ligament.core.plans import Outcome, Plan, RecordKind, State
from ligament.flow import cycle
from ligament.flow.execute.execute import execute
from ligament.flow.plan import survey
from ligament.flow.plan.survey import Part, Planner, Survey, whole_plan
from ligament.flow.read.read import EVERYTHING
from tests.support.practice import PLACE
from tests.support.stage import RULEBOOK, Stage, stage

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

INSURER: dict[str, Any] = {
    "id": "1402000000000000003",
    "company_name": "Insurer",
    "type": "3rd Party Payer",
    "type_code": 2,
}
CONSULT = [{"name": "Consult", "unit_price": "95.00"}]


@pytest.fixture
def in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every patient a portion."""
    monkeypatch.setattr("ligament.app.cycle_options.CycleOptions", partial(cycle.CycleOptions, portion=1))
    monkeypatch.setattr("ligament.app.plans.Planner", partial(Planner, size=1))


def clinic_with(home: Path, **policy: str) -> Stage:
    """Set a stage with three patients and what the rulebook says under [approval]."""
    more = "".join(f"{key} = {value}\n" for key, value in policy.items())
    made = stage(home / "home", rulebook=RULEBOOK + more)
    for number in (1, 2, 3):
        made.patient(number, f"First{number}", f"Last{number}")
    return made


def patient(number: int) -> str:
    return f"141000000000000{number:04}"


def raised(clinic: Stage, price: str = "95.00") -> list[str]:
    return [clinic.invoice(patient=patient(number), price=price) for number in (1, 2, 3)]


def edit(clinic: Stage, invoice: str, price: str) -> None:
    (item,) = [one for one in builder.items_of(clinic.practice.world, invoice) if not one.get("archived_at")]
    changed = [{"id": item["id"], "name": item["name"], "unit_price": price}]
    at = clinic.pass_time(seconds=30)
    clinic.practice.change(lambda world: builder.edit_invoice(world, invoice, {}, changed, at=at))


def to_the_insurer(clinic: Stage) -> None:
    """Raise an invoice for each patient that the same payer is billed for."""
    at = clinic.pass_time(seconds=30)
    stamps = {"created_at": at, "updated_at": at}
    clinic.practice.change(lambda world: cliniko.put(world, "contacts", {**INSURER, **stamps}))
    for number in (1, 2, 3):
        at = clinic.pass_time(seconds=30)
        fields: dict[str, object] = {**PLACE, "patient_id": patient(number), "invoice_to": "Insurer\n1 Street"}
        clinic.practice.change(partial(_raise, fields, at))


def _raise(fields: dict[str, object], at: datetime, world: Any) -> Any:
    return builder.create_invoice(world, fields, CONSULT, at=at)[0]


def plan_of(clinic: Stage, size: int) -> Plan:
    with clinic.app() as app:
        around, book = app.surroundings(), app.settings.rulebook
        return whole_plan(Planner(memory=app.store, rulebook=book, around=around, size=size), EVERYTHING)


def test_a_plan_in_portions_is_the_plan_made_at_once(tmp_path: Path) -> None:
    clinic = clinic_with(tmp_path, contact='"ask"')
    clinic.patient(4, "First1", "Last1")
    raised(clinic)
    clinic.invoice(patient=patient(4), price="20.00", paid=True)
    to_the_insurer(clinic)
    clinic.sync()
    at_once, in_portions = plan_of(clinic, 1000), plan_of(clinic, 1)

    def written(plan: Plan) -> list[tuple[str, str]]:
        return sorted((action.key, action.content) for action in plan.actions)

    assert len(at_once.actions) > 8
    assert written(in_portions) == written(at_once)
    assert sorted(map(repr, in_portions.outcomes)) == sorted(map(repr, at_once.outcomes))
    assert plan_of(clinic, 1) == in_portions


def test_what_several_portions_would_do_stands_in_the_plan_once(tmp_path: Path) -> None:
    clinic = clinic_with(tmp_path)
    to_the_insurer(clinic)
    clinic.sync()
    at = clinic.pass_time(seconds=30)
    clinic.practice.change(
        lambda world: cliniko.put(
            world, "contacts", {**INSURER, "email": "a@b.example", "created_at": at, "updated_at": at}
        )
    )
    with clinic.app() as app:
        shown = whole(app).document["actions"]
    plan = plan_of(clinic, 1)
    assert [action["action"] for action in shown] == ["update_contact"]
    assert [action.kind.value for action in plan.actions] == ["update_contact"]


@pytest.mark.parametrize("first", [State.HELD, State.SKIPPED])
def test_a_record_that_two_portions_look_at_ends_as_the_stronger_says(first: State) -> None:
    subject = Subject(kind=SubjectKind.PAYER, id="5")
    found = Survey()
    for state in (first, State.SKIPPED, State.HELD, State.SKIPPED):
        outcome = Outcome(subject=subject, kind=RecordKind.CONTACTS, state=state)
        found.take(Part(facts=Facts(), plan=Plan(outcomes=(outcome,))))
    assert [outcome.state for outcome in found.as_plan().outcomes] == [State.HELD]


@pytest.mark.usefixtures("in_portions")
def test_the_limit_on_changes_counts_the_whole_plan(tmp_path: Path) -> None:
    clinic = clinic_with(tmp_path, max_existing_changes="2")
    invoices = raised(clinic)
    clinic.sync()
    for invoice in invoices:
        edit(clinic, invoice, "70.00")
    clinic.clear_log()
    document = clinic.sync()
    assert [action["action"] for action in document["waiting"]] == ["update_document"] * 3
    assert clinic.writes() == []


@pytest.mark.usefixtures("in_portions")
def test_what_waits_in_one_portion_holds_up_what_follows_in_others(tmp_path: Path) -> None:
    clinic = clinic_with(tmp_path, contact='"ask"')
    to_the_insurer(clinic)
    waiting = clinic.sync()["waiting"]
    assert clinic.writes() == []
    assert len([one for one in waiting if one["action"] == "create_document"]) == 3
    with clinic.app() as app:
        approve(app)
    done = clinic.sync()
    assert (done["created"]["contacts"], done["created"]["invoices"], done["waiting"]) == (5, 3, [])
    clinic.clear_log()
    clinic.sync()
    assert clinic.writes() == []


@pytest.mark.usefixtures("in_portions")
def test_what_was_approved_counts_though_an_earlier_portion_made_its_contact_meanwhile(tmp_path: Path) -> None:
    clinic = clinic_with(tmp_path, contact='"ask"', create='"ask"')
    to_the_insurer(clinic)
    clinic.sync()
    with clinic.app() as app:
        approve(app)
    done = clinic.sync()
    assert (done["created"]["contacts"], done["created"]["invoices"], done["waiting"]) == (5, 3, [])


@pytest.mark.usefixtures("in_portions")
def test_a_run_that_is_cut_between_portions_posts_the_rest_later_and_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = clinic_with(tmp_path)
    raised(clinic)
    calls: list[Any] = []

    class CutError(Exception):
        """The process ends here."""

    def cut(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 3:
            raise CutError
        return execute(*given)

    monkeypatch.setattr("ligament.flow.cycle.execute", cut)
    with pytest.raises(CutError):
        clinic.sync()
    posted = len(clinic.kept_books().invoices)
    assert 0 < posted < 3
    document = clinic.sync()
    assert document["created"]["invoices"] == 3 - posted
    assert len(clinic.kept_books().invoices) == 3


@pytest.mark.usefixtures("in_portions")
def test_namesakes_in_different_portions_get_different_names(tmp_path: Path) -> None:
    clinic = clinic_with(tmp_path)
    clinic.patient(4, "First1", "Last1")
    clinic.sync()
    names = [contact.name for contact in clinic.kept_books().contacts.values()]
    assert sorted(name for name in names if name.startswith("First1")) == ["First1 Last1", "First1 Last1 (000004)"]


def test_an_invoice_that_is_lost_between_portions_stops_the_run(tmp_path: Path) -> None:
    clinic = clinic_with(tmp_path)
    raised(clinic)
    clinic.sync()
    with clinic.app() as app:
        around, book = app.surroundings(), app.settings.rulebook
        planner = Planner(memory=app.store, rulebook=book, around=around, size=1)
        found = survey.surveyed(planner, EVERYTHING)
    found.outcomes.pop(next(key for key in found.outcomes if key.startswith("invoice:")))
    with pytest.raises(ConservationError, match="3 invoices"):
        found.assert_whole()


def test_the_collector_looks_as_often_as_before_after_planning_and_after_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = clinic_with(tmp_path)
    clinic.sync()
    before = gc.get_threshold()
    plan_of(clinic, 1)
    assert gc.get_threshold() == before

    class BrokenError(Exception):
        """Planning fails."""

    def broken(*_: Any) -> Any:
        assert gc.isenabled()
        assert gc.get_threshold() != before
        raise BrokenError

    monkeypatch.setattr(survey, "make_plan", broken)
    with pytest.raises(BrokenError):
        plan_of(clinic, 1)
    assert gc.get_threshold() == before
