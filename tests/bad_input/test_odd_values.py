"""One odd value costs its record a hold and nothing else: the rest is posted, and mending it is enough."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.xero import simulator as xero
from ligament.connectors.xero.simulator import control
from ligament.simkit.hosting import Host
from ligament.simkit.messages import Request, Response
from tests.bad_input.desk import Desk, Told, everything

DONE, WAITS = 0, 1
NESTED = b"[" * 5000 + b"]" * 5000
VALUES: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "the last day there is": ("invoices", {"issue_date": "9999-12-31"}),
    "a day before all others": ("invoices", {"issue_date": "0001-01-01"}),
    "an instant out of range": ("invoices", {"closed_at": "9999-12-31T23:59:59Z"}),
    "an instant that leaves the calendar": ("invoices", {"closed_at": "0001-01-01T00:00:00+14:00"}),
    "a total that fills the memory": ("invoices", {"total_amount": b"1e999999999"}),
    "such a total in text": ("invoices", {"total_amount": "1e999999999"}),
    "a total smaller than any": ("invoices", {"total_amount": b"1e-999999999999999999999"}),
    "five thousand digits": ("invoices", {"total_amount": b"9" * 5000}),
    "five thousand digits in text": ("invoices", {"tax_amount": "9" * 5000}),
    "a number with NUL": ("invoices", {"number": "4\x00"}),
    "a byte that is not UTF-8": ("invoices", {"invoice_to": b'"Ad\xffa"'}),
    "half of a surrogate pair": ("invoices", {"invoice_to": b'"Ad\\ud800a"'}),
    "five thousand brackets": ("invoices", {"patient": NESTED}),
    "a line with NUL": ("invoice_items", {"name": "Tape \x00"}),
    "a line that is not UTF-8": ("invoice_items", {"name": b'"\xc3("'}),
    "a line's price in brackets": ("invoice_items", {"unit_price": NESTED}),
    "a line's endless quantity": ("invoice_items", {"quantity": b"1e999999999"}),
}
PEOPLE: Mapping[str, Mapping[str, object]] = {
    "a name with NUL": {"last_name": "Lee\x00"},
    "a name that is not UTF-8": {"first_name": b'"Ad\xffa"'},
    "half a pair in a name": {"first_name": b'"\\udc00"'},
    "a name in brackets": {"first_name": NESTED},
    "a telephone list in brackets": {"patient_phone_numbers": NESTED},
    "a name of five thousand digits": {"last_name": b"7" * 5000},
    "archived out of range": {"archived_at": "9999-12-31T23:59:59Z"},
}


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def bad(told: Told) -> list[tuple[str, str]]:
    return [(one["kind"], one["source_id"]) for one in told.document["holds"] if one["code"] == "bad_record"]


def assert_quiet(desk: Desk, told: Told) -> None:
    wrote = desk.wrote()
    desk.later()
    again = desk.sync()
    assert (again.code, desk.wrote()) == (told.code, wrote)
    assert bad(again) == bad(told)


@pytest.mark.parametrize("which", VALUES)
def test_an_invoice_with_an_odd_value_waits_alone(desk: Desk, which: str) -> None:
    kind, fields = VALUES[which]
    place = 4 if kind == "invoices" else line_of_invoice(desk, 4)
    identifier = desk.spoil(kind, place, **fields)
    told = desk.sync()
    assert told.code == WAITS, told.out + told.err
    assert desk.numbers() == everything() - {4}
    assert [of for of, _ in bad(told)] == ["invoice"], told.out
    if kind == "invoices":
        assert bad(told)[0][1] == identifier
    assert_quiet(desk, told)
    desk.mend(kind, identifier)
    desk.later()
    assert desk.sync().code == DONE
    assert desk.numbers() == everything()


def line_of_invoice(desk: Desk, place: int) -> int:
    """Return which line, from 1, is the first of the invoice at a place."""
    wanted = cliniko.records(desk.practice.world, "invoices")[place - 1]["id"]
    lines = cliniko.records(desk.practice.world, "invoice_items")
    return next(number for number, line in enumerate(lines, 1) if line["invoice_id"] == wanted)


@pytest.mark.parametrize("which", PEOPLE)
def test_somebody_with_an_odd_value_waits_with_their_invoices_only(desk: Desk, which: str) -> None:
    identifier = desk.spoil("patients", 2, **PEOPLE[which])
    told = desk.sync()
    assert told.code == WAITS, told.out + told.err
    assert bad(told) == [("contact", identifier)]
    assert desk.numbers() == everything() - {2, 8}
    assert set(told.holds("invoice").values()) == {"waits_for"}
    assert_quiet(desk, told)
    desk.mend("patients", identifier)
    desk.later()
    assert desk.sync().code == DONE
    assert desk.numbers() == everything()


def test_what_is_posted_and_becomes_odd_stays_and_waits(desk: Desk) -> None:
    assert desk.sync().code == DONE
    identifier = desk.spoil("invoices", 4, issue_date="9999-12-31")
    desk.change("invoices", identifier)
    desk.later()
    told = desk.sync()
    assert bad(told) == [("invoice", identifier)]
    assert desk.numbers() == everything()


@pytest.mark.postgres
@pytest.mark.parametrize("which", ["a number with NUL", "a line with NUL", "half of a surrogate pair"])
def test_on_postgresql_too(desk: Desk, postgres_url: str, which: str) -> None:
    desk.environ["LIGAMENT_DATABASE_URL"] = postgres_url.replace("postgresql+psycopg://", "postgresql://")
    kind, fields = VALUES[which]
    desk.spoil(kind, 4 if kind == "invoices" else 1, **fields)
    told = desk.sync()
    assert told.code == WAITS, told.out + told.err
    assert len(bad(told)) == 1
    assert len(desk.numbers()) == len(everything()) - 1


# --- the books --------------------------------------------------------------------------------------------------------


@pytest.fixture
def spoilt_books(desk: Desk) -> dict[str, bytes]:
    """Let the books say something else, byte by byte, as the due date of the invoices with these numbers."""
    odd: dict[str, bytes] = {}

    def handle(world: Any, request: Request) -> tuple[Any, Response]:
        after, answer = xero.handle(world, request)
        if not odd or request.method != "GET" or b'"Invoices":' not in answer.body:
            return after, answer
        body = json.loads(answer.body)
        for row in body["Invoices"]:
            if row.get("InvoiceNumber") in odd:
                row["DueDate"] = f"@@{row['InvoiceNumber']}@@"
        told = json.dumps(body).encode()
        for number, value in odd.items():
            told = told.replace(f'"@@{number}@@"'.encode(), value)
        return after, replace(answer, body=told)

    desk.books = Host(handle, desk.books.world, clock=desk.clock.tick)
    return odd


@pytest.mark.parametrize(
    "odd",
    [
        b'"a \xff"',
        b'"\\ud800"',
        b'"NUL\\u0000"',
        NESTED,
        b"9" * 5000,
        b'"2026-13-45"',
        b'"/Date(253402214400000+0000)/"',
    ],
)
def test_one_odd_document_of_the_books_stops_nobody_else(
    desk: Desk, spoilt_books: dict[str, bytes], odd: bytes
) -> None:
    assert desk.sync().code == DONE
    spoilt_books["CLK-4"] = odd
    for place in (4, 5):
        line = cliniko.records(desk.practice.world, "invoice_items")[line_of_invoice(desk, place) - 1]
        desk.change("invoice_items", str(line["id"]), name="Something else")
    (ours,) = (key for key, one in desk.books.world.only().invoices.items() if one.number == "CLK-4")
    at = desk.clock.now()
    desk.books.change(lambda world: control.edit_invoice(world, ours, {"Reference": "seen"}, at=at))
    desk.later()
    told = desk.sync()
    assert told.code == WAITS, told.out + told.err
    assert bad(told) == [("invoice", cliniko.records(desk.practice.world, "invoices")[3]["id"])]
    texts = {one.number: one.lines[0].description for one in desk.books.world.only().invoices.values()}
    assert texts["CLK-5"] == "Something else"
    assert desk.numbers() == everything()
    assert_quiet(desk, told)
