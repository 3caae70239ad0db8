"""A home in which nothing was read yet: every command has something sensible to say, and none ends unexpectedly."""

from __future__ import annotations

import pytest

from tests.cli.kit import Clinic

COMMANDS = """
variances
variances fix --all
variances fix v1
variances show v1
variances acknowledge v1 --note seen
holds
holds show h1
holds retry h1
approve
approve --yes
approve CLK-1
refuse --reason unknown
runs
undo r1 --yes
rules test
report revenue
report gst
report debtors
recalls
journal verify
journal export
find CLK-1
status --all
plan --explain CLK-1
""".strip().splitlines()


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_stumbles_over_an_untouched_home(clinic: Clinic, command: str) -> None:
    answer = clinic.run(*command.split())
    assert answer.code in {0, 1, 2}, answer.said
    assert answer.said.strip() or command == "journal export"


def test_with_nothing_to_mend_nothing_is_planned(clinic: Clinic) -> None:
    told = clinic.run("variances", "fix", "--all", "--json")
    assert (told.code, told.json) == (0, {"plan": told.json["plan"], "fixing": [], "actions": [], "waiting": []})
