"""On PostgreSQL too nothing names a person who was deleted, in no row of any table; nobody is missed for long."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from ligament.connectors.cliniko.simulator import control
from ligament.store.journal.audit import export, verify
from tests.contacts.kit import ANA, BEN, Clinic
from tests.contacts.test_erased_texts import NAME, REPORT, TRACES, bill, change, delete

pytestmark = pytest.mark.postgres
_TABLES = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"


@pytest.fixture
def clinic(tmp_path: Path, postgres_url: str) -> Clinic:
    made = Clinic(tmp_path / "home")
    made.database = postgres_url.replace("postgresql+psycopg://", "postgresql://")
    made.edit_patient(ANA, first_name="Zarathustra", last_name="Quillfeather")
    made.sync()
    return made


def rows_with(clinic: Clinic, traces: tuple[bytes, ...] = TRACES) -> list[str]:
    """Return the tables in which a row holds one of the traces, whatever the type of its column."""
    found = []
    with psycopg.connect(clinic.database) as connection:
        for schema, table in connection.execute(_TABLES).fetchall():
            place = sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table))
            for row in connection.execute(place):
                values = [value if isinstance(value, bytes) else str(value).encode() for value in row]
                found += [f"{table}: {trace.decode()}" for trace in traces if any(trace in value for value in values)]
    return sorted(set(found))


def erased(clinic: Clinic) -> list[str]:
    with clinic.app() as app:
        assert verify(app.journal).holds
        entries = list(export(app.journal))
    assert NAME not in str(entries)
    return [str(entry["subject"]) for entry in entries if entry["kind"] == "erased"]


@pytest.mark.parametrize("anonymise", [True, False])
def test_no_row_names_a_deleted_person(clinic: Clinic, *, anonymise: bool) -> None:
    bill(clinic, ANA, REPORT, {"name": "Consult", "unit_price": "80"})
    clinic.sync()
    assert rows_with(clinic), "this shows nothing unless the name was there before"
    delete(clinic, ANA, anonymise=anonymise)
    assert rows_with(clinic) == []
    with clinic.heard() as said:
        clinic.sync(full=True)
    assert said == []
    assert rows_with(clinic) == []
    assert erased(clinic) == [f"patient:{ANA}"]


def test_somebody_archived_and_deleted_between_two_looks_is_missed_within_a_day(clinic: Clinic) -> None:
    change(clinic, control.archive_record, "patients", ANA)
    change(clinic, control.delete_patient, ANA)
    clinic.later(24 * 3600)
    clinic.sync()
    assert rows_with(clinic) == []
    assert erased(clinic) == [f"patient:{ANA}"]
    assert clinic.patient(BEN)
