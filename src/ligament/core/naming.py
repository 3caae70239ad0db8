"""Names as the books can hold them, and the clinic's privacy dial applied to them."""

from __future__ import annotations

import re
import unicodedata

from ligament.core.rules.model import Privacy

NAME_LENGTH = 255
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_CODE = re.compile(r"[A-Z]{2,4}-[A-Z0-9]{8}")
_SUFFIX_ROOM = 9
_REFUSED = {"<", ">"}


def tidy_name(text: str) -> str:
    """Drop what the books refuse in a name (choice C09): brackets, control characters, needless blanks."""
    if text.isprintable() and not _REFUSED & set(text):
        return " ".join(text.split())
    kept = (" " if char.isspace() else char for char in text if char not in _REFUSED and not _is_control(char))
    return " ".join("".join(kept).split())


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cs", "Cn", "Co"} and not char.isspace()


def contact_name(full: str) -> str:
    """Return the name without a suffix, cut to what the books hold."""
    return tidy_name(full)[:NAME_LENGTH].strip()


def with_suffix(full: str, party_id: str) -> str:
    """Return the name with the last six characters of the id behind it, for namesakes."""
    room = NAME_LENGTH - _SUFFIX_ROOM
    return f"{tidy_name(full)[:room].strip()} ({party_id[-6:]})"


def is_code(name: str) -> bool:
    """Say whether a name is one of our opaque codes."""
    return _CODE.fullmatch(name) is not None


def initials(first: str, last: str) -> str:
    """Return initials such as `A. S.`."""
    letters = [tidy_name(part)[:1].upper() for part in (first, last)]
    return " ".join(f"{letter}." for letter in letters if letter)


def shown_name(first: str, last: str, full: str, privacy: Privacy) -> str:
    """Return the name that the dial lets through, before any suffix; a code or a pool has names of its own."""
    if privacy is Privacy.INITIALS:
        return initials(first, last) or initials(full, "")
    return full


_TITLES = {"mr", "mrs", "ms", "miss", "mx", "master", "dr", "prof", "professor", "sir", "dame", "rev", "fr", "sr"}


def without_title(text: str) -> str:
    """Return a name without the titles in front of it."""
    return " ".join(untitled(text.split()))


def untitled(words: list[str]) -> list[str]:
    """Return the words of a name without the titles in front of them."""
    place = 0
    while place < len(words) and words[place].rstrip(".").casefold() in _TITLES:
        place += 1
    return words[place:]


def comparable(text: str) -> str:
    """Return a name for the likeness comparison: no title, no accents, no punctuation, case folded."""
    bare = without_title(text)
    if not bare.isascii():
        decomposed = unicodedata.normalize("NFKD", bare)
        bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(_BETWEEN_WORDS.sub(" ", bare).split()).casefold()
