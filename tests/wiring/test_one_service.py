"""A second service on one home is refused and told which process has it; a shared database takes several."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ligament.wiring.errors import ConfigurationError
from ligament.wiring.one_service import only_service


def test_a_second_service_is_told_which_process_has_the_home(tmp_path: Path) -> None:
    with (
        only_service(tmp_path, "sqlite:///a.db"),
        pytest.raises(ConfigurationError, match=f"process {os.getpid()}"),
        only_service(tmp_path, "sqlite:///a.db"),
    ):
        pass
    with only_service(tmp_path, "sqlite:///a.db"):
        assert (tmp_path / "serve.lock").stat().st_mode & 0o077 == 0


def test_a_shared_database_takes_several(tmp_path: Path) -> None:
    with only_service(tmp_path, "postgresql://db/x"), only_service(tmp_path, "postgresql://db/x"):
        assert not (tmp_path / "serve.lock").exists()
