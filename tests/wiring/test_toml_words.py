"""A slip in the rulebook is told in words for whoever typed it: where it is, and how it is put right."""

from __future__ import annotations

from pathlib import Path

import pytest

from ligament.wiring.rulebooks import looked_over

SECTION = '[clinic]\nname = "Riverside"\n'


@pytest.mark.parametrize(
    ("slip", "line", "words"),
    [
        ("[invoices]\nterms_days = 1\nterms_days = 2", 5, "a second time"),
        ("[invoices]\nterms_days = 1\n[clinic]\n", 5, "the section [clinic] stands here a second time"),
        ('[payments.methods]\na = "1"\n[payments.methods]\n', 5, "the section [payments.methods] stands here"),
        ("[contacts]\ntwo_way = yes", 4, "true and false"),
        ("[invoices]\nterms_days 14", 4, "comes = and its value"),
        ('[invoices]\nprefix = "CLK-\n[taxes]', 4, "second quote is missing"),
        ('[invoices]\nprefix = "CLK-', 4, "second quote is missing"),
        ("[invoices]\nprefix = \u201cCLK-\u201d", 4, "curly"),
        ("[invoices]\nstart_on = 2026-13-45", 4, "does not belong there"),
        ("[invoices\nterms_days = 1", 3, "square brackets"),
        ('[lookups.a]\nfile = "C:\\books\\quarter.csv"', 4, "written twice"),
        ("[invoices]\nterms_days = " + "9" * 5000, 4, "too large"),
        ("[contacts]\nname_likeness = 1e99999999999999999999", 4, "too large"),
        ("[hooks]\nretry_seconds = [5, 30", 4, "its ] is missing"),
        ("[invoices]\n= 4", 4, "Write its name"),
    ],
)
def test_a_slip_is_told_with_its_line_and_its_cure(tmp_path: Path, slip: str, line: int, words: str) -> None:
    file = tmp_path / "ligament.toml"
    file.write_text(SECTION + slip, encoding="utf-8")
    clinic, (mistake,) = looked_over(file)
    assert clinic is None
    assert mistake.line == line
    assert words in mistake.sentence
    assert "sys." not in mistake.told()
    assert "decimal" not in mistake.told()
