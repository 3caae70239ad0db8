"""Every key that the rulebook knows is read by something: a setting that changes nothing misleads whoever sets it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from ligament.core.rules import parse
from ligament.core.rules.settings import Section, Setting
from tests.docs.test_lists import SYSTEMS

SOURCE = Path(__file__).parents[2] / "src" / "ligament"
DECLARING = ("declared_documents.py", "declared_people.py", "declared_running.py", "model.py", "parse.py", "kinds.py")
KEYS = [(section, setting) for section in parse.sections(SYSTEMS) for setting in section.settings]


@cache
def reads() -> dict[Path, set[str]]:
    """Return the names of attributes that each file of ours reads, and of the records that it names."""
    found: dict[Path, set[str]] = {}
    for file in SOURCE.rglob("*.py"):
        if file.name in DECLARING or "simulator" in file.parts or "tests" in file.parts:
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        found[file] = attributes | {name for name in names if name.endswith("Section")}
    return found


def is_read(section: Section, setting: Setting) -> bool:
    """Say whether a file that speaks of the section, or of its record, reads the setting."""
    if section.record is dict:
        # A table whose keys are walked through: who reads the table reads each of them.
        return any(section.name.rpartition(".")[2] in names for names in reads().values())
    spoken_of = {section.name.partition(".")[0], section.record.__name__, "audience"}
    return any(setting.attribute in names and spoken_of & names for names in reads().values())


@pytest.mark.parametrize(("section", "setting"), KEYS, ids=[f"{one.name}.{two.name}" for one, two in KEYS])
def test_every_setting_is_read_outside_its_declaration(section: Section, setting: Setting) -> None:
    assert is_read(section, setting), f"nothing reads [{section.name}] {setting.name}"


def test_a_setting_that_nothing_reads_is_noticed() -> None:
    section, setting = KEYS[0]
    made_up = Setting(name="colour_of_the_tea", kind=setting.kind, default="", sentence="x")
    assert not is_read(section, made_up)
