"""Folding: the one form in which names are compared, wherever they stand."""

from __future__ import annotations


def folded(text: str) -> str:
    """Return the form in which names and e-mails are compared: trimmed, blanks collapsed, case folded."""
    return " ".join(text.split()).casefold()
