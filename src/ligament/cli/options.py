"""The options that most commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[
    Path | None,
    typer.Option("--home", help="Folder with ligament.toml and the database (or LIGAMENT_HOME).", show_default=False),
]
Clinic = Annotated[
    str | None, typer.Option("--clinic", help="Which clinic, where there are several.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="One machine-readable document on standard output.")]
