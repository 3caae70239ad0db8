"""The first clinic of an empty home, from what the first start asked in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from zoneinfo import available_timezones

from ligament.app.access.answers import Refused
from ligament.app.setup.init import write_first_rulebook
from ligament.wiring.errors import ConfigurationError

FIELDS = ("clinic_name", "country", "time_zone", "start_on")
_COUNTRIES = {"AU", "NZ", "UK"}
_LONGEST_NAME = 100
ZONES = (
    "Australia/Melbourne", "Australia/Sydney", "Australia/Brisbane", "Australia/Adelaide", "Australia/Darwin",
    "Australia/Perth", "Australia/Hobart", "Australia/Broken_Hill", "Australia/Eucla", "Australia/Lindeman",
    "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Chatham", "Europe/London",
)  # fmt: skip
"""The time zones to choose from; any other that is known is taken too."""


def add_first_clinic(home: Path, told: Mapping[str, str]) -> Refused | None:
    """Write the rulebook of the first clinic, or say what is wrong with what was typed."""
    name = " ".join(told["clinic_name"].split())
    errors = {
        "clinic_name": _name_complaint(name),
        "country": "" if told["country"] in _COUNTRIES else "Choose the country.",
        "time_zone": ""
        if told["time_zone"] in available_timezones()
        else "Choose a time zone, such as Australia/Melbourne.",
        "start_on": _day_complaint(told["start_on"].strip()),
    }
    if any(errors.values()):
        return Refused(errors={field: sentence for field, sentence in errors.items() if sentence})
    try:
        write_first_rulebook(
            home,
            name=name,
            country=told["country"],
            time_zone=told["time_zone"],
            start_on=date.fromisoformat(told["start_on"].strip()),
        )
    except ConfigurationError as error:
        return Refused(errors={"": error.complaints[0]})
    return None


def _name_complaint(name: str) -> str:
    if not name:
        return "Say what the clinic is called."
    if len(name) > _LONGEST_NAME or not name.isprintable():
        return f"A name may have at most {_LONGEST_NAME} letters and signs."
    return "" if any(sign.isalnum() for sign in name) else "The name needs at least one letter."


def _day_complaint(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        return "Give the first day whose invoices are taken in, such as 2026-07-01."
    return ""
