"""The menu: every command once, with its own sentence, found without loading what it does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ligament import __version__
from ligament.cli import commands
from ligament.cli.main import app
from ligament.cli.menu import MENU, Entry, loaded
from tests.cli.kit import process

REPOSITORY = Path(__file__).parents[2]
HEAVY = ("sqlalchemy", "dbos", "litestar", "cryptography", "phonenumbers", "ligament.flow", "ligament.store")
ASK = """
import sys
from ligament.cli.main import app
try:
    app({words})
except SystemExit:
    pass
print(*sys.modules)
"""


@pytest.mark.parametrize("entry", MENU, ids=[entry.name for entry in MENU])
def test_a_command_is_found_in_its_file_and_says_what_the_menu_says(entry: Entry) -> None:
    assert loaded(entry).get_short_help_str(300) == entry.sentence


def test_every_command_of_every_file_is_in_the_menu() -> None:
    import typer  # noqa: PLC0415 - as above

    for file in {entry.file for entry in MENU}:
        group = typer.Typer()
        file()(group)
        added = {str(one.name) for one in group.registered_commands} | {
            str(one.name) for one in group.registered_groups
        }
        assert added == {entry.name for entry in MENU if entry.file == file}


def test_help_and_version_load_no_more_than_they_need() -> None:
    for words in (["--help"], ["--version"], ["-h"]):
        ran = subprocess.run(
            [sys.executable, "-c", ASK.format(words=words)], capture_output=True, text=True, check=True
        )
        modules = ran.stdout.splitlines()[-1].split()
        assert [name for name in HEAVY if name in modules] == []


def test_looking_at_what_waits_loads_no_stage_and_nothing_that_talks_to_the_vendors() -> None:
    asked = "import sys, ligament.cli.commands.holds, ligament.app.holds; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    needless = {"ligament.flow.cycle", "ligament.flow.execute.execute", "ligament.net.session", "httpcore2"}
    needless |= {"phonenumbers", "rapidfuzz", "sqlalchemy.dialects.postgresql"}
    needless |= {"ligament.wiring.prepared", "ligament.store.prepared"}
    needless |= {"ligament.wiring.expressions", "ligament.net.opening", "ligament.net.governor"}
    needless |= {"ligament.store.mirror.facts", "ligament.store.journal.erasure", "ligament.store.shared.deliveries"}
    modules = set(ran.stdout.split())
    stages = {name for name in modules if name.startswith(("ligament.flow.plan", "ligament.flow.execute"))}
    assert needless & modules | stages == set()


def test_waste_is_collected_from_the_moment_that_a_command_is_there(tmp_path: Path) -> None:
    asked = (
        "import gc, sys; from ligament.cli.start import main; "
        f"sys.argv = ['ligament', 'clinics', 'list', '--home', {str(tmp_path)!r}]; "
        "\ntry:\n    main()\nexcept SystemExit:\n    pass\nprint(gc.isenabled(), gc.get_freeze_count() > 10_000)"
    )
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "True True"


def test_the_version_and_the_nearest_command_are_told() -> None:
    runner = CliRunner()
    assert runner.invoke(app, ["--version"]).output == f"ligament {__version__}\n"
    misspelt = runner.invoke(app, ["reconcil"])
    assert misspelt.exit_code == 2
    assert 'Did you mean "reconcile"?' in misspelt.output


def test_every_file_of_commands_is_in_the_menu() -> None:
    folder = Path(commands.__file__).parent
    files = {path.stem for path in folder.glob("*.py") if "def add_commands" in path.read_text(encoding="utf-8")}
    assert files == {entry.file.__name__ for entry in MENU}


NAMED = re.compile(r"[`>]ligament ([a-z][a-z-]*)(?: ([a-z][a-z-]*)\b)?")


def test_every_command_that_a_text_names_exists() -> None:
    """In sentences, pages and documents alike: who types it gets what is said, not a lesson in usage."""
    files = [*REPOSITORY.glob("src/ligament/**/*.py"), *REPOSITORY.glob("src/ligament/**/*.jinja")]
    files += [*REPOSITORY.glob("docs/**/*.md"), REPOSITORY / "README.md"]
    groups: dict[str, Any] = {entry.name: getattr(loaded(entry), "commands", None) for entry in MENU}
    named = {(name, below) for path in files for name, below in NAMED.findall(path.read_text(encoding="utf-8"))}
    assert len(named) > len(MENU)
    wrong = [
        f"{name} {below}".strip()
        for name, below in sorted(named)
        if name not in groups or (below and groups[name] is not None and below not in groups[name])
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "words",
    ["--home {} --json status", "--json --home={} status", "--home {} status --json", "status --json --home {}"],
)
def test_what_every_command_takes_may_stand_before_its_name(tmp_path: Path, words: str) -> None:
    told = process(*words.format(tmp_path).split())
    assert json.loads(told.out)["clinics"] == [], told.said


def test_alone_such_an_option_is_wrong_usage(tmp_path: Path) -> None:
    told = process("--home", str(tmp_path))
    assert told.code == 2
    assert "--home" in told.err
