"""What leaves no trace in any time of change is found all the same, with few calls, and says how far it came."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from ligament.app.approvals import approve
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control as desk
from ligament.connectors.xero.simulator import control as office
from ligament.ports.errors import SignInAgain
from tests.reconcile.planting import Scene, move_due_date
from tests.support.practice import PATIENT, PLACE
from tests.support.stage import stage


def kept_months(scene: Scene) -> dict[str, Any]:
    with scene.stage.app() as clinic:
        found: dict[str, Any] = json.loads(clinic.store.note("months_swept_to"))
        return found


def test_a_settlement_without_a_time_of_change_is_found(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice()
    scene.stage.sync()
    # Cursors stay behind for a while; afterwards only what changed since is asked for.
    scene.stage.pass_time(hours=2)
    scene.stage.sync()
    at = scene.stage.pass_time(minutes=1) - timedelta(hours=1)

    def quietly(world: Any) -> Any:
        return desk.silently(world, lambda held: desk.pay_invoice(held, invoice, at=at)[0])

    scene.stage.practice.change(quietly)
    scene.stage.clear_log()
    scene.stage.sync()
    # A run that polls sees nothing of it; a comparison does, and the next run follows.
    assert scene.stage.writes() == []
    told = scene.compare()
    assert [(one["kind"], one["needs"]) for one in told["variances"]] == [("payment", "heal")]
    scene.stage.sync()
    assert scene.compare()["variances"] == []


def test_an_invoice_that_is_gone_without_a_trace_is_found(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoice = scene.stage.invoice()
    scene.stage.sync()
    scene.stage.practice.change(lambda world: cliniko.remove(world, "invoices", invoice))
    scene.stage.sync()
    told = scene.compare()
    assert [one["kind"] for one in told["variances"]] == ["status"]
    assert told["totals"]["source"] == "0.00"


def test_what_is_gone_without_a_trace_is_voided_only_with_a_persons_yes_whatever_the_policy_says(
    tmp_path: Path,
) -> None:
    scene = Scene(stage(tmp_path))
    gone, archived = scene.stage.invoice(), scene.stage.invoice()
    scene.stage.sync()
    scene.stage.practice.change(lambda world: cliniko.remove(world, "invoices", gone))
    scene.desk(desk.archive_invoice, archived)
    scene.compare()
    told = scene.stage.sync()
    assert [(one["source_id"], one["action"]) for one in told["waiting"]] == [(gone, "void")]
    assert "does not say that it was archived" in told["waiting"][0]["sentence"]
    assert {one.status for one in scene.stage.kept_books().invoices.values()} == {"AUTHORISED", "VOIDED"}
    with scene.stage.app() as clinic:
        approve(clinic, [told["waiting"][0]["number"]])
    assert scene.stage.sync()["waiting"] == []
    assert {one.status for one in scene.stage.kept_books().invoices.values()} == {"VOIDED"}


def test_a_key_that_suddenly_shows_almost_nothing_voids_nothing(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    invoices = [scene.stage.invoice() for _ in range(3)]
    scene.stage.sync()
    seen: list[Any] = []

    def hidden(world: Any, gone: list[Any]) -> Any:
        seen.append(world)
        for invoice in gone:
            world = cliniko.remove(world, "invoices", invoice)
        return world

    scene.stage.practice.change(lambda world: hidden(world, invoices))
    scene.stage.clear_log()
    with pytest.raises(SignInAgain, match="no longer shows 3 of 3 invoices"):
        scene.compare()
    scene.stage.sync()
    assert scene.stage.writes() == []
    scene.stage.practice.change(lambda _: seen[0])
    assert scene.compare()["variances"] == []
    # A single one of them that is gone is believed, as ever.
    scene.stage.practice.change(lambda world: hidden(world, invoices[:1]))
    assert [one["kind"] for one in scene.compare()["variances"]] == ["status"]


def test_old_months_are_only_counted_and_locked_ones_left_alone(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    scene.stage.invoice()
    scene.stage.sync()
    first = scene.compare(full=True)
    months = first["swept"]["months"]
    assert first["swept"]["listed"] == months >= 5
    again = scene.compare()
    assert again["swept"]["counted"] == months - again["swept"]["listed"] > 0
    scene.stage.books.change(lambda world: office.set_lock_dates(world, period=date(2026, 8, 31)))
    locked = scene.compare()
    assert locked["swept"]["counted"] == 0
    assert set(kept_months(scene)) >= {"2026-07", "2026-11"}


def test_a_locked_month_is_not_read_again_until_something_in_it_changes(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    told = {**PLACE, "patient_id": PATIENT, "issue_date": "2026-08-05"}
    invoice = scene.desk(desk.create_invoice, told, [{"name": "Consult", "unit_price": "95.00"}])
    scene.stage.sync()
    scene.stage.pass_time(days=40)
    scene.compare(full=True)
    scene.stage.books.change(lambda world: office.set_lock_dates(world, period=date(2026, 8, 31)))

    def read(month: str) -> list[str]:
        """Compare, and return what was asked of that month on either side."""
        scene.stage.pass_time(hours=12)
        scene.stage.sync()
        scene.stage.clear_log()
        scene.compare()
        asked = [one.request for one in (*scene.stage.practice.log, *scene.stage.books.log)]
        year, number = month.split("-")
        words = (f"issue_date:>={month}-01", f"Date>=DateTime({int(year)},{int(number)},1)")
        return [one.path for one in asked if any(word in text for _, text in one.query for word in words)]

    assert read("2026-10"), "what is young is read every time"
    assert read("2026-08") == []
    assert read("2026-08") == []
    # Somebody unlocks the period, moves the due date, and locks it again.
    scene.stage.books.change(lambda world: office.set_lock_dates(world, period=date(2026, 6, 30)))
    move_due_date(scene, invoice)
    scene.stage.books.change(lambda world: office.set_lock_dates(world, period=date(2026, 8, 31)))
    assert read("2026-08"), "the change is seen, and the month is looked at again"
    assert read("2026-07") == [], "and no other one"
    scene.compare(full=True)
    assert read("2026-08") == [], "once it was listed again it is left alone again"


def test_bytes_are_those_that_came(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    scene.stage.invoice(paid=True)
    scene.stage.sync()
    scene.stage.clear_log()
    told = scene.compare(full=True)
    for system, host in (("cliniko", scene.stage.practice), ("xero", scene.stage.books)):
        came = [len(one.response.body) for one in host.log if one.response is not None]
        assert told["bytes"][system] == sum(came) > 1000
        assert sum(told["calls"][system].values()) == len(came)


def test_every_month_is_listed_once_in_thirty_days(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    scene.stage.invoice()
    scene.stage.sync()
    scene.compare(full=True)
    scene.stage.pass_time(days=31)
    young = scene.compare()
    last = kept_months(scene)
    oldest = min(last)
    assert date.fromisoformat(last[oldest][0]) >= scene.stage.time.at.date() - timedelta(days=1)
    assert young["swept"]["listed"] < young["swept"]["months"] + 1


def test_a_comparison_that_the_days_limit_cuts_says_how_far_it_came(tmp_path: Path) -> None:
    scene = Scene(stage(tmp_path))
    scene.stage.invoice()
    scene.stage.sync()
    used = len([one for one in scene.stage.books.log if "/api.xro/" in one.request.path])

    def spent(world: Any) -> Any:
        (client,) = world.apps
        return office.set_day_limit(world, client, used + 10)

    scene.stage.books.change(spent)
    told = scene.compare(full=True)
    assert "months were read again; what is left follows at " in told["parked"]
    assert told["parked_until"].endswith("Z")
    assert told["totals"]["explained"] == "0.00"
