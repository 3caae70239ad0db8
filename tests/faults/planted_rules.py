"""Planted bugs in what the books should say: money, tax, dates, people, later edits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from ligament.core.contacts import Match
from ligament.core.drafting import as_intent
from ligament.core.folding import folded
from ligament.core.ledgers import DocumentKind, DocumentStatus
from ligament.core.merging import FieldVerdict
from tests.faults.planted import always, bug, returning
from tests.faults.processes import PROCESSES

CLINIKO, XERO, PLANNING = "ligament.connectors.cliniko", "ligament.connectors.xero", "ligament.flow.plan"
_CENTS = (
    *(f"ligament.core.{name}:cents" for name in ("lines", "differences", "drafting")),
    *(f"{PLANNING}.{name}:cents" for name in ("rulings", "documents.new", "documents.voided")),
)


def _float_id(original: Any) -> Any:
    def identifier(value: Any) -> Any:
        found = original(value)
        return found if found is None else str(int(float(found)))

    return identifier


def _float_related(original: Any) -> Any:
    return _float_id(original)


def _half_even(_: Any) -> Any:
    return lambda amount: amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)


def _cut(_: Any) -> Any:
    return lambda amount: amount.quantize(Decimal("0.1")).quantize(Decimal("0.01"))


def _day_before(original: Any) -> Any:
    return lambda value, field: original(value, field) - timedelta(days=1)


def _utc_date(_: Any) -> Any:
    return lambda instant, _zone: instant.date()


def _by_name(original: Any) -> Any:
    def find(intent: Any, party: Any, rulebook: Any, facts: Any, around: Any) -> Any:
        found = original(intent, party, rulebook, facts, around)
        held = facts.contacts_by_name.get(folded(intent.name.reveal()), ())
        if found is None and held:
            return Match(contact=facts.contacts[held[0]], by="the name", adopted=True)
        return found

    return find


def _full_amount(original: Any) -> Any:
    return lambda **given: original(**{**given, "amount": given["for_total"]})


def _unreconciled(original: Any) -> Any:
    return lambda **given: original(**{**given, "reconciled": False})


def _blank_wins(original: Any) -> Any:
    """Let a field that the practice left blank empty the books' field."""

    def decide(self: Any, sides: Any) -> FieldVerdict:
        emptied = self.blank(sides.practice) and not self.same(sides.practice, sides.books)
        return FieldVerdict.TO_BOOKS if emptied else original(self, sides)

    return decide


def _practice_wins(original: Any) -> Any:
    """Let the practice write over whatever the books say."""

    def decide(self: Any, sides: Any) -> FieldVerdict:
        found: FieldVerdict = original(self, sides)
        differs = not self.same(sides.practice, sides.books)
        return FieldVerdict.TO_BOOKS if differs and not self.blank(sides.practice) else found

    return decide


def _shifted_total(original: Any) -> Any:
    """Post a dollar too much on the first line of every document with more than one line."""

    def mapped(invoice: Any, how: Any) -> Any:
        found = original(invoice, how)
        lines: tuple[Any, ...] = getattr(found, "lines", ())
        if len(lines) < 2:
            return found
        first, *others = lines
        first = replace(first, amount=first.amount + 1, unit_amount=first.amount + 1, quantity=Decimal(1))
        return replace(found, lines=(first, *others), total=found.total + 1)

    return mapped


def _first_line_only(original: Any) -> Any:
    return lambda invoice, how: original(replace(invoice, lines=invoice.lines[:1]), how)


def _same_agreement(original: Any) -> Any:
    """Forget what was agreed when a document is written."""

    def document(action: Any, result: Any, ledger: Any) -> Any:
        return replace(original(action, result, ledger), agreement=None)

    return document


def _paid_closed(original: Any) -> Any:
    """Take a closed invoice for a paid one."""

    def invoice(row: Any, web_base: str = "") -> Any:
        found = original(row, web_base)
        if found is not None and found.status.name == "CLOSED" and found.closed_at and not found.is_credit():
            return replace(found, status=type(found.status).PAID)
        return found

    return invoice


def _old_payments_count(original: Any) -> Any:
    """Count payments that were deleted, so that an invoice paid again stays open."""

    def own(desk: Any, state: Any) -> Any:
        links = desk.facts.payments.get(state.subject.key, ())
        return [link for link in links if link.document_id == state.ref.id] or original(desk, state)

    return own


def _silent(original: Any) -> Any:
    """Say nothing of a payment that somebody took off."""

    def paid(desk: Any, invoice: Any, state: Any) -> bool:
        before = set(desk.holds)
        found: bool = original(desk, invoice, state)
        for key in set(desk.holds) - before:
            del desk.holds[key]
        return found

    return paid


def _blank_stays(original: Any) -> Any:
    """Leave a field as it is once one side was emptied, whatever is typed later."""

    def both(self: Any, sides: Any, **gone: Any) -> FieldVerdict:
        is_blank = self.blank(sides.practice) or self.blank(sides.books)
        return FieldVerdict.EMPTIED if is_blank else original(self, sides, **gone)

    return both


def _ignored(_: Any) -> Any:
    return lambda *_given, **_named: None


def _main_alone(_: Any) -> Any:
    """Look at a document without what adjusts it."""

    def in_books(_builder: Any, posted: Any, wanted: Any) -> Any:
        return as_intent(posted.document, wanted.party)

    return in_books


def _from_process_to_process(_: Any) -> Any:
    """Write values as they happen to stand, so that sets come in another order in each process."""
    return PROCESSES.written


def _forgetful(original: Any) -> Any:
    """Ask about nothing again, whatever waited before."""

    def state(clinic: Any) -> Any:
        return replace(original(clinic), asked=frozenset(), asked_about=frozenset())

    return state


def _left_out_for_ever(_: Any) -> Any:
    return lambda agreed, _intent, label: label in dict(agreed.left_out or ()) or agreed.refused is not None


def _unguarded(_: Any) -> Any:
    return lambda work, *_args: work()


RULES = (
    # --- money and dates
    bug("ids go through floating point", (26,), (f"{CLINIKO}.wire:identifier", _float_id)),
    bug("half a cent rounds to even", (53,), *((place, _half_even) for place in _CENTS)),
    bug("amounts are cut to ten cents", (53,), *((place, _cut) for place in _CENTS)),
    bug("the issue date is shifted by a zone", (27, 57), (f"{CLINIKO}.wire:day", _day_before)),
    bug("payments are dated in UTC", (57,), (f"{PLANNING}.money.payments:local_date", _utc_date)),
    bug("terms are ignored", (54,), ("ligament.core.drafting:_terms", returning(0))),
    bug("a line is posted wrong", (54,), ("ligament.core.drafting:map_lines", _shifted_total)),
    bug("only the first line is posted", (54,), ("ligament.core.drafting:map_lines", _first_line_only)),
    bug("tax is not looked at", (53,), ("ligament.core.postings:tax_key", returning("none"))),
    bug(
        "accounts of items are ignored",
        (62,),
        ("ligament.core.postings:_account_code", returning(("210", "it is the default"))),
    ),
    bug("lock dates are ignored", (56,), ("ligament.core.periods:Locks.locks", returning(False))),
    bug(
        "credit notes are posted as invoices",
        (55,),
        ("ligament.core.drafting:document_kind", returning(DocumentKind.INVOICE)),
        (f"{PLANNING}.documents.history:document_kind", returning(DocumentKind.INVOICE)),
    ),
    bug(
        "an archived invoice is posted",
        (22, 58),
        (f"{PLANNING}.documents.new:skip_reason", returning("")),
        ("ligament.flow.plan.plan:skip_reason", returning("")),
    ),
    # --- payments
    bug("the total is paid, not what is due", (10, 60), (f"{PLANNING}.money.payments:new_payment_step", _full_amount)),
    bug(
        "a payment that exists is posted again",
        (10,),
        (f"{PLANNING}.money.payments:_paid_by_us", returning(False)),
    ),
    bug("payments are not posted", (71,), (f"{PLANNING}.money.payments:_plan_payments", _ignored)),
    bug("payments are not taken back", (60,), (f"{PLANNING}.money.payments:plan_unpayment", _ignored)),
    bug("payments taken back still count", (60,), (f"{PLANNING}.money.payments:_own_payments", _old_payments_count)),
    bug("a reconciled payment is deleted", (60,), (f"{XERO}.mapping:BooksPayment", _unreconciled)),
    bug("a closed invoice counts as paid", (55, 60), (f"{CLINIKO}.reading:invoice_of", _paid_closed)),
    bug(
        "a credit that was taken off is put on again",
        (60, 66),
        (f"{PLANNING}.money.allocations:_was_allocated", returning(False)),
    ),
    # --- people
    bug("payers are ignored", (50,), ("ligament.core.billing:payer_of", returning(None))),
    bug("a name alone adopts a contact", (50,), (f"{PLANNING}.contacts.contacts:find_contact", _by_name)),
    bug("a blank overwrites a value", (24,), ("ligament.core.merging:Judge.decide", _blank_wins)),
    bug("the practice always wins a contact's field", (68,), ("ligament.core.merging:Judge.decide", _practice_wins)),
    # --- later edits
    bug(
        "edits overwrite what a person changed",
        (59, 66),
        (f"{PLANNING}.documents.posted:edited", returning(None)),
        (f"{PLANNING}.documents.adjustments:edited", returning(None)),
    ),
    bug(
        "edits in the practice are ignored",
        (59,),
        (f"{PLANNING}.documents.posted:content_fingerprint", returning("same")),
        ("ligament.flow.plan.plan:content_fingerprint", returning("same")),
        (f"{PLANNING}.documents.drafts:content_fingerprint", returning("same")),
    ),
    # --- what people decided, and whose practice it is
    bug(
        "marks depend on the order of sets",
        (59,),
        ("ligament.core.canonical:canonical", _from_process_to_process),
    ),
    bug("what waits is forgotten", (59,), ("ligament.app.cycle_options:approval_state", _forgetful)),
    bug("nothing asks a person first", (59,), ("ligament.core.approvals:_asks", returning(False))),
    bug(
        "another practice is not noticed",
        (99,),
        ("ligament.flow.read.read:check_practice", _ignored),
    ),
    bug(
        "credit that cannot be used is not said",
        (55,),
        (f"{PLANNING}.money.allocations:_hold_voided", _ignored),
    ),
    bug(
        "what was refused once is left out for ever",
        (24,),
        (f"{PLANNING}.contacts.fields:is_left_out", _left_out_for_ever),
        (f"{PLANNING}.contacts.phones:is_left_out", _left_out_for_ever),
    ),
    # --- people who are gone
    bug(
        "nobody is missed who left between two looks",
        (52,),
        ("ligament.flow.read.deleted_people:DeletionWatch.count", _ignored),
    ),
    bug(
        "whom only the books know is not asked for", (52,), ("ligament.store.mirror.practice:strangers", returning(()))
    ),
    bug(
        "texts of lines stay when somebody is erased",
        (52,),
        ("ligament.store.journal.erasure:erase_texts", _ignored),
    ),
    bug(
        "erased names of items choose no account any more",
        (52,),
        ("ligament.store.memory:sealed_names", returning({})),
    ),
    bug(
        "texts of an anonymous invoice stay",
        (52,),
        ("ligament.store.journal.erasure:erase_anonymised", returning(None)),
    ),
    # --- one bad neighbour
    bug("one clinic's trouble ends the scheduler", (87,), ("ligament.service.scheduler:attempt", _unguarded)),
    bug("one record's trouble ends the plan", (87,), ("ligament.flow.plan.builder:attempt", _unguarded)),
    bug("merges in the books are not followed", (51,), ("ligament.store.mirror.facts:follow_merges", returning(None))),
    bug(
        "what is gone is taken back",
        (60,),
        (f"{PLANNING}.money.unpaying:_forget", _ignored),
        (f"{PLANNING}.money.payments:_paid_by_us", _silent),
    ),
    bug("what was voided is forgotten", (59,), (f"{PLANNING}.documents.voided:_voided_hold", returning(None))),
    bug("a blank beats what is typed later", (24,), ("ligament.core.merging:Judge._both", _blank_stays)),
    bug("contacts are archived under what waits", (51,), (f"{PLANNING}.plan:drop_archivals", _ignored)),
    bug("a void with money on it", (58,), ("ligament.core.ledgers:BooksDocument.has_money", returning(False))),
    bug("archived invoices stay in the books", (58,), (f"{PLANNING}.documents.posted:_void", _ignored)),
    bug("what was agreed is forgotten", (67,), ("ligament.flow.execute.record:_document", _same_agreement)),
    bug("gone documents count as live", (58,), ("ligament.core.ledgers:DocumentStatus.is_gone", returning(False))),
    bug(
        "an adjustment is posted twice",
        (59,),
        (f"{PLANNING}.documents.adjustments:agreement_for", _ignored),
        # Without this the books themselves say that it is there.
        (f"{PLANNING}.documents.adjustments:_in_books", _main_alone),
    ),
    bug(
        "drafts in the place of documents",
        (63,),
        ("ligament.core.drafting:_AUTHORISED", always(DocumentStatus.DRAFT)),
    ),
)
