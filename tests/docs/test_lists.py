"""The lists in the documents are the lists in the code: nothing missing, nothing made up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from ligament.app.setup.init import rulebook_text
from ligament.connectors.cliniko.simulator.switches import Switches as PracticeSwitches
from ligament.connectors.mailchimp.simulator.world import Switches as ListSwitches
from ligament.connectors.xero.simulator.switches import Switches as BooksSwitches
from ligament.core.causes import CASES
from ligament.core.holds import HoldCode
from ligament.core.rules import parse
from ligament.core.rules.parse_entries import ENTRIES
from ligament.core.rules.settings import Systems
from tests.docs import tables

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
SYSTEMS = Systems(practice="cliniko", books="xero", audience="mailchimp")
# The keys of these tables are the clinic's own names.
FREE_TABLES = {"taxes"}


def document(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def first_cells(text: str) -> list[str]:
    """Return the words in backticks that stand alone in the first cell of a table's rows."""
    return re.findall(r"^\| `([^`|]+)` \|", text, re.MULTILINE)


def sections(text: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every `## [name]` section of the rulebook guide."""
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        if found := re.fullmatch(r"`\[+([a-z_]+)\]+`", heading.strip()):
            yield found.group(1), body


def known_keys() -> dict[str, set[str]]:
    """Return the keys that the rulebook knows, by section."""
    listed = {section.name: {setting.name for setting in section.settings} for section in parse.sections(SYSTEMS)}
    return {**listed, "taxes": set(), **{name: set(keys) for name, keys in ENTRIES.items()}}


def test_every_hold_code_has_exactly_one_row() -> None:
    told = first_cells(document("holds.md"))
    assert sorted(told) == sorted(code.value for code in HoldCode)


def test_the_tables_of_the_guide_are_the_cases_of_holds() -> None:
    text = document("holds.md")
    assert tables.written_holds(text) == text, "run python -m tests.docs.tables"
    assert {case.code for case in CASES.values()} == set(HoldCode)
    for code, case in CASES.items():
        assert ("approve" in case.answers) is not case.approve.startswith("No effect"), code
        assert {word for word in case.answers if f"--as {word}" in case.approve + case.dismiss} == set(case.answers) - {
            "approve",
            "dismiss",
            "retry",
        }, code


def test_every_hold_row_answers_every_question() -> None:
    rows = [line for line in document("holds.md").splitlines() if line.startswith("| `")]
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert len(cells) == 6, row
        assert all(cells), row


def test_the_list_of_decisions_is_the_folder() -> None:
    files = {path.name for path in (DOCS / "decisions").glob("*.md")} - {"README.md"}
    listed = re.findall(r"\]\(([^)]+)\)", document("decisions/README.md"))
    assert sorted(listed) == sorted(files)


def test_decisions_are_numbered_without_gaps_and_titled_alike() -> None:
    rows = re.findall(r"^\| (\d+) \| \[([^\]]+)\]\((\d{4})-[^)]+\)", document("decisions/README.md"), re.MULTILINE)
    assert [int(number) for number, _, _ in rows] == list(range(1, len(rows) + 1))
    for number, title, file_number in rows:
        (path,) = (DOCS / "decisions").glob(f"{file_number}-*.md")
        assert path.read_text(encoding="utf-8").startswith(f"# {number}. {title}\n")


def test_the_guide_has_every_section_and_key_of_the_rulebook() -> None:
    heard = known_keys()
    guide = dict(sections(document("rulebook.md")))
    assert set(guide) == {name.partition(".")[0] for name in heard}
    for section, keys in heard.items():
        body = guide[section.partition(".")[0]]
        missing = [key for key in keys if f"`{key}`" not in body]
        assert not missing, f"[{section}] in the guide lacks {missing}"


def test_the_guide_explains_no_key_that_the_rulebook_lacks() -> None:
    heard = known_keys()
    for section, body in sections(document("rulebook.md")):
        known = {key for path, keys in heard.items() if path.partition(".")[0] == section for key in keys}
        # Tables of privacy settings and of what a condition sees are about values, not keys.
        keys_tables = re.findall(r"^\| Key[^\n]*\n\|[-| ]+\n((?:\|[^\n]*\n?)+)", body, re.MULTILINE)
        told = [cell for table in keys_tables for cell in first_cells(table)]
        assert section in FREE_TABLES or told
        assert set(told) <= known


def test_the_examples_of_the_guide_are_good_rules() -> None:
    from tomllib import loads  # noqa: PLC0415 - one test needs it

    from ligament.wiring.expressions import Expressions  # noqa: PLC0415

    needed = '[accounts]\ndefault = "200"\n[payments]\naccount = "090"\n'
    blocks = re.findall(r"^```toml\n(.*?)^```", document("rulebook.md"), re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 2
    rules = 0
    for block in blocks:
        book, problems = parse.rulebook(loads(needed + block), SYSTEMS, Expressions())
        assert problems == ()
        rules += len(book.rules)
    assert rules >= 10


@pytest.mark.parametrize(
    ("heading", "switches"), [("Cliniko", PracticeSwitches), ("Xero", BooksSwitches), ("Mailchimp", ListSwitches)]
)
def test_every_switch_of_a_simulator_stands_beside_its_question(heading: str, switches: type) -> None:
    text = document("live-account-questions.md").split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [row for row in text.splitlines() if row.startswith("|")][2:]
    told = {name for row in rows for name in re.findall(r"`([a-z0-9_]+)`", row.rsplit("|", 2)[1])}
    assert told == set(switches.__slots__)  # type: ignore[attr-defined] # a slotted record


def test_every_test_that_the_architecture_names_exists() -> None:
    text = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")
    tests = [*(REPOSITORY / "tests").rglob("test_*.py"), *(REPOSITORY / "src").rglob("tests/test_*.py")]
    promises = {
        name for path in tests for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    named = re.findall(r"`(test_\w+)`", text)
    files = re.findall(r"`(tests/[\w/]+\.py)`", text)
    assert named
    assert files
    assert set(named) <= promises
    assert [file for file in files if not (REPOSITORY / file).is_file()] == []


@pytest.mark.parametrize("path", [*REPOSITORY.glob("*.md"), *DOCS.rglob("*.md")], ids=lambda path: path.name)
def test_every_link_between_documents_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_tables_of_the_guide_are_the_declarations_of_the_settings() -> None:
    text = document("rulebook.md")
    assert sorted(tables.marked(text)) == sorted(section.name for section in parse.sections(SYSTEMS))
    assert tables.written(text) == text, "run python -m tests.docs.tables"


def test_a_default_that_is_declared_is_the_one_that_counts() -> None:
    from tomllib import loads  # noqa: PLC0415 - one test needs it

    bare, _ = parse.rulebook({}, SYSTEMS)
    for section in parse.sections(SYSTEMS):
        if section.record is dict:
            continue
        lines = [
            f"[{section.name}.{setting.name}]\n{setting.default}"
            if setting.is_table
            else f"{setting.name} = {setting.default}"
            for setting in sorted(section.settings, key=lambda setting: setting.is_table)
            if setting.default
        ]
        book, _ = parse.rulebook(loads(f"[{section.name}]\n" + "\n".join(lines)), SYSTEMS)
        name = "audience" if section.name == SYSTEMS.audience else section.name
        assert getattr(book, name) == getattr(bare, name)


def test_every_field_of_a_section_has_its_setting() -> None:
    inside = {"wins", "custom_fields"}
    for section in parse.sections(SYSTEMS):
        if section.record is not dict:
            kept = {held.name for held in fields(section.record)} - inside
            assert kept == {setting.attribute for setting in section.settings}


def test_the_starter_file_holds_every_setting_at_its_declared_default() -> None:
    from tomllib import loads  # noqa: PLC0415 - one test needs it

    decided_by_a_person = {"clinic.name", "accounts.default", "payments.account", "invoices.start_on"}
    starter: dict[str, Any] = loads(rulebook_text())
    for section in parse.sections(SYSTEMS):
        if section.name == SYSTEMS.audience or section.name in {"contacts.wins", "contacts.custom_fields"}:
            continue
        for setting in section.settings:
            name = f"{section.name}.{setting.name}"
            if name in decided_by_a_person or not setting.default:
                assert setting.name in rulebook_text(), name
            elif setting.is_table:
                assert starter[section.name][setting.name] == loads(setting.default), name
            elif setting.name in starter[section.name]:
                assert starter[section.name][setting.name] == loads(f"v = {setting.default}")["v"], name
            else:
                assert name in {"clinic.contact", "clinic.practice", "clinic.books"}, name
