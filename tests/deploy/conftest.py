"""What the tests of delivery share."""

from __future__ import annotations

import pytest

from tests.deploy.kit import Installed, built_wheel, fresh_environment, pip


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build the wheel once, and install it into a fresh environment."""
    folder = tmp_path_factory.mktemp("delivery")
    wheel = built_wheel(folder / "wheel")
    commands = fresh_environment(folder / "environment")
    pip("install", "--quiet", "--no-deps", "--no-index", str(wheel), python=commands / "python")
    empty = folder / "empty"
    empty.mkdir()
    return Installed(wheel=wheel, commands=commands, folder=empty)
