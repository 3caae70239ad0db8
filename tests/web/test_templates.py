"""Templates as they are written: tables that become cards on a telephone, and buttons that stay where they are put."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ligament.web

TEMPLATES = sorted((Path(ligament.web.__file__).parent / "templates").glob("*.jinja"))
_TABLE = re.compile(r"<table[^>]*>")
_PARAGRAPH = re.compile(r"<p[ >].*?</p>", re.DOTALL)
_FORM = re.compile(r"<form|forms\.(one_button|start)\(")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.name)
def test_every_table_becomes_cards_on_a_narrow_window(template: Path) -> None:
    for table in _TABLE.findall(template.read_text()):
        assert 'class="stack"' in table, table


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.name)
def test_a_form_never_stands_in_a_paragraph_which_ends_before_it(template: Path) -> None:
    """A browser ends a paragraph where a form begins: what the paragraph says of its buttons then holds for none."""
    assert [one for one in _PARAGRAPH.findall(template.read_text()) if _FORM.search(one)] == []
