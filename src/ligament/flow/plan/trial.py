"""Trial of rules: which records each rule touches, and what it makes of them; nothing is planned or written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from ligament.core.billing import Bill
from ligament.core.drafting import Draft
from ligament.core.facts import Facts, PlanContext
from ligament.core.intents import DocumentIntent
from ligament.core.ledgers import BooksLine
from ligament.core.records import Invoice, Party
from ligament.core.rules.apply import Ruling, judge, looks_at
from ligament.core.rules.contact_rules import changed_fields, contact_facts, texts_of
from ligament.core.rules.contexts import record_context
from ligament.core.rules.entries import ContactRule, Rule
from ligament.core.rules.model import Rulebook
from ligament.core.troubles import Trouble
from ligament.flow.plan.builder import PlanBuilder
from ligament.flow.plan.documents.drafts import drafted_for
from ligament.flow.plan.rulings import bill_of, facts_for, forgotten, skip_reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one rule changes of one record: a field before and after it."""

    source_id: str
    number: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A record that a rule applies to, with what it changes; `rule` is its place among the rules of its kind.

    One that cannot be judged for the record does not count.
    """

    rule: int
    is_contact: bool
    source_id: str
    counts: bool = True
    changes: tuple[Change, ...] = ()


def try_documents(facts: Facts, rulebook: Rulebook, around: PlanContext, since: date | None) -> Iterator[Touched]:
    """Yield for every rule and every invoice in scope that it applies to what it changes."""
    if facts.organisation is None:
        return
    builder = PlanBuilder(facts=facts, rulebook=rulebook, around=around, organisation=facts.organisation)
    for invoice in sorted(facts.invoices.values(), key=lambda one: (one.issued_on, one.id)):
        if skip_reason(builder, invoice) or invoice.defect or (since is not None and invoice.issued_on < since):
            continue
        yield from _touched(builder, invoice)


def _touched(builder: PlanBuilder, invoice: Invoice) -> Iterator[Touched]:
    seen = facts_for(builder, invoice)
    unknown = forgotten(builder, invoice)
    for place, rule in enumerate(builder.rulebook.rules):
        if unknown & looks_at(rule):
            continue
        try:
            applies = builder.around.evaluate(rule.when, seen)
        except ValueError as error:
            held = Change(
                source_id=invoice.id,
                number=invoice.number,
                field="hold",
                before="",
                after=f"It cannot be judged: {error}",
            )
            yield Touched(rule=place, is_contact=False, source_id=invoice.id, counts=False, changes=(held,))
            continue
        if applies:
            changes = tuple(_changes(builder, invoice, rule, seen))
            yield Touched(rule=place, is_contact=False, source_id=invoice.id, changes=changes)


def _changes(builder: PlanBuilder, invoice: Invoice, rule: Rule, seen: Mapping[str, object]) -> Iterator[Change]:
    """Yield what the document says with all rules and would not say without this one."""
    others = tuple(other for other in builder.rulebook.rules if other is not rule)
    without, with_it = (_told(builder, invoice, rules, seen) for rules in (others, builder.rulebook.rules))
    for name in sorted(without.keys() | with_it.keys()):
        before, after = without.get(name, ""), with_it.get(name, "")
        if before != after:
            yield Change(source_id=invoice.id, number=invoice.number, field=name, before=before, after=after)


def _told(
    builder: PlanBuilder, invoice: Invoice, rules: tuple[Rule, ...], seen: Mapping[str, object]
) -> dict[str, str]:
    """Return what a document says under some rules, by the names of their effects."""
    around = builder.around
    ruling = judge(rules, seen, around.evaluate, around.express, forgotten(builder, invoice))
    if ruling.skipped_by:
        return {"skip": ruling.skipped_by}
    if ruling.stop is not None:
        return {"hold": ruling.stop.sentence}
    told = {"ask": ruling.ask.sentence} if ruling.ask is not None else {}
    if ruling.groups:
        told["group"] = ", ".join(sorted(set(ruling.groups)))
    bill = bill_of(builder, invoice, ruling)
    drafted = drafted_for(builder, invoice, bill, ruling) if isinstance(bill, Bill) else bill
    if isinstance(drafted, Trouble):
        return {**told, "hold": drafted.sentence}
    return {**told, **_document(drafted, ruling, invoice)}


def _document(drafted: Draft, ruling: Ruling, invoice: Invoice) -> dict[str, str]:
    intent: DocumentIntent = drafted.intent
    due = intent.due_on
    return {
        "account": _of_lines(intent.lines, lambda line: line.account),
        "tax_type": _of_lines(intent.lines, lambda line: line.tax_type),
        "tracking": _of_lines(intent.lines, lambda line: ", ".join(f"{name}: {held}" for name, held in line.tracking)),
        "line_text": _of_lines(intent.lines, lambda line: line.text),
        "contact": ruling.effects.contact or intent.party.key,
        "terms_days": "" if due is None else str((due - invoice.issued_on).days),
        "reference": intent.reference,
        "branding_theme": intent.theme,
    }


def _of_lines(lines: tuple[BooksLine, ...], value: Callable[[BooksLine], str]) -> str:
    """Return the different values of the lines, in their order."""
    return ", ".join(dict.fromkeys(value(line) for line in lines))


# --- a few, whole -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What the books would hold for one invoice, or the sentence why nothing."""

    invoice: Invoice
    intent: DocumentIntent | None = None
    sentence: str = ""


def try_some(facts: Facts, rulebook: Rulebook, around: PlanContext, invoices: Iterable[Invoice]) -> Iterator[Tried]:
    """Yield for each invoice what the books would hold, whether it is posted already or not."""
    assert facts.organisation is not None
    builder = PlanBuilder(facts=facts, rulebook=rulebook, around=around, organisation=facts.organisation)
    for invoice in invoices:
        seen, unknown = facts_for(builder, invoice), forgotten(builder, invoice)
        ruling = judge(rulebook.rules, seen, around.evaluate, around.express, unknown)
        if ruling.skipped_by:
            yield Tried(invoice=invoice, sentence=f'It is left out by the rule "{ruling.skipped_by}".')
            continue
        if ruling.stop is not None:
            yield Tried(invoice=invoice, sentence=ruling.stop.sentence)
            continue
        bill = bill_of(builder, invoice, ruling)
        drafted = drafted_for(builder, invoice, bill, ruling) if isinstance(bill, Bill) else bill
        if isinstance(drafted, Trouble):
            yield Tried(invoice=invoice, sentence=drafted.sentence)
        else:
            yield Tried(invoice=invoice, intent=drafted.intent)


def in_scope(facts: Facts, rulebook: Rulebook, around: PlanContext) -> Iterator[Invoice]:
    """Yield the invoices that are taken in, the newest first."""
    if facts.organisation is None:
        return
    builder = PlanBuilder(facts=facts, rulebook=rulebook, around=around, organisation=facts.organisation)
    for invoice in sorted(facts.invoices.values(), key=lambda one: (one.issued_on, one.id), reverse=True):
        if not skip_reason(builder, invoice) and not invoice.defect:
            yield invoice


# --- contacts ---------------------------------------------------------------------------------------------------------


def try_contacts(facts: Facts, rulebook: Rulebook, around: PlanContext) -> Iterator[Touched]:
    """Yield for every rule about contacts, and every person whom it applies to, what it changes."""
    for party in sorted(facts.parties.values(), key=lambda one: one.id):
        if party.deleted or party.removed_at is not None or party.merged_into is not None:
            continue
        for place, rule in enumerate(rulebook.contact_rules):
            try:
                if around.evaluate(rule.when, contact_facts(party, rulebook)):
                    changes = tuple(_of_contact(party, rule, rulebook, around))
                    yield Touched(rule=place, is_contact=True, source_id=party.id, changes=changes)
            except ValueError:
                continue


def _of_contact(party: Party, rule: ContactRule, rulebook: Rulebook, around: PlanContext) -> Iterator[Change]:
    seen = record_context(party, rulebook)
    for name, before, after in changed_fields(party, rule, rulebook, around.express):
        yield Change(source_id=party.id, number="", field=name, before=before, after=after)
    for name, text in texts_of(rule, seen, around.express).items():
        yield Change(source_id=party.id, number="", field=name, before="", after=text)
