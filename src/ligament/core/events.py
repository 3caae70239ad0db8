"""Events: the closed list of what other tools are told, each with the keys its data has; nothing in it names a person.

What an event says must be safe on somebody else's server: ids, numbers, amounts as text, codes, and sentences that are
made here, never the sentences of holds, which may name a patient or what was done for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ligament.core.causes import CAUSES
from ligament.core.holds import Hold, HoldKind
from ligament.core.ledgers import DocumentKind
from ligament.core.money import ZERO, readable, two_places
from ligament.core.plans import Action, ActionKind
from ligament.core.receipts import Effect


class EventType(StrEnum):
    """Everything that other tools can be told."""

    RUN_COMPLETED = "run.completed"
    RUN_FAILED = "run.failed"
    RUN_HEALED = "run.healed"
    RECORD_POSTED = "record.posted"
    HOLD_OPENED = "hold.opened"
    HOLD_CLEARED = "hold.cleared"
    APPROVAL_WANTED = "approval.wanted"
    RECONCILIATION_COMPLETED = "reconciliation.completed"
    VARIANCE_OPENED = "variance.opened"


COUNTS = ("created", "updated", "voided", "unchanged", "held", "skipped", "failed")
"""The counts of a run, each by kind of record, as `sync --json` prints them."""
_HOLD_KEYS = ("clinic", "hold_id", "code", "kind", "source_id", "number", "sentence")
KEYS: Mapping[EventType, tuple[str, ...]] = {
    EventType.RUN_COMPLETED: ("clinic", "run_id", "kind", *COUNTS),
    EventType.RUN_FAILED: ("clinic", "run_id", "kind", "sentence"),
    EventType.RUN_HEALED: ("clinic", "run_id", "kind", "recovered", "sentence"),
    EventType.RECORD_POSTED: ("clinic", "kind", "source_id", "number", "books_id", "amount"),
    EventType.HOLD_OPENED: _HOLD_KEYS,
    EventType.HOLD_CLEARED: _HOLD_KEYS,
    EventType.APPROVAL_WANTED: ("clinic", "plan", "count", "amount", "sentence"),
    EventType.RECONCILIATION_COMPLETED: (
        "clinic", "run_id", "from", "to", "balanced", "source", "books", "explained", "variances",
    ),
    EventType.VARIANCE_OPENED: (
        "clinic", "variance_id", "kind", "needs", "source_id", "number", "amount", "sentence",
    ),
}  # fmt: skip
"""The keys of each event's data, in the order in which they are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened; `data` has exactly the keys of its type, and no fractions, which JSON would change."""

    type: EventType
    data: Mapping[str, object]

    def __post_init__(self) -> None:
        assert tuple(self.data) == KEYS[self.type], f"{self.type.value} says {tuple(self.data)}"


def clinic_word(name: str) -> str:
    """Return how a clinic is called in addresses and events: lower case, everything else as hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


# --- runs -------------------------------------------------------------------------------------------------------------


def run_completed(clinic: str, run_id: str, kind: str, summary: Mapping[str, object]) -> Event:
    """Return that a run came to its end, with its counts."""
    counts = {name: _whole_numbers(summary.get(name)) for name in COUNTS}
    data = {"clinic": clinic_word(clinic), "run_id": run_id, "kind": kind, **counts}
    return Event(type=EventType.RUN_COMPLETED, data=data)


def run_failed(clinic: str, run_id: str, kind: str, sentence: str) -> Event:
    """Return that a run was cut off, in the sentence that its error has for people."""
    data = {"clinic": clinic_word(clinic), "run_id": run_id, "kind": kind, "sentence": sentence}
    return Event(type=EventType.RUN_FAILED, data=data)


def run_healed(clinic: str, run_id: str, kind: str, recovered: int) -> Event:
    """Return that a run put right by itself what an earlier one had left; `recovered` writes were looked up."""
    sentence = "It works again, and what waited meanwhile has been done."
    if recovered:
        writes = "1 write" if recovered == 1 else f"{recovered} writes"
        sentence = f"{writes} whose fate was not known could be looked up; nothing was sent twice."
    data: dict[str, object] = {"clinic": clinic_word(clinic), "run_id": run_id, "kind": kind}
    return Event(type=EventType.RUN_HEALED, data={**data, "recovered": recovered, "sentence": sentence})


def _whole_numbers(counts: object) -> dict[str, int]:
    if not isinstance(counts, Mapping):
        return {}
    return {str(name): count for name, count in counts.items() if isinstance(count, int)}


# --- records ----------------------------------------------------------------------------------------------------------

_POSTED = {
    ActionKind.CREATE_CONTACT: "contact",
    ActionKind.CREATE_DOCUMENT: "invoice",
    ActionKind.PAY: "payment",
    ActionKind.PAY_FIRST: "payment",
    ActionKind.ALLOCATE: "allocation",
}


def records_posted(clinic: str, effects: Iterable[Effect]) -> list[Event]:
    """Return one event for each contact, document, payment and allocation that the effects brought into the books."""
    return [
        Event(
            type=EventType.RECORD_POSTED,
            data={
                "clinic": clinic_word(clinic),
                "kind": _record_kind(effect.action),
                "source_id": effect.action.subject.id,
                "number": effect.action.number,
                "books_id": _books_id(effect),
                "amount": two_places(effect.action.amount),
            },
        )
        for effect in effects
        if effect.action.kind in _POSTED and not effect.refused
    ]


def _record_kind(action: Action) -> str:
    step = action.document
    if step is not None and step.intent.kind is DocumentKind.CREDIT_NOTE:
        return "credit_note"
    return _POSTED[action.kind]


def _books_id(effect: Effect) -> str:
    if effect.payment_link is not None:
        return effect.payment_link.payment_id
    if effect.document_link is not None:
        return effect.document_link.books_id
    return effect.contact_link.contact_id if effect.contact_link is not None else ""


# --- what waits -------------------------------------------------------------------------------------------------------

_HELD = {
    HoldKind.INVOICE: "Invoice",
    HoldKind.CREDIT_NOTE: "Credit note",
    HoldKind.PAYMENT: "The payment of",
    HoldKind.CONTACT: "A contact",
    HoldKind.CLINIC: "Everything",
}


def hold_opened(clinic: str, hold: Hold) -> Event:
    """Return that something waits for a person."""
    return _hold(EventType.HOLD_OPENED, clinic, hold, "waits")


def hold_cleared(clinic: str, hold: Hold) -> Event:
    """Return that something waits no more."""
    return _hold(EventType.HOLD_CLEARED, clinic, hold, "waits no more")


def _hold(kind: EventType, clinic: str, hold: Hold, happened: str) -> Event:
    cause = CAUSES.get(hold.code.value, hold.code.value)
    named = hold.number and hold.kind not in {HoldKind.CONTACT, HoldKind.CLINIC}
    who = f"{_HELD[hold.kind]} {hold.number}" if named else _HELD[hold.kind]
    return Event(
        type=kind,
        data={
            "clinic": clinic_word(clinic),
            "hold_id": hold.id,
            "code": hold.code.value,
            "kind": hold.kind.value,
            "source_id": hold.subject.id,
            "number": hold.number,
            "sentence": f"{who} {happened}: {cause[:1].lower()}{cause[1:]}.",
        },
    )


def approval_wanted(clinic: str, plan: str, count: int, amount: Decimal) -> Event:
    """Return that planned actions wait for somebody's yes; `count` and `amount` tell all that wait now."""
    actions = "1 planned action waits" if count == 1 else f"{count} planned actions wait"
    return Event(
        type=EventType.APPROVAL_WANTED,
        data={
            "clinic": clinic_word(clinic),
            "plan": plan,
            "count": count,
            "amount": two_places(amount),
            "sentence": f"{actions} for approval.",
        },
    )


# --- reconciliation ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedFigures:
    """What a finished comparison says in figures; `variances` counts those that need a person."""

    run_id: str
    from_on: date
    to_on: date
    balanced: bool
    source: Decimal
    books: Decimal
    explained: Decimal
    variances: int


def reconciliation_completed(clinic: str, compared: ComparedFigures) -> Event:
    """Return that both systems were compared."""
    return Event(
        type=EventType.RECONCILIATION_COMPLETED,
        data={
            "clinic": clinic_word(clinic),
            "run_id": compared.run_id,
            "from": compared.from_on.isoformat(),
            "to": compared.to_on.isoformat(),
            "balanced": compared.balanced,
            "source": two_places(compared.source),
            "books": two_places(compared.books),
            "explained": two_places(compared.explained),
            "variances": compared.variances,
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundVariance:
    """A difference that was not there before, without its sentence, which may name people."""

    id: str
    kind: str
    needs: str
    source_id: str
    number: str
    amount: Decimal


def variance_opened(clinic: str, found: FoundVariance) -> Event:
    """Return that a comparison found a new difference."""
    about = f"{found.number}: " if found.number else ""
    by = f" of {readable(found.amount)}" if found.amount != ZERO else ""
    return Event(
        type=EventType.VARIANCE_OPENED,
        data={
            "clinic": clinic_word(clinic),
            "variance_id": found.id,
            "kind": found.kind,
            "needs": found.needs,
            "source_id": found.source_id,
            "number": found.number,
            "amount": two_places(found.amount),
            "sentence": f"{about}a difference{by} was found ({found.kind.replace('_', ' ')}).",
        },
    )


# --- examples ---------------------------------------------------------------------------------------------------------


def example(kind: EventType, clinic: str) -> Event:
    """Return an event of a type with invented values, for tools that are being set up."""
    invented: dict[str, object] = dict.fromkeys(KEYS[kind], "")
    invented |= {name: value for name, value in _INVENTED.items() if name in invented}
    invented |= _SAID.get(kind, {})
    return Event(type=kind, data={**invented, "clinic": clinic_word(clinic)})


_INVENTED: Mapping[str, object] = {
    "run_id": "20261118T031409000000-5c0f1a",
    "kind": "sync",
    **{name: {} for name in COUNTS},
    "recovered": 1,
    "source_id": "1412000000000001042",
    "number": "CLK-1042",
    "books_id": "5d1f8c0a-2f0e-4c57-9f2b-000000001042",
    "amount": "85.00",
    "hold_id": "h0a1b2c3d4e",
    "variance_id": "v0a1b2c3d4e",
    "code": "locked_period",
    "plan": "p0a1b2c3d4e",
    "count": 3,
    "from": "2026-10-01",
    "to": "2026-11-30",
    "balanced": True,
    "source": "12085.00",
    "books": "12000.00",
    "explained": "85.00",
    "variances": 1,
    "needs": "person",
}
_SAID: Mapping[EventType, Mapping[str, object]] = {
    EventType.RUN_COMPLETED: {"created": {"contacts": 1, "invoices": 2}, "held": {"invoices": 1}},
    EventType.RUN_FAILED: {"sentence": "The books cannot be reached."},
    EventType.RUN_HEALED: {"sentence": "1 write whose fate was not known could be looked up; nothing was sent twice."},
    EventType.RECORD_POSTED: {"kind": "invoice"},
    EventType.HOLD_OPENED: {"kind": "invoice", "sentence": "Invoice CLK-1042 waits: in a locked period."},
    EventType.HOLD_CLEARED: {"kind": "invoice", "sentence": "Invoice CLK-1042 waits no more: in a locked period."},
    EventType.APPROVAL_WANTED: {"sentence": "3 planned actions wait for approval."},
    EventType.VARIANCE_OPENED: {"kind": "amount", "sentence": "CLK-1042: a difference of 85.00 was found (amount)."},
}
