"""Other tools are told what happens: added, listed and removed on the command line, and told nothing about people."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ligament.core.events import KEYS, EventType
from ligament.core.private import Private
from ligament.net.outward import OutwardRule
from ligament.store.database.connection import Database, open_database
from ligament.store.vault.vault import Vault
from ligament.wiring.clocks import SystemClock
from ligament.wiring.hook_secrets import HookSecrets, kept_secrets
from tests.alerts.receiver import receiving as alerted
from tests.cli.kit import Clinic
from tests.notifications.receiver import receiving, status
from tests.support.practice import RULEBOOK

AUTO = RULEBOOK
LOCAL = '\n[hooks]\nallow_private = ["127.0.0.1"]\n'


def added(clinic: Clinic, *words: str, url: str = "https://hooks.example/in", typed: str = "") -> Any:
    answer = clinic.run("hooks", "add", url, *words, "--json", typed=typed)
    assert answer.code == 0, answer.said
    return answer.json


def listed(clinic: Clinic) -> list[dict[str, object]]:
    return list(clinic.run("hooks", "list", "--json").json["hooks"])


def test_a_secret_is_shown_once_and_is_text_in_base64(clinic: Clinic) -> None:
    made = added(clinic, "--event", "hold.opened")
    assert base64.b64decode(made["secret"].removeprefix("whsec_")).decode("ascii") == made["secret_as_text"]
    assert len(made["secret_as_text"]) == 32
    (one,) = listed(clinic)
    assert (one["id"], one["url"], one["events"]) == (made["id"], "https://hooks.example/in", ["hold.opened"])
    assert "secret" not in json.dumps(one)
    assert made["secret_as_text"] not in (clinic.home / "ligament.db").read_bytes().decode("latin-1")


def test_several_events_can_be_named_in_the_ways_people_type_them_and_none_means_all(clinic: Clinic) -> None:
    assert added(clinic, "--event", "hold.opened", "--event", "run.failed")["events"] == ["hold.opened", "run.failed"]
    assert added(clinic, "--event", "hold.opened", "run.failed")["events"] == ["hold.opened", "run.failed"]
    assert added(clinic)["events"] == [kind.value for kind in EventType]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("https://hooks.example/in", "--event", "hold.open"), 'Did you mean "hold.opened"?'),
        (("http://hooks.example/in",), "https://"),
        (("https://127.0.0.1/in",), "allow_private"),
        (("https://[::1]/in",), "allow_private"),
        (("https://169.254.169.254/latest/meta-data",), "allow_private"),
        (("https://user:word@hooks.example/in",), "user name"),
        (("hooks.example",), "https://"),
        (("https://hooks.example/in", "--header", "Host"), "set here"),
    ],
)
def test_what_cannot_be_is_refused_with_2_and_a_sentence(clinic: Clinic, words: tuple[str, ...], said: str) -> None:
    answer = clinic.run("hooks", "add", *words, typed="x\n")
    assert answer.code == 2
    assert said in answer.err
    assert listed(clinic) == []


def test_the_value_of_a_fixed_header_is_typed_and_never_shown(clinic: Clinic) -> None:
    made = added(clinic, "--header", "X-Api-Key", typed="hidden-value\n")
    assert made["header"] == "X-Api-Key"
    assert "hidden-value" not in json.dumps([made, *listed(clinic)])
    assert "hidden-value" not in (clinic.home / "ligament.db").read_bytes().decode("latin-1")


def test_removing_is_for_good_and_an_unknown_id_is_a_mistake(clinic: Clinic) -> None:
    made = added(clinic)
    assert clinic.run("hooks", "remove", made["id"], "--json").json == {"removed": made["id"]}
    assert listed(clinic) == []
    for verb in ("remove", "rotate", "deliveries", "replay"):
        assert clinic.run("hooks", verb, made["id"]).code == 2


def vault_of(clinic: Clinic, database: Database) -> Vault:
    key = base64.b64decode(clinic.environ.get("LIGAMENT_VAULT_KEY") or (clinic.home / "vault.key").read_text())
    name = clinic_key(clinic)
    return Vault(database, name, key, bytes, SystemClock().now)


def clinic_key(clinic: Clinic) -> str:
    database = open_database(f"sqlite:///{clinic.home / 'ligament.db'}")
    try:
        with database.reading() as connection:
            return str(connection.exec_driver_sql("SELECT clinic FROM hooks").scalar_one())
    finally:
        database.close()


def test_after_a_rotation_both_secrets_sign_for_a_day(clinic: Clinic) -> None:
    first = added(clinic)
    second = clinic.run("hooks", "rotate", first["id"], "--json").json
    database = open_database(f"sqlite:///{clinic.home / 'ligament.db'}")
    held = kept_secrets(vault_of(clinic, database), first["id"])
    database.close()
    assert held is not None
    now = datetime.now(UTC)
    assert [one.reveal() for one in held.signing(now)] == [second["secret"], first["secret"]]
    assert [one.reveal() for one in held.signing(now + timedelta(hours=24))] == [second["secret"]]


def test_what_a_run_posts_is_told_once_for_each_record_and_names_nobody(clinic: Clinic) -> None:
    clinic.write(AUTO + LOCAL)
    clinic.invoice({"name": "Grief counselling", "unit_price": "95.00"}, paid=True)
    with receiving() as receiver:
        made = added(clinic, url=receiver.url)
        assert clinic.run("sync", "--once").code in {0, 1}
        assert clinic.run("sync", "--once").code in {0, 1}
        (one,) = listed(clinic)
        assert (one["waiting"], one["dead"]) == (0, 0)
    bodies = [json.loads(arrived.body) for arrived in receiver.got]
    posted = [body["data"] for body in bodies if body["type"] == "record.posted"]
    assert sorted(data["kind"] for data in posted) == ["contact", "invoice", "payment"]
    assert {data["amount"] for data in posted} == {"0.00", "95.00"}
    assert all(data["source_id"] and data["books_id"] and data["clinic"] for data in posted)
    assert [body["type"] for body in bodies if body["type"].startswith("run.")] == ["run.completed"] * 2
    for body in bodies:
        assert list(body["data"]) == list(KEYS[EventType(body["type"])])
    everything = b"".join(arrived.body for arrived in receiver.got).decode()
    for private in ("Ada", "Sample", "@", "Grief", "counselling", "Grief counselling"):
        assert private not in everything
    tried = clinic.run("hooks", "deliveries", made["id"], "--json").json["deliveries"]
    assert {one["state"] for one in tried} == {"delivered"}
    assert len({one["webhook_id"] for one in tried}) == len(receiver.got)


def test_a_first_run_that_asks_is_told_once(clinic: Clinic) -> None:
    clinic.write(RULEBOOK.replace('first_run = "auto"', 'first_run = "ask"') + LOCAL)
    clinic.invoice({"name": "Consult", "unit_price": "95.00"})
    with receiving() as receiver:
        added(clinic, "--event", "approval.wanted", url=receiver.url)
        clinic.run("sync", "--once")
        clinic.run("plan")
        clinic.run("sync", "--once")
    (one,) = receiver.got
    assert json.loads(one.body)["data"]["sentence"].endswith("wait for approval.")


def test_people_see_the_secret_once_and_are_told_what_to_do_when_it_is_lost(clinic: Clinic) -> None:
    answer = clinic.run("hooks", "add", "https://hooks.example/in", "--event", "run.failed")
    assert "whsec_" in answer.out
    assert "hooks rotate" in answer.out
    shown = clinic.run("hooks")
    assert "whsec_" not in shown.out
    assert "run.failed" in shown.out


def test_the_rule_for_addresses_comes_from_the_rulebook() -> None:
    assert OutwardRule(allowed=("10.0.0.0/8",)).check("http://10.1.1.1/x").port == 80
    assert HookSecrets(secret=Private("whsec_x")).signing(datetime.now(UTC))[0].reveal() == "whsec_x"


def test_a_run_that_failed_is_told_too_and_that_it_works_again(clinic: Clinic) -> None:
    clinic.write(AUTO + LOCAL)
    with receiving() as receiver:
        added(clinic, "--event", "run.failed", "run.healed", url=receiver.url)
        assert clinic.run("sync", "--once", CLINIKO_API_KEY="wrong-key-au1").code == 3
        assert clinic.run("sync", "--once").code == 0
    assert [json.loads(one.body)["type"] for one in receiver.got] == ["run.failed", "run.healed"]
    assert all(json.loads(one.body)["data"]["sentence"] for one in receiver.got)


def test_what_a_receiver_does_not_take_waits_and_the_run_is_what_it_was(clinic: Clinic) -> None:
    clinic.write(AUTO + LOCAL + "retry_seconds = [3600]\n")
    with receiving(lambda _: status(500)) as receiver:
        made = added(clinic, "--event", "run.completed", url=receiver.url)
        assert clinic.run("sync", "--once").code == 0
        (lost,) = clinic.run("hooks", "deliveries", made["id"], "--json").json["deliveries"]
    assert (lost["state"], lost["attempts"], lost["status"]) == ("waiting", 1, 500)
    with receiving() as again:
        again.stop()
        again.port = receiver.port
        again.start()
        assert clinic.run("hooks", "replay", made["id"], lost["id"], "--json").json["replayed"] == 1
        assert clinic.run("sync", "--once").code == 0
    assert {one.headers["webhook-id"] for one in again.got} >= {lost["webhook_id"]}


def test_a_comparison_and_each_new_difference_are_told_once(clinic: Clinic) -> None:
    clinic.write(AUTO + LOCAL)
    clinic.invoice({"name": "Consult", "unit_price": "95.00"})
    with receiving() as receiver:
        added(clinic, "--event", "reconciliation.completed", "variance.opened", url=receiver.url)
        assert clinic.run("reconcile").code in {0, 1}
        assert clinic.run("reconcile").code in {0, 1}
        clinic.run("sync", "--once")
    told = [json.loads(one.body) for one in receiver.got]
    kinds = [body["type"] for body in told]
    assert kinds.count("reconciliation.completed") == 2
    assert kinds.count("variance.opened") == len({body["data"].get("variance_id") for body in told} - {None}) > 0
    assert {body["data"]["source"] for body in told if body["type"] == "reconciliation.completed"} == {"95.00"}
    assert "Ada" not in json.dumps(told)


def test_a_clinic_is_told_by_its_id_which_addresses_use_too(clinic: Clinic) -> None:
    clinic.write(AUTO.replace('name = "Riverside Physio"', 'id = "river"\nname = "Riverside Physio"') + LOCAL)
    with receiving() as receiver:
        added(clinic, "--event", "run.completed", url=receiver.url)
        clinic.run("sync", "--once")
    assert json.loads(receiver.got[0].body)["data"]["clinic"] == "river"


def test_a_receiver_that_is_gone_ends_its_hook_and_somebody_is_told(clinic: Clinic) -> None:
    with receiving(lambda _: status(410)) as receiver, alerted() as inbox:
        clinic.write(AUTO + LOCAL + f'[alerts]\nurls = ["{inbox.address}"]\nquiet_hours = ""\n')
        made = added(clinic, "--event", "run.completed", url=receiver.url)
        clinic.run("sync", "--once")
        clinic.run("sync", "--once")
    assert len(receiver.got) == 1
    (one,) = listed(clinic)
    assert (one["state"], one["dead"]) == ("gone", 1)
    (title,) = inbox.titles
    assert "another tool does not take what it is told" in title
    assert made["id"] in inbox.got[0]["message"]
