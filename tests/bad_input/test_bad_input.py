"""Bad input gets a clear error, or a hold for that record alone; everything else is posted and nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.xero.simulator import Books, control
from ligament.simkit.faults import Fault, FaultKind, FaultScript, Rule
from tests.bad_input.desk import TINY, Desk, everything

pytestmark = pytest.mark.slow

USAGE, UNREACHABLE, WAITS, DONE = 2, 3, 1, 0
TAXED = {3, 6, 9}  # the invoices with a second, taxed line
OPEN = {1, 5, 9}


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def assert_all_posted(desk: Desk) -> None:
    """What went wrong is over: everything comes into the books once."""
    desk.later()
    told = desk.sync()
    assert told.code == DONE, told.out + told.err
    assert desk.numbers() == everything()


# --- credentials ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("CLINIKO_API_KEY", "MS0xMjM0NTY3ODkwLW5vLXN1Y2gta2V5-au2", "Cliniko"),
        ("CLINIKO_API_KEY", "a key with spaces in it", "Cliniko"),
        ("XERO_CLIENT_SECRET", "not-the-secret-of-this-app", "Xero"),
        ("XERO_CLIENT_ID", "NOSUCHAPPNOSUCHAPPNOSUCHAPPNOSUC", "Xero"),
        ("XERO_TENANT_ID", "00000000-1111-2222-3333-444444444444", "Xero"),
    ],
)
def test_wrong_credentials_end_with_a_clear_error_and_nothing_is_lost(
    desk: Desk, setting: str, value: str, said: str
) -> None:
    told = desk.sync(**{setting: value})
    assert told.code in {USAGE, UNREACHABLE}, told
    assert said in told.sentences
    assert value not in told.out + told.err or setting in {"XERO_TENANT_ID", "XERO_CLIENT_ID"}
    assert desk.wrote() == 0
    assert_all_posted(desk)


def test_a_wrong_key_is_a_matter_of_signing_in(desk: Desk) -> None:
    assert desk.sync(CLINIKO_API_KEY="MS0xMjM0NTY3ODkwLW5vLXN1Y2gta2V5-au2").code == UNREACHABLE


@pytest.mark.parametrize("missing", ["accounting.contacts", "accounting.invoices", "accounting.settings.read"])
def test_a_missing_scope_is_named(desk: Desk, missing: str) -> None:
    stem = missing.removesuffix(".read")

    def narrowed(world: Any) -> Any:
        apps = {
            key: replace(app, scopes=frozenset(one for one in app.scopes if not one.startswith(stem)))
            for key, app in world.apps.items()
        }
        return replace(world, apps=apps)

    whole = desk.books.world.apps
    desk.books.change(narrowed)
    told = desk.sync()
    assert told.code == UNREACHABLE, told.out + told.err
    assert "permission" in told.sentences
    assert "scope" in told.document["error"]["detail"]
    assert desk.wrote() == 0
    desk.books.change(lambda world: replace(world, apps=whole))
    desk.clock.pause_ms(31 * 60_000)
    assert_all_posted(desk)


# --- the rulebook -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "instead", "named"),
    [
        ("[payments]", "[payment]", ("payments",)),
        ('default = "200"', 'defualt = "200"', ("defualt", "default")),
        ("start_on = 2026-07-01", 'start_on = "the first of July"', ("start_on",)),
        ("start_on = 2026-07-01", "start_on = 2026-13-01", ("line",)),
        ('first_run = "auto"', 'first_run = "ask above lots"', ("first_run",)),
        ("xero_daily_calls = 5000", 'xero_daily_calls = "many"', ("xero_daily_calls",)),
        ("xero_daily_calls = 5000", "xero_reserve = 1.5.0", ("line",)),
        ("xero_daily_calls = 5000", "xero_reserve = -0.1", ("xero_reserve",)),
        ("xero_daily_calls = 5000", 'open_days = ["Mon"]', ("open_days",)),
        ("xero_daily_calls = 5000", "open_days = []", ("open_days",)),
    ],
)
def test_a_mistake_in_the_rulebook_names_file_line_and_key(
    desk: Desk, line: str, instead: str, named: tuple[str, ...]
) -> None:
    right = desk.rulebook
    assert line in right
    desk.rulebook = right.replace(line, instead)
    told = desk.sync()
    assert told.code == USAGE, told
    number = desk.rulebook.splitlines().index(instead) + 1
    assert "ligament.toml" in told.sentences
    assert re.search(rf"line {number}\b", told.sentences), told.sentences
    for word in named:
        assert word in told.sentences
    assert not desk.practice.log
    assert not desk.books.log
    desk.rulebook = right
    assert_all_posted(desk)


# --- records of the practice ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"issue_date": "2026-13-45"}, "bad_record"),
        ({"issue_date": None}, "bad_record"),
        ({"total_amount": "ninety dollars"}, "bad_record"),
        ({"total_amount": "1e400"}, "bad_record"),
        ({"total_amount": "NaN"}, "bad_record"),
        ({"closed_at": "yesterday"}, "bad_record"),
        ({"number": None}, "bad_record"),
        ({"status": 55, "status_description": "Pending review"}, "unknown_status"),
        ({"status": None, "status_description": None}, "unknown_status"),
    ],
)
def test_a_record_that_makes_no_sense_waits_alone(desk: Desk, fields: dict[str, object], code: str) -> None:
    identifier = desk.spoil("invoices", 4, **fields)
    told = desk.sync()
    assert told.code == WAITS, told.out + told.err
    assert desk.numbers() == everything() - {4}
    held = [one for one in told.document["holds"] if one["kind"] in {"invoice", "credit_note"}]
    assert [(one["code"], one["source_id"]) for one in held] == [(code, identifier)]
    if "number" not in fields:
        desk.assert_accounted(told)
    desk.mend("invoices", identifier)
    assert_all_posted(desk)


@pytest.mark.parametrize(
    "fields",
    [
        {"quantity": "a few"},
        {"total_including_tax": "83,00"},
        {"unit_price": "NaN"},
        {"tax_rate": "ten", "tax_name": "GST"},
    ],
)
def test_a_line_with_a_bad_decimal_holds_its_invoice_alone(desk: Desk, fields: dict[str, object]) -> None:
    of_fourth = str(cliniko.records(desk.practice.world, "invoices")[3]["id"])
    lines = cliniko.records(desk.practice.world, "invoice_items")
    place = next(place for place, row in enumerate(lines, 1) if row["invoice_id"] == of_fourth)
    identifier = desk.spoil("invoice_items", place, **fields)
    told = desk.sync()
    assert told.code == WAITS, told.out + told.err
    assert desk.numbers() == everything() - {4}
    assert set(told.holds("invoice")) == {4}
    desk.assert_accounted(told)
    desk.mend("invoice_items", identifier)
    assert_all_posted(desk)


# --- mapping ----------------------------------------------------------------------------------------------------------


def test_an_unmapped_item_holds_only_the_invoices_that_have_it(desk: Desk) -> None:
    right = desk.rulebook
    desk.rulebook = right.replace('default = "200"', 'default = ""\n[accounts.items]\nCONS = "200"')
    told = desk.sync()
    assert told.code == WAITS
    assert told.holds("invoice") == dict.fromkeys(TAXED, "unmapped_item")
    assert desk.numbers() == everything() - TAXED
    desk.assert_accounted(told)
    desk.rulebook = right
    assert_all_posted(desk)


def test_a_tax_type_that_is_gone_holds_only_what_needs_it(desk: Desk) -> None:
    rates = desk.books.world.only().tax_rates
    desk.books.change(lambda world: control.delete_tax_rate(world, "OUTPUT", at=desk.clock.now()))
    told = desk.sync()
    assert told.code == WAITS
    assert told.holds("invoice") == dict.fromkeys(TAXED, "unmapped_tax")
    assert desk.numbers() == everything() - TAXED
    desk.assert_accounted(told)
    desk.books.change(_with_books(tax_rates=rates))
    assert_all_posted(desk)


def test_an_archived_account_holds_only_what_goes_there(desk: Desk) -> None:
    desk.rulebook = desk.rulebook.replace('default = "200"', 'default = "200"\n[accounts.items]\nTAPE = "220"')
    accounts = desk.books.world.only().accounts
    desk.books.change(lambda world: control.archive_account(world, "220", at=desk.clock.now()))
    told = desk.sync()
    assert told.code == WAITS
    assert told.holds("invoice") == dict.fromkeys(TAXED, "unmapped_account")
    assert desk.numbers() == everything() - TAXED
    desk.assert_accounted(told)
    desk.books.change(_with_books(accounts=accounts))
    assert_all_posted(desk)


def test_an_archived_clearing_account_holds_the_payments_alone(desk: Desk) -> None:
    accounts = desk.books.world.only().accounts
    desk.books.change(lambda world: control.archive_account(world, "090", at=desk.clock.now()))
    told = desk.sync()
    assert told.code == WAITS
    assert desk.numbers() == everything()
    assert not desk.books.world.only().payments
    assert told.holds("payment") == dict.fromkeys(everything() - OPEN, "unmapped_account")
    desk.books.change(_with_books(accounts=accounts))
    assert_all_posted(desk)
    assert len(desk.books.world.only().payments) == TINY.payments()


def _with_books(**changes: Any) -> Callable[[Any], Any]:
    def changed(world: Any) -> Any:
        books: Books = world.only()
        return world.with_books(replace(books, **changes))

    return changed


# --- answers ----------------------------------------------------------------------------------------------------------

HTML = Fault(kind=FaultKind.HTML)
READS = [("practice", "/v1/invoices$"), ("practice", "/v1/patients$"), ("practice", "/v1/settings$")]
READS += [("books", "/Contacts$"), ("books", "/Accounts$"), ("books", "/Organisation$")]


@pytest.mark.parametrize("kind", [FaultKind.HTML, FaultKind.EMPTY, FaultKind.TRUNCATE])
@pytest.mark.parametrize(("system", "path"), READS)
def test_one_page_that_is_not_json_is_read_again(desk: Desk, system: str, path: str, kind: FaultKind) -> None:
    host = desk.practice if system == "practice" else desk.books
    host.faults = FaultScript(rules=(Rule(fault=Fault(kind=kind), method="GET", path=path, at_most=1),))
    told = desk.sync()
    assert host.fault_state.strikes
    assert told.code == DONE, told.out + told.err
    assert desk.numbers() == everything()


@pytest.mark.parametrize(("system", "path"), READS)
def test_pages_that_are_never_json_end_the_run_and_nothing_is_lost(desk: Desk, system: str, path: str) -> None:
    host = desk.practice if system == "practice" else desk.books
    host.faults = FaultScript(rules=(Rule(fault=HTML, method="GET", path=path),))
    told = desk.sync()
    assert told.code == UNREACHABLE, told.out + told.err
    assert ("Cliniko" if system == "practice" else "Xero") in told.sentences
    assert "<html" not in told.out + told.err
    host.faults = None
    assert_all_posted(desk)


@pytest.mark.parametrize("path", ["/Contacts$", "/Invoices$", "/Payments$"])
@pytest.mark.parametrize("kind", [FaultKind.HTML, FaultKind.EMPTY, FaultKind.TRUNCATE, FaultKind.CUT])
def test_an_answer_to_a_write_that_cannot_be_read_posts_nothing_twice(desk: Desk, path: str, kind: FaultKind) -> None:
    desk.books.faults = FaultScript(rules=(Rule(fault=Fault(kind=kind), method="PUT", path=path, at_most=1),))
    told = desk.sync()
    assert desk.books.fault_state.strikes
    assert told.code == DONE, told.out + told.err
    assert desk.numbers() == everything()
    books = desk.books.world.only()
    assert (len(books.contacts), len(books.payments)) == (TINY.patients, TINY.payments())


# --- names ------------------------------------------------------------------------------------------------------------

NAMES = {
    "300 characters": ("N" * 150, "Längstername" * 13),
    "emoji": ("Zoë 🦷", "Ünsal 👩🏽‍⚕️"),
    "NUL": ("Ad\x00a", "Nul\x00name"),
    "control characters": ("Ad\x07a", "Bell\x1bname"),
    "HTML": ("<b>Ada</b>", "<script>alert('x')</script>"),
    "angle and ampersand": ("Ada & <Ben>", "Quo\"te's"),
    "right to left": ("\u202eAda", "\u200fשםמשפחה"),
    "double spaces": ("  Ada   Lee  ", " Blank    name "),
    "line breaks": ("Ada\r\nLee", "Broken\nname"),
    "formula": ("=cmd|' /C calc'!A0", "@Formula"),
}


@pytest.mark.parametrize("which", NAMES)
def test_an_odd_name_is_made_fit_or_waits_alone(desk: Desk, which: str) -> None:
    first, last = NAMES[which]
    desk.spoil("patients", 2, first_name=first, last_name=last, label=f"{first} {last}")
    told = desk.sync()
    assert told.code in {DONE, WAITS}, told.out + told.err
    books = desk.books.world.only()
    of_odd = {2, 8}  # every sixth invoice is this patient's
    waiting = set(told.holds("invoice"))
    assert waiting in (set(), of_odd)
    assert desk.numbers() == everything() - waiting
    assert (told.code == DONE) == (len(books.contacts) == TINY.patients)
    for contact in books.contacts.values():
        assert contact.name.strip()
        assert not re.search(r"[\x00-\x1f\x7f]", contact.name)
        assert len(contact.name) <= 255
    desk.assert_accounted(told)
    wrote = desk.wrote()
    desk.later()
    again = desk.sync()
    assert (again.code, desk.wrote()) == (told.code, wrote), "an odd name is written again and again"


def test_odd_line_texts_are_made_fit(desk: Desk) -> None:
    texts = ("T" * 5000, "Tape \x01\x07 <b>", "🦷" * 30, "   ")
    for place, text in enumerate(texts, 1):
        desk.spoil("invoice_items", place, name=text)
    told = desk.sync()
    assert told.code == DONE, told.out + told.err
    assert desk.numbers() == everything()


@pytest.mark.parametrize(
    "email", ["not an address", "two@@at.example", "a" * 300 + "@long.example", "ada@exa mple.example"]
)
def test_an_address_that_is_refused_is_left_out_and_the_contact_is_made(desk: Desk, email: str) -> None:
    desk.spoil("patients", 2, email=email)
    told = desk.sync()
    assert told.code in {DONE, WAITS}, told.out + told.err
    assert desk.numbers() == everything()
    assert len(desk.books.world.only().contacts) == TINY.patients
