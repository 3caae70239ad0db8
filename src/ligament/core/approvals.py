"""Which actions of a plan may run: the only place that makes an ApprovedPlan."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from ligament.core.intents import Subject
from ligament.core.plans import LOCAL, Action, ActionKind, DocumentRef, Plan
from ligament.core.rules.model import ApprovalSection, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedPlan:
    """The part of a plan that may run now, and what waits for a person."""

    plan: Plan
    approved: tuple[Action, ...]
    waiting: tuple[Action, ...]


_BY_A_PERSON = "person|"


def refusal_words(by: str, reason: str) -> str:
    """Return how a person's no is kept among the refusals."""
    return f"{_BY_A_PERSON}{by}|{reason}"


def refused_by_person(words: str) -> tuple[str, str] | None:
    """Return who refused and why, or nothing where another system did."""
    if not words.startswith(_BY_A_PERSON):
        return None
    by, _, reason = words.removeprefix(_BY_A_PERSON).partition("|")
    return by, reason


def policy_name(action: Action) -> str:
    """Return the kind of action that the rulebook's policies speak of; empty for what is never asked about."""
    if action.undoes:
        return "undo"
    if action.heals:
        return "fix"
    match action.kind:
        case ActionKind.LINK_CONTACT | ActionKind.LINK_DOCUMENT | ActionKind.FORGET_PAYMENT:
            return ""
        case ActionKind.CREATE_DOCUMENT | ActionKind.ADD_OPTION | ActionKind.ADD_GROUP:
            return "create"
        case ActionKind.UPDATE_DOCUMENT:
            return "update"
        case ActionKind.PAY | ActionKind.PAY_FIRST | ActionKind.ALLOCATE | ActionKind.UNPAY:
            return "payment"
        case ActionKind.VOID:
            return "void"
        case _:
            return "contact"


def approval_mark(action: Action) -> str:
    """Return what an approval of exactly this action is remembered by.

    Whose document it is counts, not under which id the books keep that contact: it may have been made meanwhile.
    """
    if action.document is not None and action.document.intent.contact_id is not None:
        intent = replace(action.document.intent, contact_id=None)
        action = replace(action, document=replace(action.document, intent=intent))
    return hashlib.blake2b(f"{action.key}={action.content}".encode(), digest_size=9).hexdigest()


def _policy(action: Action, rules: ApprovalSection) -> Policy:
    policies = {
        "create": rules.create,
        "update": rules.update,
        "payment": rules.payment,
        "void": rules.void,
        "contact": rules.contact,
        "fix": rules.fix,
        "undo": rules.undo,
    }
    return policies.get(policy_name(action), Policy())


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalState:
    """What counts beside the rulebook.

    `marks` are approvals given, `asked` is what was asked before and still waits, `asked_about` the keys of the actions
    that did: one that would write something else by now asks again. `changed_before` counts the existing
    records that this run has changed already. Where a plan is made in portions, `existing` counts those that the whole
    plan would change, and `blocked` is what the earlier portions let wait.
    """

    marks: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    asked_about: frozenset[str] = frozenset()
    first_run: bool = False
    changed_before: int = 0
    existing: int = 0
    blocked: frozenset[str] = frozenset()


def approve_plan(plan: Plan, rules: ApprovalSection, standing: ApprovalState) -> ApprovedPlan:
    """Sort a plan's actions by the clinic's policy and the approvals given.

    An action whose reason is not certain asks whatever the policy is.
    What depends on an action that waits, waits with it. When more records that the books already had would change than
    `max_existing_changes`, all of those ask. What was asked once waits until somebody answers.
    """
    given = standing.marks
    existing = max(standing.existing, sum(1 for action in plan.actions if action.existing))
    many = existing + standing.changed_before > rules.max_existing_changes
    approved: list[Action] = []
    waiting: list[Action] = []
    blocked = set(standing.blocked)
    for action in plan.actions:
        asks = _asks(action, rules, first_run=standing.first_run, many=many and bool(existing))
        asks = asks or (action.key in standing.asked_about and not action.decided)
        if asks or standing.asked:
            # The mark covers every byte that would be written, so it is made only where somebody asks for it.
            mark = approval_mark(action)
            asks = (asks or mark in standing.asked) and mark not in given
        if asks or blocked & set(needs(action)):
            waiting.append(action)
            blocked.update(gives(action))
        else:
            approved.append(action)
    return ApprovedPlan(plan=plan, approved=tuple(approved), waiting=tuple(waiting))


def _asks(action: Action, rules: ApprovalSection, *, first_run: bool, many: bool) -> bool:
    if action.kind in LOCAL or action.decided:
        return False
    if action.unsure or (first_run and rules.first_run.asks(action.amount)):
        return True
    if many and action.existing:
        return True
    return _policy(action, rules).asks(action.amount)


def gives(action: Action) -> tuple[str, ...]:
    """Return what other actions may need of this one: a new contact, a contact group, or a document."""
    if action.kind is ActionKind.CREATE_CONTACT:
        return (action.subject.key,)
    if action.kind is ActionKind.ADD_GROUP and action.group is not None:
        return (f"group|{action.group.mark}",)
    if action.kind in {ActionKind.CREATE_DOCUMENT, ActionKind.UPDATE_DOCUMENT, ActionKind.UNPAY}:
        return tuple(_document(ref) for ref in _own(action))
    return ()


def _own(action: Action) -> tuple[DocumentRef, ...]:
    if action.document is not None:
        return (DocumentRef(kind=action.document.intent.kind, number=action.document.intent.number),)
    if action.unpayment is not None:
        return (action.unpayment.document,)
    return ()


def needs(action: Action) -> tuple[str, ...]:
    """Return what an action needs of others: the contact it bills, the documents it moves money on, a new group."""
    needed: list[str] = []
    if action.document is not None and action.document.intent.contact_id is None:
        party: Subject = action.document.intent.party
        needed.append(party.key)
    if action.payment is not None:
        needed.append(_document(action.payment.document))
    if action.allocation is not None:
        needed.extend((_document(action.allocation.credit), _document(action.allocation.invoice)))
    if action.void is not None:
        needed.append(_document(action.void.document))
    if action.kind is ActionKind.JOIN_GROUP and action.group is not None:
        needed.extend((action.subject.key, f"group|{action.group.mark}"))
    return tuple(needed)


def _document(ref: DocumentRef) -> str:
    return f"{ref.kind.value}|{ref.number}"
