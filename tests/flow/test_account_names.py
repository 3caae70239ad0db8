"""An account may be named by code, by id or by name, and a bank account without a code by its name (choice C45)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.stage import RULEBOOK, Stage, stage

SALES, BANK = 'default = "200"', 'account = "090"'


def ids(clinic: Stage) -> dict[str, str]:
    return {account.code: key for key, account in clinic.kept_books().accounts.items()}


def posted(clinic: Stage) -> tuple[str, str]:
    """Return the account of the only line, and that of the only payment."""
    kept = clinic.kept_books()
    (invoice,), (payment,) = kept.invoices.values(), kept.payments.values()
    return kept.accounts[invoice.lines[0].account_id].code, payment.account_id


@pytest.mark.parametrize("by", ["code", "id", "name", "name in another case"])
def test_accounts_are_found_however_they_are_named(tmp_path: Path, by: str) -> None:
    clinic = stage(tmp_path / "home")
    named: dict[str, dict[str, str]] = {}
    for code in ("200", "090"):
        account = clinic.kept_books().accounts[ids(clinic)[code]]
        named[code] = {
            "code": code,
            "id": account.account_id,
            "name": account.name,
            "name in another case": f" {account.name.upper()} ",
        }
    rules = RULEBOOK.replace(SALES, f'default = "{named["200"][by]}"')
    rules = rules.replace(BANK, f'account = "{named["090"][by]}"')
    (clinic.home / "ligament.toml").write_text(rules, encoding="utf-8")
    clinic.invoice(paid=True)
    report = clinic.sync()
    assert report["holds"] == []
    assert posted(clinic) == ("200", ids(clinic)["090"])


def without_code(clinic: Stage) -> str:
    """Take the code off the bank account, as banks' own accounts have none; returns its id."""
    key = ids(clinic)["090"]

    def change(world: Any) -> Any:
        kept = world.only()
        bank = replace(kept.accounts[key], code="", name="Everyday account")
        return world.with_books(replace(kept, accounts={**kept.accounts, key: bank}))

    clinic.books.change(change)
    return key


def test_a_bank_account_without_a_code_is_named_by_its_name(tmp_path: Path) -> None:
    clinic = stage(tmp_path / "home", rulebook=RULEBOOK.replace(BANK, 'account = "Everyday account"'))
    key = without_code(clinic)
    clinic.invoice(paid=True)
    report = clinic.sync()
    assert report["holds"] == []
    assert posted(clinic) == ("200", key)


def test_a_clearing_account_that_nobody_has_is_a_hold_that_says_what_was_named(tmp_path: Path) -> None:
    """A neighbour: a name that is close is not taken for another."""
    clinic = stage(tmp_path / "home", rulebook=RULEBOOK.replace(BANK, 'account = "Everyday acount"'))
    without_code(clinic)
    clinic.invoice(paid=True)
    (hold,) = clinic.sync()["holds"]
    assert (hold["code"], hold["kind"]) == ("unmapped_account", "payment")
    assert "Everyday acount" in hold["sentence"]
    assert clinic.kept_books().payments == {}
