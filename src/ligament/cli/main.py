"""The `ligament` command: registers what each file of commands adds, and ends the process with its code."""

from __future__ import annotations

import signal
import sys
import traceback
from pathlib import Path

import typer

from ligament.app.errors import error_document
from ligament.app.output import to_json
from ligament.cli.commands import (
    access,
    audit,
    clinics,
    contacts,
    demo,
    holds,
    hooks,
    journal,
    recalls,
    reconcile,
    reports,
    rules,
    safety,
    serve,
    setup,
    sync,
)
from ligament.wiring.rulebooks import system_titles

UNEXPECTED = 70
_PRACTICE_TITLE, _BOOKS_TITLE = system_titles()

app = typer.Typer(
    name="ligament",
    help=f"Keeps a {_PRACTICE_TITLE} practice and its {_BOOKS_TITLE} books the same.",
    epilog="Exit codes: 0 done, nothing waits; 1 done, something is held or differs; 2 wrong usage or configuration; "
    "3 a system could not be reached or signed in to.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for _commands in (
    setup,
    clinics,
    sync,
    holds,
    reconcile,
    journal,
    reports,
    rules,
    audit,
    contacts,
    hooks,
    recalls,
    access,
    safety,
    demo,
    serve,
):
    _commands.add_commands(app)


def main() -> None:
    """Run the command; an unexpected error tells its kind and place, never a name or a secret."""
    # Asked to end by the system it ends as with Ctrl-C, and gives back first what other processes wait for.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
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
        document = error_document("unexpected", sentence, detail)
        sys.stdout.write(to_json(document) + "\n")
    return f"{sentence}\nPlease report it with this line: {detail}\n"


if __name__ == "__main__":
    main()
