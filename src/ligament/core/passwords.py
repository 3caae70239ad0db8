"""Passwords: which ones are refused, and why, in a sentence for the person who typed one."""

from __future__ import annotations

import re

from ligament.core.breached_passwords import is_breached

SHORTEST, LONGEST = 12, 256
_LEET = str.maketrans("013457@$!", "oieastasi")
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qazwsxedcrfvtgb")
_RUN = 4
_LEAST_SIGNS = 5
_LEAST_REST = 3
_WORDS = frozenset((
    "password", "passwort", "letmein", "welcome", "iloveyou", "princess", "sunshine", "football", "baseball",
    "superman", "batman", "dragon", "monkey", "shadow", "michael", "charlie", "trustno", "admin", "administrator",
    "qwerty", "qwertz", "azerty", "changeme", "default", "whatever", "starwars", "pokemon", "ligament", "mypassword",
    "secret", "login", "abc", "test",
))  # fmt: skip
_BY_LENGTH = sorted(_WORDS, key=len, reverse=True)


def complaint(password: str, *, about: tuple[str, ...] = ()) -> str:
    """Return why a password is refused, or an empty text; `about` are words that everybody knows about its owner."""
    if len(password) < SHORTEST:
        return (
            f"Choose a password of at least {SHORTEST} characters. Three or four words that do not belong together do."
        )
    if len(password) > LONGEST:
        return f"A password may have at most {LONGEST} characters."
    if len(set(password.casefold())) < _LEAST_SIGNS:
        return "This password repeats very few characters. Choose one that is harder to guess."
    if _is_common(password, about) or is_breached(password):
        return "This password is among the first that somebody would try. Choose one that is harder to guess."
    return ""


def _is_common(password: str, about: tuple[str, ...]) -> bool:
    """Say whether little is left of a password once known words, runs of the keyboard and repetitions are taken out."""
    folded = password.casefold()
    plain = folded.translate(_LEET)
    known = [word for text in about for word in re.split(r"\W+", text.casefold()) if len(word) >= _LEAST_REST]
    return min(len(_rest(folded, known)), len(_rest(plain, known))) < _LEAST_REST


def _rest(text: str, known: list[str]) -> str:
    """Return what is left, each repetition counted once."""
    text = re.sub(r"(.+?)\1{2,}", r"\1", text)
    for word in (*sorted(known, key=len, reverse=True), *_BY_LENGTH):
        text = text.replace(word, " ")
    for row in _ROWS:
        text = _without_runs(_without_runs(text, row), row[::-1])
    return re.sub(r"[\W\d_]+", "", text)


def _without_runs(text: str, row: str) -> str:
    """Take out everything of four signs or more that stands so on the keyboard, in the alphabet or among the digits."""
    kept, place = "", 0
    while place < len(text):
        length = _run_at(text, place, row)
        if length < _RUN:
            kept += text[place]
            length = 1
        place += length
    return kept


def _run_at(text: str, place: int, row: str) -> int:
    for length in range(min(len(row), len(text) - place), _RUN - 1, -1):
        if text[place : place + length] in row:
            return length
    return 0
