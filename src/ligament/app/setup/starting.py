"""Starting a clinic: what is asked about it, checked, and its rulebook written; nothing is invented."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from string import Template
from zoneinfo import available_timezones

from ligament.connectors.registry import players
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.fresh_files import make_fresh
from ligament.wiring.rulebooks import RULEBOOK_FILE, as_id, found_rulebooks, looked_over
from ligament.wiring.settings import has_rulebooks

COUNTRIES = ("AU", "NZ", "UK")
REMOVED = ".removed"
"""Stands behind the name of a rulebook whose clinic was taken out of service."""
_LONGEST_NAME, _LONGEST_ID = 100, 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known about a new clinic, as it was typed; an empty text is what nobody said."""

    name: str = ""
    country: str = ""
    time_zone: str = ""
    start_on: str = ""

    def complaints(self, *, whole: bool) -> dict[str, str]:
        """Return what is wrong by field; where all of it is wanted, what is missing is wrong too."""
        checks: Mapping[str, Callable[[str], str]] = {
            "name": _name_complaint,
            "country": lambda text: "" if text.upper() in COUNTRIES else "Choose the country: AU, NZ or UK.",
            "time_zone": _zone_complaint,
            "start_on": _day_complaint,
        }
        given = {field: getattr(self, field) for field in checks}
        found = {field: check(given[field]) for field, check in checks.items() if whole or given[field]}
        return {field: sentence for field, sentence in found.items() if sentence}


def tidied(told: Told) -> Told:
    """Return it without blanks that nobody meant."""
    return Told(
        name=" ".join(told.name.split()),
        country=told.country.strip().upper(),
        time_zone=told.time_zone.strip(),
        start_on=told.start_on.strip(),
    )


def _name_complaint(name: str) -> str:
    if not name:
        return "Say what the clinic is called."
    if len(name) > _LONGEST_NAME or not name.isprintable():
        return f"A name may have at most {_LONGEST_NAME} letters and signs."
    return "" if any(sign.isalnum() for sign in name) else "The name needs at least one letter."


def _zone_complaint(text: str) -> str:
    return "" if text in available_timezones() else "Choose a time zone, such as Australia/Melbourne."


def _day_complaint(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        return "Give the first day whose invoices are taken in, such as 2026-07-01."
    return ""


def id_of(name: str) -> str:
    """Return the id that a new clinic of that name gets."""
    return as_id(name)[:_LONGEST_ID] or "clinic"


# --- the rulebook -----------------------------------------------------------------------------------------------------


def rulebook_text() -> str:
    """Return a commented rulebook with every key at its default; what needs a decision is empty and marked CHECK."""
    practice, books = players("practice")[0], players("books")[0]
    template = Template(files("ligament.wiring").joinpath("starter.toml").read_text(encoding="utf-8"))
    text = template.substitute(
        practice=practice.name, practice_title=practice.title, books=books.name, books_title=books.title
    )
    return re.sub(r"^(country = .*\n)", rf"\1{_choices()}", text, count=1, flags=re.MULTILINE)


def _choices() -> str:
    """Return the lines that ask which systems are meant, where several could be."""
    several = {role: players(role) for role in ("practice", "books") if len(players(role)) > 1}
    asked = (
        f'# CHECK: the {role} system of this clinic: {" or ".join(one.name for one in there)}.\n{role} = ""\n'
        for role, there in several.items()
    )
    return "".join(asked)


def filled(told: Told, key: str) -> str:
    """Return the rulebook of a new clinic; what nobody said stays out, marked CHECK."""
    lines = {
        r'id = ""': f"id = {json.dumps(key)}",
        r'name = ""': _line("name", told.name, "what people call this clinic"),
        r'time_zone = "[^"]*"': _line("time_zone", told.time_zone, "the clinic's time zone, such as Australia/Perth"),
        r'country = "[^"]*"': _line("country", told.country, "the country: AU, NZ or UK"),
        r"# start_on = .*": f"start_on = {told.start_on}" if told.start_on else "# CHECK\n# start_on = 2026-07-01",
    }
    text = rulebook_text()
    for pattern, line in lines.items():
        text, found = re.subn(rf"^{pattern}$", line.replace("\\", r"\\"), text, count=1, flags=re.MULTILINE)
        assert found, f"the starter rulebook has no line {pattern}"
    return text


def _line(key: str, value: str, what: str) -> str:
    return f"{key} = {json.dumps(value, ensure_ascii=False)}" if value else f'# CHECK: {what}.\n# {key} = ""'


def write_clinic(home: Path, told: Told, *, key: str = "", apart: bool = False) -> Path:
    """Write the rulebook of a new clinic and return its file; raises ConfigurationError when there is one already.

    Its id is `key`, or made from the name. The only clinic of a home stands in the home itself, any other one, and one
    that is to stand `apart`, in a folder beside the others.
    """
    key = key or id_of(told.name)
    file = home / "clinics" / f"{key}.toml" if apart else home / RULEBOOK_FILE
    if has_rulebooks(home):
        _must_be_new(home, key, told.name)
    removed = file.with_name(file.name + REMOVED)
    if apart and removed.exists():
        sentence = f"{removed}: this clinic was removed. Take {REMOVED} off that name and it goes on where it was."
        raise ConfigurationError((sentence,))
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        make_fresh(file, filled(told, key))
    except FileExistsError:
        complaint = f"{file}: there is a rulebook already, and it is left as it is. Move it away to start afresh."
        raise ConfigurationError((complaint,)) from None
    return file


def _must_be_new(home: Path, key: str, name: str) -> None:
    """Raise ConfigurationError where a clinic of that id or name is there."""
    wanted = {key.casefold(), name.casefold()} - {""}
    for file in found_rulebooks(home):
        clinic, _ = looked_over(file)
        called = {file.stem.casefold()} if clinic is None else {clinic.name.casefold(), clinic.title.casefold()}
        if wanted & called:
            sentence = f"{file}: there is a rulebook of that clinic already, and it is left as it is."
            raise ConfigurationError((sentence,))
