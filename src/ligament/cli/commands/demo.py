"""The demo command: a made-up clinic on simulated servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ligament.cli.options import Json

if TYPE_CHECKING:
    from ligament.demo.demo import Stage


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("demo")(demo)


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End after the summary instead of serving the dashboard.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Which made-up clinic.")] = 1,
    size: Annotated[str, typer.Option(help="small or medium")] = "medium",
    as_json: Json = False,
) -> None:
    """Run a made-up clinic on simulated servers on this machine, and print the outcome."""
    from ligament.cli.views.demo import run_demo  # noqa: PLC0415 - the simulators are loaded only when they are wanted

    run_demo(once=once, seed=seed, size=size, as_json=as_json, serve=_serve)


def _serve(stage: Stage) -> None:
    from ligament.cli.serving import serve_demo  # noqa: PLC0415 - the web library is slow to load

    serve_demo(stage.settings, stage.clock.now())
