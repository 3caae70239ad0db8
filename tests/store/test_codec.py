"""Records go into the store and come back as they were."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.ledgers import BooksContact, BooksDocument, Chart, Organisation
from ligament.core.links import Agreement, ContactLink, Decision, DocumentLink, PaymentLink
from ligament.core.plans import Action, Outcome
from ligament.core.private import Private
from ligament.core.receipts import WriteIntent
from ligament.core.records import Invoice, Line, Location, Party, PracticeSettings, Practitioner, Visit
from ligament.core.writes import ContactWrite
from ligament.store.database.codec import decode, decode_hold, encode, encode_hold
from tests.store import makers

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9)
INSTANTS = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - the zone is added
    timezones=st.just(UTC),
).map(lambda instant: instant.replace(fold=0))
st.register_type_strategy(Private, lambda kind: st.from_type(get_args(kind)[0]).map(Private))
st.register_type_strategy(Decimal, DECIMALS)
st.register_type_strategy(datetime, INSTANTS)

KINDS: list[Any] = [
    Party, Invoice, Line, Visit, Location, Practitioner, PracticeSettings, BooksContact, BooksDocument, Organisation,
    Chart, ContactLink, DocumentLink, Agreement, PaymentLink, Decision, Outcome, Action, WriteIntent,
]  # fmt: skip

DETAIL = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.text() | DECIMALS | st.dates() | INSTANTS
    | st.text().map(Private),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple)
    | st.dictionaries(st.text(max_size=5) | st.sampled_from(["$", "v"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
DETAILS = st.dictionaries(st.text(max_size=5) | st.just("$"), DETAIL, max_size=3)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=15)
def test_every_record_comes_back_as_it_was(kind: Any, data: st.DataObject) -> None:
    record = data.draw(st.from_type(kind))
    back = decode(kind, encode(record))
    assert back == record
    assert encode(back) == encode(record)


@given(detail=DETAILS, proposed=st.none() | DETAILS)
def test_the_free_detail_of_a_hold_keeps_its_types(detail: dict[str, Any], proposed: dict[str, Any] | None) -> None:
    hold = makers.hold("invoice:1", detail=detail, proposed=proposed)
    back = decode_hold(encode_hold(hold))
    assert back == hold
    assert repr(back.detail) == repr(hold.detail)
    assert (back.id, back.fingerprint) == (hold.id, hold.fingerprint)


def test_decimals_keep_every_digit_that_was_written() -> None:
    for text in ("90", "90.00", "0.1000", "-0.05", "12345678901234567890.1234"):
        invoice = makers.invoice("1", total=Decimal(text))
        assert str(decode(Invoice, encode(invoice)).total) == text


def test_exact_bytes_of_a_call_survive() -> None:
    intent = makers.intent("i1", makers.contact_action("patient:1"), body=bytes(range(256)))
    assert decode(WriteIntent, encode(intent)) == intent


def test_a_field_to_leave_alone_stays_different_from_one_to_empty() -> None:
    write = ContactWrite(name=Private(""), email=None)
    back = decode(ContactWrite, encode(write))
    assert back.name is not None
    assert back.email is None


def test_what_a_detail_cannot_hold_is_named() -> None:
    with pytest.raises(TypeError, match="cannot hold complex"):
        encode_hold(makers.hold("invoice:1", detail={"odd": 1j}))


def test_a_hold_without_detail_is_small() -> None:
    hold = Hold(subject=makers.hold("invoice:1").subject, code=HoldCode.ASK, kind=HoldKind.CLINIC, sentence="?")
    assert decode_hold(encode_hold(hold)) == hold
    assert date(2026, 3, 1) == makers.DAY
