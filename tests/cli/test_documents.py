"""Documents: `--json` is always one object; amounts, ids and numbers are texts, and times are in UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.kit import Clinic

ODD_TAX = {"name": "Consult", "unit_price": "95", "tax_name": "Odd", "tax_rate": "10"}
COMMANDS = (
    "plan",
    "plan --explain 1",
    "sync --once",
    "sync --once --full",
    "holds",
    "find 1",
    "journal",
    "journal export",
    "journal verify",
    "reconcile",
    "variances",
    "audit",
    "doctor",
    "rules",
    "rules test",
    "report revenue",
    "recalls",
    "alerts",
    "users",
    "tokens",
    "hooks",
    "status",
    "clinics",
)
_COUNTS = {"seconds", "parked_s"}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_NAMED = re.compile(r"(^|_)(id|number|code)$")


def complaints(value: Any, key: str = "") -> Iterator[str]:
    """Yield what is not as documents are written, with where it stands."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from complaints(inner, f"{key}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from complaints(inner, key)
    elif _is_number(value, key.rpartition(".")[2]):
        yield f"{key} is the number {value}, not a text"
    elif isinstance(value, str) and _INSTANT.match(value) and not value.endswith("Z"):
        yield f"{key} is {value}, which is not in UTC with Z"


def _is_number(value: Any, key: str) -> bool:
    if isinstance(value, float):
        return key not in _COUNTS
    return isinstance(value, int) and not isinstance(value, bool) and _NAMED.search(key) is not None


def test_every_document_is_an_object_with_texts_for_amounts_ids_and_numbers(clinic: Clinic) -> None:
    clinic.invoice()
    clinic.invoice(ODD_TAX)
    clinic.invoice(paid=True)
    found = []
    for command in COMMANDS:
        answer = clinic.run(*command.split(), "--json")
        assert answer.code in {0, 1}, (command, answer.said)
        assert isinstance(answer.json, dict), command
        found += [f"{command}: {complaint}" for complaint in complaints(answer.json)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("typed", "code", "place"),
    [
        ("holds show nobody", "configuration", ""),
        ("plan --since yesterday", "configuration", "--since"),
        ("plan --output plan.doc", "configuration", "--output"),
        ("plan --clinic nowhere", "configuration", "--clinic"),
        ("sync --onec", "usage", "--onec"),
        ("serve --port 99999", "configuration", "--port"),
    ],
)
def test_a_mistake_is_a_document_with_its_place_and_a_sentence_for_people(
    clinic: Clinic, typed: str, code: str, place: str
) -> None:
    answer = clinic.process(*typed.split(), "--json")
    assert answer.code == 2
    error = answer.json["error"]
    assert set(error) == {"code", "sentence", "place"}
    assert (error["code"], error["place"]) == (code, place)
    assert error["sentence"].split(".")[0] in answer.err.replace("\n", " ")


def test_a_mistake_in_the_rulebook_names_file_line_and_column(clinic: Clinic) -> None:
    clinic.write('[clinic]\nname = "A"\ntime_zone = "Nowhere"\n')
    answer = clinic.run("plan", "--json")
    assert answer.code == 2
    assert answer.json["error"]["place"].endswith("ligament.toml:3:1")
