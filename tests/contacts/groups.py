"""People who make contact groups in the books, and what is in them afterwards."""

from __future__ import annotations

from ligament.connectors.xero.simulator import control as desk
from ligament.simkit.faults import Fault, FaultKind, FaultScript, Rule
from tests.contacts.kit import ANA, BEN, Clinic

VETERANS = """\
[[rules]]
name = "veterans together"
when = 'patient.email.endsWith("@veterans.example")'
group = "Veterans"
"""
LARGE = """\
[[rules]]
name = "large invoices"
when = "invoice.total > 500.0"
group = "Large accounts"
"""
FIELD = '[contacts.custom_fields]\ncontact_group = "t-funding"\n'
CREATE = "[contacts]\ncreate_groups = true\n"
THEIRS, OURS = f"CLK-{BEN}", f"CLK-{ANA}"


def group(clinic: Clinic, name: str, *members: str) -> str:
    """A person makes a group in the books and puts contacts into it."""
    at = clinic.later()
    clinic.books.world, made = desk.make_group(clinic.books.world, name, at=at)
    if members:
        clinic.books.change(lambda world: desk.set_members(world, made, members, at=at))
    return made


def members(clinic: Clinic, name: str) -> list[str]:
    """Return the contact numbers in the group of that name."""
    books = clinic.books.world.only()
    found = [held for held in books.groups.values() if held.name == name and held.status == "ACTIVE"]
    assert len(found) < 2, "the group is there twice"
    return [books.contacts[key].number for held in found for key in held.members]


def veteran(clinic: Clinic, patient: str) -> None:
    clinic.edit_patient(patient, email=f"{patient}@veterans.example")


def assert_quiet(clinic: Clinic) -> None:
    with clinic.heard() as said:
        clinic.sync()
        clinic.sync(full=True)
        clinic.sync()
    assert said == []


def lose(clinic: Clinic, method: str, path: str) -> None:
    """The next matching write is done, and its answer never comes."""
    rule = Rule(fault=Fault(kind=FaultKind.DROP_AFTER), method=method, path=path, at_most=1)
    clinic.books.faults = FaultScript(rules=(rule,))
