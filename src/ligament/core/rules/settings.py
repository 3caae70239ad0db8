"""Settings: what it takes to declare a key of the rulebook once, for its check, its messages, its guide and `init`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ligament.core.rules.kinds import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Systems:
    """The names of the systems as a rulebook writes them; `audience` is empty where no mailing lists are kept."""

    practice: str
    books: str
    audience: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One key: what may stand there, what stands there when nothing is given, and what a person needs to know.

    `default` and `example` are written as in the file; an empty default means that nothing is set. `field` is the
    name in the record where it differs from the key. `is_table` keys have a bracketed line of their own. The
    sentences may speak of `$practice_title` and `$books_title`.
    """

    name: str
    kind: Kind
    default: str
    sentence: str
    example: str = ""
    mistake: str = ""
    field: str = ""
    is_table: bool = False

    @property
    def attribute(self) -> str:
        """Return the name under which the record keeps it."""
        return self.field or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One bracketed part of the file; `record` builds what the rulebook keeps of it."""

    name: str
    record: type
    settings: tuple[Setting, ...]
    note: str = ""

    def named(self, name: str) -> Setting:
        return next(setting for setting in self.settings if setting.name == name)


def keys(sections: tuple[Section, ...]) -> Iterator[str]:
    """Yield every key with its section before it."""
    for section in sections:
        for setting in section.settings:
            yield f"{section.name}.{setting.name}"
