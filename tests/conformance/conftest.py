"""Every conformance test runs once for each connector of its role, or for the one that `--connector` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ligament.connectors.registry import manifests
from tests.conformance.bench import Bench, bench

if TYPE_CHECKING:
    from ligament.net.manifest import Manifest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Hand each connector of the class's role to its tests."""
    if "manifest" not in metafunc.fixturenames:
        return
    only = metafunc.config.getoption("--connector")
    role = getattr(metafunc.cls, "role", "")
    chosen = [one for one in manifests() if role in {"", one.role} and only in {"", one.name}]
    metafunc.parametrize("manifest", chosen, ids=[one.name for one in chosen])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of roles that no chosen connector plays."""
    nobody = [item for item in items if "NOTSET" in item.name]
    if nobody:
        config.hook.pytest_deselected(items=nobody)
        items[:] = [item for item in items if item not in nobody]


@pytest.fixture
def here(manifest: Manifest) -> Bench:
    """Give the connector on its own simulator."""
    return bench(manifest)
