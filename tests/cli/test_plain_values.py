"""Plain values: taken as they are, and what they come to is what the library's own check would have made of them."""

from __future__ import annotations

import os
import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.main import get_command

from ligament.cli.menu import MENU, loaded
from ligament.cli.plain_values import take_plainly
from tests.web.conftest import RULES

ASK = """
import sys
from ligament.cli.main import app
try:
    app({words})
except SystemExit as ended:
    print("ended with", ended.code)
print(*sys.modules)
"""


class _Colour(Enum):
    RED = "red"


def _command(*, plainly: bool) -> Any:
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)

    @app.command()
    def show(
        name: Annotated[str, typer.Argument()],
        folder: Annotated[Path | None, typer.Option("--folder")] = None,
        file: Annotated[Path | None, typer.Option("--file", exists=True, dir_okay=False)] = None,
        colour: Annotated[_Colour | None, typer.Option("--colour")] = None,
        many: Annotated[list[str] | None, typer.Option("--many")] = None,
        days: Annotated[int, typer.Option("--days", min=1)] = 7,
        note: Annotated[str, typer.Option("--note", callback=lambda text: text.upper())] = "as it was",
    ) -> None:
        print(repr((name, folder, file, colour, many, days, note)))  # noqa: T201 - it is compared

    command = get_command(app)
    if plainly:
        take_plainly(command)
    return command


@pytest.mark.parametrize(
    "words",
    [
        ["Ann"],
        [],
        ["", "--note", ""],
        ["Ann", "--folder", "."],
        ["Ann", "--folder", "not/there/yet"],
        ["Ann", "--folder", ""],
        ["Ann", "--file", "not-there"],
        ["Ann", "--file", "."],
        ["Ann", "--colour", "red"],
        ["Ann", "--colour", "blue"],
        ["Ann", "--many", "a", "--many", "b"],
        ["Ann", "--days", "0"],
        ["Ann", "--days", "three"],
        ["Ann", "--note", "é\u2028 \U0001f642"],
        ["Ann", "--note"],
        ["Ann", "Bob"],
        ["--help"],
    ],
    ids=" ".join,
)
def test_it_is_what_the_library_would_have_made_of_it(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert _said(words, capsys, plainly=True) == _said(words, capsys, plainly=False)


def test_what_may_not_be_read_is_refused_in_the_same_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda _path, _how: False)
    said = _said(["Ann", "--folder", str(tmp_path)], capsys, plainly=True)
    assert (said[0], "readable" in said[2]) == (2, True)
    assert said == _said(["Ann", "--folder", str(tmp_path)], capsys, plainly=False)


def _said(words: list[str], capsys: pytest.CaptureFixture[str], *, plainly: bool) -> tuple[Any, str, str]:
    """Return the exit code of a command, and what it printed on both streams."""
    with pytest.raises(SystemExit) as ended:
        _command(plainly=plainly).main(words, prog_name="show")
    printed = capsys.readouterr()
    return ended.value.code, printed.out, printed.err


def test_a_light_command_loads_nothing_that_checks_values(tmp_path: Path) -> None:
    (tmp_path / "ligament.toml").write_text(RULES.format(name="North"), encoding="utf-8")
    for words in (["--version"], ["holds", "--home", str(tmp_path), "--clinic", "North", "--json"]):
        ran = subprocess.run(
            [sys.executable, "-c", ASK.format(words=words)], capture_output=True, text=True, check=True
        )
        *_, ended, modules = ran.stdout.splitlines()
        assert (ended, "pydantic" in modules.split()) == ("ended with 0", False), ran.stdout + ran.stderr


def test_every_option_of_every_command_is_taken_plainly_where_it_can_be() -> None:
    for entry in MENU:
        command = loaded(entry)
        context = command.make_context(entry.name, ["--help"], resilient_parsing=True)
        plain = [one for one in command.get_params(context) if one.nargs == 1 and not one.multiple]
        assert all("process_value" in vars(one) for one in plain), entry.name
