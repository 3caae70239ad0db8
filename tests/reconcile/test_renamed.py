"""What was renamed in the books is no edit: nobody touched the documents that have it, and nothing asks about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero.simulator import control as office
from tests.reconcile.planting import Scene, move_due_date
from tests.support.stage import RULEBOOK, stage

TRACKED = RULEBOOK + '[tracking]\nbusiness = "Location"\ncreate_options = true\n'


def rename_option(world: Any, *, at: Any) -> Any:
    """Give every option of the books another name; the ids stay."""
    del at
    books = world.only()
    rows = {
        key: replace(row, options=tuple(replace(one, name=f"{one.name} North") for one in row.options))
        for key, row in books.tracking.items()
    }
    return world.with_books(replace(books, tracking=rows))


def rename_category(world: Any, *, at: Any) -> Any:
    (category,) = [row for row in world.only().tracking.values() if row.name == "Location"]
    return office.rename_tracking(world, category.category_id, "Site", at=at)


def recode_account(world: Any, *, at: Any) -> Any:
    return office.rename_account(world, "200", new_code="2000", at=at)


RENAMED = pytest.mark.parametrize(
    "rename", [rename_option, rename_category, recode_account], ids=lambda one: one.__name__
)


def scene(home: Path) -> Scene:
    found = Scene(stage(home, rulebook=TRACKED))
    for _ in range(3):
        found.stage.invoice()
    found.stage.sync()
    assert all(line.tracking for line in found.document(_ids(found)[0]).lines)
    return found


def _ids(found: Scene) -> list[str]:
    return sorted(found.stage.practice.world.table("invoices").rows)


@RENAMED
def test_what_was_renamed_in_the_books_is_nobodys_edit(tmp_path: Path, rename: Callable[..., Any]) -> None:
    found = scene(tmp_path)
    found.office(rename)
    found.stage.pass_time(minutes=5)
    told = found.compare(full=True)
    assert told["variances"] == []
    assert told["balanced"]


@RENAMED
def test_an_edit_beside_a_renaming_is_told_as_what_it_is(tmp_path: Path, rename: Callable[..., Any]) -> None:
    found = scene(tmp_path)
    move_due_date(found, _ids(found)[0])
    found.office(rename)
    found.stage.pass_time(minutes=5)
    (variance,) = found.compare(full=True)["variances"]
    assert variance["kind"] == "edited_in_xero"
    assert "due date" in variance["sentence"]
    assert "tracking" not in variance["sentence"]
    assert "account" not in variance["sentence"]


def test_an_invoice_edited_in_the_practice_after_a_renaming_is_changed_and_not_held(tmp_path: Path) -> None:
    found = scene(tmp_path)
    found.office(recode_account)
    found.stage.pass_time(days=2)
    found.compare(full=True)
    (home,) = tmp_path.glob("ligament.toml")
    home.write_text(home.read_text("utf-8").replace('"200"', '"2000"'), encoding="utf-8")
    chosen = _ids(found)[0]
    lines = [{"name": "Consult, long", "unit_price": "120.00"}]
    found.desk(desk.edit_invoice, chosen, {}, lines)
    told = found.stage.sync()
    assert [hold["code"] for hold in told["holds"]] == []
    assert told["updated"]["invoices"] == 1
