"""A small package with every room, which keeps every rule, for tests to plant a violation in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CONNECTORS = ("cliniko", "xero")
CONNECTOR_MODULES = ("declared", "wire", "client", "errors", "mapping", "port", "opening")

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
    "flow/context.py": "from ligament.ports import books\n",
    "flow/cycle.py": "from ligament.flow.plan import plan\nfrom ligament.flow.read import read\n",
    "flow/read/__init__.py": "",
    "flow/read/read.py": "from ligament.flow import context\n",
    "flow/plan/__init__.py": "",
    "flow/plan/plan.py": "from ligament.ports import books\n",
    "flow/execute/__init__.py": "",
    "flow/execute/execute.py": "from ligament.flow import context\n",
    "net/__init__.py": "",
    "net/session.py": "import httpx2\n",
    "net/oauth.py": "import authlib.oauth2\n\nfrom ligament.net import session\n",
    "connectors/__init__.py": "",
    "connectors/registry.py": "import importlib\n",
    "engine/__init__.py": "",
    "engine/durable.py": "import dbos\n\nfrom ligament.flow.plan import plan\n",
    "store/__init__.py": "",
    "store/prepared.py": "from ligament.store import memory\n",
    "store/memory.py": "from ligament.store.queries import records\nfrom ligament.store.writes import intents\n",
    "store/backup/__init__.py": "",
    "store/backup/archive.py": "from ligament.store.vault import cipher\n",
    "store/writes/__init__.py": "",
    "store/writes/intents.py": "from ligament.store.journal import journal\n",
    "store/queries/__init__.py": "",
    "store/queries/records.py": "from ligament.store.mirror import practice\n",
    "store/journal/__init__.py": "",
    "store/journal/journal.py": "from ligament.store.vault import cipher\n",
    "store/vault/__init__.py": "",
    "store/vault/cipher.py": "from cryptography.fernet import Fernet\n",
    "store/mirror/__init__.py": "",
    "store/mirror/practice.py": "from ligament.store.database import tables\n",
    "store/shared/__init__.py": "",
    "store/shared/values.py": "from ligament.store.database import tables\n",
    "store/database/__init__.py": "",
    "store/database/tables.py": "import sqlalchemy as sa\n",
    "exports/__init__.py": "",
    "exports/delimited.py": "from ligament.ports import books\n",
    "notifications/__init__.py": "",
    "notifications/channels.py": "import apprise\n",
    "wiring/__init__.py": "",
    "wiring/clinic.py": (
        "from ligament.connectors import registry\n"
        "from ligament.engine import durable\n"
        "from ligament.store.database import tables\n"
    ),
    "app/__init__.py": "",
    "app/sync.py": "from ligament.store import memory\nfrom ligament.wiring import clinic\n",
    "service/__init__.py": "",
    "service/runner.py": "from ligament.app import sync\n",
    "demo/__init__.py": "",
    "demo/demo.py": "from ligament.app import sync\nfrom ligament.simkit import messages\n",
    "cli/__init__.py": "",
    "cli/main.py": "import typer\n\nfrom ligament.app import sync\nfrom ligament.core import money\n",
    "web/__init__.py": "",
    "web/pages.py": "import litestar\n\nfrom ligament.app import sync\n",
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
        "from ligament.app import sync\n",
    )


def write(path: Path, text: str) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
