"""No page asks the store more than ten questions, whatever waits: counted statement by statement at the database."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from ligament.app.reconcile import reconcile
from ligament.core.holds import HoldCode
from ligament.core.variances import Variance, VarianceKind
from ligament.service import glances
from ligament.web.pages.registry import ALL
from ligament.web.pages.reports import NAMES
from ligament.wiring.clinic import open_clinic
from tests.web.at_work import at_work, shop_over
from tests.web.browsing import Person
from tests.web.conftest import Shop
from tests.web.crowd import hold_many

MOST = 10
MORE = {
    "the privacy dial, tried": 40,
}
"""Where plans are tried on the page, one for patients and one for payers: each is built on facts of twenty kinds."""
OK, FAILED = 200, 500
STREAMS = {"/c/{clinic}/live", "/clinics/live"}
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
    """Every question that the database was asked."""

    questions: list[str] = field(default_factory=list)


@contextmanager
def counting(shop: Shop) -> Iterator[Asked]:
    """Count what the database is asked meanwhile."""
    asked = Asked()

    def heard(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.questions.append(" ".join(statement.split())[:110])

    engine = shop.database._engine
    event.listen(engine, "before_cursor_execute", heard)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", heard)


def addresses(shop: Shop) -> dict[str, str]:
    """Return every page that is looked at, with real names in its address, by its path."""
    settings = shop.door.place.runner.settings
    with open_clinic(settings, settings.clinics[0].name, None, shop.database) as clinic:
        held = next(one for one in clinic.store.open_holds() if one.code is not HoldCode.UNMAPPED_ITEM)
        invoice = clinic.people.invoices_of("1410000000000000001")[0]
        differs = Variance(
            subject=f"invoice:{invoice.id}", kind=next(iter(VarianceKind)), sentence="Somebody changed it in Xero."
        )
        clinic.variances.keep_found([differs], lambda _: False, clinic.clock.now())
        names = {
            "clinic": "riverside-physio",
            "run": next(str(run.id) for run in clinic.runs.newest(20) if run.kind == "sync"),
            "contact": "1410000000000000001",
            "document": invoice.id,
        }
        link = clinic.queries.contact_link("patient:1410000000000000001")
        (paper, *_) = clinic.queries.document_links(f"invoice:{invoice.id}")
        payer = next(iter(clinic.people.payers()), None)
    assert link is not None
    found = {
        page.path: re.sub(r"\{(\w+)\}", lambda part: names.get(part[1], "x"), page.path)
        for page in ALL
        if page.method == "GET" and page.path not in STREAMS and not FILES.search(page.path)
    }
    here = "/c/riverside-physio"
    found["a hold side by side"] = f"{here}/waiting?look={held.id}"
    found["a contact by the id of the books"] = f"{here}/contacts/{link.contact_id}"
    found["a document by the id of the books"] = f"{here}/documents/{paper.books_id}"
    found["contacts that are searched for"] = f"{here}/contacts?q=a"
    found["the privacy dial, tried"] = f"{here}/privacy?look=1"
    found["a plan that is searched"] = f"{here}/plan?q=a"
    found["a journal that is searched"] = f"{here}/journal?record={invoice.id}"
    found |= {f"the report {name}": f"{here}/reports?name={name}" for name in NAMES}
    return found | ({"a payer": f"{here}/contacts/{payer.id}"} if payer is not None else {})


def looked_at(shop: Shop, person: Person, paths: Mapping[str, str]) -> dict[str, Asked]:
    """Look at every page twice, since some things are made once for a process, and count at the second look."""
    found = {}
    for name, path in paths.items():
        person.get(path)
        with counting(shop) as asked:
            status = person.get(path).status
        if status == OK:
            found[name] = asked
        assert status == OK or name.startswith("/"), (name, status)
        assert status < FAILED, name
    return found


def test_no_page_reads_the_store_more_than_ten_times_nor_once_for_each_record(
    worked: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What many pages share for a moment is counted for each of them.
    for fresh in ("_FRESH", "_FRESH_LIST"):
        monkeypatch.setattr(glances, fresh, timedelta(0))
    owner = worked.owner()
    hold_many(worked, len(HoldCode))
    few = looked_at(worked, owner, addresses(worked))
    hold_many(worked, 500)
    many = looked_at(worked, owner, addresses(worked))
    assert len(many) > 20, "most pages are shown"
    assert {
        f"/c/{{clinic}}/{one}" for one in ("documents/{document}", "contacts/{contact}", "runs/{run}")
    } <= many.keys()
    told = [
        f"{name}: {len(one.questions)} questions\n  " + "\n  ".join(one.questions)
        for name, one in many.items()
        if len(one.questions) > MORE.get(name, MOST)
    ]
    assert not told, "\n".join(told)
    # The journal asks for no names when its newest page tells of nobody: fewer questions are no fault.
    assert many.keys() == few.keys()
    assert {name: one.questions for name, one in many.items() if len(one.questions) > len(few[name].questions)} == {}


def test_a_page_that_read_once_for_each_hold_would_be_counted(worked: Shop) -> None:
    hold_many(worked, 20)
    settings = worked.door.place.runner.settings
    with open_clinic(settings, settings.clinics[0].name, None, worked.database) as clinic, counting(worked) as asked:
        for one in clinic.store.open_holds()[:MOST]:
            clinic.store.note(one.id)
    assert len(asked.questions) > MOST
