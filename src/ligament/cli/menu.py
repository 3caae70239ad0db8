"""Menu: every command with the file it lives in and its sentence, so that a file is loaded only when it is wanted."""

from __future__ import annotations

import difflib
import gc
from collections.abc import Callable
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from ligament.cli import files
from ligament.cli.files import Add
from ligament.cli.plain_values import plainly_taken, take_plainly
from ligament.cli.worded import plainly_named, speak_plainly


class Entry(NamedTuple):
    """One command: its name, what loads the file of `cli/commands` that adds it, and its first sentence."""

    name: str
    file: Callable[[], Add]
    sentence: str


MENU = (
    Entry(
        "init",
        files.setup,
        "Write a commented ligament.toml for a clinic and create the vault key; asks what the options do not say.",
    ),
    Entry("connect", files.setup, "Check the credentials of one system and store them encrypted."),
    Entry(
        "map",
        files.mapping,
        "Choose accounts, tax types, clearing account and tracking from what the books have; gaps first.",
    ),
    Entry("doctor", files.setup, "Check connections, scopes, time zone, mapping, accounts and limits."),
    Entry("status", files.clinics, "Say in one line for each clinic how it stands, what waits, and when it runs."),
    Entry("clinics", files.clinics, "The clinics of this home: list, add, remove."),
    Entry("plan", files.sync, "Say what would be posted and why; nothing is written to either system."),
    Entry(
        "approve",
        files.sync,
        "Approve what waits; without names, everything in the newest plan is shown and asked for once.",
    ),
    Entry(
        "refuse",
        files.sync,
        "Refuse what waits; it is in no later plan until the record changes or somebody retries it.",
    ),
    Entry("sync", files.sync, "Read, plan, apply what policy approves, hold the rest."),
    Entry("holds", files.holds, "What waits for a person: list, show, retry, dismiss."),
    Entry(
        "reconcile",
        files.reconcile,
        "Compare everything in both systems and explain every difference; writes nothing to either.",
    ),
    Entry("variances", files.reconcile, "The differences found: list, show, acknowledge, fix, accept-removed."),
    Entry("runs", files.undo, "What ran: list, show."),
    Entry("undo", files.undo, "Take back what one run posted, saying first what the books will not let go."),
    Entry("report", files.reports, "Report from what was read last: revenue, gst, debtors, payers, activity."),
    Entry(
        "audit",
        files.audit,
        "Compare with what is in the books already, whoever made it; only reads, and works beside another link.",
    ),
    Entry("find", files.contacts, "Show a pair with its fields side by side, its documents, holds and history."),
    Entry(
        "duplicates", files.contacts, "List records of one system that are probably the same person; nothing is merged."
    ),
    Entry(
        "privacy", files.contacts, "Preview the privacy dial with a few people, or let go of the key behind the codes."
    ),
    Entry("rules", files.rules, "The clinic's own rules: list, check, test."),
    Entry(
        "recalls",
        files.recalls,
        "List patients who are due to be asked back, agreed to be written to, and have nothing booked.",
    ),
    Entry("journal", files.journal, "The audit trail: show, verify, export, archive."),
    Entry("alerts", files.safety, "Who is told when a person is needed: show, test."),
    Entry(
        "hooks", files.hooks, "Other tools that are told what happens: list, add, remove, rotate, deliveries, replay."
    ),
    Entry("users", files.access, "Users of the dashboard: list, add, remove."),
    Entry("tokens", files.access, "Tokens of other programs: list, add, remove."),
    Entry("backup", files.safety, "Write a copy of everything but the vault key into one file, also while it runs."),
    Entry("restore", files.safety, "Put a backup back; what it replaces is kept beside it."),
    Entry("vault", files.setup, "Show whether the vault opens, or give it a new key."),
    Entry(
        "webhooks", files.serve, "Set webhooks up: the address to enter, the signing key, and whether events arrive."
    ),
    Entry(
        "serve", files.serve, "Keep all clinics the same, and answer webhooks, /healthz and /metrics, until stopped."
    ),
    Entry("worker", files.serve, "Run a further worker process on the same PostgreSQL database, until stopped."),
    Entry("recipes", files.guides, "Rulebooks and rules to begin with: list them, or print one."),
    Entry("guides", files.guides, "The guides that come with the program: list them, or print one."),
    Entry("demo", files.demo, "Run a made-up clinic on simulated servers on this machine, and print the outcome."),
)
_BY_NAME = {entry.name: entry for entry in MENU}


_WITH_A_VALUE = ("--home", "--clinic")
_EVERYWHERE = (*_WITH_A_VALUE, "--json")


def _behind_the_command(words: list[str]) -> list[str]:
    """Return the words of a line with those options of every command that stand before its name moved behind it."""
    rest, moved = list(words), list[str]()
    while rest and rest[0].partition("=")[0] in _EVERYWHERE:
        wanted = 2 if rest[0] in _WITH_A_VALUE else 1
        moved += rest[:wanted]
        rest = rest[wanted:]
    # Nothing behind a bare `--` is an option.
    end = rest.index("--") if "--" in rest else len(rest)
    return [*rest[:end], *moved, *rest[end:]] if rest else words


class Menu(TyperGroup):
    """The commands of the menu; each file is loaded when a command of it is asked for, none for the list."""

    _listing = False

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - the library's context
        """Return the names in the order of the menu."""
        return [entry.name for entry in MENU]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - the library's commands
        """Return a command, loading its file; while the help is printed, its sentence alone."""
        entry = _BY_NAME.get(cmd_name)
        if entry is None:
            return None
        if self._listing:
            return TyperCommand(name=entry.name, help=entry.sentence)
        return loaded(entry)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - as above
        """Print the list."""
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - as above
        """Return the options of the menu itself, those of the library's own among them."""
        return plainly_named(plainly_taken(super().get_params(ctx)))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - as above
        """Take what every command takes before its name as well: many programs want it there."""
        return super().parse_args(ctx, _behind_the_command(args))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - as above
        """Return the command that is meant, or refuse a misspelt one and name the nearest."""
        if args and not args[0].startswith("-") and args[0] not in _BY_NAME:
            near = difflib.get_close_matches(args[0], list(_BY_NAME), n=1, cutoff=0.5)
            hint = f' Did you mean "{near[0]}"?' if near else " `ligament --help` lists them."
            ctx.fail(f'There is no command "{args[0]}".{hint}')
        return super().resolve_command(ctx, args)


def loaded(entry: Entry) -> Any:  # noqa: ANN401 - as above
    """Return a command of its file."""
    group = typer.Typer(pretty_exceptions_enable=False, add_completion=False, context_settings=HELP_NAMES)
    entry.file()(group)
    _begin_to_collect()
    # A group keeps its names also where the file has one command only.
    group.callback()(_nothing)
    command = get_command(group).commands[entry.name]  # type: ignore[attr-defined]
    take_plainly(command)
    speak_plainly(command)
    return command


def _begin_to_collect() -> None:
    """Let the collector of waste begin where the start kept it back; what is loaded by now it never looks through."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


HELP_NAMES = {"help_option_names": ["-h", "--help"]}


def _nothing() -> None:
    """Do nothing."""
