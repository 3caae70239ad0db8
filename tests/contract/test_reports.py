"""`sync --json` and `holds --json` have the promised keys and shapes, and their counts are true."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from benchmarks.clinic import NOW, invoice_id
from ligament.app.holds import list_holds
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control
from ligament.simkit.hosting import Exchange
from tests.bad_input.desk import KINDS, TINY, Desk, Told

COUNTS = ("read", "planned", "created", "updated", "voided", "unchanged", "held", "skipped", "failed")
HOLD_KINDS = {"invoice", "credit_note", "payment", "contact", "clinic"}
SKIP_KINDS = {"invoice", "credit_note", "appointment", "attendee"}
SEEDS = range(12)
FLAWS: tuple[Mapping[str, object], ...] = (
    {"status": 77, "status_description": "New"},
    {"issue_date": "soon"},
    {"issue_date": "2020-01-01"},
    {"total_amount": "0.00"},
    {"total_amount": "x"},
    {"total_amount": "83.05"},
    {"archived_at": "2026-11-01T00:00:00Z"},
    {"patient": None},
    {"tax_amount": "9.99"},
)


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def spoil_by_chance(desk: Desk, chance: random.Random) -> None:
    """Spoil some invoices, reverse some, and lock a part of the year."""
    for place in chance.sample(range(TINY.invoices), 5):
        desk.spoil("invoices", place + 1, **chance.choice(FLAWS))
    at = NOW - timedelta(minutes=40)
    for place in chance.sample(range(TINY.invoices), 3):
        world, credit = control.reverse_invoice(desk.practice.world, invoice_id(place), at=at)
        if TINY.is_open(place) and chance.random() < 0.5:
            world, _ = control.apply_credit(world, credit, invoice_id(place), at=at + timedelta(minutes=1))
        desk.practice.world = world
    if chance.random() < 0.3:
        desk.rulebook = desk.rulebook.replace('"GST 10" = "OUTPUT"\n', "")
    if chance.random() < 0.3:
        desk.rulebook = desk.rulebook.replace('first_run = "auto"', 'first_run = "ask"')


def assert_shaped(document: Mapping[str, Any]) -> None:
    """Every promised key is there, with the promised shape."""
    assert isinstance(document["run_id"], str)
    assert document["run_id"]
    assert isinstance(document["seconds"], int | Decimal)
    for name in COUNTS:
        assert set(document[name]) >= set(KINDS), name
        assert all(isinstance(count, int) and count >= 0 for count in document[name].values()), name
    for hold in document["holds"]:
        assert {"id", "code", "kind", "source_id", "number", "sentence"} <= hold.keys()
        assert hold["kind"] in HOLD_KINDS
        assert hold["sentence"].strip().endswith((".", "?", "!"))
        assert all(isinstance(hold[name], str) for name in ("id", "code", "source_id", "sentence"))
        assert isinstance(hold["number"], str)
        assert isinstance(hold.get("proposed", {}), dict)
    for skip in document["skips"]:
        assert {"kind", "source_id", "number", "reason"} <= skip.keys()
        assert skip["kind"] in SKIP_KINDS
        assert skip["reason"]
    for methods in document["calls"].values():
        assert all(name.isupper() and isinstance(count, int) for name, count in methods.items())


def assert_conserved(document: Mapping[str, Any]) -> None:
    """What was read is planned, unchanged, held or skipped, kind by kind."""
    for kind in KINDS:
        states = ("planned", "unchanged", "held", "skipped")
        parts = {name: document[name][kind] for name in states}
        assert document["read"][kind] == sum(parts.values()), (kind, document["read"][kind], parts)
    # Skips are listed as they stand, the counts are about what this run looked at.
    listed = Counter(one["kind"] for one in document["skips"])
    assert listed["invoice"] >= document["skipped"]["invoices"]
    assert listed["credit_note"] >= document["skipped"]["credit_notes"]
    ids = [one["id"] for one in document["holds"]]
    assert len(ids) == len(set(ids))


def met(log: Sequence[Exchange]) -> Counter[str]:
    """Count what a host was asked, by method."""
    return Counter(one.request.method for one in log)


def called(document: Mapping[str, Any], system: str) -> Counter[str]:
    """Return what the document says about calls to one system."""
    counted = document["calls"].get(system, {})
    return Counter({method: count for method, count in counted.items() if method.isupper()})


def runs(desk: Desk) -> list[tuple[Told, Counter[str], Counter[str]]]:
    """Run three times, ten minutes apart, with what the hosts met in each."""
    made = []
    for _ in range(3):
        desk.practice.clear_log()
        desk.books.clear_log()
        told = desk.sync()
        made.append((told, met(desk.practice.log), met(desk.books.log)))
        desk.later()
    return made


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_on_random_clinics_the_document_is_shaped_conserved_and_counts_calls_truly(desk: Desk, seed: int) -> None:
    spoil_by_chance(desk, random.Random(seed))
    made = runs(desk)
    for told, practice, books in made:
        document = told.document
        assert_shaped(document)
        assert_conserved(document)
        waits = bool(document["holds"] or document["waiting"])
        assert told.code == int(waits), "exit code 1 says that something waits"
        assert called(document, "cliniko") == practice
        assert called(document, "xero") == books
    first, *later = (told.document for told, _, _ in made)
    listed = Counter(one["kind"] for one in first["skips"])
    assert listed["invoice"] == first["skipped"]["invoices"]
    assert listed["credit_note"] == first["skipped"]["credit_notes"]
    assert first["read"]["invoices"] + first["read"]["credit_notes"] == len(
        cliniko.records(desk.practice.world, "invoices")
    )
    for document in later:
        for name in ("created", "updated", "voided", "failed"):
            assert not any(document[name].values()), f"{name} in a run without changes"
        assert {one["id"] for one in document["holds"]} == {one["id"] for one in first["holds"]}


@pytest.mark.parametrize("seed", SEEDS[:4])
def test_holds_json_is_the_same_list(desk: Desk, seed: int) -> None:
    spoil_by_chance(desk, random.Random(seed))
    told = desk.sync()
    assert desk.run(list_holds).document["holds"] == told.document["holds"]


def test_what_was_posted_is_what_the_books_hold(desk: Desk) -> None:
    document = desk.sync().document
    books = desk.books.world.only()
    made = {"contacts": books.contacts, "invoices": books.invoices, "credit_notes": books.credit_notes}
    made |= {"payments": books.payments, "allocations": books.allocations}
    assert document["created"] == {kind: len(rows) for kind, rows in made.items()}
