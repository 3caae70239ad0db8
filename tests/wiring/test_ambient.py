"""The environment: what a file holds stands for the setting, and a file that cannot be read is told by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from ligament.wiring.ambient import environment
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.settings import load_settings
from tests.support.practice import RULEBOOK

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def test_a_secret_is_taken_from_its_file_and_what_is_set_itself_counts_first(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from the file\n", encoding="utf-8")
    found = environment({"XERO_CLIENT_SECRET_FILE": str(file), "OTHER_FILE": "/nowhere", "OTHER": "set"})
    assert found["XERO_CLIENT_SECRET"] == "from the file"
    assert found["OTHER"] == "set"
    assert found.get("NOBODY") is None
    assert environment(found) is found


def test_every_setting_may_be_a_file_and_no_key_is_made_beside_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "ligament.toml").write_text(RULEBOOK, encoding="utf-8")
    for name, text in (("key", KEY), ("address", "postgresql://db.example/x"), ("cliniko", "MS-1-au1")):
        (tmp_path / name).write_text(f"{text}\n", encoding="utf-8")
    settings = load_settings(
        home=home,
        environ={
            "LIGAMENT_VAULT_KEY_FILE": str(tmp_path / "key"),
            "LIGAMENT_DATABASE_URL_FILE": str(tmp_path / "address"),
            "CLINIKO_API_KEY_FILE": str(tmp_path / "cliniko"),
        },
    )
    assert settings.vault_key == b"0123456789abcdef0123456789abcdef"
    assert settings.database_url == "postgresql://db.example/x"
    assert settings.values["CLINIKO_API_KEY"].reveal() == "MS-1-au1"
    assert not (home / "vault.key").exists()


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"x" * 20_000])
def test_a_file_that_is_none_or_no_secret_is_told_by_the_name_of_its_setting(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match="LIGAMENT_VAULT_KEY_FILE") as told:
        environment({"LIGAMENT_VAULT_KEY_FILE": str(file)}).get("LIGAMENT_VAULT_KEY")
    assert "xxx" not in str(told.value)
