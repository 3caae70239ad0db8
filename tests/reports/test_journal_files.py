"""The journal goes out as one document, as lines or as a table, all of it or what was asked for."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.kit import Clinic, served


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with served(tmp_path_factory.mktemp("journal") / "home") as made:
        made.invoice(paid=True)
        made.run("sync", "--once")
        yield made


def test_every_format_holds_every_entry(clinic: Clinic, tmp_path: Path) -> None:
    files = {ending: tmp_path / f"journal.{ending}" for ending in ("json", "jsonl", "csv")}
    outputs = [part for file in files.values() for part in ("--output", str(file))]
    assert clinic.run("journal", "export", *outputs).code == 0
    entries = json.loads(files["json"].read_text(encoding="utf-8"))["entries"]
    assert len(entries) > 3
    lines = [json.loads(line) for line in files["jsonl"].read_text(encoding="utf-8").splitlines()]
    assert lines == entries
    with files["csv"].open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["sequence"], row["hash"]) for row in rows] == [(str(one["sequence"]), one["hash"]) for one in entries]
    assert {oct(file.stat().st_mode & 0o777) for file in files.values()} == {"0o600"}


def test_entries_are_chosen_by_kind_record_and_local_day(clinic: Clinic) -> None:
    every = clinic.run("journal", "export", "--json").json["entries"]
    kinds = {one["kind"] for one in every}
    assert len(kinds) > 1
    for kind in kinds:
        chosen = clinic.run("journal", "export", "--kind", kind, "--json").json["entries"]
        assert chosen == [one for one in every if one["kind"] == kind]
    subject = next(one["subject"] for one in every if one["subject"].startswith("invoice:"))
    for name in (subject, subject.removeprefix("invoice:")):
        chosen = clinic.run("journal", "export", "--record", name, "--json").json["entries"]
        assert chosen
        assert {one["subject"] for one in chosen} == {subject}
    assert clinic.run("journal", "export", "--from", "2026-11-22", "--json").json["entries"] == every
    assert clinic.run("journal", "export", "--to", "2026-11-21", "--json").json["entries"] == []


def test_a_journal_has_no_form_as_a_page(clinic: Clinic, tmp_path: Path) -> None:
    assert clinic.run("journal", "export", "--output", str(tmp_path / "journal.html")).code == 2
