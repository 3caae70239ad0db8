"""`ligament rules`: what is listed, how mistakes are told, and what a trial shows without writing anything."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ligament.app.results import Result
from ligament.app.safety.backup import home_files
from ligament.app.setup.rules import try_rules
from ligament.connectors.cliniko import simulator as cliniko
from ligament.wiring.clinic import Clinic
from tests.bad_input.desk import Desk
from tests.rules.kit import NEEDED

RULES = """
[[rules]]
name = "large ones"
when = "invoice.total > 50.00"
account = "260"
reference = '="Invoice " + string(invoice.number)'

[[rules]]
name = "never"
when = "invoice.total == 0.01"
hold = "A cent?"

[[contact_rules]]
name = "names as people write them"
when = 'patient.last_name != ""'
set = { last_name = '=patient.last_name.upperAscii()' }
"""
USAGE = 2


def ligament(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ligament.cli.main", "rules", *words, "--home", str(home)],
        capture_output=True,
        text=True,
        check=False,
    )


def rulebook(home: Path, text: str) -> Path:
    file = home / "ligament.toml"
    file.write_text(NEEDED + text, encoding="utf-8")
    return file


def test_every_mistake_is_told_with_file_line_column_and_reason(tmp_path: Path) -> None:
    file = rulebook(
        tmp_path,
        "[[rules]]\nname = 'a'\nwhen = 'invoice.totl > 2.0'\nskip = 'no'\n"
        "[[rules]]\nname = 'b'\nwhen = '''\ninvoice.total > 2.0 &&\n  lines.exists(l, l.cod == \"A\")'''\n"
        "reference = '=\"A\" + patient.nick'\n"
        "[[contact_rules]]\nname = 'c'\nwhen = 'true'\nset = { state = '=patient.sate.upperAscii()', id = 'x' }\n",
    )
    told = ligament(tmp_path, "check")
    assert told.returncode == USAGE
    assert told.stdout.splitlines() == [
        f'{file}:7:17: An invoice has no "totl". Did you mean "total"?',
        f'{file}:13:21: A line has no "cod". Did you mean "code"?',
        f'{file}:14:29: A patient has no "nick". Did you mean "id"?',
        f'{file}:18:27: A patient has no "sate". Did you mean "state"?',
        f'{file}:18:47: "id" cannot be set. Did you mean "city"?',
    ]


def test_a_mistake_is_one_document_for_machines(tmp_path: Path) -> None:
    file = rulebook(tmp_path, "[[rules]]\nname = 'a'\nwhen = 'invoice.totl > 2.0'\nskip = 'no'\n")
    told = ligament(tmp_path, "check", "--json")
    assert told.returncode == USAGE
    error = json.loads(told.stdout)["error"]
    assert error["place"] == f"{file}:7:17"
    assert error["sentence"] in told.stderr


def test_rules_are_listed_in_their_order(tmp_path: Path) -> None:
    rulebook(tmp_path, RULES)
    told = ligament(tmp_path, "list", "--json")
    assert told.returncode == 0, told.stderr
    assert [rule["name"] for rule in json.loads(told.stdout)["rules"]] == [
        "large ones",
        "never",
        "names as people write them",
    ]
    assert ligament(tmp_path, "check").returncode == 0


@pytest.mark.parametrize(
    ("held", "place", "said"),
    [
        (b"number,claim\n1,A\n1,B\n", "claims.csv:3:1", "twice: on line 2 and here"),
        (b"nr,claim\n1,A\n", "claims.csv:1:1", 'no column "number"'),
        (b"number,claim\n1,=1+1\n", "claims.csv:2:2", "is a formula"),
        (b"number,claim\n1,Caf\xe9\n", "claims.csv:2:6", "not in UTF-8"),
        (b"number,claim\n1\n", "claims.csv:2:2", "has 1 columns"),
        (b"number,claim\n" + b"1" * 20_000_001, "claims.csv:1:1", "larger than 20 MB"),
        (None, "claims.csv:1:1", "there is no such file"),
    ],
    ids=["doubled key", "no column", "formula", "encoding", "short row", "too large", "no file"],
)
def test_a_bad_table_is_told_with_its_line_and_column(
    tmp_path: Path, held: bytes | None, place: str, said: str
) -> None:
    rulebook(tmp_path, "[lookups.claims]\nfile = 'claims.csv'\nkey = 'number'\n")
    if held is not None:
        (tmp_path / "claims.csv").write_bytes(held)
    told = ligament(tmp_path, "check")
    assert told.returncode == USAGE
    assert f"/{place}: " in told.stdout
    assert said in told.stdout


@pytest.mark.parametrize(
    "text",
    [
        "[[rules]]\nname = 'a'\nwhen = '''" + "invoice.total > 1.0 && " * 20_000 + "true'''\nskip = 'x'\n",
        "[[rules]]\nname = 'a'\nwhen = 'true'\nskip = 'x'\n" + "# " + "x" * 300_000,
        "a = " + "[" * 5_000 + "]" * 5_000,
        "[sync]\npoll_seconds = " + "9" * 5_000,
        "[contacts]\nname_likeness = 1e999999999\n",
        "[[rules]\n",
    ],
    ids=["long", "large", "deep", "digits", "exponent", "broken"],
)
def test_an_enormous_or_broken_rulebook_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    file = rulebook(tmp_path, text)
    told = ligament(tmp_path, "check")
    assert told.returncode == USAGE, told.stderr
    assert told.stdout.startswith(f"{file}:")


def test_a_trial_shows_what_each_rule_changes_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path, capsys)
    assert desk.sync().code == 0
    wrote = desk.wrote()
    desk.rulebook += RULES
    tried: list[dict[str, Any]] = []

    def trial(clinic: Clinic) -> Result:
        # What it shows of people is for the eyes of who may see them, so it is not printed here.
        tried.extend(try_rules(clinic).document["rules"])
        return Result(document={})

    assert desk.run(trial).code == 0
    large, never, names = tried
    assert (large["matched"], len(large["changes"])) == (12, 24)
    assert {change["field"] for change in large["changes"]} == {"account", "reference"}
    account = next(change for change in large["changes"] if change["field"] == "account")
    assert (account["before"], account["after"]) == ("200", "260")
    assert (never["matched"], never["changes"]) == (0, [])
    assert names["matched"] == 6
    assert all(change["after"] == change["before"].upper() for change in names["changes"])
    assert desk.wrote() == wrote
    late = desk.run(
        lambda clinic: Result(document={"n": try_rules(clinic, since="2099-01-01").document["rules"][0]["matched"]})
    )
    assert late.document["n"] == 0


def test_what_a_rule_sets_is_what_the_books_get_and_never_flows_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path, capsys)
    desk.rulebook += RULES
    assert desk.sync().code == 0
    last_names = {
        str(patient["id"]): str(patient["last_name"]) for patient in cliniko.records(desk.practice.world, "patients")
    }
    contacts = [held for held in desk.books.world.only().contacts.values() if held.number.startswith("CLK-")]
    assert len(contacts) == len(last_names)
    assert all(held.last_name == last_names[held.number.removeprefix("CLK-")].upper() for held in contacts)
    desk.later()
    assert desk.sync().code == 0
    desk.later()
    wrote = desk.wrote()
    assert desk.sync().code == 0
    assert desk.wrote() == wrote
    after = {
        str(patient["id"]): str(patient["last_name"]) for patient in cliniko.records(desk.practice.world, "patients")
    }
    assert after == last_names


def test_a_table_that_a_rulebook_names_is_part_of_the_backup(tmp_path: Path) -> None:
    rulebook(tmp_path, "[lookups.claims]\nfile = 'claims.csv'\nkey = 'number'\n")
    (tmp_path / "claims.csv").write_text("number,claim\n1,A\n", encoding="utf-8")
    (tmp_path / "other.csv").write_text("left,alone\n", encoding="utf-8")
    assert [name for name, _ in home_files(tmp_path)] == ["ligament.toml", "claims.csv"]
