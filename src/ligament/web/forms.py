"""Forms that show what stands now and take what was typed: two people at once, and nothing that was typed is lost.

Beside each field stands a hidden one, `was.` and its name, with what the page had shown.
"""

from __future__ import annotations

from collections.abc import Mapping

from ligament.web.page import Values

WAS = "was."


def was(form: Values) -> dict[str, str]:
    """Return what the page had shown, by field."""
    return {name: _lines(value) for name, value in form.under(WAS).items()}


def told(form: Values) -> dict[str, str]:
    """Return what was typed in each field that the page had shown; several values come one on each line."""
    return {name: _lines("\n".join(form.all(name))) for name in form.under(WAS)}


def left_out(form: Values) -> frozenset[str]:
    """Return what somebody had unticked of all that the page had shown with a tick."""
    return frozenset(form.under(WAS)) - frozenset(form.all("names"))


def sent(form: Values, current: Mapping[str, str]) -> dict[str, str]:
    """Return what every field shows: what was typed there, and what stands now where nobody had typed anything.

    So a field that somebody else changed meanwhile is not turned back by whoever never touched it.
    """
    typed, seen = told(form), was(form)
    return {
        name: typed[name] if name in typed and typed[name] != seen.get(name) else now for name, now in current.items()
    }


def _lines(text: str) -> str:
    """Return a text with the line ends of a file: browsers send others."""
    return text.replace("\r\n", "\n")
