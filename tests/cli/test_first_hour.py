"""The first hour: init, map, doctor, plan, approve and sync, each leading to the next, from an empty folder."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from ligament.app.setup.connect import connect_system
from ligament.wiring.clinic import open_clinic
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.settings import load_settings
from tests.cli.first_hour import transcript
from tests.cli.kit import REPOSITORY, Clinic

GIVEN = ("--name", "Riverside Physio", "--country", "AU", "--time-zone", "Australia/Melbourne")
FIRST_DAY = ("--start-on", "2026-07-01")


@pytest.fixture
def fresh(clinic: Clinic, tmp_path: Path) -> Path:
    """Begin a clinic that has sold something with tax and something without."""
    home = tmp_path / "fresh"
    clinic.invoice(paid=True)
    clinic.invoice({"name": "Band", "unit_price": "20", "tax_name": "GST", "tax_rate": "10"})
    assert clinic.run("init", "--home", str(home), *GIVEN, *FIRST_DAY).code == 0
    return home


def test_what_is_not_chosen_is_named_by_doctor_and_plan(clinic: Clinic, fresh: Path) -> None:
    told = clinic.run("doctor", "--home", str(fresh)).out
    for words in ("no income account is chosen", "no tax is mapped", "no clearing account is chosen"):
        assert f"CHECK: {words}" in told
    assert "The first day taken in is 1 Jul 2026." in told
    plan = clinic.run("plan", "--home", str(fresh))
    assert "Without it, no invoice can be posted." in plan.out
    assert "Without it, no payment can be posted." in plan.out


def test_map_offers_what_the_books_have_and_keeps_the_comments(clinic: Clinic, fresh: Path) -> None:
    offered = clinic.run("map", "--home", str(fresh), "--json")
    assert offered.code == 1
    gaps = {one["key"]: one for one in offered.json["gaps"]}
    assert set(gaps) == {"accounts.default", "payments.account", "taxes.none", "taxes.GST 10"}
    assert all(one["reason"] and one["suggestion"] for one in gaps.values())
    file = fresh / "ligament.toml"
    before = file.read_text(encoding="utf-8")
    done = clinic.run("map", "--home", str(fresh), "--accept", "--json")
    assert (done.code, done.json["gaps"]) == (0, [])
    after = file.read_text(encoding="utf-8")
    assert [one for one in before.splitlines() if one.startswith("#")] == [
        one for one in after.splitlines() if one.startswith("#")
    ]
    book = tomllib.loads(after)
    assert book["taxes"] == {"none": "EXEMPTOUTPUT", "GST 10": "OUTPUT"}
    assert file.stat().st_mode & 0o077 == 0
    assert clinic.run("map", "--home", str(fresh), "--accept", "--json").json["written"] == []


def test_after_map_the_first_run_posts_what_was_approved(clinic: Clinic, fresh: Path) -> None:
    home = ("--home", str(fresh))
    assert clinic.run("map", "--accept", *home).code == 0
    assert "CHECK" not in clinic.run("doctor", *home).out
    plan = clinic.run("plan", *home, "--json").json
    assert plan["holds"] == []
    assert clinic.run("approve", plan["plan"], *home).code == 0
    done = clinic.run("sync", "--once", *home, "--json")
    assert done.code == 0
    assert (done.json["created"]["invoices"], done.json["created"]["payments"]) == (2, 1)


def test_a_missing_backup_is_something_to_look_at_and_nothing_that_waits(clinic: Clinic, fresh: Path) -> None:
    home = ("--home", str(fresh))
    assert clinic.run("map", "--accept", *home).code == 0
    told = clinic.run("doctor", *home)
    assert "  look   No backup was made from here yet.\n         Make one with `ligament backup FILE`" in told.out
    assert told.code == 0


def test_a_choice_that_the_books_do_not_have_names_near_ones(clinic: Clinic) -> None:
    clinic.write((clinic.home / "ligament.toml").read_text(encoding="utf-8").replace('"200"', '"2000"'))
    assert "Did you mean 200 Sales" in clinic.run("doctor").out


def test_connect_names_the_next_step_and_says_where_a_key_is_found(clinic: Clinic, fresh: Path) -> None:
    home = ("--home", str(fresh))
    without = ("XERO_CLIENT_ID", "XERO_CLIENT_SECRET")
    assert f"Next: ligament connect xero --home {fresh}" in clinic.run("connect", "cliniko", *home, without=without).out
    assert f"Next: ligament map --home {fresh}" in clinic.run("connect", "xero", *home).out


def test_an_account_that_a_person_says_is_another_one_is_not_kept(clinic: Clinic) -> None:
    settings = load_settings(home=clinic.home, environ=clinic.environ)
    asked: list[str] = []

    def no(question: str) -> bool:
        asked.append(question)
        return False

    with open_clinic(settings) as opened:
        for system in ("cliniko", "xero"):
            with pytest.raises(ConfigurationError, match="nothing was changed"):
                connect_system(opened, system, lambda _: "", confirm=no)
            assert opened.vault.get(f"{system}/key") is None
        assert not opened.store.note("books_organisation")
    assert all(question.startswith("Is this ") for question in asked)
    assert len(asked) == 2


def steady(text: str) -> str:
    """Return a transcript without what differs from run to run.

    That is the name of the plan, how long a run took, and the calls: on a slow machine settings are read once more.
    """
    return re.sub(r"\bplan p[0-9a-f]{8}|^Calls used: .*$|[\d,]+ more calls today", "", text, flags=re.MULTILINE)


def test_the_transcript_in_the_guide_is_what_the_commands_say_today() -> None:
    kept = (REPOSITORY / "docs" / "first-hour.md").read_text(encoding="utf-8")
    assert steady("".join(transcript())) == steady(kept), "python -m tests.cli.first_hour > docs/first-hour.md"
