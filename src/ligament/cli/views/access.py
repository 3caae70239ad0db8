"""Printing users and tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ligament.cli.views.paper import Column, line, table

Document = Mapping[str, Any]
Command = Callable[[str], str]


def users(document: Document, command: Command) -> None:
    """Print who has a place."""
    found = document["users"]
    if not found:
        line(f"Nobody has a place yet. {command('serve')} prints the link with which the owner begins.")
        return
    columns = [Column("E-mail"), Column("Role"), Column("State"), Column("Clinics")]
    table(columns, [[one["email"], one["role"], one["state"], ", ".join(one["clinics"]) or "all"] for one in found])


def invited(document: Document, _command: Command) -> None:
    """Print the link of an invitation."""
    line(f"{document['email']} is invited as {document['role']}. Send them this link; it is shown once:")
    line(str(document["link"]))
    line("It works for three days.")


def tokens(document: Document, command: Command) -> None:
    found = document["tokens"]
    if not found:
        line(f"There is no token yet. {command('tokens add NAME --scope read')} makes one.")
        return
    columns = [Column("Name"), Column("Scopes"), Column("Clinic"), Column("Until"), Column("Made by")]
    rows = [
        [one["name"], ", ".join(one["scopes"]), one["clinic"] or "all", one["until"] or "no end", one["made_by"]]
        for one in found
    ]
    table(columns, rows)


def made(document: Document, _command: Command) -> None:
    """Print a token, once."""
    line(f"The token {document['name']} is made. Copy it now; it is shown once:")
    line(str(document["token"]))


def removed(document: Document, _command: Command) -> None:
    line(f"{document['removed']} is removed.")
