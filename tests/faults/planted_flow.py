"""Planted bugs in reading, sending, settling and keeping."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ligament.core.receipts import IntentState
from ligament.core.writes import ElementResult, ElementVerdict, Verb
from ligament.ports.errors import OutcomeUnknown, TryLater
from ligament.ports.practice import PracticePage
from tests.faults.planted import always, bug, returning

EXECUTE, SENDING, CLINIC = (
    "ligament.flow.execute.execute",
    "ligament.flow.execute.sending",
    "ligament.store.memory:ClinicStore",
)
CLINIKO, XERO = "ligament.connectors.cliniko", "ligament.connectors.xero"
WRITING = f"{XERO}.writing"


def _early(original: Any) -> Any:
    """Keep all cursors of a reading before its rows."""

    def read(self: Any, *given: Any) -> Iterator[PracticePage]:
        pages = list(original(self, *given))
        cursors: dict[str, str] = {}
        for page in pages:
            cursors |= page.cursors
        yield PracticePage(stream="early", cursors=cursors)
        yield from (replace(page, cursors={}) for page in pages)

    return read


def _early_books(original: Any) -> Any:
    def read(self: Any, *given: Any) -> Iterator[Any]:
        pages = list(original(self, *given))
        cursors: dict[str, str] = {}
        for page in pages:
            cursors |= page.cursors
        if pages:
            yield replace(pages[0], contacts=(), documents=(), cursors=cursors)
        yield from (replace(page, cursors={}) for page in pages)

    return read


def _new_key(original: Any) -> Any:
    def resent(intent: Any, world: Any) -> Any:
        again = original(intent, world)
        epoch = int(world.clock.now().timestamp() * 1000)
        again = replace(again, key="lig-" + hashlib.blake2b(f"{again.key}{epoch}".encode(), digest_size=20).hexdigest())
        world.memory.resend_intent(again)
        return again

    return resent


def _sliding(original: Any) -> Any:
    def resent(intent: Any, world: Any) -> Any:
        return original(replace(intent, first_sent_at=world.clock.now()), world)

    return resent


def _as_done(original: Any) -> Any:
    """Take an answer that says nothing for a good one."""

    def send(self: Any, call: Any, key: str) -> Any:
        try:
            return original(self, call, key)
        except OutcomeUnknown:
            return tuple(ElementResult(verdict=ElementVerdict.DONE) for _ in range(call.elements))

    return send


def _as_later(original: Any) -> Any:
    """Take a write without an answer for one that never left, and close it when it is given up."""

    def transmit(intent: Any, world: Any) -> Any:
        try:
            return original(intent, world)
        except OutcomeUnknown as trouble:
            raise TryLater(trouble.sentence) from None

    return transmit


def _without_payment(original: Any) -> Any:
    def found(*given: Any) -> Any:
        return replace(original(*given), payment_link=None)

    return found


def _without_cursor_items(original: Any) -> Any:
    def items(self: Any) -> Iterator[Any]:
        if not self.scope.cursors.get("invoice_items"):
            yield from original(self)

    return items


def _only_live(original: Any) -> Any:
    return replace(original, lifted=())


def _half(original: Any) -> Any:
    """Read the first half of every page only."""

    def rows(self: Any, *given: Any, **named: Any) -> Any:
        page = original(self, *given, **named)
        return replace(page, rows=page.rows[: max(len(page.rows) - 1, 1)])

    return rows


@contextmanager
def _no_lock(*_: Any, **__: Any) -> Iterator[None]:
    yield


def _keyless(original: Any) -> Any:
    return lambda self, call, _key: original(self, call, "")


def _body_key(original: Any) -> Any:
    def intent(actions: Any, ledger: Any, world: Any) -> Any:
        made = original(actions, ledger, world)
        return replace(made, key="lig-" + hashlib.blake2b(made.call.body, digest_size=20).hexdigest())

    return intent


def _posted(original: Any) -> Any:
    def request(verb: Any, writes: Any) -> Any:
        method, target, document = original(verb, writes)
        return ("POST" if "Invoices" in target or "Contacts" in target else method), target, document

    return request


def _forgotten(_: Any) -> Any:
    """Close what an earlier run left open without looking."""

    def recover(world: Any) -> int:
        left = world.memory.unfinished_intents()
        for intent in left:
            world.memory.close_intent(replace(intent, state=IntentState.GIVEN_UP), (), world.clock.now())
        return len(left)

    return recover


def _nested_contact(original: Any) -> Any:
    def document(write: Any, kind: Any, **named: Any) -> Any:
        made = original(write, kind, **named)
        if "Contact" in made:
            made["Contact"] = {**made["Contact"], "EmailAddress": "desk@clinic.example"}
        return made

    return document


def _skipped(original: Any) -> Any:
    del original
    return lambda actions, *_: actions


FLOW = (
    # --- reading
    bug("cursor kept before its rows", (16,), (f"{CLINIKO}.port:ClinikoPractice.read", _early)),
    bug(
        "cursor of the books kept before its rows",
        (16,),
        (f"{XERO}.port:XeroBooks.read", _early_books),
        (f"{XERO}.streams:OVERLAP", always(timedelta(0))),
    ),
    bug(
        "what was read is not marked to be looked at",
        (11, 16),
        ("ligament.store.writes.outcomes:mark_dirty", returning(None)),
    ),
    bug("what waits is not looked at again", (87,), (f"{CLINIC}.pending", returning(frozenset()))),
    bug("no overlap behind the practice's cursor", (15, 18), (f"{CLINIKO}.streams:OVERLAP", always(timedelta(0)))),
    bug("no overlap behind the cursor of the books", (18,), (f"{XERO}.streams:OVERLAP", always(timedelta(minutes=-5)))),
    bug("changed lines are not read", (21,), (f"{CLINIKO}.reading:Reading._items", _without_cursor_items)),
    bug(
        "archived invoices are not read",
        (22,),
        (f"{CLINIKO}.reading:INVOICES", _only_live),
        (f"{CLINIKO}.reading:Reading._archivings", lambda _: lambda _self: iter(())),
    ),
    bug("the last row of a page is lost", (13, 14), (f"{CLINIKO}.client:ClinikoClient.follow", _half)),
    bug(
        "the clock of this machine is the cursor",
        (17,),
        (f"{CLINIKO}.streams:Walk._reached", lambda _: lambda self: self.now),
    ),
    # --- sending
    bug("no look-up before sending again", (1,), (f"{SENDING}:look_up", returning({}))),
    bug(
        "payments are not looked up",
        (10,),
        ("ligament.flow.execute.lookup:_IN_BOOKS", lambda ways: {**ways, Verb.PAY: lambda *_: {}}),
    ),
    bug(
        "a new key each time it is sent again",
        (1, 2),
        (f"{SENDING}:resent", _new_key),
        (f"{SENDING}:look_up", returning({})),
    ),
    bug("key made from the bytes only", (9,), (f"{EXECUTE}:intent_for", _body_key)),
    bug(
        "the window of a key slides with each attempt",
        (2,),
        (f"{SENDING}:resent", _sliding),
        (f"{SENDING}:look_up", returning({})),
        (f"{SENDING}:REPLAY_WINDOW", always(timedelta(minutes=30))),
    ),
    bug(
        "keys are trusted for an hour",
        (2,),
        (f"{SENDING}:REPLAY_WINDOW", always(timedelta(hours=1))),
        (f"{SENDING}:look_up", returning({})),
    ),
    bug(
        "no quarantine for requests under way",
        (6,),
        (f"{SENDING}:QUARANTINE", always(timedelta(0))),
        (f"{SENDING}:REPLAY_WINDOW", always(timedelta(0))),
    ),
    bug("writes leave without a key", (1,), (f"{XERO}.client:XeroClient.write", _keyless)),
    bug("POST in the place of PUT", (61,), (f"{WRITING}:_request", _posted)),
    bug("elements are not judged one by one", (49,), (f"{WRITING}:_JUDGE_EACH", always(("summarizeErrors", "true")))),
    bug("a silent answer counts as done", (12,), (f"{XERO}.port:XeroBooks.send", _as_done)),
    bug("a write without an answer counts as not sent", (1,), (f"{SENDING}:_transmit", _as_later)),
    bug("more than the id of a contact goes with a document", (65,), (f"{WRITING}:_document", _nested_contact)),
    bug(
        "line ids are left out",
        (64,),
        ("ligament.flow.plan.documents.posted:with_line_ids", lambda _: lambda lines, _document: lines),
        ("ligament.flow.plan.documents.adjustments:with_line_ids", lambda _: lambda lines, _document: lines),
    ),
    # --- settling and keeping
    bug(
        "an unfinished call is forgotten",
        (11,),
        ("ligament.flow.cycle:_recover", _forgotten),
    ),
    bug(
        "calls are not kept before they leave",
        (7, 11, 79),
        (f"{CLINIC}.open_intent", returning(None)),
        (f"{CLINIC}.resend_intent", returning(None)),
    ),
    bug("payments are not remembered", (10, 71), ("ligament.flow.execute.record:_payment", _without_payment)),
    bug("money of an earlier database is not linked", (10, 82), ("ligament.flow.cycle:recall_money", returning(None))),
    bug(
        "what a refusal hides is not read",
        (3,),
        ("ligament.flow.execute.closing:_read_behind", returning(([], []))),
        (f"{SENDING}:look_up", returning({})),
    ),
    bug("nothing is read anew before an update", (66,), (f"{EXECUTE}:fresh", _skipped)),
    bug(
        "what was overwritten is not in the journal",
        (68,),
        ("ligament.store.writes.intents:records_before", returning({})),
    ),
    bug(
        "the journal signs over tampering",
        (98,),
        ("ligament.store.journal.ends:_wrong_inside", returning("")),
        ("ligament.store.journal.ends:_wrong_outside", returning("")),
    ),
    bug("nothing asks whether a write may still leave", (8, 86), (f"{CLINIC}.may_write", returning(None))),
    bug(
        "a write does not ask right before it leaves",
        (8, 86),
        ("ligament.net.deadline:Permission.ask", returning(None)),
    ),
    bug("two runs at once", (85,), ("ligament.wiring.exclusive:alone", always(_no_lock))),
    bug("a refused token is not renewed", (36,), ("ligament.net.oauth:_Kept.renew", returning(None))),
    bug("limits are not counted", (44, 45), ("ligament.net.governor:Governor._wait_now", returning(0))),
)
