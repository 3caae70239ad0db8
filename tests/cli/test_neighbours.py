"""Two clinics of one home that lean on the same books are told of it by `doctor`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.cli.kit import Clinic, served

MEANT = ("--country", "AU", "--time-zone", "Australia/Perth", "--start-on", "2026-07-01")


def told(clinic: Clinic, name: str) -> list[str]:
    checks = clinic.run("doctor", "--clinic", name, "--json").json["checks"]
    return [one["sentence"] for one in checks if one["state"] == "bad" and one["area"] == "Connections"]


def added(clinic: Clinic, name: str) -> None:
    assert clinic.run("clinics", "add", name, "--name", name, *MEANT).code == 0
    for system in ("cliniko", "xero"):
        assert clinic.run("connect", system, "--clinic", name).code == 0


def renumbered(clinic: Clinic, name: str) -> None:
    file = clinic.home / "clinics" / f"{name}.toml"
    file.write_text(file.read_text("utf-8").replace('prefix = "CLK-"', 'prefix = "BAY-"'), encoding="utf-8")


def test_a_clinic_that_was_connected_with_the_keys_of_another_is_told_so(tmp_path: Path) -> None:
    with served(tmp_path / "home") as clinic:
        added(clinic, "harbour")
        assert told(clinic, "harbour") == []
        added(clinic, "bay")
        for one, other in (("harbour", "bay"), ("bay", "harbour")):
            (sentence,) = told(clinic, one)
            assert f"those of the clinic {other} too" in sentence
        assert clinic.run("clinics", "remove", "bay", "--yes").code == 0
        assert told(clinic, "harbour") == []


def test_two_practices_may_share_books_where_their_numbers_differ(tmp_path: Path) -> None:
    with served(tmp_path / "home") as clinic:
        added(clinic, "harbour")
        clinic.practice.change(another_account)
        added(clinic, "bay")
        (sentence,) = told(clinic, "bay")
        assert "the clinic harbour posts into the same Xero organisation" in sentence[0].lower() + sentence[1:]
        renumbered(clinic, "bay")
        assert told(clinic, "bay") == []


def another_account(world: Any) -> Any:
    """Let the practice be another one, with an id and a subdomain of its own."""
    account = {**world.settings["account"], "id": "777", "subdomain": "other-side", "name": "Other Side Physio"}
    return replace(world, settings={**world.settings, "account": account})
