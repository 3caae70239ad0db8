"""An audit finds what an older link left behind, invents nothing, writes nowhere, and taking over doubles nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ligament.app.plans import plan
from ligament.core.periods import Period
from ligament.simkit.old_link import OldNumbering, OldTrouble, OldYear
from tests.audit.kit import LAST_DAY, READING, audited, old_clinic
from tests.contacts.kit import Clinic


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clinic, OldYear]:
    return old_clinic(tmp_path_factory.mktemp("audit") / "home")


def test_everything_that_went_wrong_is_found_and_nothing_is_invented(old: tuple[Clinic, OldYear]) -> None:
    clinic, year = old
    with clinic.heard() as written:
        verdict = audited(clinic)
    assert written == []
    assert verdict.code == 1
    findings = verdict.document["findings"]
    for trouble, sales in year.troubled().items():
        numbers = {str(sale.number) for sale in sales}
        found = [one for one in findings if one["kind"] == trouble.value]
        if trouble is OldTrouble.NOT_IN_PRACTICE:
            assert {number for one in found for number in one["books_numbers"]} == numbers, trouble
        else:
            assert {one["number"] for one in found} == numbers, trouble
    assert [one["kind"] for one in findings if one["kind"] == "merged_namesakes"] == ["merged_namesakes"]
    assert {one["kind"] for one in findings} == {*(one.value for one in OldTrouble), "merged_namesakes"}


@pytest.mark.parametrize("numbering", [OldNumbering.PREFIXED, OldNumbering.IN_REFERENCE])
@pytest.mark.parametrize("seed", [11, 27])
def test_however_the_older_link_numbered_its_documents_they_are_found(
    tmp_path: Path, numbering: OldNumbering, seed: int
) -> None:
    clinic, year = old_clinic(tmp_path / "home", seed=seed, numbering=numbering)
    findings = audited(clinic).document["findings"]
    for trouble, sales in year.troubled().items():
        if trouble is OldTrouble.NOT_IN_PRACTICE:
            wanted = {year.names(sale)[0] for sale in sales}
            found = {number for one in findings if one["kind"] == trouble.value for number in one["books_numbers"]}
        else:
            wanted = {str(sale.number) for sale in sales}
            found = {one["number"] for one in findings if one["kind"] == trouble.value}
        assert found == wanted, trouble


def test_the_score_is_the_share_that_agrees(old: tuple[Clinic, OldYear]) -> None:
    clinic, year = old
    document = audited(clinic).document
    wrong = {one["number"] for one in document["findings"] if one["kind"] not in {"doubled_money", "merged_namesakes"}}
    tax = Decimal("1.1")
    amounts = {
        str(sale.number): (sale.price * tax if sale.taxed else sale.price).quantize(Decimal("0.01"))
        for sale in year.sales
        if sale.trouble is not OldTrouble.NOT_IN_PRACTICE
    }
    agreeing = sum((amount for number, amount in amounts.items() if number not in wrong), Decimal())
    expected = agreeing / sum(amounts.values(), Decimal()) * 100
    assert abs(Decimal(document["score"]) - expected) < Decimal("0.02")


def test_each_finding_says_what_is_wrong_and_what_to_do(old: tuple[Clinic, OldYear]) -> None:
    clinic, _ = old
    for one in audited(clinic).document["findings"]:
        assert one["sentence"].endswith(".")
        assert one["advice"].endswith(".")
        assert Decimal(one["amount"]) != 0


def test_a_period_looks_at_its_own_documents_only(old: tuple[Clinic, OldYear]) -> None:
    clinic, year = old
    period = Period(first=date(2026, 7, 10), last=LAST_DAY)
    document = audited(clinic, period).document
    sales = {str(sale.number) for sale in year.sales if period.covers(sale.on)}
    assert document["findings"]
    assert {one["number"] for one in document["findings"] if one["number"]} <= sales


def test_without_the_permission_it_says_that_money_counted_twice_was_not_looked_for(tmp_path: Path) -> None:
    clinic, _ = old_clinic(tmp_path / "home", scopes=READING)
    document = audited(clinic).document
    assert "doubled_money" not in {one["kind"] for one in document["findings"]}
    assert any("counted twice" in note for note in document["notes"])
    assert document["compared"]["bank_lines"] is None


def test_after_the_audit_a_plan_links_what_is_there_and_posts_only_what_is_missing(tmp_path: Path) -> None:
    clinic, year = old_clinic(tmp_path / "home", link_on=False)
    clinic.rulebook()
    text = (clinic.home / "ligament.toml").read_text(encoding="utf-8").replace("2026-07-01", "2025-11-01")
    (clinic.home / "ligament.toml").write_text(text, encoding="utf-8")
    audited(clinic)
    clinic.later()
    with clinic.app() as app:
        actions = plan(app).document["actions"]
    created = {one["number"] for one in actions if one["action"] == "create_document"}
    missing = {f"CLK-{sale.number}" for sale in year.troubled()[OldTrouble.MISSING]}
    assert created == missing
    linked = [one for one in actions if one["action"] == "link_document"]
    assert len(linked) > len(year.sales) * 0.9
