"""Nothing is told twice: not by a message, not to another tool, and no list asks again what another list asks."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ligament.app.holds import list_holds
from ligament.app.notices.subscriptions import NewHook, add
from ligament.app.scheduled import compare_daily, compare_weekly
from ligament.app.variances import acknowledge, list_variances
from ligament.connectors.cliniko.simulator.world import amend
from ligament.connectors.xero.simulator import control as office
from ligament.store.shared.deliveries import Outbox
from tests.alerts.receiver import Receiver, receiving
from tests.reconcile.many import made
from tests.reconcile.planting import Scene, lower_amount, remove_payment, void
from tests.support.practice import PATIENT
from tests.support.stage import RULEBOOK, stage

Told = dict[str, Any]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


def scene_of(home: Path, receiver: Receiver, more: str = "") -> Scene:
    """Set a scene that tells people at an address, and another tool by a hook."""
    scene = Scene(stage(home, rulebook=f'{RULEBOOK}[alerts]\nurls = ["{receiver.address}"]\n{more}'))
    with scene.stage.app() as clinic:
        add(clinic, NewHook(url="https://hooks.example/in"))
    return scene


def told_to_tools(scene: Scene) -> list[Told]:
    """Return everything that another tool is told of holds and differences."""
    with scene.stage.app() as clinic:
        box = Outbox(clinic.database, clinic.clock.now)
        (hook,) = box.hooks(clinic.journal.clinic)
        bodies = [json.loads(one.body) for one in box.deliveries(hook.clinic, hook.id, limit=5_000)]
    return [body for body in bodies if body["type"] in {"hold.opened", "variance.opened"}]


def to_do(scene: Scene) -> tuple[list[Told], list[Told]]:
    """Return the holds, and the differences that need a person, as both lists have them."""
    with scene.stage.app() as clinic:
        holds = list_holds(clinic).document["holds"]
        found = list_variances(clinic).document["variances"]
    return holds, [one for one in found if one["needs"] == "person" and one["state"] in {"new", "back"}]


def night(scene: Scene, *, weekly: bool = False, runs: bool = True) -> Told:
    """Let a night pass, with what the schedule makes of it; whether a `run` comes before it."""
    scene.stage.pass_time(hours=20)
    if runs:
        scene.stage.sync()
    scene.stage.pass_time(minutes=1)
    with scene.stage.app() as clinic:
        return (compare_weekly if weekly else compare_daily)(clinic).document


def asked_twice(holds: list[Told], differences: list[Told]) -> list[str]:
    """Return what two lists, or one list twice, ask a person to do about one cause."""
    wrong = []
    open_ones = {hold["id"]: hold for hold in holds}
    of_record = defaultdict(list)
    for hold in holds:
        of_record[hold["source_id"]].append(hold)
    for one in differences:
        if one["hold"]:
            if one["hold"] not in open_ones:
                wrong.append(f"{one['sentence']}: it is a question that nobody is asked")
        elif of_record[one["source_id"]]:
            wrong.append(f"{one['sentence']}: beside {[hold['sentence'] for hold in of_record[one['source_id']]]}")
    for key, times in Counter((one["source_id"] or one["books_id"], one["kind"]) for one in differences).items():
        if times > 1:
            wrong.append(f"{key} is listed {times} times")
    for name, times in Counter(one["hold"] for one in differences if one["hold"]).items():
        if times > 1:
            wrong.append(f"the hold {name} stands behind {times} differences")
    return wrong


def _once(home: Path, receiver: Receiver, seed: int, most: int | None) -> None:
    scene = scene_of(home, receiver)
    # What is planted stands on a record of its own each, so that a record is a cause.
    made(scene, seed, most=most)
    for place in range(4):
        night(scene, weekly=place == 2, runs=place > 0)
        holds, differences = to_do(scene)
        assert not asked_twice(holds, differences)
    told = told_to_tools(scene)
    names = Counter((body["type"], body["data"].get("variance_id") or body["data"]["hold_id"]) for body in told)
    assert [key for key, times in names.items() if times > 1] == []
    both = defaultdict(set)
    for body in told:
        if body["data"].get("needs", "person") == "person":
            both[body["data"]["source_id"]].add(body["type"])
    assert [key for key, kinds in both.items() if key and len(kinds) > 1] == []
    said = Counter((one["title"], one["message"]) for one in receiver.got)
    assert [words for words, times in said.items() if times > 1] == []
    reports = [one for one in receiver.got if "Reconciliation" in one["title"]]
    assert len(reports) <= 1, "what nobody has answered yet is no news in the next night"


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_told_twice_and_no_cause_is_two_things_to_do(tmp_path: Path, receiver: Receiver, seed: int) -> None:
    _once(tmp_path, receiver, seed, 12)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 104))
def test_the_same_of_everything_that_can_be_planted(tmp_path: Path, receiver: Receiver, seed: int) -> None:
    _once(tmp_path, receiver, seed, None)


def test_a_report_is_sent_again_when_there_is_something_new_in_it(tmp_path: Path, receiver: Receiver) -> None:
    scene = scene_of(tmp_path, receiver)
    first, second = scene.stage.invoice(), scene.stage.invoice(price="60.00")
    scene.stage.sync()

    def reports() -> list[str]:
        night(scene)
        return [one["title"] for one in receiver.taken() if "Reconciliation" in one["title"]]

    assert reports() == []
    lower_amount(scene, first)
    assert reports() == ["Reconciliation of Riverside: 1 needs a person"]
    assert reports() == []
    void(scene, second)
    assert reports() == ["Reconciliation of Riverside: 2 need a person"]
    assert reports() == []
    with scene.stage.app() as clinic:
        for one in to_do(scene)[1]:
            acknowledge(clinic, one["id"], "known")
    assert reports() == []
    # What was known and has another amount now is back, and that is news.
    lower_amount(scene, first)
    assert reports() == ["Reconciliation of Riverside: 1 needs a person"]
    assert reports() == []


def test_a_field_that_both_sides_changed_is_one_question(tmp_path: Path, receiver: Receiver) -> None:
    scene = scene_of(tmp_path, receiver, '[contacts.wins]\nemail = "ask"\n')
    invoice = scene.stage.invoice()
    scene.stage.sync()
    contact = scene.document(invoice).contact_id
    scene.office(office.edit_contact, contact, {"EmailAddress": "theirs@mail.example"})
    at = scene.stage.pass_time(minutes=1)
    ours = {"email": "ours@mail.example"}
    scene.stage.practice.change(lambda world: amend(world, "patients", PATIENT, ours, at=at))
    for _ in range(2):
        night(scene)
        holds, differences = to_do(scene)
        assert [hold["code"] for hold in holds] == ["field_conflict"]
        assert differences == []
    assert [body["type"] for body in told_to_tools(scene)] == ["hold.opened"]


def test_a_question_is_told_as_one_and_not_as_a_difference_too(tmp_path: Path, receiver: Receiver) -> None:
    scene = scene_of(tmp_path, receiver)
    paid = scene.stage.invoice(paid=True)
    scene.stage.sync()
    remove_payment(scene, paid)
    night(scene)
    assert [body["type"] for body in told_to_tools(scene)] == ["hold.opened"]
    (hold,), (one,) = to_do(scene)
    assert (one["kind"], one["hold"], one["source_id"]) == ("held", hold["id"], hold["source_id"])
