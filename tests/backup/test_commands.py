"""The commands as a person types them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ligament.connectors.cliniko.simulator import control as desk
from tests.alerts.receiver import receiving
from tests.cli.kit import NOW, Clinic, served
from tests.support.practice import PLACE


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    with served(tmp_path / "home") as made:
        yield made


def test_backup_and_restore_as_typed(clinic: Clinic, tmp_path: Path) -> None:
    clinic.invoice(paid=True)
    assert clinic.run("sync", "--once").code == 0
    file = str(tmp_path / "clinic.ligament")
    answer = clinic.run("backup", file)
    assert answer.code == 0
    assert "The vault key is not in it." in answer.out
    assert clinic.run("backup", file).code == 2
    at = NOW + timedelta(seconds=1)
    lines = [{"name": "Consult", "unit_price": "88"}]
    clinic.practice.change(lambda world: desk.create_invoice(world, PLACE, lines, at=at)[0])
    assert clinic.run("sync", "--once", "--json").json["created"]["invoices"] == 1
    asked = clinic.run("restore", file)
    assert (asked.code, "Nothing was changed" in asked.out) == (1, True)
    assert "newer entries here would be put aside" in asked.out
    assert clinic.run("restore", file, "--json").json["restored"] is False
    done = clinic.run("restore", file, "--yes", "--json")
    # The process's calendar names what is put aside, as it dated the backup.
    assert all(f"{NOW:%Y%m%d}T" in kept for kept in done.json["kept"])
    assert done.json["age"] == "less than two hours"
    assert (done.code, done.json["restored"]) == (0, True)
    again = clinic.run("sync", "--once", "--json").json
    assert (again["created"]["invoices"], again["holds"]) == (0, [])
    assert "put aside" in clinic.run("journal", "verify").out
    assert clinic.run("restore", str(tmp_path / "none")).code == 2


def test_alerts_as_typed(clinic: Clinic) -> None:
    assert clinic.run("alerts", "test").code == 2
    assert "None: nobody is told anything" in clinic.run("alerts").out
    with receiving() as receiver:
        text = (clinic.home / "ligament.toml").read_text(encoding="utf-8")
        clinic.write(f'{text}[alerts]\nurls = ["{receiver.address}", "slack://nowhere"]\n')
        answer = clinic.run("alerts", "test")
        assert answer.code == 1
        assert "address 1 (json://...): sent." in answer.out
        assert answer.out.count("address 2 (slack://...)") == 1
        assert receiver.titles == ["Ligament, Riverside Physio: a test"]
    assert clinic.run("alerts", "--json").json["open"] == []


def test_holds_retry_takes_a_cause(clinic: Clinic) -> None:
    clinic.invoice({"name": "Consult", "unit_price": "95", "tax_name": "Odd", "tax_rate": "10"})
    assert clinic.run("sync", "--once").code == 1
    assert "1 record is tried again" in clinic.run("holds", "retry", "unmapped_tax").out
    assert "so there is nothing to try again" in clinic.run("holds", "retry", "rejected").out


def test_retry_of_all_leaves_what_was_dismissed(clinic: Clinic) -> None:
    """Whoever said that one refused invoice stays out did not mean until the next `retry all`."""
    clinic.invoice({"name": "Consult", "unit_price": "95", "tax_name": "Odd", "tax_rate": "10"})
    assert clinic.run("sync", "--once").code == 1
    (hold,) = clinic.run("holds", "--json").json["holds"]
    assert clinic.run("holds", "dismiss", hold["id"]).code == 0
    assert clinic.run("holds", "retry", hold["code"], "--json").json["retried"] == []
    assert clinic.run("holds", "retry", hold["id"], "--json").json["retried"] == [hold["id"]]
