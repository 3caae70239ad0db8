"""What an undo would do, with the names of people: for the clinic's own screen, and for no file, log or journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ligament.app.contacts.listing import called_by_name
from ligament.app.documents import Document
from ligament.core.contacts import CONTACT_PREFIX
from ligament.wiring.clinic import Clinic

_PEOPLE = {"contact", "contacts"}
_PAYER = "C-"


def with_names(clinic: Clinic, told: Mapping[str, Any]) -> Document:
    """Return what an undo told, with the name before the number of each contact in its sentences."""
    parts = {name: list(told.get(name) or ()) for name in ("actions", "left")}
    numbers = {str(row["number"]) for rows in parts.values() for row in rows if row["kind"] in _PEOPLE}
    keys = {number: _key(number) for number in numbers if number.startswith(CONTACT_PREFIX)}
    named = called_by_name(clinic, set(keys.values()))
    called = {number: named[id_] for number, key in keys.items() if (id_ := key.partition(":")[2]) in named}
    return {**told, **{name: [_named(row, called) for row in rows] for name, rows in parts.items() if rows}}


def _key(number: str) -> str:
    bare = number.removeprefix(CONTACT_PREFIX)
    return f"payer:{bare.removeprefix(_PAYER)}" if bare.startswith(_PAYER) else f"patient:{bare}"


def _named(row: Mapping[str, Any], called: Mapping[str, str]) -> Document:
    number = str(row["number"])
    name = called.get(number, "") if row["kind"] in _PEOPLE else ""
    sentence = str(row["sentence"])
    return {**row, "sentence": sentence.replace(number, f"{name} ({number})", 1) if name else sentence}
