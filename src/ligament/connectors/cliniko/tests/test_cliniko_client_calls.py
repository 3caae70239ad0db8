"""Calls: the key and its ending, what each answer means, and that a write is sent once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligament.connectors.cliniko.client import WrongKey, base_url_of, shard_of, user_agent
from ligament.connectors.cliniko.countries import NAMES, country_code, country_name
from ligament.connectors.cliniko.declared import declared
from ligament.connectors.cliniko.port import connect
from ligament.connectors.cliniko.simulator.control import archive_record
from ligament.connectors.cliniko.simulator.handle import handle
from ligament.connectors.cliniko.simulator.switches import Switches
from ligament.connectors.cliniko.simulator.world import DEFAULT_KEY, World, amend, get, revoke_key
from ligament.connectors.cliniko.tests.client_kit import START, VirtualClock, clinic, with_invoices, with_people
from ligament.core.ids import SourceId
from ligament.core.private import Private
from ligament.core.records import Address, Party, Phone, PhoneKind, Removal
from ligament.core.writes import ElementVerdict, PartyWrite, RefusalCode
from ligament.net.governor import Governor
from ligament.net.hosts import WrongAddress
from ligament.net.meter import CallMeter
from ligament.ports.errors import Broken, OutcomeUnknown, Rejected, SignInAgain, TryLater
from ligament.ports.practice import ReadingScope
from ligament.simkit.faults import Fault, FaultKind, FaultScript, Rule
from ligament.simkit.hosting import Host
from tests.support.windows import InMemoryWindows

if TYPE_CHECKING:
    from ligament.connectors.cliniko.tests.client_kit import Clinic

FOLDER = Path(__file__).parent.parent
ADA = SourceId("1410000000000000001")
PLAIN = Switches(rate_limit=0)


def small(switches: Switches = PLAIN, **more: object) -> Clinic:
    return clinic(with_invoices(with_people(World.empty(switches=switches), 3), 3), **more)  # type: ignore[arg-type]


def struck(kind: FaultKind, *, path: str = "", at_most: int = 0, method: str = "", **more: object) -> FaultScript:
    fault = Fault(kind=kind, **more)  # type: ignore[arg-type]
    return FaultScript(rules=(Rule(fault=fault, path=path, method=method, at_most=at_most),))


# --- the key and the address


@pytest.mark.parametrize(
    ("key", "shard"),
    [("MS0xABC-DEF-au2", "au2"), ("MS0xABCDEF-UK1", "uk1"), ("MS0xABCDEF", "au1"), ("MS0xAB/+==-us12", "us12")],
)
def test_the_shard_follows_the_last_hyphen_of_the_key(key: str, shard: str) -> None:
    assert shard_of(key) == shard
    assert base_url_of(key) == f"https://api.{shard}.cliniko.com/v1"


@pytest.mark.parametrize(
    "key",
    ["", "short", "MS0xABCDEF-x.evil.com", "MS0xABCDEF-au2.evil", "MS0xABCDEF-", "MS0xABCDEF-au2\n", "MS0xABC DEF-au2",
     "MS0xABCDEF-au123", "MS0xABCDEF-a2", "MS0xABCDEF-au2/", "MS0xABCDEF-au2@evil.org", "MS0xABCDEF-au\u0661"],
)  # fmt: skip
def test_an_ending_that_is_no_shard_is_refused_without_repeating_the_key(key: str) -> None:
    with pytest.raises(WrongKey) as refused:
        base_url_of(key)
    assert not key.strip() or key not in str(refused.value)


@given(st.text(max_size=40))
def test_no_key_leads_to_another_host(ending: str) -> None:
    try:
        url = base_url_of(f"MS0xABCDEF-{ending}")
    except WrongKey:
        return
    assert declared().hosts.check(url).host.endswith(".cliniko.com")


@pytest.mark.parametrize("url", ["https://evil.example/v1", "http://api.au2.cliniko.com/v1", "http://10.0.0.1/v1"])
def test_an_explicit_address_must_be_the_vendors_or_loopback(url: str) -> None:
    with pytest.raises(WrongAddress):
        small(base_url=url)


def test_every_call_carries_key_contact_and_media_type() -> None:
    one = small(replace(PLAIN, require_user_agent=True))
    one.read()
    for exchange in one.host.log:
        assert exchange.request.headers["authorization"].startswith("Basic ")
        assert exchange.request.headers["user-agent"] == "Ligament (desk@clinic.example)"
        assert exchange.request.headers["accept"] == "application/json"
    assert one.meter.total("cliniko") == len(one.host.log)


@pytest.mark.parametrize("contact", ["", "no address", "a@b\r\nX: y", "(a@b.c)"])
def test_a_contact_that_is_no_address_is_refused(contact: str) -> None:
    with pytest.raises(ValueError, match="e-mail"):
        user_agent(contact)


# --- what answers mean for reads


def test_a_wrong_key_means_sign_in_again() -> None:
    one = small()
    one.change(lambda world: revoke_key(world, DEFAULT_KEY))
    with pytest.raises(SignInAgain) as refused:
        one.practice.identify()
    assert DEFAULT_KEY not in str(refused.value)
    with pytest.raises(SignInAgain):
        one.read()
    assert one.clock.pauses == []


def test_identity_tells_account_and_role() -> None:
    who = small().practice.identify()
    assert (who.account_name, who.role, who.notes) == ("Harbour Street Clinic", "administrator", ())


def test_settings_that_are_refused_are_read_from_the_public_ones() -> None:
    forbidden = struck(FaultKind.ANSWER, path="^/v1/settings$", status=403)
    one = small(faults=forbidden)
    pages = one.read()
    assert pages[0].rows[0].name == "Harbour Street Clinic"  # type: ignore[union-attr]


def test_the_practices_own_link_to_the_connected_books_is_seen() -> None:
    one = small(books="acme")
    one.change(lambda world: replace(world, settings={**world.settings, "integrations": {"acme": {"enabled": True}}}))
    assert one.read()[0].rows[0].native_link_on  # type: ignore[union-attr]
    one.change(lambda world: replace(world, settings={**world.settings, "integrations": {"other": {"enabled": True}}}))
    assert not one.read()[0].rows[0].native_link_on  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", [FaultKind.HTML, FaultKind.TRUNCATE, FaultKind.EMPTY])
def test_an_answer_that_is_no_json_is_tried_again_and_then_broken(kind: FaultKind) -> None:
    one = small(faults=struck(kind, path="invoices", at_most=2))
    one.read()
    assert len(one.memory.of("invoice")) == 3
    one = small(faults=struck(kind, path="invoices"))
    with pytest.raises(Broken, match="cannot be read"):
        one.read()
    assert "invoices" not in one.memory.cursors


@pytest.mark.parametrize(
    "script",
    [
        struck(FaultKind.ANSWER, path="invoices", at_most=3, status=503),
        struck(FaultKind.ANSWER, path="invoices", at_most=3, status=502, body=b"<html>"),
        struck(FaultKind.DROP_BEFORE, path="invoices", at_most=3),
        struck(FaultKind.DROP_AFTER, path="invoices", at_most=3),
        struck(FaultKind.DELAY_AFTER, path="invoices", at_most=3, milliseconds=1000),
    ],
)
def test_passing_trouble_is_waited_out_by_reads(script: FaultScript) -> None:
    one = small(faults=script)
    one.read()
    assert len(one.memory.of("invoice")) == 3
    assert len(one.clock.pauses) == 3


def test_lasting_trouble_is_try_later() -> None:
    one = small(faults=struck(FaultKind.ANSWER, status=500))
    with pytest.raises(TryLater):
        one.read()


def test_a_moved_account_is_broken_and_the_key_does_not_travel() -> None:
    elsewhere = (("Location", "https://evil.example/v1/settings"),)
    one = small(faults=struck(FaultKind.ANSWER, status=301, headers=elsewhere))
    with pytest.raises(Broken, match="moved"):
        one.read()
    assert len(one.host.log) == 1


def test_a_next_page_on_another_host_is_broken() -> None:
    body = json.dumps(
        {"contacts": [{"id": "1"}], "total_entries": 5, "links": {"next": "https://evil.example/v1/contacts"}}
    )
    one = small(faults=struck(FaultKind.ANSWER, path="contacts", status=200, body=body.encode()))
    with pytest.raises(Broken, match="not Cliniko's"):
        one.read()
    assert all(exchange.request.path.startswith("/v1/") for exchange in one.host.log)


@pytest.mark.parametrize("header", ["present", "missing", "garbage", "milliseconds", "seconds left"])
def test_too_many_calls_are_waited_out_and_told_to_the_governor(header: str) -> None:
    switches = Switches(rate_limit=4, rate_reset_header=header)  # type: ignore[arg-type]
    clock = VirtualClock()
    store = InMemoryWindows()
    guard = Governor("cliniko/1", declared().limits, store, clock)
    one = small(switches, governor=guard, clock=clock)
    one.read(reference=True)
    assert len(one.memory.of("invoice")) == 3
    assert any(exchange.response and exchange.response.status == 429 for exchange in one.host.log)
    assert store.numbers("cliniko/1")["blocked_until_ms"] > 0
    assert clock.pauses
    assert max(clock.pauses) <= 62_000


def test_the_governor_keeps_the_client_below_the_limit() -> None:
    clock = VirtualClock()
    switches = Switches(rate_limit=200, rate_window="sliding")
    one = small(switches, governor=Governor("cliniko/1", declared().limits, InMemoryWindows(), clock), clock=clock)
    for _ in range(100):
        one.read()
    assert all(exchange.response and exchange.response.status == 200 for exchange in one.host.log)
    # Six for each run, but the first has no position yet for archived invoices.
    assert len(one.host.log) == 600 - 1


def test_real_sockets_bring_the_same() -> None:
    clock = VirtualClock()
    world = with_invoices(with_people(World.empty(switches=PLAIN), 130), 130)
    with Host(handle, world, clock=clock.now) as host:
        practice = connect(
            api_key=f"{DEFAULT_KEY}-au2", contact="a@b.example", meter=CallMeter(), clock=clock,
            jitter=lambda most: most, base_url=f"{host.url}/v1",
        )  # fmt: skip
        invoices = practice.read_invoices([SourceId(str(1_412_000_000_000_000_001 + n)) for n in range(130)])
        practice.close()
    assert len(invoices) == 130
    assert all(len(invoice.lines) == 1 for invoice in invoices)


# --- single records


def test_invoices_by_id_come_with_lines_and_unknown_ids_are_left_out() -> None:
    one = small()
    known, unknown = SourceId("1412000000000000002"), SourceId("1412999999999999999")
    assert [(row.id, len(row.lines)) for row in one.practice.read_invoices([known, unknown])] == [(known, 1)]
    assert one.practice.read_invoices([]) == ()


def test_a_patient_that_is_gone_is_a_removal_and_an_archived_one_is_not() -> None:
    one = small()
    one.change(lambda world: archive_record(world, "patients", "1410000000000000002", at=START))
    gone = SourceId("1410999999999999999")
    ada, archived, removed = one.practice.read_parties([ADA, SourceId("1410000000000000002"), gone])
    assert isinstance(ada, Party)
    assert isinstance(archived, Party)
    assert archived.removed_at == START
    assert removed == Removal(kind="party", id=gone)


# --- writes


def change(**fields: object) -> PartyWrite:
    return PartyWrite(id=ADA, **fields)  # type: ignore[arg-type]


def test_only_the_changed_contact_fields_are_written() -> None:
    one = small()
    address = Address(lines=("1 New St", "Unit 2"), city="Perth", region="WA", post_code="6000", country="Australia")
    call = one.practice.prepare(
        change(
            email=Private("new@example.org"),
            phones=(Phone(kind=PhoneKind.MOBILE, number=Private("0400 000 001")),),
            address=Private(address),
            foreign_reference="X-1",
        )
    )
    assert (call.method, call.target, call.elements) == ("PATCH", f"/patients/{ADA}", 1)
    assert set(json.loads(call.body)) == {
        "email", "patient_phone_numbers", "address_1", "address_2", "address_3", "city", "state", "post_code",
        "country_code", "old_reference_id",
    }  # fmt: skip
    before = get(one.host.world, "patients", ADA)
    result = one.practice.send(call)
    assert result.verdict is ElementVerdict.DONE
    assert isinstance(result.result, Party)
    assert result.result.email.reveal() == "new@example.org"
    assert result.result.address.reveal() == address
    after = get(one.host.world, "patients", ADA)
    untouched = set(before) - set(json.loads(call.body)) - {"updated_at", "country"}
    assert {name: after[name] for name in untouched} == {name: before[name] for name in untouched}


def test_a_refused_email_is_named_but_not_repeated() -> None:
    one = small()
    result = one.practice.send(one.practice.prepare(change(email=Private("x" * 300))))
    assert (result.verdict, result.code) == (ElementVerdict.REFUSED, RefusalCode.BAD_EMAIL)
    assert "xxx" not in str(result.refusals)


def test_a_write_to_nobody_is_refused_as_not_found() -> None:
    one = small()
    result = one.practice.send(one.practice.prepare(PartyWrite(id=SourceId("1419"), first=Private("A"))))
    assert (result.verdict, result.code) == (ElementVerdict.REFUSED, RefusalCode.NOT_FOUND)
    with pytest.raises(Rejected):
        one.practice.prepare(PartyWrite(id=SourceId("../user"), first=Private("A")))


@pytest.mark.parametrize(
    ("script", "trouble"),
    [
        (struck(FaultKind.DROP_BEFORE, method="PATCH"), OutcomeUnknown),
        (struck(FaultKind.DROP_AFTER, method="PATCH"), OutcomeUnknown),
        (struck(FaultKind.DELAY_AFTER, method="PATCH", milliseconds=1000), OutcomeUnknown),
        (struck(FaultKind.ANSWER, method="PATCH", status=500), OutcomeUnknown),
        (struck(FaultKind.HTML, method="PATCH"), OutcomeUnknown),
        (struck(FaultKind.TRUNCATE, method="PATCH"), OutcomeUnknown),
        (struck(FaultKind.EMPTY, method="PATCH"), OutcomeUnknown),
        (struck(FaultKind.ANSWER, method="PATCH", status=429), TryLater),
        (struck(FaultKind.ANSWER, method="PATCH", status=401), SignInAgain),
        (struck(FaultKind.ANSWER, method="PATCH", status=400), Rejected),
    ],
)
def test_a_write_is_sent_once_and_its_trouble_says_what_to_do(script: FaultScript, trouble: type[Exception]) -> None:
    one = small(faults=script)
    call = one.practice.prepare(change(first=Private("Canary")))
    with pytest.raises(trouble) as raised:
        one.practice.send(call)
    assert "Canary" not in str(raised.value)
    assert [exchange.request.method for exchange in one.host.log] == ["PATCH"]
    assert one.meter.total() == 1


def test_country_names_and_codes_go_both_ways() -> None:
    assert all(country_code(name) == code for code, name in NAMES.items())
    assert (country_name("au"), country_name("zz"), country_code("uk"), country_code("Atlantis")) == (
        "Australia", "", "GB", "",
    )  # fmt: skip


def test_an_amended_patient_is_read_again() -> None:
    one = small()
    one.read()
    one.clock.forward(3600)
    one.change(lambda world: amend(world, "patients", ADA, {"last_name": "Other"}, at=START + timedelta(minutes=50)))
    scope = ReadingScope(cursors=one.memory.cursors, refresh_reference=False, now=one.clock.now())
    rows = [row for page in one.practice.read(scope, one.memory) for row in page.rows if isinstance(row, Party)]
    assert [row.last.reveal() for row in rows] == ["Other"]
