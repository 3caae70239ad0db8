"""Views of recipes and guides: a list, or one of them as it is written."""

from __future__ import annotations

import sys

from ligament.cli.views.paper import Column, line, table
from ligament.cli.views.types import Command, Document


def recipes(document: Document, command: Command) -> None:
    """Print the list of recipes, or one as a file can take it."""
    _printed(document, "recipes", command)


def guides(document: Document, command: Command) -> None:
    """Print the list of guides, or one as it is written."""
    _printed(document, "guides", command)


def _printed(document: Document, kind: str, command: Command) -> None:
    if "text" in document:
        # Not set or wrapped: it is to be kept in a file or shown by a pager.
        sys.stdout.write(document["text"])
        return
    table((Column("Name"), Column("What it is")), [[one["name"], one["sentence"]] for one in document[kind]])
    line()
    line(f"To print one: {command(f'{kind} NAME')}")
