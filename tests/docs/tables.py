"""Tables of the guides to the rulebook and to holds, made of the declarations of settings and cases.

Run as `python -m tests.docs.tables` to write them into docs/rulebook.md and docs/holds.md after a change of one.
"""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from ligament.connectors.registry import manifests
from ligament.core.causes import SECTIONS
from ligament.core.hold_case import HoldCase
from ligament.core.rules.parse import sections
from ligament.core.rules.settings import Section, Setting, Systems

GUIDE = Path(__file__).parents[2] / "docs" / "rulebook.md"
HOLDS = GUIDE.with_name("holds.md")
SYSTEMS = Systems(practice="cliniko", books="xero", audience="mailchimp")
_HOLD_TABLE = re.compile(r"(<!-- holds of ([a-z]+) -->\n)(?:\|[^\n]*\n)*")
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


def _hold_row(case: HoldCase) -> str:
    cells = (f"`{case.code.value}`", case.happened, case.todo, case.clears, case.approve, case.dismiss)
    return f"| {' | '.join(_cell(cell) for cell in cells)} |\n"


def hold_table(cases: tuple[HoldCase, ...]) -> str:
    """Return the table of some cases as the guide shows it."""
    head = "| Code | What happened | What to do | Clears itself | Approve | Dismiss or another answer |\n"
    return head + "|---|---|---|---|---|---|\n" + "".join(_hold_row(case) for case in cases)


def written_holds(text: str) -> str:
    """Return the guide to holds with every table as its cases are declared."""
    return _HOLD_TABLE.sub(lambda found: found[1] + hold_table(SECTIONS[found[2]]), text)


if __name__ == "__main__":
    HOLDS.write_text(written_holds(HOLDS.read_text(encoding="utf-8")), encoding="utf-8")
    GUIDE.write_text(written(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
