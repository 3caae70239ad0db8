"""Recalls to a mailing list: off until somebody answers for it, and nobody's no is ever overridden."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ligament.connectors.mailchimp import simulator as list_side
from ligament.connectors.registry import for_role, part_of
from ligament.simkit.hosting import Host
from ligament.wiring.clocks import clock_starting_at
from tests.cli.kit import NOW, Answer, Clinic, served
from tests.cli.test_recalls import RULES, STANDARD, patient, put, seen

NEWS = list_side.Audience(id="a1b2c3d4e5", name="Riverside news")
TAG = "Six-month check"


@dataclass(slots=True)
class Stage:
    """The clinic of the kit, and the mailing list beside it."""

    clinic: Clinic
    host: Host[Any]

    @property
    def news(self) -> Any:
        return self.host.world.only()

    def run(self, *words: str) -> Answer:
        self.host.clear_log()
        return self.clinic.run("recalls", "--push", "--json", *words)

    def pushed(self, *words: str) -> Any:
        answer = self.run("--yes", *words)
        assert answer.code in {0, 1}, answer.said
        return answer.json

    def status(self, who: int, status: str) -> None:
        at = NOW - timedelta(hours=1)
        self.host.change(lambda world: list_side.world.set_status(world, f"p{who}@mail.example", status, at=at))

    def tagged(self, name: str = TAG) -> set[str]:
        members = self.news.members
        return {members[mark].email for mark in self.news.tags.get(name, ())}

    def writes(self) -> list[str]:
        return [f"{one.request.method} {one.request.path}" for one in self.host.log if one.request.method != "GET"]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with served(tmp_path / "home") as clinic:
        yield from staged(clinic)


def staged(clinic: Clinic) -> Iterator[Stage]:
    clinic.write(RULES.replace("Pilates class", "Standard consultation"))
    put(clinic, "appointment_types", {"id": STANDARD, "name": "Standard consultation"})
    world = list_side.World().with_audience(NEWS)
    with Host(list_side.handle, world, clock=clock_starting_at(NOW).now) as host:
        clinic.environ |= {"MAILCHIMP_API_KEY": list_side.DEFAULT_KEY, "LIGAMENT_MAILCHIMP_URL": host.url}
        yield Stage(clinic, host)


def due(stage: Stage, *numbers: int, **more: object) -> list[str]:
    people = [patient(stage.clinic, number, **more) for number in numbers]
    for one in people:
        seen(stage.clinic, one)
    return people


def test_nothing_leaves_before_somebody_has_answered_for_it_and_that_is_kept(stage: Stage) -> None:
    due(stage, 1)
    refused = stage.run()
    assert refused.code == 2
    assert "owner" in refused.err
    assert stage.writes() == []
    stage.pushed()
    journal = stage.clinic.run("journal", "--json").out
    assert "recall_push_confirmed" in journal
    assert "mail.example" not in journal
    assert stage.run().code == 0


def test_whoever_is_due_is_added_with_the_first_name_and_tagged_and_a_second_push_changes_nothing(stage: Stage) -> None:
    due(stage, 1, 2)
    document = stage.pushed()
    assert (document["due"], document["pushed"], document["added"]) == (2, 2, 2)
    assert stage.tagged() == {"p1@mail.example", "p2@mail.example"}
    (one, _) = stage.news.members.values()
    assert (one.status, one.merge_fields) == ("subscribed", {"FNAME": "First1"})
    again = stage.pushed()
    assert (again["pushed"], again["added"]) == (2, 0)
    assert stage.writes() == []


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("unsubscribed", "unsubscribed"),
        ("cleaned", "cleaned"),
        ("pending", "pending"),
        ("transactional", "not_subscribed"),
        ("archived", "taken_out"),
        ("something new", "unknown_there"),
    ],
)
def test_whoever_is_there_keeps_their_standing_and_gets_no_tag(stage: Stage, status: str, reason: str) -> None:
    due(stage, 1)
    stage.status(1, status)
    document = stage.pushed()
    assert (document["due"], document["pushed"], document["left_out"][reason]) == (1, 0, 1)
    assert [member.status for member in stage.news.members.values()] == [status]
    assert stage.writes() == []


def test_an_unsubscribe_holds_for_good_also_when_the_list_forgets_it(stage: Stage) -> None:
    due(stage, 1)
    stage.status(1, "unsubscribed")
    stage.pushed()
    stage.host.change(lambda _: list_side.World().with_audience(NEWS))
    document = stage.pushed()
    assert document["left_out"]["unsubscribed"] == 1
    assert stage.news.members == {}


def test_whoever_is_not_due_any_more_or_refuses_loses_our_tag_and_no_other(stage: Stage) -> None:
    one, _ = due(stage, 1, 2)
    stage.pushed()
    mark = list_side.hash_of("p1@mail.example")
    stage.host.change(lambda world: world.with_audience(world.only().with_tag("Christmas", frozenset({mark}))))
    seen(stage.clinic, one, NOW + timedelta(days=3), updated_at=NOW - timedelta(seconds=1))
    patient(stage.clinic, 2, accepted_email_marketing=False, updated_at=NOW - timedelta(seconds=1))
    document = stage.pushed()
    assert (document["pushed"], document["untagged"]) == (0, 2)
    assert stage.tagged() == set()
    assert stage.tagged("Christmas") == {"p1@mail.example"}
    assert {member.status for member in stage.news.members.values()} == {"subscribed"}


def test_two_patients_with_one_address_are_one_member(stage: Stage) -> None:
    due(stage, 1)
    due(stage, 2, email="P1@mail.example")
    document = stage.pushed()
    assert (document["due"], document["pushed"], document["added"]) == (2, 2, 1)
    assert len(stage.news.members) == 1


def test_it_is_refused_while_the_practices_own_link_is_on(stage: Stage) -> None:
    due(stage, 1)

    def link(world: Any) -> Any:
        desk = part_of(for_role("practice"), "simulator").control
        return desk.change_settings(world, "integrations", {"mail_chimp": {"enabled": True}})

    stage.clinic.practice.change(link)
    refused = stage.run("--yes")
    assert refused.code == 2
    assert "both would fight" in refused.err
    assert stage.writes() == []


def test_a_key_that_does_not_work_is_3_and_several_lists_must_be_told_apart(stage: Stage) -> None:
    due(stage, 1)
    stage.clinic.environ["MAILCHIMP_API_KEY"] = "ffffffffffffffffffffffffffffffff-us19"
    assert stage.run("--yes").code == 3
    stage.clinic.environ["MAILCHIMP_API_KEY"] = list_side.DEFAULT_KEY
    stage.host.change(lambda world: world.with_audience(replace(NEWS, id="ffff", name="Staff")))
    refused = stage.run("--yes")
    # Nobody has to sign in for that: the rulebook has to say which one.
    assert refused.code == 2
    assert '"Staff"' in refused.err
    rulebook = (stage.clinic.home / "ligament.toml").read_text()
    stage.clinic.write(rulebook + '\n[mailchimp]\naudience = "Riverside news"\n')
    assert stage.run("--yes").code == 0
    assert stage.host.world.audiences["ffff"].members == {}


def test_five_hundred_cost_hardly_more_calls_than_the_least_that_batches_allow(stage: Stage) -> None:
    due(stage, *range(1, 501))
    document = stage.pushed()
    assert document["pushed"] == 500
    # The list, its members, its fields, one batch, asking for it once, reading back, the tag: looking, making, looking
    # again, and putting it on 500.
    assert len(stage.host.log) <= 10 * 1.05
    assert len(stage.tagged()) == 500


def test_connect_keeps_the_key_and_says_which_list_it_leads_to(stage: Stage) -> None:
    key = stage.clinic.environ.pop("MAILCHIMP_API_KEY")
    answer = stage.clinic.run("connect", "mailchimp", "--json", typed=f"{key}\n")
    assert (answer.code, answer.json["account"]) == (0, "Riverside news"), answer.said
    due(stage, 1)
    assert stage.pushed()["pushed"] == 1
    database = (stage.clinic.home / "ligament.db").read_bytes().decode("latin-1")
    assert key not in database
    assert key not in json.dumps(answer.json)


@pytest.mark.parametrize("key", ["bad", "with space-us19", "x" * 300])
def test_a_key_that_cannot_be_one_is_signing_in_again_and_no_crash(stage: Stage, key: str) -> None:
    due(stage, 1)
    stage.clinic.environ["MAILCHIMP_API_KEY"] = key
    answer = stage.run("--yes")
    assert answer.code == 3
    assert answer.json["error"]["code"] == "wrong_key"
    assert key not in answer.said
    assert stage.writes() == []
