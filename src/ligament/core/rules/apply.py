"""Applying the clinic's rules to one document, top to bottom (choice C31)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ligament.core.holds import HoldCode
from ligament.core.money import ZERO, cents
from ligament.core.records import Invoice, InvoiceStatus, Line, Party, PartyKind, Visit
from ligament.core.rules.entries import Effects, Rule
from ligament.core.rules.model import Rulebook
from ligament.core.troubles import Trouble

_STATUS_NUMBERS = {
    InvoiceStatus.OPEN: 10,
    InvoiceStatus.PAID: 20,
    InvoiceStatus.CLOSED: 30,
    InvoiceStatus.OPEN_CREDIT: 40,
}
_TEXTS = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\"""")
_RECORDS = re.compile(r"(?<![.\w])(invoice|lines|appointment|patient|payer)\b")
_VALUES = ("account", "tax_type", "contact", "terms_days", "reference", "branding_theme", "line_text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the rules say together: values with the rule behind each, and what stops or asks."""

    effects: Effects = Effects()
    by: Mapping[str, str] = field(default_factory=dict)
    skipped_by: str = ""
    stop: Trouble | None = None
    ask: Trouble | None = None
    groups: tuple[str, ...] = ()
    trail: tuple[str, ...] = ()


NO_RULING = Ruling()
"""No rule applies."""


def context(
    invoice: Invoice, patient: Party | None, payer: Party | None, visit: Visit | None, rulebook: Rulebook
) -> dict[str, object]:
    """Return what a condition may look at; amounts are Decimals that the evaluator turns into doubles."""
    return {
        "invoice": {
            "number": int(invoice.number) if invoice.number.isdigit() else invoice.number,
            "issue_date": invoice.issued_on.isoformat(),
            "total": cents(invoice.total),
            "status": _STATUS_NUMBERS.get(invoice.status, 0),
        },
        "lines": [_line(line) for line in invoice.lines],
        "patient": None if patient is None else _patient(patient),
        "payer": None if payer is None else _payer(payer),
        "appointment": None if visit is None else _visit(visit),
        "clinic": {"name": rulebook.clinic.name, "country": rulebook.clinic.country.value},
    }


def _line(line: Line) -> dict[str, object]:
    return {
        "name": line.name,
        "code": line.code,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "total": cents(line.total),
        "tax_name": line.tax_name,
        "tax_rate": line.tax_rate or ZERO,
    }


def _patient(party: Party) -> dict[str, object]:
    return {
        "id": party.id,
        "first_name": party.first.reveal(),
        "last_name": party.last.reveal(),
        "email": party.email.reveal(),
        "concession": party.concession,
    }


def _payer(party: Party) -> dict[str, object]:
    return {"id": party.id, "company_name": party.company.reveal(), "email": party.email.reveal()}


def _visit(visit: Visit) -> dict[str, object]:
    starts = visit.starts_at.isoformat() if visit.starts_at else ""
    return {"id": visit.id, "starts_at": starts, "in_group": visit.in_group, "arrived": bool(visit.arrived)}


def record_context(party: Party, rulebook: Rulebook) -> dict[str, object]:
    """Return what a condition about a patient or a payer alone may look at."""
    is_payer = party.kind is PartyKind.PAYER
    return {
        "invoice": None,
        "lines": [],
        "patient": None if is_payer else _patient(party),
        "payer": _payer(party) if is_payer else None,
        "appointment": None,
        "clinic": {"name": rulebook.clinic.name, "country": rulebook.clinic.country.value},
    }


def looks_at(rule: Rule) -> frozenset[str]:
    """Return which of the records a rule's condition speaks of."""
    return frozenset(_RECORDS.findall(_TEXTS.sub('""', rule.when)))


def about_documents(rule: Rule) -> bool:
    """Say whether a rule can be judged for a document only: it speaks of one, or of patient and payer at once."""
    seen = looks_at(rule)
    return bool(seen & {"invoice", "lines", "appointment"}) or {"patient", "payer"} <= seen


def judge(
    rules: tuple[Rule, ...],
    facts: Mapping[str, object],
    evaluate: Callable[[str, Mapping[str, object]], bool],
    forgotten: frozenset[str] = frozenset(),
) -> Ruling:
    """Apply the rules in order: a later one wins on the same thing; skip and hold end it.

    `forgotten` are the records of whom nothing is known any more: a rule that looks at one is asked about, never
    judged by what is left of it, and the others go on.
    """
    ruling = NO_RULING
    unjudged: Trouble | None = None
    for rule in rules:
        if forgotten and forgotten & looks_at(rule):
            unjudged = unjudged or _unjudged(rule)
            continue
        try:
            applies = evaluate(rule.when, facts)
        except ValueError as error:
            return replace(ruling, stop=_stop(rule, f'The rule "{rule.name}" cannot be judged here: {error}'))
        if not applies:
            continue
        ruling = _merge(ruling, rule)
        if ruling.skipped_by or ruling.stop is not None:
            return ruling
    return ruling if unjudged is None else replace(ruling, stop=unjudged)


def _unjudged(rule: Rule) -> Trouble:
    return Trouble(
        code=HoldCode.RULE,
        sentence=f'The rule "{rule.name}" looks at the patient, of whom nothing is known any more.',
        todo="Approve to go on without the rule, or dismiss this to leave the books as they are.",
        rule=rule.name,
    )


def _merge(ruling: Ruling, rule: Rule) -> Ruling:
    effects = rule.effects
    trail = (*ruling.trail, f'The rule "{rule.name}" applies.')
    if effects.skip:
        return replace(ruling, skipped_by=rule.name, trail=trail)
    if effects.hold:
        return replace(ruling, stop=_stop(rule, effects.hold), trail=trail)
    values = {name: getattr(effects, name) for name in _VALUES if getattr(effects, name) not in {"", None}}
    tracking = {**ruling.effects.tracking, **effects.tracking}
    ask = ruling.ask
    if effects.ask:
        ask = Trouble(code=HoldCode.ASK, sentence=effects.ask, todo="Approve to post it as it is.", rule=rule.name)
    return replace(
        ruling,
        effects=replace(ruling.effects, tracking=tracking, **values),
        by={**ruling.by, **dict.fromkeys(values, rule.name)},
        ask=ask,
        groups=(*ruling.groups, effects.group) if effects.group and about_documents(rule) else ruling.groups,
        trail=trail,
    )


def _stop(rule: Rule, sentence: str) -> Trouble:
    return Trouble(
        code=HoldCode.RULE,
        sentence=sentence,
        todo="Approve to post it all the same, or change the invoice or the rule.",
        rule=rule.name,
    )
