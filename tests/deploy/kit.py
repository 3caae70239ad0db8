"""What is delivered, tried: the wheel in a fresh environment, and services started and stopped as the machine would."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import time
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DEPLOY = REPOSITORY / "deploy"
SOURCES = ("src", "docs", "recipes", "requirements", "pyproject.toml", "README.md", "LICENSE", "deploy")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info", "build", ".*_cache")
_PATIENCE_S = 120


def copy_of_sources(folder: Path) -> Path:
    """Copy what a build needs, links as links, so that nothing of a build is left in the repository."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SOURCES:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, folder / name, symlinks=True, ignore=_LEFT_OUT)
        else:
            shutil.copy(source, folder / name)
    return folder


def built_wheel(folder: Path) -> Path:
    """Build the wheel with what builds it already installed here, and without a network."""
    sources = copy_of_sources(folder / "sources")
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder))
    pip("wheel", *options, str(sources))
    (wheel,) = folder.glob("*.whl")
    return wheel


def pip(*arguments: str, python: Path | None = None) -> None:
    """Run this environment's pip, on another environment where one is given."""
    target = ["--python", str(python)] if python is not None else []
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *target, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def fresh_environment(folder: Path) -> Path:
    """Make an environment that has the libraries of this one, but not Ligament, and return its folder of commands."""
    venv.create(folder, with_pip=False, symlinks=True)
    commands = folder / "bin"
    (packages,) = (folder / "lib").glob("python*/site-packages")
    # Files of this kind add a folder and nothing that stands in it by reference, such as the repository.
    (packages / "libraries.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    return commands


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """Ligament installed from its wheel, far from the repository."""

    wheel: Path
    commands: Path
    folder: Path

    def environ(self, given: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return an environment that knows the commands and nothing of the repository."""
        base = {"PATH": f"{self.commands}:{os.environ['PATH']}", "HOME": str(self.folder), "LANG": "C.UTF-8"}
        return {**base, **(given or {})}

    def run(
        self, *words: str, environ: Mapping[str, str] | None = None, patience_s: int = _PATIENCE_S
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, in a folder that holds nothing."""
        return subprocess.run(
            words,
            cwd=self.folder,
            env=self.environ(environ),
            capture_output=True,
            text=True,
            check=False,
            timeout=patience_s,
            stdin=subprocess.DEVNULL,
        )


@contextmanager
def started(words: Sequence[str], environ: Mapping[str, str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a service, and make sure that it is gone afterwards."""
    errors = (folder / "errors.log").open("a", encoding="utf-8")
    process = subprocess.Popen(
        words, cwd=folder, env=dict(environ), stdout=subprocess.PIPE, stderr=errors, text=True, stdin=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        errors.close()
        assert process.stdout is not None
        process.stdout.close()


def heard(process: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    """Return the first line that a service prints in which a pattern is found."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(pattern, line):
            return found
    raise AssertionError(f"it ended with {process.wait()} and never said {pattern}")


def asked_to_stop(process: subprocess.Popen[str]) -> int:
    """Ask a service to end as the machine does, and return its exit code."""
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=30)


def becomes_well(check: Sequence[str], installed: Installed, environ: Mapping[str, str]) -> None:
    """Repeat a check of health until it is well."""
    end, pause = time.monotonic() + _PATIENCE_S, threading.Event()
    while (done := installed.run(*check, environ=environ)).returncode:
        assert time.monotonic() < end, done.stdout + done.stderr
        pause.wait(0.5)
