"""A connector is added, and another one deleted, by touching one folder: the whole suite passes on what is there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.architecture import tidy
from tests.conformance.quality import CONNECTORS
from tools import new_connector

if TYPE_CHECKING:
    from collections.abc import Iterable

REPOSITORY = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns("__pycache__", "tests")


def house(root: Path, *, without: str) -> Path:
    """Copy the package into a folder, without the tests of its connectors and without one connector."""
    package = root / "ligament"
    shutil.copytree(CONNECTORS.parent, package, ignore=LEFT_OUT)
    for kept in CONNECTORS.glob("*/tests"):
        shutil.copytree(kept, package / "connectors" / kept.parent.name / "tests")
    shutil.rmtree(package / "connectors" / without)
    return package


def conformance(package: Path, names: Iterable[str]) -> subprocess.CompletedProcess[str]:
    """Run the whole suite in a process of its own on a copy of the package."""
    own = [str(package / "connectors" / name / "tests") for name in names]
    suite = [f"tests/conformance/test_{part}.py" for part in ("roles", "quality", "manifests")]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", *suite, *own],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(package.parent)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("gone", ["xero", pytest.param("cliniko", marks=pytest.mark.slow)])
def test_a_connector_is_added_and_one_deleted_and_all_that_is_there_conforms(tmp_path: Path, gone: str) -> None:
    package = house(tmp_path, without=gone)
    new_connector.write(package / "connectors" / "halaxy")
    assert [line for line in tidy.findings(package) if line.startswith("connectors/halaxy")] == []
    run = conformance(package, ["halaxy"])
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-1000:]
    assert "halaxy" not in run.stdout
    assert " passed" in run.stdout
    assert " skipped" not in run.stdout


@pytest.mark.slow
def test_a_connector_that_breaks_its_promise_is_caught(tmp_path: Path) -> None:
    package = house(tmp_path, without="cliniko")
    folder = package / "connectors" / "halaxy"
    new_connector.write(folder)
    client = (folder / "client.py").read_text(encoding="utf-8")
    # A client that sends a write again when nothing came back.
    again = "        reply = self._session.call(method, target, headers=headers, body=body)\n"
    spoilt = client.replace(
        '        except Unanswered as silence:\n            raise OutcomeUnknown("Halaxy did not answer',
        f'        except Unanswered as silence:\n    {again}            raise OutcomeUnknown("Halaxy did not answer',
    )
    assert spoilt != client
    (folder / "client.py").write_text(spoilt, encoding="utf-8")
    run = conformance(package, [])
    assert run.returncode == 1
    assert "test_a_change_without_a_clear_answer_is_of_unknown_outcome_and_leaves_once[halaxy" in run.stdout
