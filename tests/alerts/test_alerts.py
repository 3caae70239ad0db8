"""Alerts end to end: a real application, a real web address that listens, and a clock that moves when told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ligament.app import holds
from ligament.app.decisions import open_holds
from ligament.app.notices import notifier
from ligament.app.notices.addresses import addresses
from ligament.app.notices.alerts import list_alerts
from ligament.app.notices.alerts import test_alerts as try_addresses
from ligament.connectors.xero.simulator import control as office
from ligament.ports.errors import Broken, SignInAgain
from ligament.store.database.errors import StoreFull
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.rulebooks import read_clinic
from tests.alerts.receiver import Receiver, receiving
from tests.support import stage as stages
from tests.support.stage import RULEBOOK, Stage, stage

SECRET = "canary-secret-9c1e"
NAMES = ("Ada", "Sample", "Bram", "Quill", "mail.example")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def told(tmp_path: Path, receiver: Receiver) -> Stage:
    return stage(tmp_path / "home", rulebook=rulebook(receiver.address))


def rulebook(*urls: str, more: str = "") -> str:
    return f"{RULEBOOK}[alerts]\nurls = {json.dumps(list(urls))}\nlink = 'https://pages.example'\n{more}"


def words(message: dict[str, Any]) -> str:
    return f"{message['title']}\n{message['message']}"


def test_a_quiet_clinic_tells_nobody_anything(told: Stage, receiver: Receiver) -> None:
    told.invoice(paid=True)
    for _ in range(3):
        told.sync()
    assert receiver.got == []


def test_consent_withdrawn_is_one_alert_and_one_recovery(told: Stage, receiver: Receiver) -> None:
    told.sync()
    before = told.books.world
    stages.disconnect(told)
    for _ in range(4):
        with pytest.raises(SignInAgain):
            told.sync()
    (message,) = receiver.taken()
    assert "Riverside: somebody must sign in again" in message["title"]
    assert "The organisation is not connected any more" in message["message"]
    assert "What it means: Nothing is read or posted for this clinic until then." in message["message"]
    assert 'What to do: Connect again: `ligament connect xero --clinic "Riverside"`.' in message["message"]
    assert message["message"].endswith("https://pages.example")
    told.books.world = before
    for _ in range(2):
        told.sync()
    (message,) = receiver.taken()
    assert "it is over: somebody must sign in again" in message["title"]


def test_a_sign_in_that_expired_is_one_alert(told: Stage, receiver: Receiver) -> None:
    told.environ.pop("CLINIKO_API_KEY")
    for _ in range(2):
        with pytest.raises(SignInAgain):
            told.sync()
    (message,) = receiver.taken()
    assert "`ligament connect cliniko" in message["message"]


def test_a_run_that_reads_only_the_practice_does_not_say_that_the_books_work_again(
    told: Stage, receiver: Receiver
) -> None:
    told.sync()
    stages.disconnect(told)
    with pytest.raises(SignInAgain):
        told.sync()
    receiver.taken()
    told.sync(leave_books=True)
    assert receiver.got == []


def test_the_native_integration_is_one_alert_and_one_recovery(told: Stage, receiver: Receiver) -> None:
    told.invoice()
    stages.set_native(told, enabled=True)
    told.sync()
    told.sync()
    (message,) = receiver.taken()
    assert "Cliniko's own link to Xero is on" in message["title"]
    stages.set_native(told, enabled=False)
    assert told.sync()["created"]["invoices"] == 1
    (message,) = receiver.taken()
    assert "it is over" in message["title"]


def test_holds_are_told_by_cause_and_the_queue_clears_itself(told: Stage, receiver: Receiver) -> None:
    for _ in range(3):
        told.invoice(tax_name="Odd", tax_rate="10")
    told.sync()
    told.invoice(tax_name="Odd", tax_rate="10")
    assert {hold["code"] for hold in told.sync()["holds"]} == {"unmapped_tax"}
    (message,) = receiver.taken()
    assert "Taxes without a tax type" in message["title"]
    assert message["message"].startswith("3 records wait: Taxes without a tax type.")
    assert "rulebook" in message["message"]
    with told.app() as app:
        remarks = list_alerts(app).document["for_the_digest"]
    assert remarks == ["4 records wait: Taxes without a tax type."]
    file = told.home / "ligament.toml"
    file.write_text(file.read_text().replace("[payments]", '"Odd 10" = "OUTPUT"\n[payments]'))
    for _ in range(2):
        assert told.sync()["holds"] == []
    assert ["it is over: Taxes without a tax type" in title for title in receiver.titles] == [True]


def test_something_broken_is_told_once(told: Stage, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise Broken("The answer makes no sense.", f"detail {SECRET}")

    with monkeypatch.context() as patch:
        patch.setattr("ligament.app.sync.run_cycle", broken)
        for _ in range(2):
            with pytest.raises(Broken):
                told.sync()
    (message,) = receiver.taken()
    assert "something is broken" in message["title"]
    assert SECRET not in words(message)
    told.sync()
    assert ["it is over" in title for title in receiver.titles] == [True]


def test_a_full_disk_is_told(told: Stage, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreFull("The disk is full. Make room and try again.")

    monkeypatch.setattr("ligament.app.sync.run_cycle", full)
    with pytest.raises(StoreFull):
        told.sync()
    assert "The disk is full." in receiver.got[0]["message"]


def test_the_days_limit_used_up_on_two_days_is_told(told: Stage, receiver: Receiver) -> None:
    told.sync()
    (client,) = told.books.world.apps
    told.books.change(lambda world: office.set_day_limit(world, client, 1))
    told.invoice()
    assert told.sync()["parked"]
    assert receiver.taken() == []
    told.pass_time(days=1, hours=1)
    assert told.sync()["parked"]
    titles = [message["title"] for message in receiver.taken()]
    assert sum("the day's calls are not enough" in title for title in titles) == 1


def test_nothing_is_sent_in_quiet_hours_and_all_of_it_afterwards(told: Stage, receiver: Receiver) -> None:
    told.pass_time(hours=12)  # 21:30 at the clinic
    told.invoice()
    stages.set_native(told, enabled=True)
    for _ in range(3):
        told.sync()
    assert receiver.got == []
    told.pass_time(hours=10)
    told.sync()
    assert len(receiver.taken()) == 1


def test_lesser_things_come_in_one_summary_at_its_time(told: Stage, receiver: Receiver) -> None:
    text = (told.home / "ligament.toml").read_text().replace('first_run = "auto"', 'first_run = "ask"')
    (told.home / "ligament.toml").write_text(text)
    told.invoice()
    assert told.sync()["waiting"]
    assert receiver.got == []
    told.pass_time(hours=23)
    told.sync()
    (message,) = receiver.taken()
    assert "daily summary" in message["title"]
    assert "planned actions wait for approval" in message["message"]
    told.pass_time(days=1)
    told.sync()
    (message,) = receiver.taken()
    assert "wait for a yes still" in message["title"], "the one reminder of what waits"
    told.pass_time(days=2)
    told.sync()
    assert receiver.got == []


def test_a_restart_repeats_nothing(told: Stage, receiver: Receiver) -> None:
    """Every run of the stage opens the application anew, as a new process does."""
    stages.set_native(told, enabled=True)
    for _ in range(5):
        told.sync()
    assert len(receiver.got) == 1


def test_nothing_personal_is_ever_in_an_alert(told: Stage, receiver: Receiver) -> None:
    # Somebody else in the books has the address of a patient; an amount; a tax that nobody mapped.
    told.patient(8, "Bram", "Quill")
    told.invoice(price="4321.09", tax_name="Odd", tax_rate="10")
    told.books.change(
        lambda world: office.create_contact(
            world, {"Name": "Someone Else", "EmailAddress": "ada@example.org"}, at=told.time.at
        )[0]
    )
    report = told.sync()
    assert {hold["code"] for hold in report["holds"]} >= {"same_email_other_name"}
    told.pass_time(hours=23)
    told.sync()
    assert receiver.got
    everything = "\n".join(words(message) for message in receiver.got)
    for canary in (*NAMES, "Someone", "4321", "4,321", "ada@", "example.org"):
        assert canary not in everything


def test_addresses_take_secrets_from_the_environment(tmp_path: Path, receiver: Receiver) -> None:
    made = stage(tmp_path / "home", rulebook=rulebook(receiver.address.replace("inbox", "${ALERT_TOKEN}")))
    clinic = made.settings().clinics[0]
    (one,) = addresses(clinic, {"ALERT_TOKEN": "a b@c"})
    assert "a%20b%40c" in one.url.reveal()
    assert "a b" not in one.shown
    (one,) = addresses(clinic, {})
    assert one.complaint == "address 1 (json://...): the environment has no ALERT_TOKEN."
    whole = stage(tmp_path / "other", rulebook=rulebook("${ALERT_URL}")).settings().clinics[0]
    (one,) = addresses(whole, {"ALERT_URL": receiver.address})
    assert (one.url.reveal(), one.complaint) == (receiver.address, "")


def test_bad_addresses_are_named_without_their_secrets_and_the_good_ones_still_work(
    tmp_path: Path, receiver: Receiver
) -> None:
    bad = (f"nonsense-{SECRET}", f"slack://{SECRET}")
    made = stage(tmp_path / "home", rulebook=rulebook(bad[0], receiver.address, bad[1], "json://127.0.0.1:9/x?retry=0"))
    with made.app() as app:
        verdict = try_addresses(app)
    assert [one["worked"] for one in verdict.document["addresses"]] == [False, True, False, False]
    assert verdict.code == 1
    assert SECRET not in json.dumps(verdict.document)
    assert verdict.document["addresses"][0]["reason"].startswith("address 1 (...): this is no address")
    assert verdict.document["addresses"][2]["reason"].startswith("address 3 (slack://...): this is no address")
    assert "the message was not taken" in verdict.document["addresses"][3]["reason"]
    assert receiver.titles == ["Ligament, Riverside: a test"]
    stages.set_native(made, enabled=True)
    made.sync()
    made.sync()
    assert len(receiver.got) == 2
    with made.app() as app:
        listed = list_alerts(app).document
    assert [bool(one["complaint"]) for one in listed["addresses"]] == [True, False, True, True]
    assert [one["cause"] for one in listed["open"]] == ["native"]
    assert SECRET not in json.dumps(listed)


def test_an_address_that_was_away_gets_the_message_later(told: Stage, receiver: Receiver) -> None:
    receiver.status = 503
    stages.set_native(told, enabled=True)
    told.sync()
    told.sync()
    assert receiver.got == []
    assert len(receiver.paths) == 1
    receiver.status = 200
    told.pass_time(minutes=20)
    told.sync()
    assert len(receiver.got) == 1


def test_no_address_is_a_clear_error(tmp_path: Path) -> None:
    made = stage(tmp_path / "home")
    with made.app() as app, pytest.raises(ConfigurationError, match=r"alerts\.urls"):
        try_addresses(app)


def test_the_engine_tells_of_a_rulebook_that_cannot_be_read(told: Stage, receiver: Receiver) -> None:
    with told.app() as app:
        ring = notifier.configuration_notifier(told.settings(), app.database, lambda: told.time.at)
        for _ in range(2):
            ring("configuration", "Riverside", "ligament.toml, line 3: it is wrong.")
        ring("sign_in", "Riverside", "the cycle itself tells this")
    (message,) = receiver.taken()
    assert "the rulebook cannot be read" in message["title"]
    told.sync()
    assert "it is over" in receiver.got[0]["title"]


def test_a_paused_clinic_is_told_after_quiet_hours_without_any_run(told: Stage, receiver: Receiver) -> None:
    told.pass_time(hours=12)  # 21:30 at the clinic
    with told.app() as app:
        ring = notifier.configuration_notifier(told.settings(), app.database, lambda: told.time.at)
        ring("configuration", "Riverside", "ligament.toml, line 3: it is wrong.")
        notifier.flush(told.settings(), app.database, lambda: told.time.at)
        assert receiver.got == []
        told.pass_time(hours=10)
        for _ in range(2):
            notifier.flush(told.settings(), app.database, lambda: told.time.at)
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    ("line", "key"),
    [('quiet_hours = "20-7"', "quiet_hours"), ('digest_at = "8"', "digest_at"), ('link = "pages"', "link")],
)
def test_a_wrong_setting_is_named(tmp_path: Path, line: str, key: str) -> None:
    file = tmp_path / "ligament.toml"
    file.write_text(f"{RULEBOOK}[alerts]\n{line}\n")
    with pytest.raises(ConfigurationError, match=f"alerts.{key}"):
        read_clinic(file)


# --- holds as an error queue ------------------------------------------------------------------------------------------


def test_holds_can_be_retried_by_id_by_cause_and_all_at_once(told: Stage) -> None:
    told.invoice(tax_name="Odd", tax_rate="10")
    told.invoice(tax_name="Odd", tax_rate="10")
    told.sync()
    with told.app() as app:
        ids = sorted(hold["id"] for hold in open_holds(app))
        assert sorted(holds.retry(app, "unmapped_tax").document["retried"]) == ids
        assert holds.retry(app, ids[0]).document["retried"] == [ids[0]]
        assert holds.retry(app, "all").document["retried"] == []
        assert "rejected" in holds.retry(app, "rejected").document["sentence"]
        with pytest.raises(ConfigurationError, match="Nothing called"):
            holds.retry(app, "no such thing")


def test_what_waits_clears_itself_when_its_cause_is_gone(told: Stage) -> None:
    told.invoice()
    told.sync()
    assert len(told.kept_books().invoices) == 1
    told.books.change(lambda world: office.archive_account(world, "200", at=told.time.at))
    told.invoice()
    assert [hold["code"] for hold in told.sync()["holds"]] == ["unmapped_account"]
    told.books.change(_reopened)
    told.pass_time(minutes=6)
    report = told.sync()
    assert report["holds"] == []
    assert report["created"]["invoices"] == 1


def _reopened(world: Any) -> Any:
    from dataclasses import replace  # noqa: PLC0415 - one place needs it

    books = world.only()
    accounts = {key: replace(one, status="ACTIVE") if one.code == "200" else one for key, one in books.accounts.items()}
    return world.with_books(replace(books, accounts=accounts))


def test_time_passes_only_when_told(told: Stage) -> None:
    before = told.time.at
    told.sync()
    assert timedelta(minutes=1) <= told.time.at - before < timedelta(minutes=2)
