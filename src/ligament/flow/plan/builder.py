"""The builder a plan is made on: the facts, and what has been decided so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from ligament.core.approvals import refused_by_person
from ligament.core.billing import Bill
from ligament.core.drafting import (
    content_fingerprint,
)
from ligament.core.facts import Facts, PlanContext
from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.ids import BooksId
from ligament.core.intents import Subject
from ligament.core.ledgers import BooksContact, BooksDocument, Organisation
from ligament.core.links import Decision, DecisionKind, Role
from ligament.core.oddities import Oddity, SenselessRecord, attempt, attempt_each
from ligament.core.periods import australian
from ligament.core.plan_makers import new_outcome
from ligament.core.plans import Action, ActionKind, FieldNote, Outcome, RecordKind, State
from ligament.core.postings import LineContext
from ligament.core.records import Invoice
from ligament.core.rules.apply import Ruling
from ligament.core.rules.contact_rules import ContactRuling
from ligament.core.rules.model import Rulebook
from ligament.core.troubles import Trouble
from ligament.core.variances import Fix, fix_code
from ligament.flow.plan.document_state import DocumentState

R = TypeVar("R", BooksContact, BooksDocument)
Paper = tuple[Invoice, Subject]
"""An invoice of the practice, or what a visit is charged, with the record it stands for."""
# Looked at for every record, and looking into a class takes ten times as long as into a module.
_UNCHANGED = State.UNCHANGED
_CONTACTS, _INVOICES, _CREDIT_NOTES = RecordKind.CONTACTS, RecordKind.INVOICES, RecordKind.CREDIT_NOTES


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierPortions:
    """What the earlier portions of a plan have taken: names, contacts, options and groups; each portion adds its own.

    `made` are the subjects whose contact the plan creates.
    """

    names: dict[str, str] = field(default_factory=dict)
    adopted: set[BooksId] = field(default_factory=set)
    options: set[tuple[str, str]] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)

    def copy(self) -> EarlierPortions:
        """Return one that can be added to without changing this one."""
        return EarlierPortions(
            names=dict(self.names),
            adopted=set(self.adopted),
            options=set(self.options),
            groups=set(self.groups),
            made=set(self.made),
        )

    def become(self, other: EarlierPortions) -> None:
        """Take everything from another one."""
        self.names.clear()
        self.names.update(other.names)
        self.adopted.clear()
        self.adopted.update(other.adopted)
        self.options.clear()
        self.options.update(other.options)
        self.groups.clear()
        self.groups.update(other.groups)
        self.made.clear()
        self.made.update(other.made)


@dataclass(slots=True, kw_only=True)
class PlanBuilder:
    """Facts and rulebook, with the actions, outcomes and holds decided so far.

    `contacts` gives for each subject whose contact is settled its id, or None when this plan creates it; `adopted` are
    contacts, documents taken over; `unready` names subjects whose contact is held; `states` are documents by subject
    key, `credits` open credit notes by contact; `options` are tracking options already planned, `groups` the keys of
    contact groups to be made; `rulings`, `contexts`, `addressed` (bills), `alike` and `clearing` (how the books are
    told of an account, and what is wrong with it) are what was worked out once; `made` are the subjects whose contact
    an earlier portion of the same plan creates; `held_about` gives the ids of holds by the key of their subject; `odd`
    names the records whose planning met something that nobody foresaw.
    """

    facts: Facts
    rulebook: Rulebook
    around: PlanContext
    organisation: Organisation
    actions: list[Action] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    held_about: dict[str, list[str]] = field(default_factory=dict)
    notes: list[FieldNote] = field(default_factory=list)
    contacts: dict[str, BooksId | None] = field(default_factory=dict)
    adopted: set[BooksId] = field(default_factory=set)
    unready: dict[str, HoldCode] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    states: dict[str, list[DocumentState]] = field(default_factory=dict)
    options: set[tuple[str, str]] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    bills: dict[str, Bill | Trouble] = field(default_factory=dict)
    alike: dict[str, dict[BooksId | None, list[BooksId]]] = field(default_factory=dict)
    held_documents: set[str] = field(default_factory=set)
    credits: dict[str, list[DocumentState]] = field(default_factory=dict)
    rulings: dict[tuple[str, str], Ruling] = field(default_factory=dict)
    contact_rulings: dict[str, ContactRuling] = field(default_factory=dict)
    contexts: dict[tuple[object, ...], LineContext] = field(default_factory=dict)
    addressed: dict[tuple[object, ...], Bill | Trouble] = field(default_factory=dict)
    clearing: dict[str, tuple[str, Trouble | None]] = field(default_factory=dict)
    odd: dict[str, Oddity] = field(default_factory=dict)

    def guard(self, subject: Subject, plan: Callable[[], None]) -> None:
        """Plan one record; what nobody foresaw is noted against it, and the plan is made anew without it."""
        found = attempt(plan, subject.key)
        if isinstance(found, Oddity):
            self.odd.setdefault(subject.key, found)

    def guard_each(self, papers: Iterable[Paper], plan: Callable[[Paper], object]) -> None:
        """Plan records one after the other, each guarded for itself."""
        for found in attempt_each(papers, plan, _key_of):
            self.odd.setdefault(found.record, found)

    def act(self, action: Action) -> None:
        self.actions.append(action)

    def refused(self, action: Action) -> str:
        """Return the other system's words when it refused exactly this action before, or an empty text."""
        if not self.facts.refusals:
            return ""
        content, words = self.facts.refusals.get(action.key, ("", ""))
        # The fingerprint is dear, so it is taken only where something was refused.
        return words if words and content == action.content else ""

    def decision(self, hold: Hold) -> DecisionKind | None:
        """Return what a person decided about a hold, while what was shown then is still what would be shown now."""
        answer = self._answer(hold)
        return answer.decision if answer is not None else None

    def chosen(self, hold: Hold) -> str:
        """Return the id of the contact that a person named in the answer; empty where nobody had to choose."""
        answer = self._answer(hold)
        return answer.chosen if answer is not None else ""

    def _answer(self, hold: Hold) -> Decision | None:
        decision: Decision | None = self.facts.decisions.get(f"{hold.subject.key}|{hold.decision_code}")
        return decision if decision is not None and decision.fingerprint in {hold.fingerprint, ""} else None

    def fix_asked(self, subject: Subject, fix: Fix, target: str) -> bool:
        """Say whether a person said to mend exactly that."""
        decision = self.facts.decisions.get(f"{subject.key}|{fix_code(fix)}")
        return decision is not None and decision.decision is DecisionKind.FIX and decision.fingerprint == target

    def hold(self, hold: Hold) -> None:
        known = hold.id
        if known not in self.holds:
            self.held_about.setdefault(hold.subject.key, []).append(known)
        self.holds[known] = hold

    def holds_about(self, subject: Subject) -> list[Hold]:
        """Return the holds of one record, in the order in which they were opened."""
        ids = self.held_about.get(subject.key)
        return [] if ids is None else [self.holds[known] for known in ids if known in self.holds]

    def outcome(self, outcome: Outcome) -> None:
        """Keep the outcome of a record; the first one counts, except that planned wins over unchanged."""
        key = outcome.subject.key
        held = self.outcomes.get(key)
        if held is None or (held.state is _UNCHANGED and outcome.state is not _UNCHANGED):
            self.outcomes[key] = outcome

    def main_state(self, subject: Subject) -> DocumentState | None:
        """Return the live main document of a record."""
        states = [state for state in self.states.get(subject.key, []) if state.role is Role.MAIN]
        return max(states, key=lambda state: state.version) if states else None


def _key_of(paper: Paper) -> str:
    return paper[1].key


def sound(record: R) -> R:
    """Return a record of the books; raises SenselessRecord for one of which something could not be understood."""
    if record.defect:
        raise SenselessRecord(record.defect)
    return record


def hold_kind(invoice: Invoice) -> HoldKind:
    return HoldKind.CREDIT_NOTE if invoice.is_credit() else HoldKind.INVOICE


def invoice_outcome(invoice: Invoice, subject: Subject, state: State, reason: str = "", sentence: str = "") -> Outcome:
    """Return the outcome of an invoice or credit note."""
    is_credit = invoice.is_credit()
    return new_outcome(
        subject=subject,
        kind=_CREDIT_NOTES if is_credit else _INVOICES,
        state=state,
        number=invoice.number,
        amount=invoice.total,
        reason=reason,
        label="credit_note" if is_credit else "invoice",
        sentence=sentence,
    )


def contact_outcome(subject: Subject, state: State, reason: str = "") -> Outcome:
    """Return the outcome of a patient, payer or location."""
    return new_outcome(subject=subject, kind=_CONTACTS, state=state, reason=reason)


def trouble_hold(trouble: Trouble, subject: Subject, kind: HoldKind, number: str) -> Hold:
    return Hold(
        subject=subject,
        code=trouble.code,
        kind=kind,
        number=number,
        sentence=trouble.sentence,
        todo=trouble.todo,
        detail=trouble.detail,
        proposed=trouble.proposed,
        rule=trouble.rule,
    )


def invoice_hold(trouble: Trouble, invoice: Invoice, subject: Subject) -> Hold:
    """Turn trouble with an invoice into a hold; a decision about it counts until the invoice or the proposal changes.

    Dates of a proposal are left out: an adjustment approved yesterday is dated today and still approved.
    """
    proposed = {key: value for key, value in (trouble.proposed or {}).items() if key not in {"date", "due"}}
    shown = f"{content_fingerprint(invoice)}|{sorted(proposed.items(), key=lambda pair: pair[0])}"
    # What the books say can be part of what was shown too.
    shown += f"|{trouble.detail['shown']}" if "shown" in trouble.detail else ""
    trouble = replace(trouble, detail={**trouble.detail, "shown": shown})
    return trouble_hold(trouble, subject, hold_kind(invoice), invoice.number)


def refusal_hold(builder: PlanBuilder, action: Action, kind: HoldKind, number: str, what: str = "it") -> Hold | None:
    """Return the hold for an action that the books refused before in exactly this form; `what` names it."""
    words = builder.refused(action)
    if not words:
        return None
    person = refused_by_person(words)
    if person is not None:
        return _refused_hold(action, kind, number, *person)
    _, _, text = words.partition(": ")
    said, books = text or words, builder.around.books_title
    return Hold(
        subject=action.subject,
        code=HoldCode.REJECTED,
        kind=kind,
        number=number,
        # What the practice refuses, it names itself.
        sentence=said if action.kind is ActionKind.UPDATE_PARTY else f"{books} refused {what}: {said}",
        todo="Correct what it names, then retry; it also goes on by itself when the record changes.",
        detail={"shown": words, "action": action.kind.value},
    )


def _refused_hold(action: Action, kind: HoldKind, number: str, by: str, reason: str) -> Hold:
    """Return the hold for what a person refused; it needs nobody, and what depends on it waits."""
    return Hold(
        subject=action.subject,
        code=HoldCode.REFUSED,
        kind=kind,
        number=number,
        sentence=f"Refused by {by}: {reason}",
        todo="Nothing needs to be done. Retry it to have it planned again; it also comes back when the record changes.",
        detail={"shown": f"{action.content}|{by}|{reason}", "action": action.kind.value, "by": by, "reason": reason},
    )


def hold_document(builder: PlanBuilder, invoice: Invoice, subject: Subject, hold: Hold) -> None:
    """Open a hold about a document; what depends on it waits."""
    builder.hold(hold)
    builder.held_documents.add(subject.key)
    builder.outcome(invoice_outcome(invoice, subject, State.HELD, hold.code.value, hold.sentence))


def held_as_refused(builder: PlanBuilder, invoice: Invoice, action: Action) -> bool:
    """Hold a document whose action the books refused before in exactly this form; say whether that was so."""
    if not builder.facts.refusals:
        return False
    hold = refusal_hold(builder, action, hold_kind(invoice), invoice.number)
    if hold is not None:
        hold_document(builder, invoice, action.subject, hold)
    return hold is not None


def hold_trouble(builder: PlanBuilder, invoice: Invoice, subject: Subject, trouble: Trouble) -> None:
    """Hold a document because of trouble, unless a person dismissed exactly that."""
    hold_document(builder, invoice, subject, invoice_hold(trouble, invoice, subject))


def waits(builder: PlanBuilder, invoice: Invoice, subject: Subject, cause: Subject) -> None:
    """Let a document wait for something else that is held; it goes on by itself (choice C33)."""
    hold = Hold(
        subject=subject,
        code=HoldCode.WAITS_FOR,
        kind=hold_kind(invoice),
        number=invoice.number,
        sentence="It waits for another record that is held, and goes on by itself.",
        waits_for=cause.key,
        detail={"waits_for": cause.key},
    )
    hold_document(builder, invoice, subject, hold)


def stopped_by_rule(builder: PlanBuilder, invoice: Invoice, subject: Subject, ruling: Ruling) -> bool:
    """Hold an invoice that a rule stops or asks about, unless a person approved it."""
    for trouble in (ruling.stop, ruling.ask):
        if trouble is None:
            continue
        hold = invoice_hold(trouble, invoice, subject)
        if builder.decision(hold) is not DecisionKind.APPROVED:
            hold_document(builder, invoice, subject, hold)
            return True
    return False


def lock_trouble(builder: PlanBuilder, on: date) -> Trouble | None:
    """Return the trouble of writing a document dated on a locked day."""
    locks = builder.organisation.locks
    if not locks.locks(on):
        return None
    last = locks.last_locked_day()
    return Trouble(
        code=HoldCode.LOCKED_PERIOD,
        sentence=f"It is dated {australian(on)}; the books are locked to {australian(last) if last else ''}.",
        todo="Ask your accountant to move the lock date; this goes on by itself then.",
        detail={"locked_to": last.isoformat() if last else "", "dated": on.isoformat()},
    )
