"""Asking the person at the terminal; where there is none, answers come from standard input or not at all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from ligament.cli.views.progress import console


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C at a question, and Ctrl-D for an answer, end the command as Ctrl-C ends it at any other moment."""
    try:
        yield
    except typer.Abort:
        raise KeyboardInterrupt from None


def ask_secret(words: str) -> str:
    """Return what is typed unseen, or the next line of standard input where nobody sits at a terminal."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    with _interruptible():
        return str(typer.prompt(words, hide_input=True, default="", show_default=False, err=True))


def at_terminal() -> bool:
    """Say whether somebody can be asked."""
    return sys.stdin.isatty()


def ask_text(words: str) -> str:
    """Return what is typed; an empty line is no answer."""
    with _interruptible():
        return str(typer.prompt(words, default="", show_default=False, err=True))


def tell_wrong(sentence: str) -> None:
    """Print what is wrong with an answer."""
    console(stderr=True).print(sentence, markup=False)


def confirmed(question: str) -> bool | None:
    """Return yes or no, or nothing where nobody can be asked."""
    if not sys.stdin.isatty():
        return None
    with _interruptible():
        return bool(typer.confirm(question, err=True))


def is_meant(question: str) -> bool:
    """Return the answer to a question of safety; where nobody can be asked, whoever set it up answered it."""
    return confirmed(question) is not False


def tell_page(address: str) -> None:
    """Print the address of the page that is being opened in the browser."""
    shown = console(stderr=True)
    shown.print("Your browser opens this page; if it does not, open it yourself:", markup=False)
    shown.print(address, markup=False)
    shown.print("Waiting for you to sign in there, for five minutes at most.", markup=False)
