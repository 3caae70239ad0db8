"""What records keep saying when a person is forgotten: amounts, days and numbers stay, free text goes.

Text that was erased says nothing to compare with, so that it is equal to any other: that a text was taken away here is
no edit, neither in the practice nor in the books.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from ligament.core.intents import DocumentIntent
from ligament.core.ledgers import BooksDocument, BooksLine, BooksPayment
from ligament.core.links import Agreement, DocumentLink
from ligament.core.records import Line

Seal = Callable[[str], str]
"""Makes the keyed digest of a text: it tells two texts apart, and says nothing of them without the key."""
ERASED = "Text erased"
"""Stands here where a text stood that may have named the person; what changes later is posted with the generic text."""
_OURS = re.compile(r"Rounding|Adjustment of [\w.-]+")
"""Texts of lines that we wrote ourselves from numbers only, and know again."""
_REFERENCE = re.compile(r"[A-Za-z ]{1,40}:\d+(-\d+)?")
"""References that we made of the practice's name and an id: by them a document is found again."""
_PAYMENT = re.compile(r"[\w.-]+/paid")


def is_erased(text: str) -> bool:
    """Say whether a text, or what it was made of, was erased."""
    return text == ERASED


def unsealed(_text: str) -> str:
    """Make no digest: for what bears no lines."""
    return ""


def bare_text(text: str) -> str:
    """Return what stays of the text of a line."""
    return text if not text or _OURS.fullmatch(text) else ERASED


def bare_reference(reference: str) -> str:
    """Return what stays of a document's reference."""
    return reference if _REFERENCE.fullmatch(reference) else ""


def bare_lines(lines: tuple[BooksLine, ...]) -> tuple[BooksLine, ...]:
    """Return lines of the books without their texts."""
    return tuple(replace(line, text=bare_text(line.text)) for line in lines)


def bare_intent(intent: DocumentIntent) -> DocumentIntent:
    """Return what a document should say, without texts, and without what told why."""
    reference = bare_reference(intent.reference)
    return replace(intent, lines=bare_lines(intent.lines), reference=reference, trail=())


def bare_document(document: BooksDocument) -> BooksDocument:
    """Return a document of the books without texts, its payments included."""
    payments = tuple(map(_bare_payment, document.payments))
    reference = bare_reference(document.reference)
    return replace(document, lines=bare_lines(document.lines), reference=reference, payments=payments)


def _bare_payment(payment: BooksPayment) -> BooksPayment:
    return payment if _PAYMENT.fullmatch(payment.reference) else replace(payment, reference="")


def bare_link(link: DocumentLink) -> DocumentLink:
    """Return a link without the texts that we last wrote."""
    return link if link.sent is None else replace(link, sent=bare_intent(link.sent))


def bare_agreement(agreement: Agreement) -> Agreement:
    """Return an agreement without texts; what the practice said is compared by its fingerprint, as before."""
    return replace(agreement, lines=bare_lines(agreement.lines))


def bare_line(line: Line, seal: Seal) -> Line:
    """Return a line of the practice without its text; `seal` makes the digest by which its item is known again."""
    bare = bare_text(line.name)
    return line if bare == line.name else replace(line, name=bare, sealed_name=seal(line.name))
