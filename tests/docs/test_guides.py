"""The guides for bookkeepers: a hard word leads to the glossary where it is first used, and every command is one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ligament.cli.menu import MENU

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = ("first-week", "first-day", "costs", "clearing-account", "example-clinic", "help")
HARD = (
    "approval",
    "BAS",
    "books",
    "chart",
    "clearing account",
    "contact group",
    "credit note",
    "cross-reference",
    "cursor",
    "hold",
    "home",
    "inferred",
    "journal",
    "lock date",
    "mirror",
    "payer",
    "plan",
    "practice",
    "privacy dial",
    "reconcile",
    "rule",
    "rulebook",
    "run",
    "settlement",
    "tax type",
    "terminal",
    "tracking category",
    "variance",
    "vault",
)
# The same letters with a meaning that everybody knows.
PLAIN = (
    r"Ligament run(s|ning)?\b",
    r"lets? it run\b",
    r"let it run\b",
    r"does not run\b",
    r"[Pp]lans? for\b",
    r"small plans\b",
    r"your plan\b",
    r"plans for developers",
    r"a plan,",
    r"(chart of accounts)",
    r"bank rule",
    r"plans the day",
    r"card terminal",
    r"BAS Excluded",
    r"Account \d+ holds",
    r"plan[- ]managed",
    r"plan manager",
    r"[Pp]lan Partners",
    r"runs containers",
)


def prose(text: str) -> str:
    """Return a guide without headings, code and the texts of links to other guides, which explain their words."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    # What stands in italics is written so on a screen of somebody else's.
    text = re.sub(r"^#.*$|`[^`]*`|(?<!\*)\*[^*\n]+\*(?!\*)", "", text, flags=re.MULTILINE)
    text = re.sub(r"\[[^\]]*\]\((?!glossary)[^)]*\)", "", text)
    return re.sub("|".join(PLAIN), "", text)


def unexplained(text: str) -> list[str]:
    """Return the hard words whose first use is no link to the glossary."""
    plain = prose(text)
    found = []
    for word in HARD:
        first = re.search(rf"(\[)?\b{word}s?\b(\]\(glossary\.md)?", plain, re.IGNORECASE)
        if first and not (first[1] and first[2]):
            found.append(word)
    return found


def guide(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", GUIDES)
def test_a_hard_word_leads_to_the_glossary_at_its_first_use(name: str) -> None:
    assert unexplained(guide(name)) == []


def test_every_hard_word_stands_in_the_glossary() -> None:
    rows = re.findall(r"^\| ([^|]+) \|", guide("glossary"), re.MULTILINE)
    known = {word.strip().lower() for row in rows for word in row.split(",")}
    assert [word for word in HARD if word.lower() not in known] == []


def test_a_word_without_its_link_is_found() -> None:
    assert unexplained("It waits as a hold. A [hold](glossary.md) is ...") == ["hold"]
    assert unexplained("It waits as a [hold](glossary.md). All holds ...") == []


@pytest.mark.parametrize("name", [*GUIDES, "installing", "first-hour"])
def test_every_command_of_a_guide_is_one(name: str) -> None:
    named = set(re.findall(r"\bligament ([a-z]+)\b", " ".join(re.findall(r"`[^`]+`", guide(name)))))
    assert named <= {entry.name for entry in MENU} | {"ligament"}


def test_every_guide_for_bookkeepers_is_led_to() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    assert [name for name in (*GUIDES, "installing", "first-hour") if f"docs/{name}.md" not in readme] == []
