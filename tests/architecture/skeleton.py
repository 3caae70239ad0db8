"""A small package with every room, which keeps every rule, for tests to plant a violation in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CONNECTORS = ("cliniko", "xero")
CONNECTOR_MODULES = ("wire", "client", "errors", "mapping", "port")

# Every import here is allowed, so that an innocent neighbour that gets caught shows at once.
SOURCES = {
    "__init__.py": "",
    "core/__init__.py": "",
    "core/money.py": "from decimal import Decimal\n",
    "core/approvals.py": "class ApprovedPlan: ...\n\n\ndef approve():\n    return ApprovedPlan()\n",
    "ports/__init__.py": "",
    "ports/books.py": "from ligament.core import money\n",
    "simkit/__init__.py": "import json\n",
    "simkit/messages.py": "",
    "flow/__init__.py": "",
    "flow/plan/plan.py": "from ligament.ports import books\n",
    "net/__init__.py": "",
    "net/session.py": "import httpx2\n",
    "net/oauth.py": "import authlib.oauth2\n\nfrom ligament.net import session\n",
    "connectors/__init__.py": "",
    "connectors/registry.py": "import importlib\n",
    "engine/__init__.py": "",
    "engine/durable.py": "import dbos\n\nfrom ligament.flow import plan\n",
    "store/__init__.py": "",
    "store/database/tables.py": "import sqlalchemy as sa\nfrom cryptography.fernet import Fernet\n",
    "wiring/__init__.py": "",
    "app/sync.py": (
        "from ligament.connectors import registry\n"
        "from ligament.engine import durable\n"
        "from ligament.store import tables\n"
    ),
    "demo/demo.py": "from ligament.connectors import registry\nfrom ligament.simkit import messages\n",
    "cli/__init__.py": "",
    "cli/main.py": "import typer\n\nfrom ligament.core import money\nfrom ligament.wiring import app\n",
    "web/__init__.py": "",
    "web/pages.py": "import litestar\n\nfrom ligament.wiring import app\n",
}


def build(root: Path) -> Path:
    """Write the package under `root`/src and return its folder."""
    package = root / "src" / "ligament"
    for name, text in SOURCES.items():
        write(package / name, text)
    for connector in CONNECTORS:
        build_connector(package / "connectors" / connector)
    return package


def build_connector(folder: Path) -> None:
    """Write a connector folder with all its files."""
    here = f"ligament.connectors.{folder.name}"
    for name in ("manifest.toml", "quality.toml", "README.md", "__init__.py"):
        write(folder / name, "")
    for name in CONNECTOR_MODULES:
        write(folder / f"{name}.py", "")
    write(folder / "client.py", f"import msgspec\n\nfrom ligament.net import session\nfrom {here} import wire\n")
    write(folder / "simulator" / "__init__.py", "")
    write(folder / "simulator" / "wire.py", "")
    write(
        folder / "simulator" / "world.py", f"from ligament.simkit import messages\nfrom {here}.simulator import wire\n"
    )
    write(folder / "tests" / "__init__.py", "")
    write(
        folder / "tests" / "test_client.py",
        f"import pytest\n\nfrom {here} import client\nfrom {here}.simulator import world\n"
        "from ligament.wiring import app\n",
    )


def write(path: Path, text: str) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
