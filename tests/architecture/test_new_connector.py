"""A connector started by `make new-connector` is complete, and a bad name starts nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.architecture import skeleton, tidy
from tools import new_connector

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of which the tool believes that it is ours."""
    package = skeleton.build(tmp_path)
    monkeypatch.setattr(new_connector, "CONNECTORS", package / "connectors")
    return package


def test_a_new_connector_has_every_part_and_is_tidy(package: Path) -> None:
    assert new_connector.main(["halaxy"]) == 0
    assert (package / "connectors" / "halaxy" / "manifest.toml").is_file()
    assert tidy.findings(package) == []


@pytest.mark.parametrize("name", ["Halaxy", "my-ob", "../x", "", "1st"])
def test_a_name_that_is_no_folder_name_is_refused(package: Path, name: str) -> None:
    before = sorted(package.rglob("*"))
    assert new_connector.main([name]) == 2
    assert sorted(package.rglob("*")) == before


def test_a_connector_that_exists_is_left_alone(package: Path) -> None:
    before = {path: path.read_bytes() for path in package.rglob("*") if path.is_file()}
    assert new_connector.main(["xero"]) == 2
    assert {path: path.read_bytes() for path in package.rglob("*") if path.is_file()} == before
