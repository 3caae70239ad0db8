"""No page reads the store more than ten times, whatever waits: counted at the database itself.

A read is one visit as of one moment, as everything that asks the store makes it; a plan's facts are one, though they
stand in many tables. That no page asks once for each record is counted apart, question by question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import event

from ligament.app.reconcile import reconcile
from ligament.core.holds import HoldCode
from ligament.web.pages.registry import ALL
from ligament.wiring.clinic import open_clinic
from tests.web.at_work import at_work, shop_over
from tests.web.browsing import Person
from tests.web.conftest import Shop
from tests.web.crowd import hold_many

MOST = 10
OK = 200
STREAMS = {"/c/{clinic}/live"}
FILES = re.compile(r"\.\{|\.(csv|json|xlsx|pdf|html)$")


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A clinic that posted and compared; its tests let records wait."""
    made = at_work(tmp_path_factory.mktemp("worked") / "home")
    with made.app() as app:
        reconcile(app)
    with shop_over(made) as shop:
        yield shop


@dataclass(slots=True)
class Asked:
    """What the database was asked: how many visits there were, and every question."""

    visits: int = 0
    questions: list[str] = field(default_factory=list)


@contextmanager
def counting(shop: Shop) -> Iterator[Asked]:
    """Count what the database is asked meanwhile."""
    asked = Asked()

    def began(*_: Any) -> None:
        asked.visits += 1

    def heard(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.questions.append(" ".join(statement.split())[:110])

    engine = shop.database._engine
    event.listen(engine, "begin", began)
    event.listen(engine, "before_cursor_execute", heard)
    try:
        yield asked
    finally:
        event.remove(engine, "begin", began)
        event.remove(engine, "before_cursor_execute", heard)


def addresses(shop: Shop) -> dict[str, str]:
    """Return every page that is looked at, with real names in its address, by its path."""
    settings = shop.door.place.runner.settings
    with open_clinic(settings, settings.clinics[0].name, None, shop.database) as clinic:
        held = next(one for one in clinic.store.open_holds() if one.code is not HoldCode.UNMAPPED_ITEM)
        names = {
            "clinic": "riverside-physio",
            "run": next(str(run.id) for run in clinic.runs.newest(20) if run.kind == "sync"),
            "contact": "1410000000000000001",
            "document": clinic.people.invoices_of("1410000000000000001")[0].id,
        }
    found = {
        page.path: re.sub(r"\{(\w+)\}", lambda part: names.get(part[1], "x"), page.path)
        for page in ALL
        if page.method == "GET" and page.path not in STREAMS and not FILES.search(page.path)
    }
    found["a hold side by side"] = f"/c/riverside-physio/waiting?look={held.id}"
    return found


def looked_at(shop: Shop, person: Person, paths: Mapping[str, str]) -> dict[str, Asked]:
    """Look at every page twice, since some things are made once for a process, and count at the second look."""
    found = {}
    for name, path in paths.items():
        person.get(path)
        with counting(shop) as asked:
            status = person.get(path).status
        if status == OK:
            found[name] = asked
    return found


def test_no_page_reads_the_store_more_than_ten_times_nor_once_for_each_record(worked: Shop) -> None:
    owner = worked.owner()
    hold_many(worked, len(HoldCode))
    few = looked_at(worked, owner, addresses(worked))
    hold_many(worked, 500)
    many = looked_at(worked, owner, addresses(worked))
    assert len(many) > 20, "most pages are shown"
    assert {"/c/{clinic}/documents/{document}", "/c/{clinic}/contacts/{contact}", "a hold side by side"} <= many.keys()
    told = [
        f"{name}: {one.visits} visits\n  " + "\n  ".join(one.questions)
        for name, one in many.items()
        if one.visits > MOST
    ]
    assert not told, "\n".join(told)
    assert {name: len(one.questions) for name, one in many.items()} == {
        name: len(one.questions) for name, one in few.items()
    }


def test_a_page_that_read_once_for_each_hold_would_be_counted(worked: Shop) -> None:
    hold_many(worked, 20)
    settings = worked.door.place.runner.settings
    with open_clinic(settings, settings.clinics[0].name, None, worked.database) as clinic, counting(worked) as asked:
        for one in clinic.store.open_holds()[:MOST]:
            clinic.store.note(one.id)
    assert asked.visits > MOST
    assert len(asked.questions) > MOST
