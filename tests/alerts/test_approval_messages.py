"""What waits for a yes is told once, with a link for each person who may say it, and told again once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ligament.app.approvals import approve
from ligament.app.notices.alerts import list_alerts
from ligament.app.notices.notifier import flush
from ligament.core.access import Role
from ligament.store.access.users import User
from ligament.wiring.access import open_access
from tests.alerts.receiver import Receiver, receiving
from tests.support.stage import RULEBOOK, Stage, stage

KIM, VI = "kim@riverside.example", "vi@riverside.example"
LINK = re.compile(r"http://127\.0\.0\.1:8321/approve\?key=\S+")


@pytest.fixture
def everybody() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def kim() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def asking(tmp_path: Path, everybody: Receiver, kim: Receiver) -> Stage:
    """A clinic where new documents wait for a yes, one chat for everybody, and one mailbox for Kim."""
    book = RULEBOOK.replace('first_run = "auto"', 'first_run = "ask"\ncreate = "ask"')
    alerts = f"[alerts]\nurls = {json.dumps([everybody.address])}\nquiet_hours = ''\n[alerts.people]\n"
    made = stage(tmp_path / "home", rulebook=f'{book}{alerts}"Kim@Riverside.example" = {json.dumps(kim.address)}\n')
    with made.app() as clinic:
        users = open_access(lambda: clinic.home_settings, clinic.database).users
        users.add(User(id="kim", email=KIM, role=Role.BOOKKEEPER))
    return made


def later(made: Stage, **span: float) -> None:
    """Let time go by, and let the service look whether anything is to be told."""
    made.time.advance(timedelta(**span))
    with made.app() as clinic:
        flush(clinic.home_settings, clinic.database, clinic.clock.now)


def test_what_waits_is_told_once_with_a_link_for_whom_it_is_made(
    asking: Stage, everybody: Receiver, kim: Receiver
) -> None:
    asking.invoice()
    for _ in range(3):
        asking.sync()
    assert everybody.taken() == [], "it is in the summary of the day, and in the reminder"
    (mine,) = kim.taken()
    assert "2 planned changes wait for a yes" in mine["title"]
    assert len(LINK.findall(mine["message"])) == 1
    assert "works once, and until" in mine["message"]
    for name in ("Ada", "Sample", "mail.example", "95.00"):
        assert name not in mine["message"]
    later(asking, days=1)
    assert all("/approve" not in told["message"] for told in everybody.got)
    assert any("daily summary" in title for title in everybody.titles)


def test_no_link_leaves_for_somebody_who_may_not_approve(asking: Stage, kim: Receiver) -> None:
    with asking.app() as clinic:
        access = open_access(lambda: clinic.home_settings, clinic.database)
        access.users.add(User(id="owner", email="o@riverside.example", role=Role.OWNER))
        access.users.change("kim", role=Role.VIEWER)
    asking.invoice()
    asking.sync()
    (mine,) = kim.taken()
    assert LINK.findall(mine["message"]) == []
    with asking.app() as clinic:
        complaints = [one["complaint"] for one in list_alerts(clinic).document["addresses"]]
    assert complaints[0] == ""
    assert "carry no link" in complaints[1]


def test_what_waits_too_long_is_told_again_once(asking: Stage, everybody: Receiver, kim: Receiver) -> None:
    asking.invoice()
    asking.sync()
    kim.taken(), everybody.taken()
    later(asking, hours=23)
    assert [title for title in everybody.titles if "still" in title] == []
    later(asking, hours=2)
    for _ in range(3):
        later(asking, hours=30)
        asking.sync()
    again = [one for one in kim.taken() if "for a yes still" in one["title"]]
    assert len(again) == 1
    assert "has waited since" in again[0]["message"]
    assert len(LINK.findall(again[0]["message"])) == 1
    assert len([title for title in everybody.titles if "for a yes still" in title]) == 1


def test_one_reminder_stands_for_all_that_became_late_meanwhile(asking: Stage, kim: Receiver) -> None:
    asking.invoice()
    asking.sync()
    for _ in range(6):
        later(asking, hours=4)
        asking.invoice()
        asking.sync()
    for _ in range(11):
        later(asking, hours=2)
    reminders = [one["title"] for one in kim.taken() if "still" in one["title"]]
    assert len(reminders) == 1, "one in each span of a day at most"
    for _ in range(4):
        later(asking, hours=24)
    assert len([one for one in kim.got if "still" in one["title"]]) == 1, "and one for all the rest"


def test_zero_hours_remind_nobody(asking: Stage, kim: Receiver) -> None:
    file = asking.home / "ligament.toml"
    file.write_text(file.read_text().replace('create = "ask"', 'create = "ask"\nremind_hours = 0'))
    asking.invoice()
    asking.sync()
    kim.taken()
    later(asking, days=3)
    assert [one for one in kim.got if "still" in one["title"]] == []


def test_what_was_answered_is_not_told_again(asking: Stage, everybody: Receiver, kim: Receiver) -> None:
    asking.invoice()
    asking.sync()
    with asking.app() as clinic:
        approve(clinic, by=KIM)
    assert asking.sync()["created"]["invoices"] == 1
    kim.taken(), everybody.taken()
    later(asking, days=2)
    assert [title for title in everybody.titles if "yes" in title] == []
    assert [title for title in kim.titles if "yes" in title] == []


def test_the_key_of_a_link_is_nowhere_in_the_home(asking: Stage, kim: Receiver) -> None:
    asking.invoice()
    asking.sync()
    (found,) = LINK.findall(kim.taken()[0]["message"])
    signature = found.rpartition(".")[2].encode()
    for file in asking.home.rglob("*"):
        assert not file.is_file() or signature not in file.read_bytes(), file
