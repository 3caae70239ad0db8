"""Writes `docs/asvs.md` from the table of OWASP ASVS 5.0: `python -m tests.web.asvs`."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "asvs.md"
_TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
# How many requirements of levels 1 and 2 each section of ASVS 5.0.0 has; they always come first in their section.
SECTIONS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4,
    "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5,
    "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4,
    "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
    "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3,
    "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4,
    "17.3": 2,
}  # fmt: skip
EVERY = [f"{section}.{number}" for section, count in SECTIONS.items() for number in range(1, count + 1)]
COVERED: dict[str, tuple[str, tuple[str, ...]]] = {
    key: (found[0], tuple(f"tests/{test}" for test in found[1:])) for key, found in _TABLE["covered"].items()
}
_HEAD = """# OWASP ASVS 5.0, levels 1 and 2

What the dashboard does about each of the {every} requirements of levels 1 and 2 of the Application Security
Verification Standard 5.0.0, in our own words, and the test that shows it: {covered} are covered, {absent} are about
something that Ligament does not have, {operator} are decided otherwise or up to whoever runs it, and none is open. What
the standard wants written down stands in [security.md](security.md). The numbers are those of the standard. This page
is made by `python -m tests.web.asvs`; a test fails when it is out of date, when a test that it names is gone, or when a
requirement is missing.

## Covered

| # | What Ligament does | Shown by |
|---|---|---|
"""


def spread(name: str) -> dict[str, str]:
    """Return the sentences of a part that names several requirements at once, by requirement."""
    return {key.strip(): told for keys, told in _TABLE[name].items() for key in keys.split(",")}


def page() -> str:
    absent, operator = spread("not_here"), spread("operator")
    head = _HEAD.format(every=len(EVERY), covered=len(COVERED), absent=len(absent), operator=len(operator))
    lines = [f"| {key} | {told} | {_shown(tests)} |" for key, (told, tests) in COVERED.items()]
    parts = [head + "\n".join(lines)]
    for title, name in (
        ("Decided otherwise, or up to whoever runs it", "operator"),
        ("About something that is not here", "not_here"),
    ):
        rows = [f"| {keys} | {told} |" for keys, told in _TABLE[name].items()]
        parts.append("\n".join([f"## {title}\n", "| # | Why |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def _shown(tests: tuple[str, ...]) -> str:
    return "<br>".join(f"`{test.removeprefix('tests/')}`" for test in tests)


def missing_tests() -> list[str]:
    """Return the tests that the table names and that do not exist."""
    return sorted({test for _, tests in COVERED.values() for test in tests if not _exists(test)})


def _exists(test: str) -> bool:
    place, _, name = test.partition("::")
    file = ROOT / place
    return file.is_file() and bool(re.search(rf"^def {name}\(", file.read_text(encoding="utf-8"), re.MULTILINE))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.exit(0)
