"""A practice of one place and one practitioner in the simulated Cliniko, and the rulebook most tests begin with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ligament.connectors.cliniko import simulator as cliniko

PATIENT, BUSINESS, PRACTITIONER = "1410000000000000007", "1400100000000000011", "1400300000000000021"
PLACE = {"patient_id": PATIENT, "business_id": BUSINESS, "practitioner_id": PRACTITIONER}
ADA: Mapping[str, object] = {
    "id": PATIENT,
    "first_name": "Ada",
    "last_name": "Sample",
    "email": "ada@example.org",
}
RULEBOOK = """\
[clinic]
name = "Riverside Physio"
[invoices]
start_on = 2026-07-01
[accounts]
default = "200"
[taxes]
none = "EXEMPTOUTPUT"
"GST 10" = "OUTPUT"
[payments]
account = "090"
[approval]
first_run = "auto"
"""


def small_practice(world: cliniko.World, *patients: Mapping[str, object], since: datetime) -> cliniko.World:
    """Open the place, take the practitioner on, and the patients too, all that long ago."""
    place = {"id": BUSINESS, "business_name": "Riverside", "label": "Riverside"}
    world = cliniko.put(world, "businesses", {**place, "time_zone_identifier": "Australia/Melbourne"})
    person = {"id": PRACTITIONER, "first_name": "Ben", "last_name": "Hands", "label": "Ben Hands", "active": True}
    world = cliniko.put(world, "practitioners", person)
    for patient in patients:
        world = cliniko.put(world, "patients", {**patient, "created_at": since, "updated_at": since})
    return world
