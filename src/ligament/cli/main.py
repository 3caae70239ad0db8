"""The `ligament` command: registers what each file of commands adds, and ends the process with its code."""

from __future__ import annotations

import signal
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from ligament import __version__
from ligament.cli.menu import HELP_NAMES, Menu

UNEXPECTED = 70

app = typer.Typer(
    name="ligament",
    cls=Menu,
    epilog="Exit codes: 0 done, nothing waits; 1 done, something is held or differs; 2 wrong usage or configuration; "
    "3 a system could not be reached or signed in to.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=HELP_NAMES,
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"ligament {__version__}\n")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="Say which version this is.")
    ] = False,
) -> None:
    """Keep a clinic's practice system and its books the same."""
    del version


def main(*, interruptible: bool = False) -> None:
    """Run the command; an unexpected error tells its kind and place, never a name or a secret.

    `interruptible` makes Ctrl-C end it with a sentence, from the moment that somebody here can say it.
    """
    # Asked to end by the system it ends as with Ctrl-C, and gives back first what other processes wait for.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if interruptible:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        app()
    except SystemExit as stop:
        _tell_wrong_usage(stop)
        raise
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. Everything done until now is kept; run it again to go on.\n")
        raise SystemExit(130) from None
    except Exception as error:  # noqa: BLE001 - the message of an unknown error may name a person, so only its kind is told
        sys.stderr.write(_unexpected(error))
        raise SystemExit(UNEXPECTED) from None


def _tell_wrong_usage(stop: SystemExit) -> None:
    """Print the document that a machine waits for when the library that reads the arguments refused them itself."""
    # Only that library ends the process while it handles an error that can word itself; people were told by it already.
    words = getattr(stop.__context__, "format_message", None)
    if words is not None and "--json" in sys.argv:
        from ligament.app.errors import error_document  # noqa: PLC0415 - only wanted when it goes wrong
        from ligament.app.output import to_json  # noqa: PLC0415 - as above

        document = error_document("usage", words(), _place(stop))
        sys.stdout.write(to_json(document) + "\n")


def _place(stop: SystemExit) -> str:
    """Return the option or argument that was wrong, as far as the library knows it."""
    wrong = stop.__context__
    if (option := getattr(wrong, "option_name", None)) is not None:
        return str(option)
    named = getattr(getattr(wrong, "param", None), "opts", None)
    return str(named[0]) if named else ""


def _unexpected(error: Exception) -> str:
    """Return what to say about an error nobody foresaw, and print the document that a machine waits for."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames[-4:]]
    sentence = "Something happened that should not have. Everything done until now is kept, and nothing is sent twice."
    detail = f"{type(error).__name__} at {' < '.join(reversed(places))}"
    if "--json" in sys.argv:
        from ligament.app.errors import error_document  # noqa: PLC0415 - as above
        from ligament.app.output import to_json  # noqa: PLC0415 - as above

        document = error_document("unexpected", sentence, detail)
        sys.stdout.write(to_json(document) + "\n")
    return f"{sentence}\nPlease report it with this line: {detail}\n"


if __name__ == "__main__":
    main()
