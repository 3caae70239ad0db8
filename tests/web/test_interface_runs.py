"""Runs over the interface: asked for, kept, done, and seen; and what a clinic that worked tells of its records."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from ligament.service.asked_runs import AskedRunner
from ligament.simkit.faults import Fault, FaultKind, FaultScript, Rule
from ligament.store.database.tables import asked_runs
from ligament.store.writes.asked_runs import AskedRuns
from ligament.web.api.call import Asking
from ligament.wiring.file_lock import alone
from tests.faults.clocks import WorkerClock
from tests.support.mounting import mounted
from tests.support.stage import Stage, stage
from tests.web.calling import MAKER, Answer, Tool, tool
from tests.web.conftest import Shop


@dataclass(slots=True)
class Works:
    """A clinic on both simulators behind the interface."""

    here: Stage
    shop: Shop
    tool: Tool
    root: str

    def get(self, path: str) -> Answer:
        return self.tool.get(f"{self.root}{path}")

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.tool.post(f"{self.root}{path}", body, **headers)

    def work(self) -> bool:
        """Do one run that waits, as the service does."""
        return runner(self.shop).once()

    def posted(self) -> str:
        """Let one invoice be posted, and return the run that did it."""
        self.here.invoice()
        name = str(self.post("/runs").json["id"])
        self.work()
        return name


def runner(shop: Shop) -> AskedRunner:
    return AskedRunner(runner=shop.door.place.runner, clinics=lambda: shop.door.place.clinics)


@pytest.fixture
def works(tmp_path: Path) -> Any:
    here = stage(tmp_path / "home")
    shop = Shop(home=here.home, environ=dict(here.environ))
    shop.open()
    runner = shop.door.place.runner
    runner.transports = {"cliniko": mounted(here.practice), "xero": mounted(here.books)}
    runner.calendar = WorkerClock(here.time)
    made = tool(shop, "admin")
    (row,) = made.get("/api/v1/clinics").json["data"]
    yield Works(here, shop, made, f"/api/v1/clinics/{row['id']}")
    shop.close()


def test_a_run_is_asked_for_done_and_seen(works: Works) -> None:
    works.here.invoice(paid=True)
    asked = works.post("/runs")
    assert (asked.status, asked.json["state"], asked.json["asked_by"]) == (202, "queued", MAKER)
    where = asked.headers["location"]
    assert where == f"{works.root}/runs/{asked.json['id']}"
    assert works.tool.get(where).json["state"] == "queued"
    assert works.here.kept_books().invoices == {}
    assert works.work()
    done = works.tool.get(where).json
    assert (done["state"], done["sentence"], done["summary"]["created"]["invoices"]) == ("done", "", 1)
    assert len(works.here.kept_books().invoices) == 1
    assert [row["id"] for row in works.get("/runs").json["data"]].count(asked.json["id"]) == 1
    begun = works.get("/journal?kind=run_started").json["data"][0]
    assert (begun["actor"], begun["source"].split()[0]) == (MAKER, "api")
    assert begun["public"]["run"] == asked.json["id"]
    assert not works.work()


def test_named_records_are_synced_now_also_one_that_is_new(works: Works) -> None:
    works.post("/runs")
    works.work()
    invoice = works.here.invoice()
    asked = works.post("/runs", {"records": [invoice]})
    assert (asked.status, asked.json["records"]) == (202, [invoice])
    works.work()
    assert works.tool.get(asked.headers["location"]).json["state"] == "done"
    assert len(works.here.kept_books().invoices) == 1
    shown = works.get(f"/documents/{invoice}").json
    again = works.post("/runs", {"records": [invoice, str(shown["number"]), shown["links"][0]["books_id"]]})
    works.work()
    assert works.tool.get(again.headers["location"]).json["state"] == "done"
    assert len(works.here.kept_books().invoices) == 1


def test_a_name_that_neither_system_knows_is_told_by_its_run_and_everything_else_is_done(works: Works) -> None:
    works.post("/runs")
    works.work()
    invoice = works.here.invoice()
    asked = works.post("/runs", {"records": ["1412000000000999999", invoice, "no-such-thing"]})
    assert asked.status == 202
    works.work()
    done = works.tool.get(asked.headers["location"]).json
    assert (done["state"], done["summary"]["unknown"]) == ("failed", ["1412000000000999999", "no-such-thing"])
    assert '"no-such-thing"' in done["sentence"]
    assert len(works.here.kept_books().invoices) == 1


def test_a_comparison_is_asked_for_and_stands_under_the_id_of_its_run(works: Works) -> None:
    works.here.invoice(paid=True)
    works.post("/runs")
    works.work()
    asked = works.post("/reconciliations")
    assert asked.status == 202
    works.work()
    run = works.tool.get(asked.headers["location"]).json
    assert (run["state"], run["summary"]["balanced"]) == ("done", True)
    assert [row["id"] for row in works.get("/reconciliations").json["data"]] == [asked.json["id"]]
    assert works.get(f"/reconciliations/{asked.json['id']}").json["totals"]["source"] == "95.00"
    assert works.post("/reconciliations", {"from": "2026-02-02", "to": "2026-02-01"}).status == 422


def test_a_run_is_undone_after_a_look_at_what_that_would_do(works: Works) -> None:
    works.here.invoice()
    name = works.post("/runs").json["id"]
    assert works.post(f"/runs/{name}/undo", {"dry_run": True}).status == 409
    works.work()
    look = works.post(f"/runs/{name}/undo", {"dry_run": True})
    assert (look.status, look.json["id"]) == (200, name)
    assert look.json["actions"]
    assert not works.work()
    asked = works.post(f"/runs/{name}/undo")
    assert asked.status == 202
    works.work()
    assert works.tool.get(asked.headers["location"]).json["state"] == "done"
    (paper,) = works.here.kept_books().invoices.values()
    assert "VOIDED" in repr(paper)
    assert works.post("/runs/nothing/undo").status == 404


def test_while_a_run_has_the_clinic_a_look_at_undoing_is_told_so_and_waits_for_no_end(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = works.posted()
    monkeypatch.setattr(Asking, "patience_ms", 1)
    settings = works.shop.door.place.runner.settings
    with alone(settings.home, settings.clinics[0].name, lambda _: None, 0):
        said = works.post(f"/runs/{name}/undo", {"dry_run": True})
    assert (said.status, "is under way" in said.json["detail"]) == (409, True)
    assert works.post(f"/runs/{name}/undo", {"dry_run": True}).json["actions"]


def test_while_the_books_are_away_a_look_at_undoing_asks_them_once_and_says_so(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = works.posted()
    works.here.books.faults = FaultScript(
        rules=(Rule(fault=Fault(kind=FaultKind.ANSWER, status=503), path="/api.xro/"),)
    )
    works.here.clear_log()
    monkeypatch.setattr(Asking, "longest_wait_ms", -1)
    said = works.post(f"/runs/{name}/undo", {"dry_run": True})
    assert (said.status, "Ask again in a moment." in said.json["detail"]) == (503, True)
    assert len([one for one in works.here.books.log if "/api.xro/" in one.request.path]) == 1
    works.here.books.faults = None
    monkeypatch.undo()
    assert works.post(f"/runs/{name}/undo", {"dry_run": True}).json["actions"]


def test_what_was_posted_is_shown_from_both_sides(works: Works) -> None:
    invoice = works.here.invoice(paid=True)
    works.post("/runs")
    works.work()
    (row,) = works.get("/documents").json["data"]
    assert (row["id"], row["total"]) == (invoice, "95.00")
    for query in (f"q={invoice}", f"number={row['number']}", f"number={row['links'][0]['number']}", "q=Ada"):
        assert [one["id"] for one in works.get(f"/documents?{query}").json["data"]] == [invoice], query
    assert works.get("/documents?q=nobody").json["data"] == []
    shown = works.get(f"/documents/{invoice}").json
    assert [paper["total"] for paper in shown["books"]] == ["95.00"]
    assert shown["state"]["state"] == "unchanged"
    (person,) = works.get("/contacts?q=Ada").json["data"]
    assert works.get(f"/contacts?number={person['contact_number']}").json["data"] == [person]
    pair = works.get(f"/contacts/{person['id']}").json
    assert pair["links"][0]["contact_id"] == person["contact_id"]
    assert [paper["source_id"] for paper in pair["documents"]] == [invoice]
    assert works.get("/plan").json["actions"] == []
    assert works.get("").json["last_run_at"]
    assert works.get("").json["waits"] == {"holds": 0, "approvals": 0}
    assert [one["connected"] for one in works.get("").json["connections"]] == [True, True]
    books = works.get("").json["connections"][1]
    assert set(books["limits_left"]) == {"minute", "day"}
    assert works.get("/reports/debtors").status == 200


def test_a_run_that_cannot_be_done_says_why(shop: Shop) -> None:
    runs = tool(shop, "run")
    where = runs.post("/runs").headers["location"]
    assert runner(shop).once()
    failed = runs.get(where).json
    assert failed["state"] == "failed"
    assert failed["sentence"]


def test_a_run_that_a_dead_process_had_begun_is_taken_up_again_and_each_clinic_has_one_at_a_time(shop: Shop) -> None:
    runs = tool(shop, "run")
    first, second = runs.post("/runs").json["id"], runs.post("/runs").json["id"]
    kept = AskedRuns(shop.database, shop.access.now)
    taken = kept.claim(["North"])
    assert taken is not None
    assert (taken.id, taken.is_first_time) == (first, True)
    assert kept.claim(["North"]) is None
    with shop.database.writing("test") as connection:
        connection.execute(update(asked_runs).where(asked_runs.c.id == first).values(holder=gone(shop)))
    again = kept.claim(["North"])
    assert again is not None
    assert (again.id, again.is_first_time) == (first, False)
    kept.end(again, {})
    then = kept.claim(["North"])
    assert then is not None
    assert then.id == second


def gone(shop: Shop) -> str:
    """Return the mark of a process of this machine that is not there any more."""
    with shop.database.reading() as connection:
        mark = str(connection.execute(asked_runs.select().where(asked_runs.c.state == "running")).one().holder)
    return f"{mark.partition('.')[0]}.4194305"


def test_runs_are_walked_newest_first_while_more_are_asked_for(shop: Shop) -> None:
    runs = tool(shop, "run")
    made = [runs.post("/runs").json["id"] for _ in range(5)]
    page = runs.get("/runs?limit=2").json
    runs.post("/runs")
    assert [row["id"] for row in page["data"]] == made[:-3:-1]
    rest = runs.get(f"/runs?limit=200&cursor={page['next']}").json["data"]
    assert [row["id"] for row in rest] == made[-3::-1]


@pytest.mark.parametrize("body", [{"records": []}, {"records": "7"}, {"records": [7]}, {"record": ["7"]}])
def test_a_run_of_nothing_is_refused(shop: Shop, body: Any) -> None:
    runs = tool(shop, "run")
    assert runs.post("/runs", body).status == 422
    assert runs.get("/runs").json["data"] == []


def test_a_call_that_is_repeated_asks_for_one_run(shop: Shop) -> None:
    runs = tool(shop, "run")
    first, again = (runs.post("/runs", idempotency_key="e1").json for _ in range(2))
    assert first == again
    assert len(runs.get("/runs").json["data"]) == 1
