"""What cannot be understood in an answer of Cliniko, and what is never kept of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ligament.connectors.cliniko.digest import _text
from ligament.connectors.cliniko.simulator.world import World, amend, put, put_many, records
from ligament.connectors.cliniko.tests.client_kit import START, clinic
from ligament.core.records import InvoiceStatus

if TYPE_CHECKING:
    from ligament.connectors.cliniko.tests.client_kit import Clinic
from ligament.connectors.cliniko.tests.test_cliniko_client_reading import PLAIN, world_of


def test_an_unknown_status_is_unknown_and_keeps_its_code() -> None:
    world = amend(world_of(PLAIN, 3), "invoices", "1412000000000000001", {"status": 25}, at=START)
    one = clinic(world)
    one.read()
    row = one.memory.of("invoice")["1412000000000000001"]
    assert (row.status, row.status_text) == (InvoiceStatus.UNKNOWN, "25")
    assert one.memory.of("invoice")["1412000000000000002"].status is InvoiceStatus.OPEN


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [("issue_date", "20.11.2026", "issue date"), ("total_amount", "12,5", "total"), ("total_amount", "NaN", "total"),
     ("number", None, "number"), ("total_amount", None, "total"), ("closed_at", "yesterday", "closing time")],
)  # fmt: skip
def test_a_row_that_cannot_be_understood_says_so_and_spoils_no_page(field: str, value: object, words: str) -> None:
    world = world_of(PLAIN, 120)
    row = {**next(row for row in records(world, "invoices") if row["id"] == "1412000000000000001"), field: value}
    if field == "total_amount" and value is not None:
        # The simulator will not keep a number that is none, so the text goes past it.
        one = clinic(put(world, "invoices", {**row, "total_amount": "0.0"}))
        _spoil(one, b'"total_amount":"0.0"', f'"total_amount":"{value}"'.encode())
    else:
        one = clinic(put(world, "invoices", row))
    one.read()
    bad = one.memory.of("invoice")["1412000000000000001"]
    assert words in bad.defect
    assert str(value) not in bad.defect or value is None
    assert sum(not row.defect for row in one.memory.of("invoice").values()) == 119


def _spoil(one: Clinic, before: bytes, after: bytes) -> None:
    original = one.host._handle

    def spoiled(world: World, request: object) -> object:
        world, response = original(world, request)  # type: ignore[arg-type]
        return world, replace(response, body=response.body.replace(before, after))

    one.host._handle = spoiled  # type: ignore[assignment]


def test_hidden_fields_never_appear_in_any_record_or_error() -> None:
    one = clinic(world_of(PLAIN, 3))
    pages = one.read(reference=True)
    shown = "".join(_text(row) for page in pages for row in page.rows)
    assert "Ada1" in shown
    assert "SECRET" not in shown
    assert "1988" not in shown
    assert "Ada1" not in repr(pages)
    assert "ada1@" not in repr(pages)


def test_payers_are_kept_and_other_contacts_are_not() -> None:
    contacts = [
        {"id": "1402000000000000001", "type_code": 2, "type": "3rd Party Payer", "company_name": "Plan Pty Ltd"},
        {"id": "1402000000000000002", "type_code": 1, "type": "Doctor", "last_name": "Doc"},
        {"id": "1402000000000000003", "type_code": 0, "type": "Standard", "last_name": "Other"},
    ]
    one = clinic(put_many(world_of(PLAIN, 1), "contacts", contacts))
    one.read()
    assert [row.full_name() for row in one.memory.of("payer").values()] == ["Plan Pty Ltd"]


def test_a_country_known_by_code_only_gets_its_name() -> None:
    one = clinic(world_of(PLAIN, 1))
    one.read()
    assert {row.address.reveal().country for row in one.memory.of("patient").values()} == {"Australia"}


def test_only_chosen_custom_fields_are_kept() -> None:
    fields = [
        {"token": "t-1", "type": "text", "value": "AP-77"},
        {"token": "t-2", "type": "paragraph", "value": "SECRET"},
        {"token": "t-3", "type": "radiobuttons",
         "options": [{"token": "o", "name": "NDIS", "selected": True}, {"token": "p", "name": "Private"}]},
    ]  # fmt: skip
    world = world_of(PLAIN, 1)
    patient = {**records(world, "patients")[0], "custom_fields": {"sections": [{"token": "s", "fields": fields}]}}
    one = clinic(put(world, "patients", patient), custom_fields=["t-1", "t-3"])
    one.read()
    custom = dict(one.memory.of("patient")[str(patient["id"])].custom)
    assert {key: value.reveal() for key, value in custom.items()} == {"t-1": "AP-77", "t-3": "NDIS"}
