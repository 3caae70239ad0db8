"""Tables of the guide to the rulebook, made of the declarations of its settings.

Run as `python -m tests.docs.tables` to write them into docs/rulebook.md after a change of a declaration.
"""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from ligament.connectors.registry import manifests
from ligament.core.rules.parse import sections
from ligament.core.rules.settings import Section, Setting, Systems

GUIDE = Path(__file__).parents[2] / "docs" / "rulebook.md"
SYSTEMS = Systems(practice="cliniko", books="xero", audience="mailchimp")
_TABLE = re.compile(r"(<!-- settings of ([a-z_.]+) -->\n)(?:\|[^\n]*\n)*")


def titles() -> dict[str, str]:
    """Return the names of the systems as people know them."""
    roles = {manifest.role: manifest for manifest in manifests()}
    practice, books = roles["practice"], roles["books"]
    return {
        "practice_title": practice.title,
        "books_title": books.title,
        "practice": practice.name,
        "books": books.name,
    }


def _cell(text: str) -> str:
    return Template(text).substitute(titles()).replace("|", "\\|")


def _example(setting: Setting) -> str:
    written = setting.example or setting.default
    return f"`{_cell(written)}`" if written else ""


def _row(setting: Setting) -> str:
    cells = (f"`{setting.name}`", _cell(setting.sentence), _example(setting), _cell(setting.mistake))
    return "".join(f"| {cell} " if cell else "| " for cell in cells) + "|\n"


def table(section: Section) -> str:
    """Return the table of a section as the guide shows it."""
    inside = "." in section.name
    first = f"Key in `[{section.name}]`" if inside else "Key"
    return f"| {first} | What it does | Example | A typical mistake |\n|---|---|---|---|\n" + "".join(
        _row(setting) for setting in section.settings
    )


def written(text: str) -> str:
    """Return the guide with every table of settings as it is declared."""
    declared = {section.name: section for section in sections(SYSTEMS)}
    return _TABLE.sub(lambda found: found[1] + table(declared[found[2]]), text)


def marked(text: str) -> list[str]:
    """Return the sections whose table the guide has."""
    return [found[2] for found in _TABLE.finditer(text)]


if __name__ == "__main__":
    GUIDE.write_text(written(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
