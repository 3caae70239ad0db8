"""Clinics: begun with what a person says and nothing invented, listed, found by near names, renamed, removed."""

from __future__ import annotations

import stat
import tomllib
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ligament.cli.views import paper
from ligament.cli.views.paper import Column, table
from tests.cli.kit import Clinic
from tests.support.practice import RULEBOOK

GIVEN = ("--name", "Riverside Physio", "--country", "au", "--time-zone", "Australia/Perth", "--start-on", "2026-07-01")


def written(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def test_init_writes_what_was_said_and_leaves_accounts_to_be_checked(clinic: Clinic, tmp_path: Path) -> None:
    home = tmp_path / "fresh"
    answer = clinic.run("init", "--home", str(home), *GIVEN, "--json")
    assert answer.code == 0, answer.said
    book = written(home / "ligament.toml")
    assert book["clinic"] == {
        "id": "riverside-physio",
        "name": "Riverside Physio",
        "country": "AU",
        "time_zone": "Australia/Perth",
    }
    assert str(book["invoices"]["start_on"]) == "2026-07-01"
    assert (book["accounts"]["default"], book["payments"]["account"], book["taxes"]) == ("", "", {})
    assert answer.json["left_out"] == []
    assert stat.S_IMODE((home / "ligament.toml").stat().st_mode) == 0o600


def test_what_nobody_said_is_left_out_and_marked(clinic: Clinic, tmp_path: Path) -> None:
    home = tmp_path / "fresh"
    answer = clinic.run("init", "--home", str(home), "--name", "Riverside", "--json")
    assert answer.json["left_out"] == ["its country", "its time zone", "the first day to take in"]
    assert set(written(home / "ligament.toml")["clinic"]) == {"id", "name"}


@pytest.mark.parametrize(
    "wrong", [("--country", "Mars"), ("--time-zone", "AWST"), ("--start-on", "1/7/2026"), ("--name", "...")]
)
def test_a_wrong_answer_is_wrong_usage_and_writes_nothing(
    clinic: Clinic, tmp_path: Path, wrong: tuple[str, str]
) -> None:
    home = tmp_path / "fresh"
    answer = clinic.run("init", "--home", str(home), *wrong, "--json")
    assert (answer.code, answer.json["error"]["place"]) == (2, wrong[0])
    assert not (home / "ligament.toml").exists()


def test_a_home_that_has_clinics_wants_the_name_of_the_new_one(clinic: Clinic) -> None:
    assert clinic.run("init", *GIVEN).code == 2
    assert clinic.run("init", "--clinic", "North Shore", *GIVEN[2:]).code == 0
    assert written(clinic.home / "clinics" / "north-shore.toml")["clinic"]["name"] == "North Shore"
    assert clinic.run("init", "--clinic", "North Shore", *GIVEN[2:]).code == 2


def several(clinic: Clinic) -> None:
    for name in ("Lakeside Physio", "Northern Physio", "Northcote"):
        assert clinic.run("clinics", "add", name, *GIVEN[2:]).code == 0


def test_clinics_are_listed_added_and_removed_and_a_removed_one_is_kept(clinic: Clinic) -> None:
    several(clinic)
    listed = clinic.run("clinics", "list", "--json")
    assert [one["id"] for one in listed.json["clinics"]][1:] == ["lakeside-physio", "northcote", "northern-physio"]
    assert clinic.run("clinics", "remove", "northcote").code == 2
    assert clinic.run("clinics", "remove", "Northcote", "--yes").code == 0
    assert "northcote" not in clinic.run("clinics", "--json").out
    assert (clinic.home / "clinics" / "northcote.toml.removed").is_file()
    assert "goes on where it was" in clinic.run("clinics", "add", "Northcote", *GIVEN[2:]).err
    assert clinic.run("clinics", "remove", "nowhere", "--yes").code == 2


@pytest.mark.parametrize("typed", ["lakeside-physio", "LAKESIDE PHYSIO", "lake", "northern", "riverside-physio"])
def test_a_clinic_is_meant_by_id_name_in_any_case_or_beginning(clinic: Clinic, typed: str) -> None:
    several(clinic)
    assert clinic.run("holds", "--clinic", typed).code == 0


@pytest.mark.parametrize(
    ("typed", "hint"),
    [("north", "Northcote or Northern Physio"), ("Lakesyde Physio", "Lakeside Physio or Riverside Physio")],
)
def test_a_name_that_means_nobody_or_several_is_answered_with_near_ones(clinic: Clinic, typed: str, hint: str) -> None:
    several(clinic)
    answer = clinic.run("holds", "--clinic", typed)
    assert answer.code == 2
    assert f"Did you mean {hint}?" in answer.err


def test_a_renamed_clinic_stays_the_same_clinic(clinic: Clinic) -> None:
    """Nothing is posted anew, and what waited still waits."""
    clinic.write(RULEBOOK.replace('name = "Riverside Physio"', 'id = "first"\nname = "Old name"', 1))
    clinic.invoice()
    clinic.invoice({"name": "Consult", "unit_price": "95", "tax_name": "Odd", "tax_rate": "10"})
    first = clinic.run("sync", "--once", "--json").json
    renamed = (clinic.home / "ligament.toml").read_text(encoding="utf-8").replace("Old name", "New name")
    clinic.write(renamed)
    again = clinic.run("sync", "--once", "--json").json
    assert sum(again["created"].values()) == 0
    assert [one["id"] for one in again["holds"]] == [one["id"] for one in first["holds"]]
    assert clinic.run("status", "--json").json["clinics"][0]["holds"] == 1


def test_status_and_holds_speak_of_all_clinics(clinic: Clinic) -> None:
    clinic.invoice({"name": "Consult", "unit_price": "95", "tax_name": "Odd", "tax_rate": "10"})
    assert clinic.run("sync", "--once").code == 1
    several(clinic)
    (clinic.home / "clinics" / "northcote.toml").write_text("[clinic", encoding="utf-8")
    rows = {one["id"]: one for one in clinic.run("status", "--all", "--json").json["clinics"]}
    assert [rows[name]["state"] for name in ("northcote", "northern-physio")] == ["broken", "new"]
    mine = next(row for row in rows.values() if row["holds"])
    assert mine["last_run_at"].endswith("Z")
    held = clinic.run("holds", "--all", "--json")
    assert held.code == 1
    assert [one["clinic"] for one in held.json["holds"]] == [mine["id"]]
    assert mine["id"] == "riverside-physio", "as in addresses, where the rulebook gives no id"
    assert f"--clinic {mine['id']}" in clinic.run("holds", "--all").out


def test_a_narrow_terminal_cuts_no_word_of_the_status_short(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = (Column("Clinic"), Column("State"), Column("How it stands"))
    rows = [["Riverside Physio", "waits for you", "One thing waits"]]
    for width, is_table in ((100, True), (30, False)):
        told = StringIO()
        shown = Console(file=told, force_terminal=True, width=width, soft_wrap=True, highlight=False, color_system=None)
        monkeypatch.setattr(paper, "console", lambda shown=shown: shown)
        table(columns, rows, whole=True)
        assert all(cell in told.getvalue() for row in rows for cell in row)
        assert ("State: waits for you" not in told.getvalue()) is is_table
