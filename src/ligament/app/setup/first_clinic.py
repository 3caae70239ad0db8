"""The first clinic of an empty home, from what the first start asked in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ligament.app.access.answers import Refused
from ligament.app.setup.starting import Told, tidied, write_clinic
from ligament.wiring.errors import ConfigurationError

FIELDS = ("clinic_name", "country", "time_zone", "start_on")
ZONES = (
    "Australia/Melbourne", "Australia/Sydney", "Australia/Brisbane", "Australia/Adelaide", "Australia/Darwin",
    "Australia/Perth", "Australia/Hobart", "Australia/Broken_Hill", "Australia/Eucla", "Australia/Lindeman",
    "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Chatham", "Europe/London",
)  # fmt: skip
"""The time zones to choose from; any other that is known is taken too."""


def add_first_clinic(home: Path, told: Mapping[str, str]) -> Refused | None:
    """Write the rulebook of the first clinic, or say what is wrong with what was typed."""
    typed = tidied(
        Told(
            name=told["clinic_name"],
            country=told["country"],
            time_zone=told["time_zone"],
            start_on=told["start_on"],
        )
    )
    if wrong := typed.complaints(whole=True):
        return Refused(errors={"clinic_name" if field == "name" else field: said for field, said in wrong.items()})
    try:
        write_clinic(home, typed)
    except ConfigurationError as error:
        return Refused(errors={"": error.complaints[0]})
    return None
