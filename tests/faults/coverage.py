"""Writes `docs/what-can-go-wrong.md` from the table of failures: `python -m tests.faults.coverage`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.faults.rows import GROUPS, ROWS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "what-can-go-wrong.md"
_HEAD = """# What can go wrong, and what happens then

A hundred failures between a practice, its books and this machine, what Ligament does about each, and the test that
shows it. {covered} of {count} rows are covered; the others say so. This page is made by
`python -m tests.faults.coverage`; a test fails when it is out of date.

The simulation (`make faults` with 2,000 seeds, `make test` with 500) runs made-up clinics with people at work on
both sides while calls are lost, delayed, overtaken, doubled and refused, webhooks go missing or come twice, processes
die or sleep while others take over, disks fill, clocks jump, old backups are put back and new versions meet work under
way. The enumeration cuts the stories at every single exchange and commit. `make canaries` plants
bugs and shows that these tests see them.
"""


def page() -> str:
    parts = [_HEAD.format(covered=sum(bool(row.tests) for row in ROWS), count=len(ROWS))]
    for title, rows in GROUPS:
        lines = [f"## {title}\n", "| # | What goes wrong | What happens then | Shown by |", "|---|---|---|---|"]
        lines += [f"| {row.number} | {row.failure} | {row.then} | {_shown(row.tests)} |" for row in rows]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _shown(tests: tuple[str, ...]) -> str:
    return "<br>".join(f"`{_short(test)}`" for test in tests) or "**not covered yet**"


def _short(test: str) -> str:
    return test.removeprefix("tests/").removeprefix("src/ligament/connectors/")


def missing_tests() -> list[str]:
    """Return the tests that the table names and that do not exist."""
    named = {test for row in ROWS for test in row.tests}
    return sorted(test for test in named if not _exists(test))


def _exists(test: str) -> bool:
    place, _, name = test.partition("::")
    function, _, case = name.partition("[")
    file = ROOT / place
    if not file.is_file() or not re.search(rf"^def {function}\(", file.read_text(encoding="utf-8"), re.MULTILINE):
        return False
    return not case or (ROOT / "tests" / "stories" / "own" / f"{case.rstrip(']')}.yaml").is_file()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)} is written\n")
