"""A comparison is sent with its files when somebody is needed, always, or never, as the clinic wants it."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ligament.app.scheduled import compare_daily, compare_weekly
from ligament.connectors.xero.simulator import control as desk
from ligament.core.alerts import Message, MessageKind
from ligament.notifications import channels
from tests.alerts.receiver import Receiver, receiving
from tests.contacts.kit import ANA, NOW, Clinic
from tests.reports.kit import CONSULT, issue


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def posted(home: Path, receiver: Receiver, more: str = "") -> Clinic:
    """Return a clinic with one invoice in the books, that tells the receiver."""
    clinic = Clinic(home)
    clinic.rulebook(f'[alerts]\nurls = ["{receiver.address}"]\n{more}')
    issue(clinic, ANA, "2026-11-02", CONSULT)
    clinic.sync()
    return clinic


def voided(clinic: Clinic) -> None:
    invoice, at = next(iter(clinic.books.world.only().invoices)), clinic.later()
    clinic.books.change(lambda world: desk.void_invoice(world, invoice, at=at))


def test_it_is_sent_with_its_files_when_somebody_is_needed(tmp_path: Path, receiver: Receiver) -> None:
    clinic = posted(tmp_path / "home", receiver)
    with clinic.app() as app:
        assert compare_daily(app).code == 0
    assert receiver.taken() == []
    voided(clinic)
    clinic.later()
    with clinic.app() as app:
        assert compare_daily(app).code == 1
    (message,) = receiver.taken()
    assert "1 needs a person" in message["title"]
    assert "Ana" not in message["title"] + message["message"]
    assert "95.00" in message["message"]
    assert "1 difference is listed" in message["message"]
    files = {one["filename"].rpartition(".")[2]: base64.b64decode(one["base64"]) for one in message["attachments"]}
    assert files["pdf"].startswith(b"%PDF-")
    assert files["xlsx"].startswith(b"PK")


def test_always_and_never_are_kept_to(tmp_path: Path, receiver: Receiver) -> None:
    always = posted(tmp_path / "a", receiver, '[reconcile]\nsend = "always"\nformats = ["csv"]\n')
    with always.app() as app:
        compare_weekly(app)
    (message,) = receiver.taken()
    assert "balanced" in message["title"]
    assert [one["filename"].rpartition(".")[2] for one in message["attachments"]] == ["csv"]
    never = posted(tmp_path / "n", receiver, '[reconcile]\nsend = "never"\n')
    voided(never)
    never.later()
    with never.app() as app:
        assert compare_daily(app).code == 1
    assert receiver.taken() == []


def test_an_address_that_takes_nothing_does_not_stop_the_comparison(tmp_path: Path, receiver: Receiver) -> None:
    clinic = posted(tmp_path / "home", receiver)
    voided(clinic)
    receiver.status = 500
    clinic.later()
    with clinic.app() as app:
        assert compare_daily(app).code == 1


def test_where_files_are_refused_the_message_goes_without_them(tmp_path: Path, receiver: Receiver) -> None:
    clinic = posted(tmp_path / "home", receiver)
    voided(clinic)
    receiver.takes_files = False
    clinic.later()
    with clinic.app() as app:
        assert compare_daily(app).code == 1
    (message,) = receiver.taken()
    assert message["attachments"] == []
    assert "1 needs a person" in message["title"]
    assert "could not be sent along" in message["message"]


def test_a_channel_that_takes_no_files_gets_the_words(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as inbox:
        inbox.bind(("127.0.0.1", 0))
        inbox.settimeout(60)
        file = tmp_path / "report.csv"
        file.write_text("kind,amount\n", encoding="utf-8")
        message = Message(key="k", tone=MessageKind.ALERT, title="1 needs a person", body="95.00", at=NOW)
        assert channels.send(f"rsyslog://127.0.0.1:{inbox.getsockname()[1]}", message, [file])
        said = inbox.recv(4096).decode()
    assert "95.00" in said
    assert "report.csv" not in said
    assert "could not be sent along" not in said, "it takes none, so none were refused"
