"""Laying what a story expects beside what happened, in words a bookkeeper can read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import unquote_plus

from ligament.simkit.hosting import Exchange
from tests.stories.clinic_records import PHONES, identifier
from tests.stories.seeing import Shown, Sight

READING = {"GET", "HEAD", "OPTIONS"}
FOLLOWS = {"status", "amount_due", "remaining", "allocations"}
SKIPS_OF_VISITS = {"did_not_arrive", "cancelled", "not_attended", "within_grace"}
UNTOLD = {"number", "amounts_are", "billed_to"}
KINDS = {"invoices": "invoice", "credit_notes": "credit note"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run with what was expected of it and everything it left behind."""

    what: str
    expect: Mapping[str, Any]
    before: Sight
    after: Sight
    report: Mapping[str, Any]
    reconciled: Mapping[str, Any] | None
    practice_said: list[Exchange] = field(default_factory=list)
    books_said: list[Exchange] = field(default_factory=list)
    books_said_so_far: list[Exchange] = field(default_factory=list)


def differences(run: Run) -> list[str]:
    """Return every difference of a run, one per line; none when all is as expected."""
    return [
        *_documents(run, "invoices"),
        *_documents(run, "credit_notes"),
        *_payments(run),
        *_contacts(run),
        *_patients(run),
        *_holds(run),
        *_skips(run),
        *_variances(run),
        *_writes(run),
        *_never_sent(run),
    ]


# --- documents and payments -------------------------------------------------------------------------------------------


def _documents(run: Run, kind: str) -> Iterator[str]:
    before, after = getattr(run.before, kind), getattr(run.after, kind)
    expected = {str(one["number"]): one for one in run.expect.get(kind) or ()}
    moved = _settled_numbers(run)
    for number, wanted in expected.items():
        if number not in after:
            there = ", ".join(after) or "none at all"
            yield f"{KINDS[kind]} {number}: expected, but the books have no such {KINDS[kind]} (they have {there})"
        else:
            yield from _fields(f"{KINDS[kind]} {number}", _with_tracking(wanted), after[number])
            if after[number]["amounts_are"] != "Inclusive":
                yield f"{KINDS[kind]} {number}: amounts must be tax inclusive, not {after[number]['amounts_are']}"
    for number in sorted((set(before) | set(after)) - set(expected)):
        yield from _unmentioned(f"{KINDS[kind]} {number}", before.get(number), after.get(number), number in moved)


def _settled_numbers(run: Run) -> set[str]:
    """Return the documents that expected payments and allocations settle: they follow even when not mentioned."""
    found = {str(one["invoice"]) for one in run.expect.get("payments") or ()}
    for note in run.expect.get("credit_notes") or ():
        found |= {str(one["invoice"]) for one in note.get("allocations") or ()}
    return found


def _unmentioned(what: str, before: Shown | None, after: Shown | None, follows: bool) -> Iterator[str]:
    if before is None and after is not None:
        yield f"{what}: nobody expected it; the books now have {_told(after)}"
    elif after is None:
        yield f"{what}: it was in the books and is gone"
    elif before is not None:
        # A contact may get our number meanwhile; what counts is that it is the same one.
        for name in sorted(set(before) - {"contact"}):
            if before[name] != after[name] and not (follows and name in FOLLOWS):
                was, now = _text(before[name]), _text(after[name])
                yield f"{what}: not mentioned, so its {name} should stay {was}, but it is {now}"


def _with_tracking(wanted: Mapping[str, Any]) -> Shown:
    lines = [{"tracking": {}, **line} for line in wanted.get("lines") or ()]
    return {**wanted, **({"lines": lines} if "lines" in wanted else {})}


def _payments(run: Run) -> Iterator[str]:
    left = dict(run.after.payments)
    fresh_first = sorted(left, key=lambda key: run.before.payments.get(key) == left[key])
    for one in run.expect.get("payments") or ():
        wanted = {"status": "AUTHORISED", **one}
        found = next((key for key in fresh_first if key in left and not list(_fields("", wanted, left[key]))), None)
        if found is not None:
            del left[found]
            continue
        near = next((key for key in fresh_first if key in left and left[key]["invoice"] == wanted["invoice"]), None)
        if near is None:
            yield f"payment of {_text(wanted['amount'])} on {wanted['invoice']}: expected, but there is none"
        else:
            yield from _fields(f"payment on {wanted['invoice']}", wanted, left.pop(near))
    for key, payment in left.items():
        before = run.before.payments.get(key)
        if before is None:
            yield f"payment on {payment['invoice']}: nobody expected it; the books now have {_told(payment)}"
        elif before != payment:
            was, now = _told(before), _told(payment)
            yield f"payment on {payment['invoice']}: not mentioned, so it should stay {was}, but it is {now}"


def _fields(what: str, wanted: Any, got: Any) -> Iterator[str]:
    """Compare the fields given, deeply; lists must agree in order and number."""
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        for name, value in wanted.items():
            if name == "tracking" and value != got.get(name):
                yield f"{what}: tracking should be {_text(value)}, is {_text(got.get(name))}"
            elif name != "tracking":
                yield from _fields(f"{what}: {name}" if what else name, value, got.get(name))
    elif isinstance(wanted, list) and isinstance(got, list):
        if len(wanted) != len(got):
            yield f"{what}: expected {len(wanted)}, there are {len(got)}: {_text(got)}"
        for place, (one, other) in enumerate(zip(wanted, got, strict=False), 1):
            yield from _fields(f"{what} {place}", one, other)
    elif not _same(wanted, got):
        yield f"{what} should be {_text(wanted)}, is {_text(got)}"


def _same(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, str) and wanted.startswith("~"):
        return re.fullmatch(wanted[1:], str(got)) is not None
    if isinstance(wanted, int | Decimal) and not isinstance(wanted, bool):
        try:
            return Decimal(str(got)) == wanted
        except InvalidOperation:
            return False
    return bool(wanted == got)


# --- contacts and patients --------------------------------------------------------------------------------------------


def _contacts(run: Run) -> Iterator[str]:
    by_number = {str(one["number"]): one for one in run.after.contacts.values() if one["number"]}
    for wanted in run.expect.get("contacts") or ():
        got = by_number.get(wanted["number"])
        if got is None:
            names = "; ".join(f"{one['number'] or 'no number'} {one['name']}" for one in run.after.contacts.values())
            yield f"contact {wanted['number']}: expected, but the books have only: {names or 'none'}"
            continue
        yield from _contact_fields(f"contact {wanted['number']}", wanted, got)
    count = run.expect.get("contact_count")
    if count is not None and count != run.after.contact_count:
        names = "; ".join(one["name"] for one in run.after.contacts.values() if one["status"] == "ACTIVE")
        yield f"contacts: expected {count} active ones, there are {run.after.contact_count}: {names}"


def _contact_fields(what: str, wanted: Mapping[str, Any], got: Shown) -> Iterator[str]:
    for name, value in wanted.items():
        if name == "phones":
            if not value and got["phones"]:
                yield f"{what}: phones should all be blank, are {_text(got['phones'])}"
            for slot, number in value.items():
                yield from _fields(f"{what}: phone {slot}", number, got["phones"].get(slot, ""))
        else:
            yield from _fields(f"{what}: {name}", value, got[name])


def _patients(run: Run) -> Iterator[str]:
    wanted: dict[str, Shown] = {}
    for one in run.expect.get("patients") or ():
        wanted[identifier("patients", one["id"])] = {key: value for key, value in one.items() if key != "id"}
    written: dict[str, Shown] = {}
    for exchange in run.practice_said:
        if exchange.request.method in READING:
            continue
        kind, _, key = exchange.request.path.removeprefix("/v1/").partition("/")
        if kind != "patients" or exchange.request.method not in {"PATCH", "PUT"}:
            yield f"Cliniko: {exchange.request.method} {exchange.request.path} was sent, which no story allows"
            continue
        written.setdefault(key, {}).update(_as_shorthand(json.loads(exchange.request.body or b"{}")))
    for key in sorted(set(wanted) | set(written)):
        if wanted.get(key, {}) != written.get(key, {}):
            asked, got = _text(wanted.get(key, {})), _text(written.get(key, {}))
            yield f"patient {key}: expected to be written {asked}, was written {got}"


def _as_shorthand(body: Mapping[str, Any]) -> Shown:
    shown = {name: value for name, value in body.items() if name != "patient_phone_numbers"}
    for phone in body.get("patient_phone_numbers") or ():
        names = [name for name, kind in PHONES.items() if kind == phone["phone_type"]]
        shown[next((name for name in names if name not in shown), names[-1])] = phone["number"]
    for name, renamed in (("first_name", "first"), ("last_name", "last")):
        if name in shown:
            shown[renamed] = shown.pop(name)
    lines = [shown.pop(name) for name in ("address_1", "address_2", "address_3") if name in shown]
    if lines:
        shown["address"] = [line for line in lines if line]
    return shown


# --- what waits, what was left out, what differs ----------------------------------------------------------------------


def _holds(run: Run) -> Iterator[str]:
    left = [one for one in run.report.get("holds") or () if one["code"] != "waits_for"]
    for wanted in run.expect.get("holds") or ():
        found = next((one for one in left if _is_hold(wanted, one)), None)
        if found is None:
            yield f"hold {_named(wanted)}: expected, but it is not there"
            continue
        left.remove(found)
        if "proposed" in wanted:
            yield from _fields(f"hold {_named(wanted)} proposes", wanted["proposed"], found.get("proposed") or {})
    for one in left:
        about = one.get("number") or one.get("source_id")
        yield f"hold {one['code']} ({one['kind']} {about}): nobody expected it; it says: {one.get('sentence')}"


def _is_hold(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
    if (wanted["code"], wanted["kind"]) != (got["code"], got["kind"]):
        return False
    if "number" in wanted and str(wanted["number"]) != str(got.get("number")):
        return False
    if "id" in wanted and str(got.get("source_id")) not in _ids(wanted["kind"], wanted["id"]):
        return False
    rule = wanted.get("rule")
    return rule is None or got.get("rule") == rule or rule in str(got.get("sentence"))


def _ids(kind: str, number: int) -> set[str]:
    kinds = {
        "contact": ("patients", "payers", "businesses"),
        "appointment": ("appointments",),
        "attendee": ("attendees",),
    }
    return {identifier(one, number) for one in kinds.get(kind, ("invoices",))}


def _named(wanted: Mapping[str, Any]) -> str:
    return f"{wanted.get('code', wanted.get('reason'))} ({wanted['kind']} {wanted.get('number', wanted.get('id', ''))})"


def _skips(run: Run) -> Iterator[str]:
    left = [one for one in run.report.get("skips") or () if not _merely_listed(one)]
    for wanted in run.expect.get("skipped") or ():
        found = next((one for one in left if _is_skip(wanted, one)), None)
        if found is None:
            yield f"skipped {_named(wanted)}: expected, but it is not there"
        else:
            left.remove(found)
    for one in left:
        yield f"skipped {one['kind']} {one.get('number') or one.get('source_id')} ({one['reason']}): nobody expected it"


def _merely_listed(one: Mapping[str, Any]) -> bool:
    """Visits that are shown and not charged, and people who need no contact, are no business of a story."""
    if one["kind"] in {"appointment", "attendee"}:
        return one["reason"] not in SKIPS_OF_VISITS and not str(one["reason"]).startswith("rule:")
    return one["kind"] not in {"invoice", "credit_note"}


def _is_skip(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
    if (wanted["kind"], wanted["reason"]) != (got["kind"], got["reason"]):
        return False
    if "number" in wanted and str(wanted["number"]) != str(got.get("number")):
        return False
    return "id" not in wanted or str(got.get("source_id")) in _ids(wanted["kind"], wanted["id"])


def _variances(run: Run) -> Iterator[str]:
    if run.reconciled is None:
        return
    listed = list(run.reconciled.get("variances") or ())
    for wanted in run.expect.get("variances") or ():
        if not any(_is_variance(wanted, one) for one in listed):
            there = "; ".join(f"{one['kind']} {one.get('number')} {one.get('amount')}" for one in listed)
            yield f"variance {wanted}: expected, but reconciliation lists only: {there or 'none'}"


def _is_variance(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
    if wanted["kind"] != got["kind"]:
        return False
    if "number" in wanted and str(wanted["number"]) != str(got.get("number")):
        return False
    # Amounts of stories are those that a person names, without a sign (choice C43).
    if "amount" in wanted and abs(Decimal(str(wanted["amount"]))) != abs(Decimal(str(got.get("amount")))):
        return False
    kinds = ("patients", "payers", "appointments", "attendees", "invoices")
    return "id" not in wanted or str(got.get("source_id")) in {identifier(kind, wanted["id"]) for kind in kinds}


# --- traffic ----------------------------------------------------------------------------------------------------------


def writes(exchanges: list[Exchange]) -> list[str]:
    """Return the requests that could change something; signing in is none."""
    return [
        f"{one.request.method} {one.request.path}"
        for one in exchanges
        if one.request.method not in READING and not one.request.path.startswith("/connect/")
    ]


def _writes(run: Run) -> Iterator[str]:
    if run.expect.get("writes") == 0:
        for system, said in (("Cliniko", run.practice_said), ("Xero", run.books_said)):
            for one in writes(said):
                yield f"{system}: nothing should have been written, but {one} was sent"


def _never_sent(run: Run) -> Iterator[str]:
    texts = run.expect.get("never_sent") or ()
    for one in run.books_said_so_far if texts else ():
        for text in texts:
            if text in said(one):
                yield f'Xero: "{text}" was sent in {one.request.method} {one.request.path}'


def said(exchange: Exchange) -> str:
    """Return address and body of a request as people would read them."""
    request = exchange.request
    body = request.body.decode("utf-8", "replace")
    try:
        readable = json.dumps(json.loads(body), ensure_ascii=False) if body else ""
    except json.JSONDecodeError:
        readable = unquote_plus(body)
    asked = " ".join(f"{name}={value}" for name, value in request.query)
    return f"{unquote_plus(request.path)} {asked} {body} {readable}"


# --- words ------------------------------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_text(held)}" for key, held in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_text(held) for held in value) + "]"
    return "nothing" if value in {None, ""} else str(value)


def _told(shown: Shown) -> str:
    return ", ".join(f"{name} {_text(value)}" for name, value in shown.items() if name not in UNTOLD)
