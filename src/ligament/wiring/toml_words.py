"""What is wrong in a file that is no TOML, in words for whoever typed it: the place, and the cure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLACE = re.compile(r" ?\((?:at line (\d+), column (\d+)|at end of document)\)$")
_TWICE = re.compile(r"Cannot declare \((.+)\) twice")
_TOO_LONG = re.compile(r"\d{400,}|\d[eE][+-]?\d{7,}")
_QUOTES = "\u201c\u201d\u201e\u2018\u2019"
_WORDS = (
    ("Cannot overwrite a value", "this key stands in the section a second time. Keep one of the two lines."),
    ("Invalid value", 'this is no value. A text stands in quotes, as in "200"; yes and no are true and false.'),
    ("Expected '=' after a key", "after the name of a setting comes = and its value."),
    ("Unterminated string", "a text is not closed: its second quote is missing."),
    ("Illegal character '\\n'", "a text is not closed: its second quote is missing."),
    ("Expected newline or end of document", "something stands behind the value that does not belong there."),
    ("Expected ']' at the end", "the name of a section stands in square brackets, as in [invoices]."),
    ("Unescaped '\\'", "in a text in double quotes, \\ is written twice; in single quotes, once."),
    ("Invalid statement", 'this is no setting. Write its name, = and its value, as in prefix = "CLK-".'),
    ("Unclosed array", "a list is not closed: its ] is missing."),
)
_CURLY = 'the quotes are curly ones of a word processor. Type straight ones, as in "200".'


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Where a file cannot be read, and what to do about it; line 0 is nowhere in particular."""

    line: int
    column: int
    sentence: str


def unreadable(text: str, told: str) -> Unreadable:
    """Return the place and the cure for what the reader of the file says of it."""
    found = _PLACE.search(told)
    if found is None:
        return _without_place(text, told)
    line, column = (int(found[1]), int(found[2])) if found[1] else (text.count("\n") + 1, 1)
    said = told[: found.start()].strip()
    sentence = next((words for start, words in _WORDS if said.startswith(start)), f"{said}.")
    if twice := _TWICE.match(said):
        name = ".".join(part.strip(" '\"") for part in twice[1].split(",") if part.strip())
        sentence = f"the section [{name}] stands here a second time. Put its settings under the first."
    there = text.split("\n")[line - 1]
    if set(there) & set(_QUOTES) and said.startswith(("Invalid value", "Expected newline")):
        sentence = _CURLY
    return Unreadable(line=line, column=column, sentence=sentence)


def _without_place(text: str, told: str) -> Unreadable:
    """Numbers that no machine holds are refused without a place."""
    for number, line in enumerate(text.split("\n"), start=1):
        if found := _TOO_LONG.search(line):
            return Unreadable(line=number, column=found.start() + 1, sentence="this number is too large.")
    return Unreadable(line=0, column=0, sentence=f"{told}.")
