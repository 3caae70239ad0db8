"""The first step: a rulebook for a new clinic, with what a person said of it, and the key of the vault."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from ligament.app.documents import Document
from ligament.app.results import Result
from ligament.app.setup.starting import Told, id_of, rulebook_text, tidied, write_clinic
from ligament.wiring.ambient import environment
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.rulebooks import system_names
from ligament.wiring.settings import default_home, has_rulebooks
from ligament.wiring.vault_keys import KEY_FILE, vault_key

_LEFT_OUT = {
    "name": "what the clinic is called",
    "country": "its country",
    "time_zone": "its time zone",
    "start_on": "the first day to take in",
}


def write_rulebook(
    home: Path | None = None,
    told: Told | None = None,
    *,
    clinic: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Result:
    """Write a commented rulebook and make the key of the vault; raises ConfigurationError when there is one already.

    In a home that has clinics the new one must be named. What nobody said is left out, marked CHECK, and told.
    """
    environ = environment(environ)
    home = home or default_home(environ)
    told = tidied(told or Told())
    if clinic is None and has_rulebooks(home):
        complaint = (
            f"{home}: there is a clinic already, and it is left as it is. "
            "For a further one say which: --clinic NAME, or `ligament clinics add NAME`."
        )
        raise ConfigurationError((complaint,), "--clinic")
    if clinic is not None:
        told = Told(
            name=told.name or " ".join(clinic.split()),
            country=told.country,
            time_zone=told.time_zone,
            start_on=told.start_on,
        )
    wrong = told.complaints(whole=False)
    if wrong:
        lines = tuple(f"--{field.replace('_', '-')}: {sentence}" for field, sentence in wrong.items())
        raise ConfigurationError(lines)
    key = id_of(clinic) if clinic is not None else ""
    file = write_clinic(home, told, key=key, apart=clinic is not None)
    vault_key(home, environ)
    return Result(document=_document(home, file, told, environ, key))


def _document(home: Path, file: Path, told: Told, environ: Mapping[str, str], key: str) -> Document:
    practice, books = system_names()
    option = "" if home == default_home(environ) else f" --home {shlex.quote(str(home))}"
    option += f" --clinic {key}" if key else ""
    steps = ("connect " + practice, "connect " + books, "map", "doctor", "plan")
    return {
        "rulebook": str(file),
        "id": key or id_of(told.name),
        "name": told.name,
        "key_file": "" if environ.get("LIGAMENT_VAULT_KEY") else str(home / KEY_FILE),
        "left_out": [words for field, words in _LEFT_OUT.items() if not getattr(told, field)],
        "next": [f"ligament {step}{option}" for step in steps],
    }


__all__ = ["rulebook_text", "write_rulebook"]
