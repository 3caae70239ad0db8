"""A preview of the mapping: three real invoices as the books would show them with the choices that were typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice, zip_longest

from ligament.app.documents import Document
from ligament.app.setup.mapping import Survey
from ligament.app.setup.mapping_fields import checked_fields
from ligament.app.setup.near import spoken
from ligament.core.ledgers import BooksLine, Chart
from ligament.core.money import two_places
from ligament.core.records import Invoice
from ligament.core.sold import item_keys
from ligament.flow.plan.trial import Tried, in_scope, try_some
from ligament.wiring.clinic import Clinic
from ligament.wiring.rulebook_writing import judged, with_values
from ligament.wiring.rulebooks import ClinicSettings, read_clinic

MANY = 3
_LOOKED_THROUGH = 400


def preview(clinic: Clinic, found: Survey, told: Mapping[str, str], was: Mapping[str, str]) -> Document:
    """Tell what the books would show of three invoices with the choices as they were typed; nothing is written.

    What is wrong in them is told by field; the preview then is that of the rulebook as it stands.
    """
    written, wrong = checked_fields(found, told, was)
    present = read_clinic(clinic.settings.file)
    text = with_values(present.rulebook_text, {} if wrong else written)
    candidate, mistakes = judged(clinic.settings.file, text)
    if mistakes:
        wrong = {"": mistakes[0].sentence}
    after = candidate or present
    chosen = _chosen(clinic, found)
    now = _tried(clinic, found, present, chosen)
    then = _tried(clinic, found, after, chosen)
    rows = [_document(found.chart, *pair) for pair in zip(now, then, strict=True)]
    return {"invoices": rows, "wrong": wrong}


def _chosen(clinic: Clinic, found: Survey) -> list[Invoice]:
    """Return the newest invoices of different items, filled up with the newest ones."""
    around = clinic.surroundings()
    newest = list(islice(in_scope(found.facts, found.book, around), _LOOKED_THROUGH))
    seen: set[tuple[str, ...]] = set()
    different = []
    for invoice in newest:
        sold = tuple(sorted({key for line in invoice.lines for key in item_keys(line)[:1]}))
        if sold not in seen:
            seen.add(sold)
            different.append(invoice)
    rest = [one for one in newest if one not in different[:MANY]]
    return [*different[:MANY], *rest][:MANY]


def _tried(clinic: Clinic, found: Survey, settings: ClinicSettings, invoices: Iterable[Invoice]) -> list[Tried]:
    around = replace(clinic, settings=settings).surroundings()
    return list(try_some(found.facts, settings.rulebook, around, invoices))


def _document(chart: Chart, now: Tried, then: Tried) -> Document:
    intent = then.intent
    lines = intent.lines if intent is not None else ()
    before = now.intent.lines if now.intent is not None else ()
    return {
        "number": intent.number if intent is not None else then.invoice.number,
        "on": then.invoice.issued_on.isoformat(),
        "total": two_places(then.invoice.total),
        "sentence": then.sentence,
        "lines": [_line(chart, line, old) for line, old in zip_longest(lines, before) if line is not None],
    }


def _line(chart: Chart, line: BooksLine, old: BooksLine | None) -> Document:
    account, rate = chart.account(line.account), chart.tax_rate(line.tax_type)
    return {
        "text": line.text,
        "account": spoken(account) if account is not None else line.account,
        "tax": rate.name if rate is not None else line.tax_type,
        "tracking": ", ".join(f"{name}: {option}" for name, option in line.tracking),
        "amount": two_places(line.amount),
        "is_other": old is None or (line.account, line.tax_type) != (old.account, old.tax_type),
    }
