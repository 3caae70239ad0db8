"""Tracking options: what somebody archived is asked for by name, never made a second time."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ligament.app.holds import retry
from ligament.connectors.cliniko.simulator import control
from ligament.core.ids import BooksId
from ligament.core.ledgers import Chart, ContactGroup, TrackingCategory, TrackingOption
from ligament.core.renames import with_former_names
from ligament.simkit.faults import Fault, FaultKind, FaultScript, Rule
from tests.contacts.kit import ANA, Clinic
from tests.support.practice import BUSINESS

ASKED = '[tracking]\nbusiness = "Location"\ncreate_options = true\n'


def statuses(world: Any, status: str) -> Any:
    """Give every option of the books that status."""
    books = world.only()
    rows = {
        key: replace(row, options=tuple(replace(option, status=status) for option in row.options))
        for key, row in books.tracking.items()
    }
    return world.with_books(replace(books, tracking=rows))


def test_an_archived_option_waits_and_goes_on_once_it_is_restored(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path / "home")
    clinic.rulebook(ASKED)
    clinic.invoice(ANA)
    clinic.sync()
    clinic.books.change(lambda world: statuses(world, "ARCHIVED"))
    clinic.invoice(ANA)
    document = clinic.sync()
    (hold,) = document["holds"]
    assert (hold["code"], document["failed"]["invoices"]) == ("unmapped_tracking", 0)
    assert '"Riverside"' in hold["sentence"]
    assert "archived" in hold["sentence"]
    clinic.books.change(lambda world: statuses(world, "ACTIVE"))
    clinic.later(60 * 60)
    document = clinic.sync()
    assert (document["holds"], document["created"]["invoices"]) == ([], 1)


REFUSAL = {
    "ErrorNumber": 10,
    "Type": "ValidationException",
    "Message": "A validation exception occurred",
    "Elements": [{"Name": "Riverside", "ValidationErrors": [{"Message": "The option cannot be added."}]}],
}


def refusing(clinic: Clinic) -> None:
    """Let the books refuse every new option, and read the one of this place as if it were not there."""
    body = json.dumps(REFUSAL).encode()
    fault = Fault(kind=FaultKind.ANSWER, status=400, body=body)
    clinic.books.faults = FaultScript(rules=(Rule(fault=fault, method="PUT", path="/Options"),))


def asked(clinic: Clinic) -> int:
    """Return how often an option was sent."""
    return sum(one.request.method == "PUT" and "/Options" in one.request.path for one in clinic.books.log)


def test_an_option_that_the_books_refuse_waits_with_their_words_and_is_not_sent_again(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path / "home")
    clinic.rulebook(ASKED)
    refusing(clinic)
    clinic.invoice(ANA)
    (hold,) = clinic.sync()["holds"]
    assert hold["code"] == "rejected"
    assert 'refused the tracking option "Riverside": ' in hold["sentence"]
    assert "The option cannot be added." in hold["sentence"]
    sent = asked(clinic)
    assert sent == 1
    other = clinic.invoice(ANA)
    holds = clinic.sync(full=True)["holds"]
    assert [one["code"] for one in holds] == ["rejected", "rejected"]
    assert asked(clinic) == sent
    clinic.books.faults = FaultScript()
    assert clinic.sync()["created"]["invoices"] == 0
    with clinic.app() as app:
        retry(app, other)
    assert clinic.sync()["created"]["invoices"] == 2
    assert clinic.sync()["holds"] == []


def test_a_change_that_needs_a_refused_option_waits_too_and_all_are_tried_again(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path / "home")
    clinic.rulebook(ASKED)
    invoice = clinic.invoice(ANA)
    assert clinic.sync()["created"]["invoices"] == 1
    refusing(clinic)
    at = clinic.later()
    clinic.practice.change(
        lambda world: control.edit_record(world, "businesses", BUSINESS, {"label": "Hilltop"}, at=at)
    )
    lines, at = [{"name": "Consult", "unit_price": "120"}], clinic.later(4 * 60 * 60)
    clinic.practice.change(lambda world: control.edit_invoice(world, invoice, {}, lines, at=at))
    document = clinic.sync(full=True)
    (hold,) = document["holds"]
    assert (hold["code"], document["updated"]["invoices"]) == ("rejected", 0)
    assert 'the tracking option "Hilltop"' in hold["sentence"]
    sent = asked(clinic)
    assert len(clinic.sync(full=True)["holds"]) == 1
    assert asked(clinic) == sent
    clinic.books.faults = FaultScript()
    with clinic.app() as app:
        assert retry(app, "all").document["retried"] == [hold["id"]]
    document = clinic.sync()
    assert (document["holds"], document["updated"]["invoices"]) == ([], 1)


def renamed(world: Any, before: str, after: str) -> Any:
    """Give an option of the books another name; its id stays."""
    books = world.only()
    rows = {
        key: replace(row, options=tuple(replace(one, name=after) if one.name == before else one for one in row.options))
        for key, row in books.tracking.items()
    }
    return world.with_books(replace(books, tracking=rows))


def riversides(clinic: Clinic) -> list[str]:
    """Return the options that are, or were, called like our place."""
    options = [option.name for row in clinic.books.world.only().tracking.values() for option in row.options]
    return [name for name in options if name.startswith("Riverside")]


def edited(clinic: Clinic, invoice: str) -> None:
    lines, at = [{"name": "Consult", "unit_price": "120"}], clinic.later(60 * 60)
    clinic.practice.change(lambda world: control.edit_invoice(world, invoice, {}, lines, at=at))


def test_an_option_that_somebody_renamed_is_used_under_its_new_name_and_not_made_again(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path / "home")
    clinic.rulebook(ASKED)
    old = clinic.invoice(ANA)
    clinic.sync()
    for before, after in (("Riverside", "Riverside North"), ("Riverside North", "Riverside South")):
        clinic.books.change(partial(renamed, before=before, after=after))
        clinic.invoice(ANA)
        edited(clinic, old)
        document = clinic.sync()
        assert (document["holds"], document["created"]["invoices"]) == ([], 1)
        assert riversides(clinic) == [after]


def test_where_no_options_are_made_a_renamed_one_is_asked_about(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path / "home")
    clinic.rulebook(ASKED)
    clinic.invoice(ANA)
    clinic.sync()
    clinic.rulebook(ASKED.replace("true", "false"))
    clinic.books.change(lambda world: renamed(world, "Riverside", "Riverside North"))
    clinic.invoice(ANA)
    (hold,) = clinic.sync()["holds"]
    assert hold["code"] == "unmapped_tracking"
    assert 'called "Riverside North"' in hold["sentence"]


def chart(name: str) -> Chart:
    """Return a chart whose one option and one contact group are called so."""
    option = TrackingOption(id=BooksId("o1"), name=name)
    category = TrackingCategory(id=BooksId("c1"), name="Practitioner", options=(option,))
    return Chart(tracking=(category,), groups=(ContactGroup(id=BooksId("g1"), name=name),))


@pytest.mark.parametrize(
    ("names", "formerly"),
    [
        (("Smith", "Jones"), ("Smith",)),
        (("Smith", "Jones", "Jones", "Brown"), ("Smith", "Jones")),
        (("Smith", "Jones", "Smith"), ()),
        (("Smith", "Jones", "SMITH "), ()),
        (("Smith", "Jones", "Smith", "Brown"), ("Smith",)),
        (("Smith", "Jones", "Brown", "Jones"), ("Smith",)),
    ],
)
def test_a_rename_that_was_taken_back_leaves_no_name_behind(names: tuple[str, ...], formerly: tuple[str, ...]) -> None:
    """A new practitioner Jones is not Smith, whose option was called Jones for a day."""
    kept = chart(names[0])
    for name in names[1:]:
        kept = with_former_names(kept, chart(name))
    assert kept.tracking[0].options[0].formerly == formerly
    assert kept.groups is not None
    assert kept.groups[0].formerly == formerly
