"""Known words: whether a word that somebody typed is one of those there are, and which of them was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def not_known(word: str, known: Iterable[str]) -> str:
    """Say that a word is none of those, with the nearest one and all that there are; nothing where it is one."""
    there = list(known)
    if word in there:
        return ""
    return f'"{word}" is not known.{did_you_mean(word.casefold(), there)} Known are {", ".join(there)}.'


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Ask for the nearest of those words, with a space before it; nothing where none is near (`cutoff`: 0 to 1)."""
    near = get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return f' Did you mean "{near[0]}"?' if near else ""
