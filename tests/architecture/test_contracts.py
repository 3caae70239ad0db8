"""The import contracts of pyproject.toml hold, and each of them can fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import skeleton

REPOSITORY = Path(__file__).parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
HERE = "ligament.connectors"

# contract, file that breaks it, the import that does, words of the report
VIOLATIONS = [
    ("way-down", "core/money.py", "from ligament.ports import books", "ligament.core is not allowed to import"),
    ("way-down", "flow/plan/plan.py", "from ligament.net import session", "ligament.flow is not allowed to import"),
    ("way-down", "core/money.py", "from ligament.simkit import messages", "ligament.core is not allowed to import"),
    (
        "way-down",
        "store/database/tables.py",
        "from ligament.engine import durable",
        "ligament.store is not allowed to import",
    ),
    ("way-down", "cli/main.py", "from ligament.web import pages", "ligament.cli is not allowed to import"),
    ("way-down", "attic/__init__.py", "", "ligament.attic"),
    ("islands", "connectors/xero/mapping.py", f"from {HERE}.cliniko import wire", f"{HERE}.xero.mapping"),
    ("islands", "connectors/registry.py", f"from {HERE}.xero import port", f"{HERE}.registry"),
    ("strangers", "connectors/xero/simulator/world.py", f"from {HERE}.xero import wire", f"{HERE}.xero.wire"),
    ("strangers", "connectors/xero/simulator/world.py", "from ligament.core import money", "ligament.core.money"),
    ("strangers", "connectors/xero/simulator/wire.py", "from ligament.net import session", "ligament.net.session"),
    ("stage", "app/sync.py", f"from {HERE}.xero.simulator import world", "ligament.app.sync"),
    ("stage", "connectors/xero/client.py", "from ligament.simkit import messages", f"{HERE}.xero.client"),
    ("skins", "web/pages.py", "from ligament.store.database import tables", "ligament.web.pages"),
    ("skins", "cli/main.py", f"from {HERE}.xero import port", "ligament.cli.main"),
    ("way-down", "app/sync.py", "from ligament.service import runner", "ligament.app is not allowed to import"),
    ("way-down", "wiring/clinic.py", "from ligament.app import sync", "ligament.wiring is not allowed to import"),
    (
        "inside-store",
        "store/mirror/practice.py",
        "from ligament.store.writes import intents",
        "ligament.store.mirror is not allowed to import",
    ),
    ("inside-store", "store/attic.py", "", "ligament.store.attic"),
    (
        "inside-flow",
        "flow/execute/execute.py",
        "from ligament.flow.plan import plan",
        "ligament.flow.execute is not allowed to import",
    ),
    ("inside-flow", "flow/attic.py", "", "ligament.flow.attic"),
    ("pure-rooms", "core/money.py", "import sqlalchemy", "ligament.core.money"),
    ("pure-rooms", "ports/books.py", "import httpx2", "ligament.ports.books"),
    ("no-tests", "app/sync.py", "from tests.architecture import skeleton", "ligament.app.sync"),
    ("no-tests", "app/sync.py", "import pytest", "ligament.app.sync"),
    ("no-cycles", "net/session.py", "from ligament.net import oauth", "ligament.net"),
    ("owners", "net/oauth.py", "import httpx2", "which only ligament.net.session may do"),
    ("owners", "core/money.py", "import msgspec", "ligament.core.money imports msgspec"),
    ("owners", "app/sync.py", "import leftpad", "which has no owner yet"),
]


def lint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter in a folder that has a copy of our contracts."""
    shutil.copy(REPOSITORY / "pyproject.toml", folder)
    path = os.pathsep.join([str(folder / "src"), str(REPOSITORY)])
    return subprocess.run(
        [str(LINT_IMPORTS), "--no-cache", "--no-logo", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_contracts_hold_for_our_package() -> None:
    result = subprocess.run(
        [str(LINT_IMPORTS), "--no-cache", "--no-logo"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_contracts_leave_a_package_alone_that_keeps_them(tmp_path: Path) -> None:
    skeleton.build(tmp_path)
    result = lint(tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("contract", "file", "line", "report"), VIOLATIONS)
def test_a_planted_import_breaks_its_contract(tmp_path: Path, contract: str, file: str, line: str, report: str) -> None:
    target = skeleton.build(tmp_path) / file
    skeleton.write(target, (target.read_text(encoding="utf-8") if target.exists() else "") + f"{line}\n")
    result = lint(tmp_path, "--contract", contract)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "1 broken" in result.stdout
    assert report in " ".join(result.stdout.split())


def test_every_contract_has_a_planted_violation() -> None:
    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    contracts = {line.split('"')[1] for line in text.splitlines() if line.startswith("id = ")}
    assert contracts == {violation[0] for violation in VIOLATIONS}
