"""The starter rulebooks can be used as they are, apart from the clinic's own account codes."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from ligament.core.rules.model import PaymentSource, Privacy, Rulebook
from ligament.core.rules.parse import rulebook
from ligament.core.rules.reading import Problem
from ligament.wiring.expressions import Expressions

RECIPES = sorted((Path(__file__).parents[1] / "recipes").glob("*.toml"))
SYSTEMS = ("cliniko", "xero")


def line(name: str, rate: int) -> dict[str, Any]:
    return {
        "name": name,
        "code": "",
        "quantity": 1,
        "unit_price": 90,
        "total": 90,
        "tax_name": "GST" if rate else "",
        "tax_rate": rate,
    }


def facts(*lines: dict[str, Any]) -> dict[str, Any]:
    """What a rule sees of an invoice with nobody and nothing around it."""
    invoice = {"number": 2001, "issue_date": "2026-07-01", "total": 90, "status": 10}
    around = {"patient": None, "payer": None, "appointment": None, "clinic": {"name": "A", "country": "AU"}}
    return {"invoice": invoice, "lines": list(lines), **around}


def read(path: Path, text: str | None = None) -> tuple[Rulebook, tuple[Problem, ...]]:
    return rulebook(tomllib.loads(text or path.read_text(encoding="utf-8")), SYSTEMS, Expressions())


def applying(path: Path, *lines: dict[str, Any]) -> list[str]:
    book, _ = read(path)
    return [rule.name for rule in book.rules if Expressions().holds(rule.when, facts(*lines))]


def recipe(name: str) -> Path:
    return next(path for path in RECIPES if path.stem == name)


def test_the_promised_recipes_are_there() -> None:
    names = {path.stem for path in RECIPES}
    assert names == {"physio-au", "psychology-private-codes-au", "physio-nz", "clinic-uk"}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_has_no_problem(path: Path) -> None:
    book, problems = read(path)
    assert problems == ()
    assert book.accounts.default
    assert book.payments.source is PaymentSource.INFERRED
    assert book.payments.account
    assert book.taxes
    assert book.invoices.start_on is None, "the day of the first connection, not the day a recipe was written"


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_with_a_slip_has_a_problem(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("create =", "creat =")
    _, problems = read(path, text)
    assert [problem.key for problem in problems] == ["contacts.creat"]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_rule_of_a_recipe_can_be_judged(path: Path) -> None:
    assert applying(path, line("Standard consultation", 15)) == []


def test_private_codes_tell_xero_neither_names_nor_services() -> None:
    book, _ = read(recipe("psychology-private-codes-au"))
    assert book.contacts.privacy is Privacy.CODE
    assert not book.contacts.two_way
    assert book.invoices.text.value == "generic"


def test_physiotherapists_are_asked_about_the_usual_traps_and_nothing_else() -> None:
    physio = recipe("physio-au")
    assert applying(physio, line("Exercise Physiology initial", 0)) == ["exercise physiology without GST"]
    assert applying(physio, line("Exercise Physiology initial", 10)) == []
    assert applying(physio, line("Standard physio", 0), line("Resistance band", 10)) == []
