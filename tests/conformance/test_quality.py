"""Each connector says of every quality rule whether it keeps it, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance import every, test_roles
from tests.conformance.quality import CONNECTORS, RULES, SHOWN_HERE, SHOWN_THERE, complaints

if TYPE_CHECKING:
    from pathlib import Path

    from ligament.net.manifest import Manifest


def test_every_rule_is_spoken_about_with_a_reason_or_a_test(manifest: Manifest) -> None:
    assert complaints(CONNECTORS / manifest.name) == []


def test_every_rule_that_is_shown_here_has_a_test_and_no_rule_two_meanings() -> None:
    suites = (every.EveryConnector, test_roles.TestPractice, test_roles.TestBooks)
    shown = {rule for suite in suites for test in vars(suite).values() for rule in getattr(test, "__shows__", ())}
    assert shown == set(SHOWN_HERE)
    assert not set(SHOWN_HERE) & set(SHOWN_THERE)


GOOD = "\n".join(
    f'[rules.{name}]\nstatus = "done"' + ('\nshown_by = "test_it"' if name in SHOWN_THERE else "") for name in RULES
)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("[rules.closes]\nstatus", "[rules.closed]\nstatus", "closed: is no rule of the list"),
        ("[rules.closes]\nstatus", "[rules.closed]\nstatus", "closes: is not spoken about"),
        ('[rules.closes]\nstatus = "done"', '[rules.closes]\nstatus = "gold"', "closes: gold is none of"),
        ('[rules.closes]\nstatus = "done"', '[rules.closes]\nstatus = "exempt"', "closes: a reason stands beside"),
        ('[rules.closes]\nstatus = "done"', '[rules.closes]\nstatus = "done"\nreason = "x"', "closes: a reason stands"),
        (
            '[rules.closes]\nstatus = "done"',
            '[rules.closes]\nstatus = "done"\nshown_by = "test_it"',
            "closes: names a test",
        ),
        ('shown_by = "test_it"', 'shown_by = "test_other"', "exact-numbers: no test called test_other"),
    ],
)
def test_a_claim_that_is_not_of_the_form_is_told(tmp_path: Path, before: str, after: str, said: str) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text("def test_it() -> None: ...\n", encoding="utf-8")
    (tmp_path / "quality.toml").write_text(GOOD, encoding="utf-8")
    assert complaints(tmp_path) == []
    assert before in GOOD
    (tmp_path / "quality.toml").write_text(GOOD.replace(before, after, 1), encoding="utf-8")
    assert any(line.startswith(said) for line in complaints(tmp_path))
