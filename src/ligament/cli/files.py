"""Files of commands, each loaded only when one of its commands is wanted; the imports stand here for the contracts."""

# ruff: noqa: PLC0415 - loading late is what this file is for

from __future__ import annotations

from collections.abc import Callable

import typer

Add = Callable[[typer.Typer], None]
"""Adds the commands of one file."""


def access() -> Add:
    """Load `cli/commands/access.py`."""
    from ligament.cli.commands.access import add_commands

    return add_commands


def clinics() -> Add:
    """Load `cli/commands/clinics.py`."""
    from ligament.cli.commands.clinics import add_commands

    return add_commands


def contacts() -> Add:
    """Load `cli/commands/contacts.py`."""
    from ligament.cli.commands.contacts import add_commands

    return add_commands


def demo() -> Add:
    """Load `cli/commands/demo.py`."""
    from ligament.cli.commands.demo import add_commands

    return add_commands


def guides() -> Add:
    """Load `cli/commands/guides.py`."""
    from ligament.cli.commands.guides import add_commands

    return add_commands


def holds() -> Add:
    """Load `cli/commands/holds.py`."""
    from ligament.cli.commands.holds import add_commands

    return add_commands


def hooks() -> Add:
    """Load `cli/commands/hooks.py`."""
    from ligament.cli.commands.hooks import add_commands

    return add_commands


def journal() -> Add:
    """Load `cli/commands/journal.py`."""
    from ligament.cli.commands.journal import add_commands

    return add_commands


def reconcile() -> Add:
    """Load `cli/commands/reconcile.py`."""
    from ligament.cli.commands.reconcile import add_commands

    return add_commands


def reports() -> Add:
    """Load `cli/commands/reports.py`."""
    from ligament.cli.commands.reports import add_commands

    return add_commands


def rules() -> Add:
    """Load `cli/commands/rules.py`."""
    from ligament.cli.commands.rules import add_commands

    return add_commands


def safety() -> Add:
    """Load `cli/commands/safety.py`."""
    from ligament.cli.commands.safety import add_commands

    return add_commands


def serve() -> Add:
    """Load `cli/commands/serve.py`."""
    from ligament.cli.commands.serve import add_commands

    return add_commands


def setup() -> Add:
    """Load `cli/commands/setup.py`."""
    from ligament.cli.commands.setup import add_commands

    return add_commands


def sync() -> Add:
    """Load `cli/commands/sync.py`."""
    from ligament.cli.commands.sync import add_commands

    return add_commands


def audit() -> Add:
    """Load `cli/commands/audit.py`."""
    from ligament.cli.commands.audit import add_commands

    return add_commands


def mapping() -> Add:
    """Load `cli/commands/mapping.py`."""
    from ligament.cli.commands.mapping import add_commands

    return add_commands


def recalls() -> Add:
    """Load `cli/commands/recalls.py`."""
    from ligament.cli.commands.recalls import add_commands

    return add_commands


def undo() -> Add:
    """Load `cli/commands/undo.py`."""
    from ligament.cli.commands.undo import add_commands

    return add_commands
