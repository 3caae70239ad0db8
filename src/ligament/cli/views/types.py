"""View types: a document to show, and the command that asked for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ligament.cli.views.paper import line

Document = Mapping[str, Any]


Command = Callable[[str], str]
"""Completes a command to what is typed exactly, with the home and the clinic that were given."""


SHOWN, SHOWN_HOLDS = 20, 10


def plain(document: Document, command: Command) -> None:
    del command
    line(document["sentence"])


# --- journal ----------------------------------------------------------------------------------------------------------
