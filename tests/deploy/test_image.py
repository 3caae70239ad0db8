"""The image: its steps make a working installation in a fresh root, nobody in it is root, and its health is checked."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.kit import (
    DEPLOY,
    REPOSITORY,
    Installed,
    asked_to_stop,
    becomes_well,
    copy_of_sources,
    fresh_environment,
    heard,
    started,
)

pytestmark = pytest.mark.process
PLACE = "/opt/ligament"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the file: its word and what follows."""

    word: str
    rest: str

    @property
    def words(self) -> list[str]:
        """Return what follows as a list, in either of its two forms."""
        found: list[str] = json.loads(self.rest) if self.rest.startswith("[") else shlex.split(self.rest)
        return found


def stages() -> list[list[Step]]:
    """Return the steps of each stage."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip() and not line.startswith("#")]
    found: list[list[Step]] = []
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        if found:
            found[-1].append(Step(word, rest.strip()))
    return found


def only(steps: list[Step], word: str) -> Step:
    (step,) = [step for step in steps if step.word == word]
    return step


def health() -> list[str]:
    """Return the command that says whether the image is well."""
    found: list[str] = json.loads(only(stages()[-1], "HEALTHCHECK").rest.partition("CMD ")[2])
    return found


def replayed(root: Path, *, with_libraries: bool) -> Path:
    """Do the steps of the first stage in a fresh root and return where the installation stands.

    Without libraries, those of this environment are lent, and the steps that fetch them are left out.
    """
    context = copy_of_sources(root / "context")
    place, here = root / "opt" / "ligament", root
    for step in stages()[0]:
        if step.word == "WORKDIR":
            here = root / step.rest.strip("/")
            here.mkdir(parents=True, exist_ok=True)
        elif step.word == "COPY":
            *sources, target = step.words
            for source in sources:
                _copy(context / source, here / target)
        elif step.word == "RUN" and "-m venv" in step.rest and not with_libraries:
            fresh_environment(place)
        elif step.word == "RUN" and (with_libraries or "--require-hashes" not in step.rest):
            _do(step.rest, place, here, with_libraries=with_libraries)
    return place


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy(source, target / source.name)


def _do(text: str, place: Path, here: Path, *, with_libraries: bool) -> None:
    base = Path(sys.base_prefix) / "bin"
    path = f"{base}:/usr/bin:/bin"
    text = text.replace(PLACE, str(place))
    if not with_libraries:
        # An environment with lent libraries has no pip of its own.
        text = text.replace(f"{place}/bin/python -m pip", f"{sys.executable} -m pip --python {place}/bin/python")
    proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy") or "PIP" in name}
    environ = {"PATH": path, "HOME": str(here), **proxies}
    done = subprocess.run(["sh", "-euc", text], cwd=here, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"


def assert_works(place: Path, folder: Path) -> None:
    """Start what the image starts, on a port of its own, ask for its health, and stop it."""
    folder.mkdir()
    installed = Installed(wheel=place, commands=place / "bin", folder=folder)
    last = stages()[-1]
    words = [*only(last, "ENTRYPOINT").words, *only(last, "CMD").words, "--port", "0"]
    environ = installed.environ({"LIGAMENT_HOME": str(folder / "home")})
    with started([str(place / "bin" / words[0]), *words[1:]], environ, folder) as process:
        port = heard(process, r"on http://\S+:(\d+)")[1]
        check = [word.replace(":8321", f":{port}") for word in health()]
        becomes_well(check, installed, environ)
        assert asked_to_stop(process) == 0


def test_the_steps_make_an_installation_that_works(tmp_path: Path) -> None:
    place = replayed(tmp_path / "root", with_libraries=False)
    shutil.rmtree(tmp_path / "root" / "src")
    shutil.rmtree(tmp_path / "root" / "context")
    assert_works(place, tmp_path / "served")


@pytest.mark.slow
def test_the_steps_make_an_installation_of_the_locked_libraries_alone(tmp_path: Path) -> None:
    place = replayed(tmp_path / "root", with_libraries=True)
    assert_works(place, tmp_path / "served")
    locked = (REPOSITORY / "requirements" / "runtime.txt").read_text(encoding="utf-8")
    names = {name.lower() for name in re.findall(r"^([A-Za-z0-9_.-]+)==", locked, re.MULTILINE)}
    listed = [str(place / "bin" / "python"), "-m", "pip", "list", "--format", "json"]
    told = subprocess.run(listed, capture_output=True, text=True, check=True).stdout
    there = {re.sub(r"[._]", "-", one["name"].lower()) for one in json.loads(told)}
    assert there - {re.sub(r"[._]", "-", name) for name in names} <= {"ligament", "pip", "setuptools"}


def test_every_library_is_installed_by_hash_as_the_makefile_does() -> None:
    steps = [step.rest for step in stages()[0] if step.word == "RUN" and "pip install" in step.rest]
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    asked = re.findall(r"\$\(PIP\) (--require-hashes .*?requirement requirements/(?:build|runtime)\.txt)", makefile)
    assert len(asked) == 2
    assert [step.partition("--quiet ")[2] for step in steps[:2]] == asked
    assert steps[2].endswith("--no-deps --no-build-isolation .")


def test_nobody_in_the_image_is_root_and_the_home_is_theirs() -> None:
    last = stages()[-1]
    words = [step.word for step in last]
    assert only(last, "USER").rest == "10001:10001"
    assert words.index("USER") < words.index("ENTRYPOINT")
    assert not [step for step in last if step.word == "RUN" and "pip" in step.rest]
    made = next(step.rest for step in last if "install --directory" in step.rest)
    assert "--mode 0700 /var/lib/ligament" in made
    assert f"LIGAMENT_HOME={only(last, 'VOLUME').rest}" in only(last, "ENV").rest
    for step in (step for stage in stages() for step in stage if step.word == "RUN"):
        assert subprocess.run(["sh", "-n", "-c", step.rest], check=False).returncode == 0


def test_the_engine_is_sent_what_is_copied_and_nothing_else() -> None:
    lines = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = {word for step in stages()[0] if step.word == "COPY" for word in step.words[:-1]}
    assert rules[0] == "*"
    assert allowed == copied
    assert all((REPOSITORY / name).exists() for name in copied)
    assert not [name for name in allowed if fnmatch.fnmatch("secrets", name)]
