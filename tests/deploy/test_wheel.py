"""The wheel: everything is inside, and what is installed from it works far from the repository."""

from __future__ import annotations

import json
import tomllib
import zipfile
from pathlib import Path

import pytest

from ligament import __version__
from tests.deploy.kit import REPOSITORY, Installed

pytestmark = pytest.mark.process


def test_recipes_and_guides_are_inside_as_they_stand_in_the_repository(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        held = {name: wheel.read(name) for name in wheel.namelist()}
    for inside, folder, endings in (
        ("recipes", REPOSITORY / "recipes", {".toml"}),
        ("guides", REPOSITORY / "docs", {".md", ".json"}),
    ):
        there = {
            f"ligament/{inside}/{path.relative_to(folder)}": path.read_bytes()
            for path in folder.rglob("*")
            if path.suffix in endings
        }
        assert there
        assert {name: held.get(name) for name in there} == there
    assert not [name for name in held if "/tests/" in name]


def test_every_file_of_the_package_that_is_no_test_is_inside(installed: Installed) -> None:
    package = REPOSITORY / "src"
    there = {
        str(path.relative_to(package))
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and "tests" not in path.parts
    }
    with zipfile.ZipFile(installed.wheel) as wheel:
        missing = sorted(there - set(wheel.namelist()))
    assert [name for name in missing if ".egg-info/" not in name] == []


def test_the_version_recipes_and_guides_are_told(installed: Installed) -> None:
    assert installed.run("ligament", "--version").stdout == f"ligament {__version__}\n"
    recipe = installed.run("ligament", "recipes", "physio-au")
    assert recipe.stdout == (REPOSITORY / "recipes" / "physio-au.toml").read_text(encoding="utf-8")
    guide = installed.run("ligament", "guides", "glossary")
    assert guide.stdout == (REPOSITORY / "docs" / "glossary.md").read_text(encoding="utf-8")
    listed = json.loads(installed.run("ligament", "recipes", "--json").stdout)["recipes"]
    assert {"physio-au", "rules/room-rent"} <= {one["name"] for one in listed}
    assert all(one["sentence"] for one in listed)
    misspelt = installed.run("ligament", "guides", "glosary")
    assert misspelt.returncode == 2
    assert 'Did you mean "glossary"?' in misspelt.stderr


def test_a_clinic_is_begun(installed: Installed, tmp_path: Path) -> None:
    home = tmp_path / "home"
    given = ("--name", "Riverside", "--country", "AU", "--time-zone", "Australia/Perth", "--start-on", "2026-07-01")
    done = installed.run("ligament", "init", "--home", str(home), *given)
    assert done.returncode == 0, done.stderr
    assert tomllib.loads((home / "ligament.toml").read_text(encoding="utf-8"))["clinic"]["name"] == "Riverside"


@pytest.mark.slow
def test_the_made_up_clinic_goes_through_all_its_steps(installed: Installed) -> None:
    done = installed.run("ligament", "demo", "--once", "--size", "small", patience_s=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(installed.folder.iterdir()) == []
