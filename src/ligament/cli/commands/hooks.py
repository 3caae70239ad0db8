"""`ligament hooks`: other tools that are told what happens."""

from __future__ import annotations

from typing import Annotated

import typer

from ligament.cli.asking import ask_secret
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.session import Session, run_verb
from ligament.cli.views import hooks as views
from ligament.core.events import EventType
from ligament.core.private import NOTHING, Private

hooks_app = typer.Typer(
    help="Other tools that are told what happens: list, add, remove, rotate, deliveries, replay.",
    invoke_without_command=True,
)
HookId = Annotated[str, typer.Argument(metavar="ID", help="The id of a hook, as `hooks list` shows it.")]
_EVENTS = ", ".join(kind.value for kind in EventType)


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(hooks_app, name="hooks")


@hooks_app.callback()
def hooks(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """List the addresses that are told what happens."""
    ctx.obj = Session(home=home, clinic=clinic, as_json=as_json)
    if ctx.invoked_subcommand is None:
        _list(ctx.obj)


@hooks_app.command("list")
def hooks_list(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """List the addresses that are told what happens."""
    _list(ctx.obj.over(home, clinic, as_json))


def _list(session: Session) -> None:
    from ligament.app.notices.subscriptions import list_hooks  # noqa: PLC0415 - most commands need none of it

    run_verb(session, list_hooks, views.hooks)


@hooks_app.command("add")
def hooks_add(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where events are posted to; https only.")],
    more: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    event: Annotated[
        list[str] | None,
        typer.Option("--event", metavar="E", help=f"Of what; all without: {_EVENTS}.", show_default=False),
    ] = None,
    header: Annotated[
        str, typer.Option(metavar="NAME", help="One fixed header; its value is asked for unseen.", show_default=False)
    ] = "",
) -> None:
    """Add an address, and print its id and its signing secret, which is shown this once."""
    from ligament.app.notices.subscriptions import NewHook, add  # noqa: PLC0415 - as above

    session = ctx.obj.over(home, clinic, as_json)
    value = Private(ask_secret(f"Value of the header {header}")) if header else NOTHING
    # `--event A B` is what people type too: what stands behind the address can only be meant as events.
    names = [name for text in (*(event or ()), *(more or ())) for name in text.split(",") if name]
    wanted = NewHook(url=url, events=tuple(names), header=header, value=value)
    run_verb(session, lambda held: add(held, wanted), views.added)


@hooks_app.command("remove")
def hooks_remove(
    ctx: typer.Context, wanted: HookId, home: Home = None, clinic: Clinic = None, as_json: Json = False
) -> None:
    """Remove an address, with what was still on its way to it."""
    from ligament.app.notices.subscriptions import remove  # noqa: PLC0415 - as above

    run_verb(ctx.obj.over(home, clinic, as_json), lambda held: remove(held, wanted), views.removed)


@hooks_app.command("rotate")
def hooks_rotate(
    ctx: typer.Context, wanted: HookId, home: Home = None, clinic: Clinic = None, as_json: Json = False
) -> None:
    """Give an address a new signing secret; for 24 hours both sign."""
    from ligament.app.notices.subscriptions import rotate  # noqa: PLC0415 - as above

    run_verb(ctx.obj.over(home, clinic, as_json), lambda held: rotate(held, wanted), views.rotated)


@hooks_app.command("deliveries")
def hooks_deliveries(
    ctx: typer.Context,
    wanted: HookId,
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    state: Annotated[str, typer.Option(help="Only waiting, delivered or dead.", show_default=False)] = "",
) -> None:
    """Show what was sent to an address lately, and what was not taken."""
    from ligament.app.notices.subscriptions import deliveries  # noqa: PLC0415 - as above

    session = ctx.obj.over(home, clinic, as_json)
    run_verb(session, lambda held: deliveries(held, wanted, state), views.deliveries)


@hooks_app.command("replay")
def hooks_replay(
    ctx: typer.Context,
    wanted: HookId,
    delivery: Annotated[
        str | None,
        typer.Argument(metavar="[DELIVERY]", help="One delivery; all dead ones without.", show_default=False),
    ] = None,
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
) -> None:
    """Send again what an address did not take, under the ids that it had."""
    from ligament.app.notices.subscriptions import replay  # noqa: PLC0415 - as above

    run_verb(ctx.obj.over(home, clinic, as_json), lambda held: replay(held, wanted, delivery), views.replayed)
