"""The mailing list through its port: read whole, added to without moving anybody, tagged with our tags only."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ligament.connectors.mailchimp import simulator
from ligament.connectors.mailchimp.client import WrongKey, base_url_of
from ligament.connectors.mailchimp.mapping import mark_of
from ligament.connectors.mailchimp.port import ONE_BY_ONE
from ligament.connectors.mailchimp.tests.kit import NEWS, account, people
from ligament.core.private import Private
from ligament.ports.audience import Standing
from ligament.ports.errors import OutcomeUnknown, Rejected, SignInAgain, TryLater
from ligament.simkit.faults import Fault, FaultKind, FaultScript, Rule
from tests.net.clocks import START


def members(*emails: str, status: str = "subscribed") -> simulator.World:
    audience = NEWS
    for email in emails:
        audience = audience.with_member(simulator.Member(email=email, status=status))
    return simulator.World().with_audience(audience)


def test_the_mark_of_an_address_is_that_of_the_published_example() -> None:
    assert mark_of(Private(" Urist.McVankab@freddiesjokes.com ")) == "62eeb292278cc15f5817cb78f7790b08"


@pytest.mark.parametrize(
    ("key", "url"),
    [("0123456789abcdef-us19", "https://us19.api.mailchimp.com"), ("0123-456789abcdef-uk1", "https://uk1.api.mailchimp.com")],
)  # fmt: skip
def test_the_host_is_named_by_the_keys_ending(key: str, url: str) -> None:
    assert base_url_of(key) == url


@pytest.mark.parametrize("key", ["", "short", "0123456789abcdef", "0123456789-evil.example/", "0123456789-us19.x"])
def test_a_key_that_cannot_be_one_is_refused_without_being_repeated(key: str) -> None:
    with pytest.raises(WrongKey) as trouble:
        base_url_of(key)
    assert not key or key not in str(trouble.value)


def test_every_member_is_read_however_many_pages_there_are() -> None:
    here = account(members(*(f"p{number}@mail.example" for number in range(2100))))
    pages = list(here.port.read({}, None, START))
    assert [len(page.rows) for page in pages] == [1000, 1000, 100]
    assert len({row.id for page in pages for row in page.rows}) == 2100
    assert [bool(page.cursors) for page in pages] == [False, False, True]


def test_a_standing_that_nobody_knows_is_left_alone_and_spoils_no_page() -> None:
    world = members("p1@mail.example", status="quarantined")
    here = account(world.with_audience(world.only().with_member(simulator.Member(email="p2@mail.example"))))
    (page,) = here.port.read({}, None, START)
    assert {row.standing for row in page.rows} == {Standing.UNKNOWN, Standing.SUBSCRIBED}


@pytest.mark.parametrize("many", [1, ONE_BY_ONE, ONE_BY_ONE + 1, 1001])
def test_people_are_added_one_by_one_or_in_batches_and_stand_as_the_list_says(many: int) -> None:
    here = account()
    placed = here.port.add(people(*range(many)))
    assert len(placed) == many
    assert set(placed.values()) == {Standing.SUBSCRIBED}
    assert here.news.members[mark_of(Private("p0@mail.example"))].merge_fields == {"FNAME": "First0"}
    batches = sum(asked == "POST /batches" for asked in here.asked())
    assert batches == (0 if many <= ONE_BY_ONE else -(-many // 1000))


@pytest.mark.parametrize("many", [1, ONE_BY_ONE + 1])
@pytest.mark.parametrize("becomes", ["pending", "unsubscribed", "subscribed"])
def test_whatever_becomes_of_somebody_new_only_a_subscribed_one_is_tagged(many: int, becomes: str) -> None:
    here = account(new_members_become=becomes)
    placed = here.port.add(people(*range(many)))
    assert set(placed.values()) == {Standing(becomes)}


@pytest.mark.parametrize("revives", [True, False])
@pytest.mark.parametrize("status", ["unsubscribed", "cleaned", "pending", "transactional"])
def test_an_upsert_never_touches_the_standing_of_who_is_there(status: str, *, revives: bool) -> None:
    world = members("p1@mail.example", status=status)
    here = account(replace(world, switches=simulator.Switches(put_revives_archived=revives)))
    here.port.add(people(1))
    assert here.news.members[mark_of(Private("p1@mail.example"))].status == status


@pytest.mark.parametrize("many", [1, ONE_BY_ONE + 1])
def test_an_address_that_was_deleted_for_good_is_refused_there(many: int) -> None:
    world = simulator.world.forget(members("p0@mail.example"), "p0@mail.example")
    here = account(world)
    placed = here.port.add(people(*range(many)))
    assert placed[mark_of(Private("p0@mail.example"))] is Standing.REFUSED


def test_an_audience_without_the_field_for_first_names_or_with_one_that_is_needed_takes_people_all_the_same() -> None:
    odd = replace(NEWS, merge_fields=("LNAME",), required=("LNAME",))
    here = account(simulator.World().with_audience(odd))
    assert set(here.port.add(people(1)).values()) == {Standing.SUBSCRIBED}
    (body,) = [json.loads(one.request.body) for one in here.host.log if one.request.method == "PUT"]
    assert "merge_fields" not in body


@pytest.mark.parametrize("folds", [True, False])
def test_a_tag_is_made_once_and_put_on_and_taken_off_by_five_hundreds(*, folds: bool) -> None:
    emails = [f"p{number}@mail.example" for number in range(600)]
    here = account(replace(members(*emails), switches=simulator.Switches(tag_names_fold_case=folds)))
    everybody = [Private(email) for email in emails]
    here.port.tag("Recall", put=everybody, take=[])
    assert len(here.news.tags["Recall"]) == 600
    here.port.tag("Recall", put=[], take=everybody[:599])
    assert len(here.news.tags["Recall"]) == 1
    assert sum(asked.startswith("POST") for asked in here.asked()) == 1 + 2 + 2


def test_of_several_audiences_only_the_one_that_was_named_is_touched() -> None:
    world = simulator.World().with_audience(NEWS).with_audience(simulator.Audience(id="ffff", name="Staff"))
    with pytest.raises(Rejected, match='"Staff"'):
        account(world).port.identify()
    for wanted in ("Riverside news", "a1b2c3d4e5"):
        here = account(world, wanted)
        here.port.add(people(1))
        assert here.host.world.audiences["ffff"].members == {}
        assert not any("ffff" in asked for asked in here.asked())


def test_nothing_but_address_first_name_and_tag_ever_leaves() -> None:
    here = account()
    here.port.add(people(1))
    here.port.tag("Recall", put=[Private("p1@mail.example")], take=[])
    sent = [json.loads(one.request.body) for one in here.host.log if one.request.body]
    assert sent == [
        {"email_address": "p1@mail.example", "status_if_new": "subscribed", "merge_fields": {"FNAME": "First1"}},
        {"name": "Recall", "static_segment": []},
        {"members_to_add": ["p1@mail.example"]},
    ]
    assert not any("@" in one.request.path for one in here.host.log)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(kind=FaultKind.ANSWER, status=403), TryLater),
        (Fault(kind=FaultKind.ANSWER, status=429), TryLater),
        (Fault(kind=FaultKind.ANSWER, status=503), OutcomeUnknown),
        (Fault(kind=FaultKind.DROP_AFTER), OutcomeUnknown),
    ],
)
def test_a_write_that_fails_is_told_apart_and_made_again_without_adding_anybody_twice(
    fault: Fault, kind: type[Exception]
) -> None:
    here = account()
    here.port.identify()
    here.host.faults = FaultScript(rules=(Rule(fault=fault, method="PUT", at_most=1),))
    with pytest.raises(kind) as trouble:
        here.port.add(people(1))
    assert "mail.example" not in f"{trouble.value}{trouble.value!r}"
    assert set(here.port.add(people(1)).values()) == {Standing.SUBSCRIBED}
    assert len(here.news.members) == 1


def test_a_batch_that_never_ends_is_given_up_and_says_so() -> None:
    here = account(batch_s=10**6)
    with pytest.raises(OutcomeUnknown, match="run it again"):
        here.port.add(people(*range(10)))


def test_a_key_that_was_revoked_asks_to_sign_in_again() -> None:
    here = account(replace(simulator.World().with_audience(NEWS), key="another-key-us19"))
    with pytest.raises(SignInAgain):
        here.port.identify()
