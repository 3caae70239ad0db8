"""Where payments come from: what this version cannot do is refused where it is written, never silently left undone."""

from __future__ import annotations

import tomllib

import pytest

from ligament.core.rules.parse import rulebook

BOOK = '[accounts]\ndefault = "200"\n[payments]\nsource = "{source}"\naccount = "090"\n'


@pytest.mark.parametrize("source", ["inferred", "off"])
def test_what_is_there_is_taken(source: str) -> None:
    assert rulebook(tomllib.loads(BOOK.format(source=source)), ("cliniko", "xero"))[1] == ()


def test_a_payments_report_is_refused_with_what_to_write_instead() -> None:
    _, (problem,) = rulebook(tomllib.loads(BOOK.format(source="report")), ("cliniko", "xero"))
    assert problem.key == "payments.source"
    assert '"inferred"' in problem.sentence
    assert '"off"' in problem.sentence
