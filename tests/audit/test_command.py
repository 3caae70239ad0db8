"""`ligament audit` on the command line: one document, files, and mistakes that end with 2."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.kit import Clinic, served


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with served(tmp_path_factory.mktemp("audit") / "home") as made:
        made.invoice(paid=True)
        yield made


def test_an_audit_before_the_first_connection_tells_one_document_and_writes_nothing(clinic: Clinic) -> None:
    answer = clinic.run("audit", "--json")
    assert answer.code == 1, answer.said
    assert set(answer.json) >= {"score", "compared", "findings"}
    (finding,) = answer.json["findings"]
    assert set(finding) >= {"kind", "number", "books_numbers", "amount", "sentence", "advice"}
    assert (finding["kind"], finding["amount"], answer.json["score"]) == ("missing", "95.00", "0.00")
    written = {exchange.request.path for exchange in clinic.books.log if exchange.request.method != "GET"}
    assert written == {"/connect/token"}
    assert {exchange.request.method for exchange in clinic.practice.log} == {"GET"}


def test_people_are_told_what_is_wrong_and_what_comes_next(clinic: Clinic, tmp_path: Path) -> None:
    file = tmp_path / "audit.csv"
    answer = clinic.run("audit", "--output", str(file))
    for words in ("0.00 %", "is not in Xero", "ligament plan", str(file)):
        assert words in answer.out
    assert file.read_text(encoding="utf-8").splitlines()[1].startswith("missing,")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "2026-02-30"), "is no day"),
        (("--from", "2026-12-01", "--to", "2026-01-01"), "before it begins"),
        (("--output", "audit.txt"), "ending"),
    ],
)
def test_a_mistake_ends_with_2(clinic: Clinic, arguments: tuple[str, ...], words: str) -> None:
    answer = clinic.run("audit", *arguments)
    assert answer.code == 2
    assert words in answer.said
