"""The first step: a rulebook to fill in and the key of the vault; and later, another key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template

from ligament.app.results import Result
from ligament.connectors.registry import for_role
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.rulebooks import RULEBOOK_FILE
from ligament.wiring.settings import default_home
from ligament.wiring.vault_keys import KEY_FILE, vault_key

# --- the rulebook -----------------------------------------------------------------------------------------------------


def rulebook_text() -> str:
    """Return a commented rulebook with every key at its default."""
    practice, books = for_role("practice"), for_role("books")
    template = Template(files("ligament.wiring").joinpath("starter.toml").read_text(encoding="utf-8"))
    return template.substitute(
        practice=practice.name, practice_title=practice.title, books=books.name, books_title=books.title
    )


def write_rulebook(home: Path | None = None, *, environ: Mapping[str, str] | None = None) -> Result:
    """Write a commented rulebook and make the key of the vault; raises ConfigurationError when there is one already."""
    environ = os.environ if environ is None else environ
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
    practice, books = for_role("practice"), for_role("books")
    option = "" if home == default_home(environ) else f" --home {home}"
    steps = [
        f"Open {file} and check the lines marked CHECK: the income account, the tax types and the clearing account.",
        f"ligament connect {practice.name}{option}",
        f"ligament connect {books.name}{option}",
        f"ligament doctor{option}",
        f"ligament plan{option}",
    ]
    key_file = "" if from_environment else str(home / KEY_FILE)
    return Result(document={"rulebook": str(file), "key_file": key_file, "next": steps})


# --- the key ----------------------------------------------------------------------------------------------------------
