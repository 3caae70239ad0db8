"""What the verbs tell: one machine-readable document each, in the contract's shape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ligament.core.holds import Hold
from ligament.core.money import two_places
from ligament.core.plans import Action, ActionKind, Outcome, RecordKind, State, kind_word

if TYPE_CHECKING:
    # A command that only looks need not load the stages.
    from ligament.flow.cycle import CycleResult
    from ligament.flow.execute.execute import Tally

Document = dict[str, Any]
INFERRED_NOTE = (
    "Payments are inferred: the practice's interface shows that an invoice is paid and when it was closed, not how or "
    "in how many parts. On a cash-basis tax report, check part payments and edited closing times."
)
KINDS = tuple(kind.value for kind in RecordKind)
_CREATED = {
    ActionKind.CREATE_CONTACT,
    ActionKind.CREATE_DOCUMENT,
    ActionKind.PAY,
    ActionKind.PAY_FIRST,
    ActionKind.ALLOCATE,
}
_UPDATED = {
    ActionKind.UPDATE_CONTACT,
    ActionKind.UPDATE_PARTY,
    ActionKind.UPDATE_DOCUMENT,
    ActionKind.JOIN_GROUP,
    ActionKind.LEAVE_GROUP,
}
_VOIDED = {ActionKind.VOID, ActionKind.UNPAY, ActionKind.DEALLOCATE, ActionKind.ARCHIVE_CONTACT}
_MONEY_KINDS = {"payments", "allocations"}


def by_kind(counts: Mapping[str, int]) -> dict[str, int]:
    """Return counts of every kind, zero where there is none."""
    return {kind: counts.get(kind, 0) for kind in KINDS}


def cycle_document(cycle: CycleResult) -> Document:
    outcomes = list(cycle.outcomes.values())
    planned = Counter(cycle.planned.values())
    counts = {state: _states(outcomes, state) for state in State}
    money = {kind: planned[kind] for kind in _MONEY_KINDS}
    return {
        "read": by_kind({**_all(outcomes), **money}),
        "planned": by_kind({**counts[State.PLANNED], **money}),
        "created": by_kind(_done(cycle.tallies, _CREATED)),
        "updated": by_kind(_done(cycle.tallies, _UPDATED)),
        "voided": by_kind(_done(cycle.tallies, _VOIDED)),
        "unchanged": by_kind(counts[State.UNCHANGED]),
        "held": by_kind(counts[State.HELD]),
        "skipped": by_kind(counts[State.SKIPPED]),
        "failed": by_kind(_refused(cycle.tallies)),
    }


def _all(outcomes: list[Outcome]) -> dict[str, int]:
    return dict(Counter(outcome.kind.value for outcome in outcomes))


def _states(outcomes: list[Outcome], state: State) -> dict[str, int]:
    return dict(Counter(outcome.kind.value for outcome in outcomes if outcome.state is state))


def _done(tallies: Iterable[Tally], kinds: set[ActionKind]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for tally in tallies:
        for (kind, word), count in tally.done.items():
            if kind in kinds:
                total[word] += count
    return dict(total)


def _refused(tallies: Iterable[Tally]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for tally in tallies:
        for (_, word), count in tally.refused.items():
            total[word] += count
    return dict(total)


def hold_document(hold: Hold, kept_as: str = "") -> Document:
    """Return one hold as `holds --json` prints it; where it is kept, its id is known and need not be worked out."""
    shown: Document = {
        "id": kept_as or hold.id,
        "code": hold.code.value,
        "kind": hold.kind.value,
        "source_id": hold.subject.id,
        "number": hold.number,
        "sentence": hold.sentence,
        "todo": hold.todo,
        "detail": {key: plain(value) for key, value in hold.detail.items() if key != "shown"},
    }
    if hold.proposed is not None:
        shown["proposed"] = plain(hold.proposed)
    if hold.rule:
        shown["rule"] = hold.rule
    if hold.waits_for:
        shown["waits_for"] = hold.waits_for
    return shown


def skip_document(outcome: Outcome) -> Document:
    """Return one skipped record; visits are named by the id of the appointment or, in a group, of the attendee."""
    is_visit = outcome.label in {"appointment", "attendee"}
    return {
        "kind": outcome.label,
        "source_id": outcome.number if is_visit else outcome.subject.id,
        "number": None if is_visit else outcome.number,
        "reason": outcome.reason,
    }


def skip_documents(outcomes: Iterable[Outcome]) -> list[Document]:
    """Return every skipped invoice, credit note, appointment and attendee."""
    return [skip_document(o) for o in outcomes if o.state is State.SKIPPED and o.label]


def action_document(action: Action) -> Document:
    """Return one planned action with what decided it; no personal data."""
    shown: Document = {
        "action": action.kind.value,
        "kind": kind_word(action),
        "source_id": action.subject.id,
        "number": action.number,
        "amount": two_places(action.amount),
        "sentence": action.sentence,
    }
    if action.trail:
        shown["because"] = list(action.trail)
    return shown


def plain(value: object) -> Any:  # noqa: ANN401 - JSON-like values of any depth
    """Return nested values as JSON can hold them; amounts stay exact."""
    if isinstance(value, Mapping):
        return {str(key): plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple | frozenset | set):
        return [plain(held) for held in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        # One that would be written with an exponent becomes the text that people write.
        return format(value, "f") if "E" in str(value) else value
    return str(value)
