"""The package is tidy, and every rule of tidiness can see what breaks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture import skeleton, tidy

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "src" / "ligament"

# rule, file, what is written there
CAUGHT = [
    ("pure", "core/money.py", "import msgspec"),
    ("pure", "flow/plan/plan.py", "from cryptography.fernet import Fernet"),
    ("pure", "ports/books.py", "import httpx2 as http"),
    ("vendors", "core/money.py", "# as Xero rounds"),
    ("vendors", "app/sync.py", 'NAME = "cliniko"'),
    ("vendors", "web/page.jinja", "<p>Open in Xero</p>"),
    ("vendors", "connectors/xero/mapping.py", '"""What Cliniko sends."""'),
    ("vendors", "connectors/registry.py", "KNOWN = ['xero']"),
    ("exact", "core/money.py", "RATE = 0.1"),
    ("exact", "core/money.py", "TOTAL = float('1.10')"),
    ("exact", "connectors/xero/mapping.py", "TOTAL = round(CENTS)"),
    ("exact", "connectors/xero/simulator/world.py", "TAX = 1e-1"),
    ("hidden-inputs", "core/money.py", "import datetime\nNOW = datetime.datetime.now(datetime.UTC)"),
    ("hidden-inputs", "core/money.py", "from datetime import date as day\nTODAY = day.today()"),
    ("hidden-inputs", "net/session.py", "import time\nSTARTED = time.monotonic()"),
    ("hidden-inputs", "net/session.py", "from time import sleep\nsleep(1)"),
    ("hidden-inputs", "engine/durable.py", "from uuid import uuid4\nMAKE = uuid4"),
    ("hidden-inputs", "connectors/xero/simulator/world.py", "import random\nN = random.randint(1, 6)"),
    ("hidden-inputs", "simkit/messages.py", "import random\nDICE = random.Random()"),
    ("hidden-inputs", "cli/main.py", "import os\nHOME = os.environ['HOME']"),
    ("hidden-inputs", "store/database/tables.py", "from os import getenv\nURL = getenv('URL')"),
    ("approvals", "engine/durable.py", "from ligament.core import approvals\nPLAN = approvals.ApprovedPlan()"),
    ("approvals", "core/money.py", "from ligament.core.approvals import ApprovedPlan\nPLAN = ApprovedPlan()"),
    ("broad-except", "net/session.py", "try:\n    pass\nexcept Exception:\n    pass"),
    ("broad-except", "engine/durable.py", "try:\n    pass\nexcept (ValueError, BaseException):\n    pass"),
    ("broad-except", "app/sync.py", "try:\n    pass\nexcept:\n    pass"),
    ("by-text", "app/sync.py", "import importlib\nPART = importlib.import_module('ligament.web.serving')"),
    ("by-text", "cli/main.py", "from importlib import import_module as load\nPART = load('ligament.web')"),
    ("by-text", "core/money.py", "PART = __import__('ligament.web')"),
    ("length", "app/sync.py", "X = 1\n" * 351),
    ("length", "app/sync.py", "def long():\n" + "    pass\n" * 45),
    ("empty-names", "core/utils.py", ""),
    ("empty-names", "net/common/__init__.py", ""),
    ("empty-names", "net/retry_helpers.py", ""),
    ("empty-names", "core/money.py", "class PlanManager: ..."),
    ("empty-docstrings", "core/money.py", 'def add_sale(sale: str) -> None:\n    """Add one sale."""\n    print(sale)'),
    (
        "empty-docstrings",
        "app/sync.py",
        'class A:\n    def kept(self) -> int:\n        """Return what is kept."""\n        return 1',
    ),
    ("empty-docstrings", "core/money.py", 'import json\n"""What a constant was for."""'),
    (
        "empty-docstrings",
        "app/sync.py",
        'class A:\n    def a(self) -> None: ...\n    """Of a field."""',
    ),
]
NOT_CAUGHT = [
    (
        "empty-docstrings",
        "core/money.py",
        'X = 1\n"""What it is for."""\nclass A:\n    x: int\n    """Cents."""',
    ),
    ("pure", "core/money.py", "import dataclasses\nfrom ligament.core import approvals"),
    ("pure", "connectors/xero/wire.py", "import msgspec"),
    ("vendors", "core/money.py", "edited_in_xero = True"),
    ("vendors", "connectors/xero/mapping.py", '"""What Xero takes."""'),
    ("vendors", "connectors/xero/simulator/world.py", 'NAME = "Xero"'),
    ("vendors", "connectors/cliniko/wire.py", "integration_with_books = 'xero'"),
    ("vendors", "connectors/xero/README.md", "Stands beside Cliniko.\n"),
    ("exact", "core/money.py", 'from decimal import Decimal\nRATE = Decimal("0.1")\nN = 1'),
    ("exact", "net/session.py", "TIMEOUT_S = 0.5"),
    ("exact", "connectors/xero/tests/test_client.py", "REFUSED = 0.1"),
    ("hidden-inputs", "wiring/ambient.py", "import os, time\nHOME = os.environ, time.time()"),
    ("hidden-inputs", "core/money.py", "import datetime\nDAY = datetime.date(2026, 7, 1)\nclock = DAY\nclock.now = 1"),
    (
        "hidden-inputs",
        "simkit/messages.py",
        "import random\ndef roll(dice: random.Random): ...\nDICE = random.Random(7)",
    ),
    ("hidden-inputs", "store/database/tables.py", "import os\nNAME = os.path.join('a', 'b')"),
    ("approvals", "core/approvals.py", "PLAN = ApprovedPlan()"),
    (
        "approvals",
        "engine/durable.py",
        "from ligament.core.approvals import ApprovedPlan\ndef run(plan: ApprovedPlan): ...",
    ),
    ("broad-except", "engine/inline.py", "try:\n    pass\nexcept Exception:\n    pass"),
    ("broad-except", "cli/main.py", "try:\n    pass\nexcept BaseException:\n    pass"),
    ("broad-except", "net/session.py", "try:\n    pass\nexcept (KeyError, ValueError):\n    pass"),
    ("by-text", "connectors/registry.py", "PART = importlib.import_module('ligament.connectors.x')"),
    ("by-text", "core/money.py", "import importlib\nFILES = importlib.resources"),
    ("by-text", "connectors/xero/tests/test_client.py", "import importlib\nPART = importlib.import_module('x')"),
    ("length", "app/sync.py", "X = 1\n" * 350),
    ("length", "app/sync.py", "def fits():\n" + "    pass\n" * 44),
    ("empty-docstrings", "core/money.py", 'def wait() -> int:\n    """Return whole seconds."""\n    return 1'),
    ("empty-docstrings", "core/money.py", 'def month() -> str:\n    """Return the month, `2026-11`."""\n    return ""'),
    ("empty-docstrings", "ports/books.py", 'class A:\n    def users(self) -> int:\n        """Return users."""'),
    ("empty-docstrings", "cli/commands/sync.py", 'def sync() -> int:\n    """Sync."""\n    return 1'),
    ("empty-names", "core/database.py", "class Baseline: ...\nclass Commons: ..."),
]


def plant(root: Path, file: str, text: str) -> list[str]:
    """Write the text at the end of a file of the skeleton, or as a new one, and return the findings."""
    package = skeleton.build(root)
    if file == "app/sync.py" or not (package / file).exists():
        skeleton.write(package / file, text)
    else:
        skeleton.write(package / file, (package / file).read_text(encoding="utf-8") + text)
    return tidy.findings(package)


def test_our_package_is_tidy() -> None:
    found = tidy.findings(PACKAGE)
    assert not found, "\n".join(found)


def test_no_test_sleeps() -> None:
    found = tidy.findings_in_tests(REPOSITORY / "tests", PACKAGE / "connectors")
    assert not found, "\n".join(found)


def test_a_sleeping_test_is_found_and_a_waiting_one_is_not(tmp_path: Path) -> None:
    skeleton.write(tmp_path / "test_nap.py", "import time\n\ndef test_it():\n    time.sleep(1)\n")
    skeleton.write(tmp_path / "test_wait.py", "import threading\n\ndef test_it():\n    threading.Event().wait(0)\n")
    (found,) = tidy.findings_in_tests(tmp_path)
    assert "test_nap.py:4: [no-naps]" in found


def test_the_skeleton_is_tidy(tmp_path: Path) -> None:
    assert tidy.findings(skeleton.build(tmp_path)) == []


@pytest.mark.parametrize(("rule", "file", "text"), CAUGHT)
def test_what_breaks_a_rule_is_caught_and_explained(tmp_path: Path, rule: str, file: str, text: str) -> None:
    found = plant(tmp_path, file, text)
    assert found
    for line in found:
        assert line.startswith(file.removesuffix("/__init__.py"))
        assert f"[{rule}]" in line
        assert "Why: " in line
        assert "Instead: " in line


@pytest.mark.parametrize(("rule", "file", "text"), NOT_CAUGHT)
def test_a_lookalike_is_left_alone(tmp_path: Path, rule: str, file: str, text: str) -> None:
    assert [line for line in plant(tmp_path, file, text) if f"[{rule}]" in line] == []


def test_every_rule_has_examples_of_both_kinds() -> None:
    rules = {rule.name for rule in tidy.RULES} | {"vendors"}
    assert rules == {example[0] for example in CAUGHT} == {example[0] for example in NOT_CAUGHT}


@pytest.mark.parametrize(
    "part",
    [
        "manifest.toml",
        "quality.toml",
        "README.md",
        "wire.py",
        "client.py",
        "errors.py",
        "mapping.py",
        "port.py",
        "declared.py",
        "opening.py",
    ],
)
def test_a_connector_without_one_of_its_files_is_incomplete(tmp_path: Path, part: str) -> None:
    package = skeleton.build(tmp_path)
    (package / "connectors" / "xero" / part).unlink()
    (found,) = tidy.findings(package)
    assert found.startswith("connectors/xero")
    assert f"[complete] {part} is missing" in found


@pytest.mark.parametrize("part", ["simulator", "tests"])
def test_a_connector_without_one_of_its_folders_is_incomplete(tmp_path: Path, part: str) -> None:
    package = skeleton.build(tmp_path)
    for file in (package / "connectors" / "xero" / part).iterdir():
        file.unlink()
    (found,) = tidy.findings(package)
    assert f"[complete] {part}/ is missing or empty" in found


def test_a_module_of_a_connector_may_be_a_package(tmp_path: Path) -> None:
    package = skeleton.build(tmp_path)
    (package / "connectors" / "xero" / "wire.py").unlink()
    skeleton.write(package / "connectors" / "xero" / "wire" / "__init__.py", "")
    assert tidy.findings(package) == []


def test_deleting_a_connector_leaves_the_rest_tidy(tmp_path: Path) -> None:
    package = skeleton.build(tmp_path)
    folder = package / "connectors" / "cliniko"
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()
    assert tidy.findings(package) == []
