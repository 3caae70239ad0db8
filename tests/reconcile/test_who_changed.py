"""A difference names who made it, and since when, where the books' history tells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ligament.app.variances import list_variances
from ligament.app.who_changed import ASKED_AT_ONCE
from tests.reconcile.planting import Scene, lower_amount, move_due_date, remove_payment, void
from tests.support.stage import stage


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (lower_amount, "Rowan Bookkeeper changed a line in Xero on "),
        (move_due_date, "Rowan Bookkeeper changed the due date in Xero on "),
        (void, "was voided in Xero by Rowan Bookkeeper on "),
    ],
)
def test_the_sentence_names_who_changed_it_and_when(tmp_path: Path, plant: Any, words: str) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice()
    scene.stage.sync()
    plant(scene, invoice)
    (one,) = scene.compare()["variances"]
    assert words in one["sentence"]
    assert one["changed_by"] == "Rowan Bookkeeper"
    with scene.stage.app() as clinic:
        (listed,) = list_variances(clinic).document["variances"]
        (kept,) = clinic.variances.kept()
    assert listed["sentence"] == one["sentence"]
    assert "Rowan" not in kept.variance.sentence, "what is told to other tools names nobody"


def test_each_change_is_asked_about_once_and_only_so_many_at_once(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoices = [scene.stage.invoice(price=f"{40 + number}.00") for number in range(ASKED_AT_ONCE + 2)]
    scene.stage.sync()
    for invoice in invoices:
        lower_amount(scene, invoice)
    asked, named = [], []
    for _ in range(3):
        scene.stage.clear_log()
        told = scene.compare()
        asked.append(sum("/History" in one.request.path for one in scene.stage.books.log))
        named.append(sum(bool(one["changed_by"]) for one in told["variances"]))
    assert (asked, named) == ([ASKED_AT_ONCE, 2, 0], [ASKED_AT_ONCE, ASKED_AT_ONCE + 2, ASKED_AT_ONCE + 2])


def test_nobody_is_named_where_a_program_did_it(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice()
    scene.stage.sync()
    lower_amount(scene, invoice)
    scene.stage.books.change(_anonymous)
    (one,) = scene.compare()["variances"]
    assert "somebody changed a line" in one["sentence"]
    assert one["changed_by"] is None


def _anonymous(world: Any) -> Any:
    kept = world.only()
    blank = {
        key: tuple(replace(note, user="System Generated") for note in notes) for key, notes in kept.history.items()
    }
    return world.with_books(replace(kept, history=blank))


def test_a_payment_that_was_taken_off_names_who_did_it(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice(paid=True)
    scene.stage.sync()
    remove_payment(scene, invoice)
    told = scene.compare()
    assert [one["kind"] for one in told["variances"]] == ["held"], "it is a question already, and not a second thing"
