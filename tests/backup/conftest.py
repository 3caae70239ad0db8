"""A stage on SQLite and one on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from ligament.connectors.cliniko.simulator import control as desk
from tests.backup.kit import backed_up
from tests.support.stage import Stage, stage


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def clinic(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    database = ""
    if request.param == "postgres":
        database = request.getfixturevalue("postgres_with_tables").replace("postgresql+psycopg://", "postgresql://")
    return stage(tmp_path / "home", database=database)


@pytest.fixture
def file_clinic(tmp_path: Path) -> Stage:
    return stage(tmp_path / "home")


def work_on(clinic: Stage) -> None:
    """Let weeks of work happen after the backup: new people, invoices, payments, credits and edits."""
    patients = [clinic.patient(number, f"First{number}", f"Last{number}") for number in range(20, 26)]
    for patient in patients:
        clinic.invoice(patient=patient, paid=True)
        clinic.invoice(patient=patient, price="61.35", tax_name="GST", tax_rate="10")
    reversed_ = clinic.invoice(price="44.00")
    at = clinic.pass_time(seconds=30)
    clinic.practice.change(lambda world: desk.reverse_invoice(world, reversed_, at=at)[0])
    clinic.sync()
    clinic.pass_time(days=20)
    clinic.sync()


@pytest.fixture
def worked(clinic: Stage) -> tuple[Stage, Path, list[str]]:
    """A clinic with an old backup and much that happened since; and invoices that were open when it was made."""
    open_ones = [clinic.invoice(price="50.00"), clinic.invoice(price="70.00")]
    clinic.invoice(paid=True)
    clinic.sync()
    file = backed_up(clinic)
    clinic.pay(open_ones[0])
    at = clinic.pass_time(seconds=30)
    (item,) = [one for one in desk.items_of(clinic.practice.world, open_ones[1]) if not one.get("archived_at")]
    changed = [{**{k: item[k] for k in ("id", "name")}, "unit_price": "72.00"}]
    clinic.practice.change(lambda world: desk.edit_invoice(world, open_ones[1], {}, changed, at=at))
    work_on(clinic)
    return clinic, file, open_ones
