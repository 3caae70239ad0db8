"""Comparing documents: what people changed in the books, what changed in the practice, and adjustments for it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from ligament.core.erasing import is_erased
from ligament.core.intents import DocumentIntent
from ligament.core.ledgers import BooksDocument, BooksLine, DocumentKind, DocumentStatus
from ligament.core.money import ONE, ZERO, cents
from ligament.core.periods import australian

LineKey = tuple[str, str, tuple[tuple[str, str], ...]]


def same_line(left: BooksLine, right: BooksLine) -> bool:
    """Compare two lines in the fields we write; a text that was erased is equal to any."""
    ours, theirs = _written(left), _written(right)
    if is_erased(left.text) or is_erased(right.text):
        return ours[1:] == theirs[1:]
    return ours == theirs


def _written(line: BooksLine) -> tuple[object, ...]:
    return (
        line.text.strip(),
        line.quantity.normalize(),
        line.unit_amount.normalize(),
        line.amount.normalize(),
        line.account,
        line.tax_type,
        line.tracking,
    )


def edited_fields(sent: DocumentIntent, document: BooksDocument) -> tuple[str, ...]:
    """Name the fields we wrote that a person has changed in the books since (choice C36)."""
    changed = [name for name, ours, theirs in _heads(sent, document) if ours != theirs]
    if not same_lines(sent.lines, document.lines):
        changed.append("lines")
    if document.status.is_gone():
        changed.append("status")
    return tuple(changed)


def _heads(sent: DocumentIntent, document: BooksDocument) -> tuple[tuple[str, object, object], ...]:
    return (
        ("contact", sent.contact_id, document.contact_id),
        ("number", sent.number, document.number),
        ("reference", sent.reference, document.reference if sent.reference else sent.reference),
        ("date", sent.on, document.on),
        ("due date", sent.due_on, document.due_on if sent.due_on is not None else None),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One thing that a person changed on a document: what we wrote, and what the books say now; either may be empty."""

    field: str
    wrote: str
    now: str


def edits(sent: DocumentIntent, document: BooksDocument) -> tuple[Edit, ...]:
    """Return what a person has changed in the books since we wrote it, value by value."""
    found = [
        Edit(field=name, wrote=_said(ours), now=_said(theirs))
        for name, ours, theirs in _heads(sent, document)
        if ours != theirs
    ]
    for place in range(max(len(sent.lines), len(document.lines))):
        pair = [lines[place] if place < len(lines) else None for lines in (sent.lines, document.lines)]
        found += _line_edits(f"line {place + 1}", *pair)
    if document.status.is_gone():
        found.append(Edit(field="status", wrote=sent.status.value, now=document.status.value))
    return tuple(found)


def _line_edits(name: str, ours: BooksLine | None, theirs: BooksLine | None) -> list[Edit]:
    if ours is None or theirs is None:
        whole = [f"{line.text.strip()}, {_said(line.amount)}" if line is not None else "" for line in (ours, theirs)]
        return [Edit(field=name, wrote=whole[0], now=whole[1])]
    return [
        Edit(field=f"{name}, {part}", wrote=_said(one), now=_said(other))
        for part, one, other in zip(_PARTS, _written(ours), _written(theirs), strict=True)
        if one != other
    ]


_PARTS = ("text", "quantity", "price", "amount", "account", "tax type", "tracking")


def _said(value: object) -> str:
    if isinstance(value, Decimal):
        return str(cents(value)) if value == cents(value) else f"{value.normalize():f}"
    if isinstance(value, tuple):
        return ", ".join(": ".join(map(str, pair)) for pair in value)
    return "" if value is None else australian(value) if isinstance(value, date) else str(value)


def edits_mark(found: tuple[Edit, ...]) -> str:
    """Return a mark of exactly these edits, which tells nothing of what they say."""
    text = "|".join(f"{edit.field}={edit.wrote}>{edit.now}" for edit in found)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def same_lines(left: tuple[BooksLine, ...], right: tuple[BooksLine, ...]) -> bool:
    """Compare lines in order and number."""
    return len(left) == len(right) and all(same_line(one, other) for one, other in zip(left, right, strict=True))


def changed_fields(before: DocumentIntent, after: DocumentIntent) -> tuple[str, ...]:
    """Name what the practice wants different from what we last wrote."""
    changed = [
        name
        for name, old, new in (
            ("contact", before.contact_id or before.party, after.contact_id or after.party),
            ("date", before.on, after.on),
            ("due date", before.due_on, after.due_on),
        )
        if old != new
    ]
    if not same_lines(before.lines, after.lines):
        changed.append("lines")
    return tuple(changed)


def only_places_differ(before: tuple[BooksLine, ...], after: tuple[BooksLine, ...]) -> bool:
    """Say whether lines differ in text, account or tracking only, which the books take even with money on them."""
    if len(before) != len(after):
        return False
    pairs = zip(before, after, strict=True)
    return all(
        same_line(replace(one, account=new.account, tracking=new.tracking, text=new.text), new) for one, new in pairs
    )


def with_line_ids(lines: tuple[BooksLine, ...], document: BooksDocument) -> tuple[BooksLine, ...]:
    """Give lines the ids of those they replace, in order; lines beyond are new, ids left over are dropped."""
    ids = [line.id for line in document.lines]
    return tuple(replace(line, id=ids[place] if place < len(ids) else None) for place, line in enumerate(lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """The document that posts a difference (choice C15)."""

    kind: DocumentKind
    lines: tuple[BooksLine, ...]
    total: Decimal
    tax: Decimal


def adjustment(
    before: tuple[BooksLine, ...], after: tuple[BooksLine, ...], number: str, *, is_credit: bool
) -> Adjustment | None:
    """Return the difference as a document: a line per account, tax type and tracking, in account order.

    `is_credit` says that the lines belong to a credit note, where more means less. None when nothing differs in money.
    """
    sign = -ONE if is_credit else ONE
    sums: dict[LineKey, list[Decimal]] = {}
    for lines, direction in ((before, -sign), (after, sign)):
        for line in lines:
            held = sums.setdefault((line.account, line.tax_type, line.tracking), [ZERO, ZERO])
            held[0] += direction * line.amount
            held[1] += direction * (line.tax or ZERO)
    moved = {key: amounts for key, amounts in sums.items() if amounts[0]}
    if not moved:
        return None
    net = sum((amounts[0] for amounts in moved.values()), ZERO)
    flip = -ONE if net < 0 else ONE
    lines_out = tuple(
        _adjusting_line(key, cents(flip * amounts[0]), cents(flip * amounts[1]), number)
        for key, amounts in sorted(moved.items())
    )
    return Adjustment(
        kind=DocumentKind.CREDIT_NOTE if net < 0 else DocumentKind.INVOICE,
        lines=lines_out,
        total=cents(flip * net),
        tax=sum((line.tax or ZERO for line in lines_out), ZERO),
    )


def _adjusting_line(key: LineKey, amount: Decimal, tax: Decimal, number: str) -> BooksLine:
    account, tax_type, tracking = key
    return BooksLine(
        text=f"Adjustment of {number}",
        quantity=ONE,
        unit_amount=amount,
        amount=amount,
        account=account,
        tax_type=tax_type,
        tax=tax,
        tracking=tracking,
    )


def adjustment_intent(made: Adjustment, main: DocumentIntent, number: str, on: date, terms_days: int) -> DocumentIntent:
    """Return the adjustment as a document for the same contact, dated in the open period."""
    return DocumentIntent(
        kind=made.kind,
        number=number,
        party=main.party,
        contact_id=main.contact_id,
        reference=main.reference,
        url=main.url,
        on=on,
        due_on=None if made.kind is DocumentKind.CREDIT_NOTE else on + timedelta(days=terms_days),
        status=DocumentStatus.AUTHORISED,
        lines=made.lines,
        total=made.total,
        tax=made.tax,
        trail=(f"It adjusts {main.number}.",),
    )


def proposal(intent: DocumentIntent) -> dict[str, object]:
    """Return an adjustment as it is shown to a person, in the shape of the golden stories."""
    shown: dict[str, object] = {
        "document": intent.kind.value,
        "number": intent.number,
        "date": intent.on.isoformat(),
        "lines": [_shown_line(line) for line in intent.lines],
        "total": intent.total,
        "total_tax": cents(intent.tax),
    }
    if intent.due_on is not None:
        shown["due"] = intent.due_on.isoformat()
    return shown


def _shown_line(line: BooksLine) -> dict[str, object]:
    shown: dict[str, object] = {
        "text": line.text,
        "qty": line.quantity,
        "unit": line.unit_amount,
        "amount": line.amount,
        "account": line.account,
        "tax": line.tax_type,
    }
    if line.tracking:
        shown["tracking"] = dict(line.tracking)
    return shown


def written_mark(written: DocumentIntent | BooksDocument) -> str:
    """Return a short text that is the same for a document and for what we wrote there as long as nobody edits it.

    It may differ where nothing was edited, never the other way round: `edited_fields` has the last word.
    """
    due = None if written.kind is DocumentKind.CREDIT_NOTE else written.due_on
    parts = (written.contact_id, written.number, written.reference, written.on, due, *map(_written, written.lines))
    return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()
