"""Most invoices vanish in the practice: comparing stops, and goes on once a person says what that means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ligament.app.vanished import accept_removed, look_again_later, vanished_invoices
from ligament.connectors.cliniko import simulator as cliniko
from ligament.ports.errors import SignInAgain
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.rulebooks import system_named_in
from tests.reconcile.planting import Scene
from tests.support.stage import stage


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Set a scene with four invoices in both systems."""
    made = Scene(stage(tmp_path))
    for _ in range(4):
        made.stage.invoice()
    made.stage.sync()
    made.compare()
    return made


def remove(scene: Scene, many: int) -> list[str]:
    """Let the first so many invoices vanish without a trace."""
    gone = list(scene.stage.practice.world.table("invoices").rows)[:many]

    def change(world: Any) -> Any:
        for invoice in gone:
            world = cliniko.remove(world, "invoices", invoice)
        return world

    scene.stage.practice.change(change)
    return gone


def stops(scene: Scene, says: str) -> None:
    with pytest.raises(SignInAgain, match=says) as trouble:
        scene.compare()
    assert system_named_in(trouble.value.sentence) == "cliniko", "whoever is told is sent to the right system"
    assert 'ligament variances accept-removed --note "WHY"' in str(trouble.value)


def accept(scene: Scene, note: str = "The whole series was entered by mistake") -> dict[str, Any]:
    scene.stage.pass_time(minutes=1)
    with scene.stage.app() as clinic:
        return accept_removed(clinic, note).document


def test_what_a_person_takes_for_removed_is_compared_and_told_and_nothing_is_voided_by_it(scene: Scene) -> None:
    before = scene.stage.practice.world
    remove(scene, 3)
    stops(scene, "no longer shows 3 of 4 invoices")
    scene.stage.clear_log()
    told = accept(scene)["accepted"]
    assert (told["count"], told["of"], told["numbers"]) == (3, 4, ["1", "2", "3"])
    assert scene.stage.writes() == [], "saying so writes to neither system"
    compared = scene.compare()
    assert sorted((one["kind"], one["number"]) for one in compared["variances"]) == [
        ("status", "1"), ("status", "2"), ("status", "3"),
    ]  # fmt: skip
    assert compared["totals"]["source"] == "95.00"
    again = scene.compare()
    assert [one["id"] for one in again["variances"]] == [one["id"] for one in compared["variances"]]
    # Where they are shown again after all, they count again.
    scene.stage.practice.change(lambda _: before)
    back = scene.compare()
    assert back["totals"]["source"] == "380.00"


def test_the_word_is_in_the_journal_with_who_and_why(scene: Scene) -> None:
    remove(scene, 4)
    stops(scene, "4 of 4")
    accept(scene, "The practice was emptied on purpose")
    with scene.stage.app() as clinic:
        (entry,) = [one for one in clinic.queries.journal(limit=50) if one["kind"] == "decision"]
        actor = clinic.outside.actor
    assert entry["public"] == {"decision": "removed", "invoices": 4, "of": 4, "first": ["1", "2", "3", "4"]}
    assert entry["actor"] == actor
    assert entry["personal"] == {"reason": "The practice was emptied on purpose"}


def test_it_counts_for_exactly_what_was_shown_and_once(scene: Scene) -> None:
    for _ in range(8):
        scene.stage.invoice()
    scene.stage.sync()
    all_there = scene.stage.practice.world
    remove(scene, 8)
    stops(scene, "8 of 12")
    accept(scene)
    # More vanish between the word and the comparison: of these nobody has said anything.
    remove(scene, 12)
    stops(scene, "12 of 12")
    scene.stage.practice.change(lambda _: all_there)
    assert scene.compare()["variances"] == [], "all of it is shown again"
    remove(scene, 8)
    stops(scene, "8 of 12")
    accept(scene)
    scene.stage.practice.change(lambda _: all_there)
    assert scene.compare()["variances"] == []
    remove(scene, 8)
    stops(scene, "8 of 12")
    accept(scene)
    assert len(scene.compare()["variances"]) == 8


def test_nothing_to_say_it_of_and_no_reason_are_refused(scene: Scene) -> None:
    with scene.stage.app() as clinic:
        assert vanished_invoices(clinic) is None
        with pytest.raises(ConfigurationError, match="No comparison waits for that"):
            accept_removed(clinic, "because")
    remove(scene, 4)
    stops(scene, "4 of 4")
    with scene.stage.app() as clinic:
        with pytest.raises(ConfigurationError, match="--note"):
            accept_removed(clinic, "  ")
        assert vanished_invoices(clinic) is not None


def test_a_removed_one_is_not_asked_for_again_every_night(scene: Scene) -> None:
    remove(scene, 1)
    assert [one["kind"] for one in scene.compare()["variances"]] == ["status"]
    scene.stage.pass_time(days=120)
    scene.compare(full=True)
    scene.stage.clear_log()
    told = scene.compare()["swept"]
    asked = [one.request for one in scene.stage.practice.log if one.request.path == "/v1/invoices"]
    assert asked
    assert not [one for one in asked if any(text.startswith("id:") for text in one.every("q[]"))]
    assert told["counted"] == told["months"] - told["listed"] > 0, "the month in which it was is equal again"
    assert told["listed"] < 5


def test_a_service_asks_once_an_hour_and_not_at_every_turn(scene: Scene) -> None:
    remove(scene, 4)
    stops(scene, "4 of 4")
    scene.stage.clear_log()
    with scene.stage.app() as clinic, pytest.raises(SignInAgain, match="4 of 4"):
        look_again_later(clinic)
    assert scene.stage.practice.log == []
    assert scene.stage.books.log == []
    scene.stage.pass_time(hours=1)
    with scene.stage.app() as clinic:
        look_again_later(clinic)
    stops(scene, "4 of 4")
    accept(scene)
    with scene.stage.app() as clinic:
        look_again_later(clinic)
