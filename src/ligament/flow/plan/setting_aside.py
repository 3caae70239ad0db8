"""Setting records aside: what nobody foresaw costs the record that it was met in, and the plan is made without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ligament.core.facts import Facts
from ligament.core.ids import SourceId
from ligament.core.intents import SubjectKind, subject_from_key
from ligament.core.oddities import Oddity
from ligament.core.private import NOTHING
from ligament.core.records import NO_ADDRESS, Invoice, Party, Visit


def set_aside(facts: Facts, odd: Mapping[str, Oddity]) -> Facts:
    """Return the facts with a defect on every odd record; one that has one already keeps its amount only."""
    invoices, visits, parties = dict(facts.invoices), dict(facts.visits), dict(facts.parties)
    for key, oddity in odd.items():
        subject = subject_from_key(key)
        if subject.kind is SubjectKind.INVOICE:
            invoices[SourceId(subject.id)] = _odd_invoice(invoices[SourceId(subject.id)], oddity)
        elif subject.kind is SubjectKind.VISIT:
            visits[SourceId(subject.id)] = _odd_visit(visits[SourceId(subject.id)], oddity)
        elif key in parties:
            parties[key] = _odd_party(parties[key], oddity)
    return replace(facts, invoices=invoices, visits=visits, parties=parties)


def _odd_invoice(invoice: Invoice, oddity: Oddity) -> Invoice:
    if invoice.defect:
        invoice = replace(invoice, lines=(), addressee=NOTHING, closed_at=None, web_url="", status_text="")
    return replace(invoice, defect=oddity.sentence())


def _odd_visit(visit: Visit, oddity: Oddity) -> Visit:
    if visit.defect:
        visit = replace(visit, charges=(), starts_at=None, ends_at=None)
    return replace(visit, defect=oddity.sentence())


def _odd_party(party: Party, oddity: Oddity) -> Party:
    if party.defect:
        bare = replace(party, first=NOTHING, last=NOTHING, company=NOTHING, email=NOTHING, phones=(), custom=())
        party = replace(bare, address=NO_ADDRESS, invoice_to=NOTHING, invoice_email=NOTHING, concession="")
    return replace(party, defect=oddity.sentence())
