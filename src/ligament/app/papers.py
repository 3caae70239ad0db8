"""One document as both systems have it: who is billed, who paid, why each value is as it is, and its history."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from typing import Any

from ligament.app.comparison_documents import variance_document
from ligament.app.contacts.find import history
from ligament.app.contacts.listing import systems
from ligament.app.documents import INFERRED_NOTE, Document
from ligament.app.refusals import told_refusals
from ligament.app.who_changed import who_changed
from ligament.core.approvals import refused_by_person
from ligament.core.facts import Facts
from ligament.core.intents import Subject, subject_from_key
from ligament.core.ledgers import BooksDocument, Chart
from ligament.core.links import DocumentLink
from ligament.core.money import two_places
from ligament.core.records import Invoice
from ligament.store.queries.cards import About, Cards
from ligament.wiring.clinic import Clinic

_KINDS = ("invoice", "visit")
_PERSON = re.compile(r"(?:patient|payer):\w+")


def document_card(clinic: Clinic, identifier: str) -> Document | None:
    """Return one invoice, credit note or charge by the id that either system gave it, or nothing."""
    cards = Cards(clinic.journal)
    facts = cards.papers(identifier)
    asked = clinic.approvals.asked()
    ids = {identifier, *(key.partition(":")[2] for key in facts.document_links)}
    records, facts.parties = cards.records(ids, _people_in(facts, (one.document for one in asked)))
    subject = _subject(identifier, facts, records)
    if subject is None:
        return None
    facts.invoices = {found.id: found for found in records.values() if found is not None}
    invoice = facts.invoices.get(subject.id)  # type: ignore[call-overload]
    links = facts.document_links.get(subject.key, ())
    main = next((link for link in links if not link.voided_by_us), links[0] if links else None)
    paper = facts.documents.get(main.books_id) if main is not None else None
    inferred = clinic.settings.rulebook.payments.source.value == "inferred"
    about = cards.about(subject.key)
    return {
        "subject": subject.key,
        "source_id": subject.id,
        "number": main.number if main is not None else _number(clinic, invoice) or subject.id,
        "fields": _fields(facts, invoice, paper, main),
        "lines": _lines(invoice),
        "books_lines": _books_lines(paper, about.chart),
        "papers": [_paper(link, facts) for link in links],
        "payments": _payments(paper),
        "note": INFERRED_NOTE if inferred else "",
        "patient": _person(facts, f"patient:{invoice.party_id}") if invoice is not None and invoice.party_id else None,
        "billed": _person(facts, main.sent.party.key) if main is not None and main.sent is not None else None,
        **_why(clinic, subject, main, facts, [one.document for one in asked], about),
        "history": history(clinic, subject.key),
        **systems(clinic),
    }


def _subject(identifier: str, facts: Facts, records: Container[str]) -> Subject | None:
    """Return which record an id means: one of the practice, else the one behind a document of the books."""
    own = [key for key in (f"{kind}:{identifier}" for kind in _KINDS) if key in records]
    behind = [
        key
        for key, links in facts.document_links.items()
        if key.partition(":")[0] in _KINDS and any(link.books_id == identifier for link in links)
    ]
    found = next(iter((*own, *behind)), "")
    return subject_from_key(found) if found else None


def _people_in(facts: Facts, asked: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the keys of those who are billed, or whom the reasons of what was sent or is asked name."""
    sent = [link.sent for links in facts.document_links.values() for link in links if link.sent is not None]
    lines = [*(line for one in sent for line in one.trail), *_reasons(asked)]
    return {one.party.key for one in sent} | {key for line in lines for key in _PERSON.findall(line)}


def _number(clinic: Clinic, invoice: Invoice | None) -> str:
    return f"{clinic.settings.rulebook.invoices.prefix}{invoice.number}" if invoice is not None else ""


# --- side by side -----------------------------------------------------------------------------------------------------


def _fields(
    facts: Facts, invoice: Invoice | None, paper: BooksDocument | None, link: DocumentLink | None
) -> list[Document]:
    """Return what both sides say, field by field; `same` is None where only one side can say it."""
    mine = _practice_side(facts, invoice)
    theirs = _books_side(facts, paper)
    sent = link.sent if link is not None else None
    wanted = {**mine, "number": link.number if link is not None else mine.get("number")}
    if sent is not None:
        wanted |= {"on": sent.on, "contact": theirs.get("contact") if _is_billed_so(paper, sent) else mine["contact"]}
    compared = {"number", "on", "total", "tax", "contact"}
    rows = []
    for name in ("number", "on", "due_on", "contact", "total", "tax", "open_amount", "status"):
        left, right = mine.get(name), theirs.get(name)
        can_differ = name in compared and paper is not None and invoice is not None
        same = wanted.get(name) == right if can_differ else None
        rows.append({"field": name, "practice": left, "books": right, "same": same})
    return rows


def _is_billed_so(paper: BooksDocument | None, sent: Any) -> bool:  # noqa: ANN401 - a DocumentIntent
    return paper is not None and sent.contact_id in {None, paper.contact_id}


def _practice_side(facts: Facts, invoice: Invoice | None) -> dict[str, Any]:
    if invoice is None:
        return {"contact": None}
    party = facts.parties.get(f"patient:{invoice.party_id}")
    is_credit = invoice.is_credit()
    return {
        "number": invoice.number,
        "on": invoice.issued_on,
        "contact": party.full_name() if party is not None else None,
        "total": abs(invoice.total) if is_credit else invoice.total,
        "tax": abs(invoice.tax) if is_credit else invoice.tax,
        "status": invoice.state() if invoice.removed_at is not None else _status(invoice),
    }


def _status(invoice: Invoice) -> str:
    return invoice.status_text or invoice.status.value.replace("_", " ")


def _books_side(facts: Facts, paper: BooksDocument | None) -> dict[str, Any]:
    if paper is None:
        return {}
    contact = facts.contacts.get(paper.contact_id)
    return {
        "number": paper.number,
        "on": paper.on,
        "due_on": paper.due_on,
        "contact": contact.name.reveal() if contact is not None else None,
        "total": paper.total,
        "tax": paper.tax,
        "open_amount": paper.open_amount,
        "status": paper.status.value,
    }


def _lines(invoice: Invoice | None) -> list[Document]:
    lines = invoice.lines if invoice is not None else ()
    return [
        {
            "text": " ".join(part for part in (line.code, line.name) if part),
            "account": "",
            "tax": f"{line.tax_name} {line.tax_rate}" if line.tax_name else "none",
            "amount": line.total,
        }
        for line in lines
    ]


def _books_lines(paper: BooksDocument | None, chart: Chart) -> list[Document]:
    """Return the lines in the books; a tax rate goes by its name there, which people know, as far as it is known."""
    return [
        {
            "text": line.text,
            "account": line.account,
            "tax": rate.name if (rate := chart.tax_rate(line.tax_type)) is not None and rate.name else line.tax_type,
            "amount": line.amount,
        }
        for line in (paper.lines if paper is not None else ())
    ]


def _paper(link: DocumentLink, facts: Facts) -> Document:
    held = facts.documents.get(link.books_id)
    return {
        "number": link.number,
        "role": link.role.value,
        "total": two_places(held.total) if held is not None else None,
        "status": held.status.value if held is not None else "",
    }


def _payments(paper: BooksDocument | None) -> list[Document]:
    if paper is None:
        return []
    money = [
        {"on": one.on, "what": one.reference or "Payment", "account": one.account, "amount": one.amount}
        for one in paper.payments
        if not one.deleted
    ]
    credit = [{"on": one.on, "what": "Credit used", "account": "", "amount": one.amount} for one in paper.allocations]
    return [*money, *credit]


def _person(facts: Facts, key: str) -> Document | None:
    party = facts.parties.get(key)
    return {"id": party.id, "name": party.full_name(), "kind": party.kind.value} if party is not None else None


# --- why --------------------------------------------------------------------------------------------------------------


def _why(
    clinic: Clinic,
    subject: Subject,
    link: DocumentLink | None,
    facts: Facts,
    all_asked: Iterable[Mapping[str, Any]],
    about: About,
) -> Document:
    """Tell what decided each value, what waits about the record, and in what it differs."""
    asked = [one for one in all_asked if one.get("source_id") == subject.id]
    trail = link.sent.trail if link is not None and link.sent is not None else ()
    known = who_changed(clinic) if about.variances else {}
    by_people = ((key, refused_by_person(words)) for key, words in about.refusals.items())
    refused = {key: told for key, told in by_people if told is not None}
    prefix = clinic.settings.rulebook.invoices.prefix
    return {
        "because": _named(facts, trail or _reasons(asked)),
        "asked": [{"sentence": one["sentence"], "amount": one["amount"]} for one in asked],
        "refused": [hold.sentence for hold in told_refusals(refused, subject.id, prefix)],
        "outcomes": [
            {"state": one.state.value, "sentence": one.sentence, "reason": one.reason} for one in about.outcomes
        ],
        "holds": [
            {"id": hold.id, "code": hold.code.value, "sentence": hold.sentence, "todo": hold.todo}
            for hold in about.holds
        ],
        "variances": [variance_document(clinic, held, known=known) for held in about.variances],
    }


def _named(facts: Facts, lines: Iterable[str]) -> list[str]:
    """Return the trail with people by name: it is kept without, so that nobody stands in the journal."""
    names = {key: party.full_name() for key, party in facts.parties.items()}
    if not names:
        return list(lines)
    found = "|".join(re.escape(key) for key in sorted(names, key=len, reverse=True))
    person = re.compile(rf"(?:{found})(?!\d)")
    return [person.sub(lambda one: names[one[0]], line) for line in lines]


def _reasons(asked: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    return dict.fromkeys(line for one in asked for line in one.get("because", ()))
