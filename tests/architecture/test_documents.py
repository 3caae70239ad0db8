"""The documents name commands that exist, and nothing in the repository names one machine or registry."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "CONTRIBUTING.md")

# Brackets around one character keep each pattern from finding itself.
TELLTALES = {
    "a package registry": r"pypi[.]org|pypi[.]python|pythonhosted[.]org|npmjs[.]org|deb[.]debian|docker[.]io",
    "an address of an index": r"--(extra-)?index[-]url|--find[-]links",
    "a path of one machine": r"(?<![\w.])/(work|root|Users)[/][\w.]|[.]pyenv[/]|bash[_]jobs",
    "a tool of one workplace": r"[.]library[/]",
}


def targets() -> set[str]:
    """Read the names of the commands from the Makefile."""
    text = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))


def commands(text: str) -> list[str]:
    """Find what follows `make` on the lines of a document's fenced code."""
    fenced = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [name for block in fenced for name in re.findall(r"^\$? ?make ([a-z-]+)", block, re.MULTILINE)]


def telltales(text: str) -> list[str]:
    """List what a text names that only one machine or registry has."""
    return [f"{kind}: {found.group()}" for kind, pattern in TELLTALES.items() for found in re.finditer(pattern, text)]


def files_to_commit() -> list[Path]:
    """List the files that git has or would take; without git, there is nothing to commit."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    return [path for name in listed.stdout.split("\0") if name and (path := REPOSITORY / name).is_file()]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_in_a_document_exists(document: str) -> None:
    named = commands((REPOSITORY / document).read_text(encoding="utf-8"))
    assert named
    assert set(named) <= targets()


def test_commands_are_read_from_fenced_code_only() -> None:
    text = "Then make sure.\n\nmake believe\n\n```sh\nmake demo\n$ make new-connector NAME=x\necho make tea\n```\n"
    assert commands(text) == ["demo", "new-connector"]


def test_every_command_says_what_it_does() -> None:
    listed = subprocess.run(["make"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in listed.splitlines() if line.startswith("make ")} == targets()


def test_no_file_names_one_machine_or_registry() -> None:
    found = {}
    for path in files_to_commit():
        text = path.read_bytes().decode("utf-8", errors="replace")
        if named := telltales(text):
            found[str(path.relative_to(REPOSITORY))] = named[:3]
    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        "see https://" + "py" + "pi.org/project/x",
        "--index" + "-url https://mirror.example/simple",
        "cd /work" + "/main",
        "/root" + "/.cache",
    ],
)
def test_a_planted_telltale_is_found(text: str) -> None:
    assert telltales(text)


@pytest.mark.parametrize("text", ["api.xero.com", "/usr" + "/bin/chromium", "docs/" + "work/flow", "the root/leaf"])
def test_an_innocent_name_is_no_telltale(text: str) -> None:
    assert telltales(text) == []


def test_no_generated_lock_is_kept_beside_the_one_with_hashes() -> None:
    assert "uv.lock" not in {path.name for path in files_to_commit()}
