"""Access commands: users of the dashboard, and tokens of other programs."""

from __future__ import annotations

from typing import Annotated

import typer

from ligament.cli.options import Home, Json
from ligament.cli.session import Session, run_plain
from ligament.cli.views import access as show
from ligament.wiring.actors import person_at_terminal

users_app = typer.Typer(help="Users of the dashboard: list, add, remove.", invoke_without_command=True)
tokens_app = typer.Typer(help="Tokens of other programs: list, add, remove.", invoke_without_command=True)


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(users_app, name="users")
    app.add_typer(tokens_app, name="tokens")


# The use cases need libraries that are slow to load, so they are imported only when they are wanted.


@users_app.callback()
def users(ctx: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List who has a place at the dashboard."""
    ctx.obj = Session(home=home, as_json=as_json)
    if ctx.invoked_subcommand is None:
        _list_users(ctx.obj)


@users_app.command("list")
def users_list(ctx: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List who has a place at the dashboard."""
    _list_users(ctx.obj.over(home, None, as_json))


def _list_users(session: Session) -> None:
    from ligament.app.access import commands as cases  # noqa: PLC0415 - as said above

    run_plain(session, lambda: cases.list_users(session.home, person_at_terminal()), show.users)


@users_app.command("add")
def users_add(
    ctx: typer.Context,
    email: Annotated[str, typer.Argument(help="E-mail address with which they sign in.")],
    *,
    role: Annotated[str, typer.Option(help="owner, bookkeeper or viewer.")],
    only: Annotated[
        list[str] | None, typer.Option(help="Only this clinic; may be given several times.", show_default=False)
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Invite somebody: prints a link that works for three days."""
    from ligament.app.access import commands as cases  # noqa: PLC0415 - as said above

    session = ctx.obj.over(home, None, as_json)
    actor, clinics = person_at_terminal(), tuple(only or ())
    run_plain(session, lambda: cases.add_user(session.home, actor, email=email, role=role, only=clinics), show.invited)


@users_app.command("remove")
def users_remove(
    ctx: typer.Context,
    email: Annotated[str, typer.Argument(help="Whose place ends.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Remove somebody, who is signed out at once."""
    from ligament.app.access import commands as cases  # noqa: PLC0415 - as said above

    session = ctx.obj.over(home, None, as_json)
    run_plain(session, lambda: cases.remove_user(session.home, person_at_terminal(), email=email), show.removed)


@tokens_app.callback()
def tokens(ctx: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List the tokens of other programs."""
    ctx.obj = Session(home=home, as_json=as_json)
    if ctx.invoked_subcommand is None:
        _list_tokens(ctx.obj)


@tokens_app.command("list")
def tokens_list(ctx: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List the tokens of other programs."""
    _list_tokens(ctx.obj.over(home, None, as_json))


def _list_tokens(session: Session) -> None:
    from ligament.app.access import commands as cases  # noqa: PLC0415 - as said above

    run_plain(session, lambda: cases.list_tokens(session.home, person_at_terminal()), show.tokens)


@tokens_app.command("add")
def tokens_add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="What it is for, such as n8n.")],
    *,
    scope: Annotated[list[str], typer.Option(help="read, decide, run or admin; may be given several times.")],
    only: Annotated[str, typer.Option(help="Only this clinic.", show_default=False)] = "",
    until: Annotated[str, typer.Option(help="The last day it works (YYYY-MM-DD).", show_default=False)] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Make a token: it is printed once and kept as a digest only."""
    from ligament.app.access import commands as cases  # noqa: PLC0415 - as said above

    session = ctx.obj.over(home, None, as_json)
    actor, scopes = person_at_terminal(), tuple(scope)
    run_plain(
        session,
        lambda: cases.add_token(session.home, actor, name=name, scopes=scopes, only=only, until=until),
        show.made,
    )


@tokens_app.command("remove")
def tokens_remove(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Which token ends.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Let a token end at once."""
    from ligament.app.access import commands as cases  # noqa: PLC0415 - as said above

    session = ctx.obj.over(home, None, as_json)
    run_plain(session, lambda: cases.remove_token(session.home, person_at_terminal(), name=name), show.removed)
