"""The first step: a rulebook to fill in and the key of the vault; and later, another key."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from string import Template

from ligament.app.results import Result
from ligament.connectors.registry import players
from ligament.wiring.ambient import environment
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.rulebooks import RULEBOOK_FILE, system_names
from ligament.wiring.settings import default_home
from ligament.wiring.vault_keys import KEY_FILE, vault_key

# --- the rulebook -----------------------------------------------------------------------------------------------------


def rulebook_text() -> str:
    """Return a commented rulebook with every key at its default."""
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


def write_first_rulebook(home: Path, *, name: str, country: str, time_zone: str, start_on: date) -> Path:
    """Write the rulebook of the first clinic with what is known; raises ConfigurationError when there is one already.

    What needs a decision stays as it is in the starter, marked CHECK.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "clinic"
    told = {
        r'name = "My clinic"': f"name = {json.dumps(name, ensure_ascii=False)}",
        r'id = ""': f"id = {json.dumps(slug)}",
        r'time_zone = "[^"]*"': f"time_zone = {json.dumps(time_zone)}",
        r'country = "[^"]*"': f"country = {json.dumps(country)}",
        r"# start_on = .*": f"start_on = {start_on.isoformat()}",
    }
    text = rulebook_text()
    for pattern, line in told.items():
        text, found = re.subn(rf"^{pattern}$", line.replace("\\", r"\\"), text, count=1, flags=re.MULTILINE)
        assert found, f"the starter rulebook has no line {pattern}"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = home / RULEBOOK_FILE
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigurationError((f"{file}: there is a rulebook already, and it is left as it is.",)) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)
    return file


def write_rulebook(home: Path | None = None, *, environ: Mapping[str, str] | None = None) -> Result:
    """Write a commented rulebook and make the key of the vault; raises ConfigurationError when there is one already."""
    environ = environment(environ)
    home = home or default_home(environ)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = home / RULEBOOK_FILE
    try:
        with file.open("x", encoding="utf-8") as handle:
            handle.write(rulebook_text())
    except FileExistsError:
        message = f"{file}: there is a rulebook already, and it is left as it is. Move it away to start afresh."
        raise ConfigurationError((message,)) from None
    vault_key(home, environ)
    from_environment = bool(environ.get("LIGAMENT_VAULT_KEY"))
    practice, books = system_names()
    option = "" if home == default_home(environ) else f" --home {home}"
    steps = [
        f"Open {file} and check the lines marked CHECK: the income account, the tax types and the clearing account.",
        f"ligament connect {practice}{option}",
        f"ligament connect {books}{option}",
        f"ligament doctor{option}",
        f"ligament plan{option}",
    ]
    key_file = "" if from_environment else str(home / KEY_FILE)
    return Result(document={"rulebook": str(file), "key_file": key_file, "next": steps})


# --- the key ----------------------------------------------------------------------------------------------------------
