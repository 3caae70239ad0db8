"""Lists of the interface: walked in pages while rows are added, filtered, and each row as it reads by itself."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.ids import RunId
from ligament.core.intents import Subject, SubjectKind
from ligament.core.plans import Outcome, Plan, RecordKind, State
from tests.web.calling import Tool, tool
from tests.web.conftest import Shop
from tests.web.crowd import hold
from tests.web.test_waiting import opened


@pytest.fixture
def reader(shop: Shop) -> Tool:
    return tool(shop)


def test_pages_lose_and_repeat_nothing_while_rows_are_added(shop: Shop, reader: Tool) -> None:
    first = hold(shop, *range(2000, 2007))
    page = reader.get("/holds?limit=3").json
    hold(shop, 1990, 2999)
    seen = [row["id"] for row in page["data"]]
    while page["next"]:
        page = reader.get(f"/holds?limit=3&cursor={page['next']}").json
        seen += [row["id"] for row in page["data"]]
    assert len(seen) == len(set(seen))
    assert set(first) <= set(seen)


def test_a_cursor_is_good_for_its_own_list_and_filters_only_and_outlives_a_restart(shop: Shop, reader: Tool) -> None:
    hold(shop, 2041, 2042, 2043)
    cursor = reader.get("/holds?limit=1").json["next"]
    shop.restart(later=timedelta(0))
    assert reader.get(f"/holds?limit=2&cursor={cursor}").status == 200
    assert reader.get(f"/holds?code=rejected&cursor={cursor}").status == 422
    assert reader.get(f"/documents?cursor={cursor}").status == 422
    broken = ("B" if cursor[5] == "A" else "A").join((cursor[:5], cursor[6:]))
    assert reader.get(f"/holds?cursor={broken}").status == 422
    assert reader.get(f"/holds?cursor={cursor}x").status == 422


def test_the_journal_is_walked_newest_first_while_it_grows(shop: Shop, reader: Tool) -> None:
    hold(shop, *range(2000, 2010))
    page = reader.get("/journal?limit=4").json
    hold(shop, 3000)
    rest = reader.get(f"/journal?limit=200&cursor={page['next']}").json["data"]
    numbers = [row["sequence"] for row in (*page["data"], *rest)]
    assert numbers == list(range(numbers[0], 0, -1))
    today = shop.access.now().date().isoformat()
    assert reader.get(f"/journal?to={(shop.access.now().date() - timedelta(days=3)).isoformat()}").json["data"] == []
    assert len(reader.get(f"/journal?record=1412000000000003000&from={today[:8]}01").json["data"]) >= 1


def test_holds_are_filtered_and_shown(shop: Shop, reader: Tool) -> None:
    (name,) = hold(shop, 2041)
    assert [row["id"] for row in reader.get("/holds?code=credit_or_cash").json["data"]] == [name]
    assert reader.get("/holds?code=rejected").json == {"data": [], "next": None}
    assert reader.get("/holds?kind=contact").json["data"] == []
    assert reader.get(f"/holds/{name}").json["waiting_since"]


@pytest.mark.parametrize(
    ("asked", "place", "near"),
    [
        ("/holds?code=credit_or_cach", "code", "credit_or_cash"),
        ("/holds?kind=invoices", "kind", "invoice"),
        ("/journal?kind=decisions", "kind", "decision"),
    ],
)
def test_a_filter_by_a_word_that_there_is_not_is_refused_with_the_nearest(
    reader: Tool, asked: str, place: str, near: str
) -> None:
    told = reader.get(asked)
    assert told.status == 422
    assert [one["place"] for one in told.json["errors"]] == [place]
    assert f'Did you mean "{near}"?' in told.json["errors"][0]["detail"]


def test_a_hold_reads_the_same_in_the_list_and_by_itself_whatever_it_holds(shop: Shop, reader: Tool) -> None:
    about = Subject(kind=SubjectKind.INVOICE, id="1412000000000002042")
    more: list[dict[str, Any]] = [
        {"detail": {"shown": "a|b", "field": "email", "many": [1, {"deep": ["é ✓ \u2028", None, True]}], "n": 10**30}},
        {
            "detail": {"amount": Decimal("85.00"), "on": date(2026, 7, 1), "$": "itself", "shown": "x"},
            "todo": 'A "quote"',
        },
        {
            "proposed": {"kind": "credit_note", "lines": [{"amount": "85.00"}]},
            "rule": "reports",
            "waits_for": "invoice:7",
        },
        {"proposed": {}, "number": "1042", "sentence": "back\\slash\tand </script> & \x7f"},
    ]
    codes = [HoldCode.RULE, HoldCode.LOCKED_PERIOD, HoldCode.CREDIT_OR_CASH, HoldCode.REJECTED]
    waiting = [
        Hold(**{"subject": about, "code": code, "kind": HoldKind.INVOICE, "sentence": "It waits.", **one})
        for code, one in zip(codes, more, strict=True)
    ]
    ended = Outcome(subject=about, kind=RecordKind.INVOICES, state=State.HELD, number="1", reason="rule")
    opened(shop).store.keep_outcomes(RunId("r1"), Plan(outcomes=(ended,), holds=tuple(waiting)), {about})
    rows = reader.get("/holds").json["data"]
    assert len(rows) == len(more)
    assert rows == [reader.get(f"/holds/{row['id']}").json for row in rows]
    assert not any("shown" in row["detail"] for row in rows)
    assert {tuple(row) for row in rows} >= {tuple(reader.get(f"/holds/{rows[0]['id']}").json)}
